"""Change the keys of one's account: with two devices at once, with one after the network's delay."""

from typing import NamedTuple

from salus.client.batcher import Landed
from salus.client.envelopes import EnvelopeBuilder
from salus.client.refused import accept
from salus.contracts.accounts import queries
from salus.contracts.accounts.messages import AddKey, RevokeKey, RevokeOwnKey
from salus.contracts.accounts.recovery_messages import CompleteChange, ProposeChange, SetKeyholders, VetoChange
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.keys import KeyEntry, Role, list_key
from salus.core.types import Message
from salus.services import lookup
from salus.services.actors import Organisation, Person
from salus.services.errors import NoSuchWait, UnusableKeys
from salus.services.lookup import DAY_MS
from salus.services.protect import Protected, carry_own, protect
from salus.wallet.menu import MINUTE_MS

VALID_DAYS = 3653  # of a device key, about ten years, to the day
_NUMBERS: dict[type[Message], int] = {AddKey: 0x020B, RevokeKey: 0x020C, SetKeyholders: 0x0210}


class Changed(NamedTuple):
    """A change that was made (`change` and `due` are null), or waits until `due` for a veto."""

    height: int
    change: bytes | None
    due: int | None


def offer_device(person: Person, handle: bytes) -> bytes:
    """Make keys for the account in this wallet, a further device's; return the public part for the first device."""
    network, now = person.wallet.network, person.ledger.now()
    kept = person.wallet.new_relation(handle, lookup.person(person.ledger.view(), handle).custodian)
    person.wallet.keep_relation(kept)
    start = now // DAY_MS * DAY_MS
    return encode(list_key(network, handle, Role.DEVICE, kept.device, start, start + VALID_DAYS * DAY_MS))


def add_device(person: Person, handle: bytes, offer: bytes, second: Person | None = None) -> Changed:
    """List a further device. Raises UnusableKeys, the contract's refusals."""
    try:
        entry = decode(offer, KeyEntry)
    except Malformed:
        raise UnusableKeys from None
    return change(person, handle, AddKey(handle, entry), second)


def remove_device(person: Person, handle: bytes, key: bytes, second: Person | None = None) -> Changed:
    """End another device's key; one's own ends at once."""
    if key == person.wallet.relation(handle).device.id(person.wallet.network):
        built = person.build(handle, RevokeOwnKey(handle, key))
        return Changed(protect(person, handle, built.raw).height, None, None)
    return change(person, handle, RevokeKey(handle, key), second)


def change(
    person: Person, handle: bytes, wanted: AddKey | RevokeKey | SetKeyholders, second: Person | None = None
) -> Changed:
    """Make the change with two devices, or propose it with one. Raises NotCarried, the contract's refusals."""
    if second is not None:
        return Changed(_carried(person, handle, _signed_by_both(person, second, handle, wanted)).height, None, None)
    message = ProposeChange(handle, _NUMBERS[type(wanted)], encode(wanted))
    landed = _carried(person, handle, person.build(handle, message).raw)
    own = person.wallet.relation(handle).device.id(person.wallet.network)
    waiting = dict(queries.pending_changes(person.ledger.view(), handle))[own]
    return Changed(landed.height, waiting.id, waiting.due)


def veto_change(person: Person, handle: bytes, wanted: bytes) -> Protected:
    """End a change that waits; through two members, so that no custodian can suppress it."""
    return protect(person, handle, person.build(handle, VetoChange(handle, wanted)).raw)


def complete_change(organisation: Organisation, handle: bytes, wanted: bytes) -> Landed:
    """Make a change whose delay is over; any member can. Raises NoSuchWait, the contract's refusals."""
    waiting = [entry.id for _, entry in queries.pending_changes(organisation.ledger.view(), handle)]
    if wanted not in waiting:
        raise NoSuchWait
    return organisation.send(CompleteChange(organisation.account, handle, wanted))[1]


def sign_both(person: Person, second: Person, handle: bytes, message: Message) -> Landed:
    """Send a message that two devices of one account sign."""
    return _carried(person, handle, _signed_by_both(person, second, handle, message))


def _signed_by_both(person: Person, second: Person, handle: bytes, message: Message) -> bytes:
    builder = EnvelopeBuilder(person.wallet.network, person.ledger.now, grain_ms=MINUTE_MS)
    signers = [(handle, each.wallet.relation(handle).device) for each in (person, second)]
    return builder.build(signers, message).raw


def _carried(person: Person, handle: bytes, envelope: bytes) -> Landed:
    landed = carry_own(person, handle, envelope)
    accept(landed.result.code)
    return landed
