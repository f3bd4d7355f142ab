"""Back up a wallet: one file for any place, and slots that are shown once.

The operator is the custodian of one of the person's accounts. It hands its share out when the ledger shows that this
very account was recovered since; so one file brings back the memory of all accounts.
"""

from collections.abc import Sequence
from typing import NamedTuple

from salus.services import lookup
from salus.services.actors import Person
from salus.wallet.backup import file, slots
from salus.wallet.backup.errors import UnfitKeyholders, UnreadableSecret
from salus.wallet.backup.file import NewSlot, Operator
from salus.wallet.backup.slots import SlotKind


class SlotWish(NamedTuple):
    """A slot to make. Its repr shows no secret."""

    kind: SlotKind
    needed: int = 0  # of the keyholders
    holders: int = 0
    organisations: tuple[bytes, ...] = ()  # two of them, for kind ORGANISATIONS
    prf: bytes = b""  # output of a passkey

    def __repr__(self) -> str:
        return f"SlotWish({self.kind.name})"


class Shown(NamedTuple):
    """What a person writes down, or gives to keyholders, for one slot. Its repr shows none of it."""

    kind: SlotKind
    texts: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Shown({self.kind.name})"


class MadeBackup(NamedTuple):
    """The file, which tells nobody anything, and what opens it."""

    raw: bytes
    shown: tuple[Shown, ...]


def back_up(person: Person, handle: bytes, wishes: Sequence[SlotWish]) -> MadeBackup:
    """Return a backup of the whole wallet, whose operator is the custodian of `handle`.

    Raises NoSuchKeptRelation, UnknownSealKey, NoSuchMember, TooManySlots, UnfitKeyholders, UnreadableSecret.
    """
    custodian = person.wallet.relation(handle).custodian
    generation = lookup.person(person.ledger.view(), handle).generation
    made = [_slot(person, wish) for wish in wishes]
    handles = tuple((kept.handle, kept.custodian) for kept in person.wallet.relations())
    key, public = _seal_key(person, custodian)
    raw = file.make(
        person.wallet.network,
        (handle, generation),
        Operator(custodian, key, public),
        handles,
        person.wallet.secrets(),
        [slot for slot, _ in made],
    )
    return MadeBackup(raw, tuple(Shown(slot.kind, texts) for slot, texts in made if texts))


def _slot(person: Person, wish: SlotWish) -> tuple[NewSlot, tuple[str, ...]]:
    """Return the slot with a fresh secret, and what is shown of it."""
    network = person.wallet.network
    if wish.kind is SlotKind.PASSKEY:
        return NewSlot(wish.kind, slots.of_passkey(wish.prf)), ()
    if wish.kind is SlotKind.PASSPHRASE:
        words = slots.new_passphrase()
        return NewSlot(wish.kind, slots.of_passphrase(words)), (words,)
    if wish.kind is SlotKind.PRINTED:
        code, secret = slots.new_printed(network)
        return NewSlot(wish.kind, secret), (code,)
    if wish.kind is SlotKind.KEYHOLDERS:
        shares, secret = slots.new_shares(wish.needed, wish.holders)
        return NewSlot(wish.kind, secret, wish.needed), tuple(shares)
    if len(dict.fromkeys(wish.organisations)) != 2:
        raise UnfitKeyholders
    shares, secret = slots.new_shares(2, 2)
    held = tuple(
        (organisation, *_seal_key(person, organisation), share.encode())
        for organisation, share in zip(wish.organisations, shares, strict=True)
    )
    return NewSlot(wish.kind, secret, 2, held), ()


def _seal_key(person: Person, organisation: bytes) -> tuple[bytes, bytes]:
    """Return (id, public key) to which an organisation is sealed to."""
    key = lookup.organisation(person.ledger.view(), organisation).seal_key
    return key, person.exchange.find_key(key)


def read_secret(network: bytes, kind: SlotKind, texts: Sequence[str]) -> bytes:
    """Return the secret of a slot from what a person kept: words, a code, shares, or the hex of a passkey's output.

    Raises UnreadableSecret, NotEnoughShares.
    """
    if kind in (SlotKind.KEYHOLDERS, SlotKind.ORGANISATIONS):
        return slots.of_shares(texts)
    if len(texts) != 1:
        raise UnreadableSecret
    if kind is SlotKind.PASSPHRASE:
        return slots.of_passphrase(texts[0])
    if kind is SlotKind.PRINTED:
        return slots.of_printed(network, texts[0])
    try:
        return slots.of_passkey(bytes.fromhex(texts[0]))
    except ValueError:
        raise UnreadableSecret from None
