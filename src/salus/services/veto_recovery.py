"""Veto a recovery of one's account that one did not ask for; through two members, so that none can suppress it."""

from concurrent.futures import FIRST_COMPLETED, wait

from salus.client.batcher import Landed
from salus.client.ledger import EnvelopeResult
from salus.client.refused import refusal
from salus.contracts.accounts import queries
from salus.contracts.accounts.recovery_events import RecoveryContested, RecoveryVetoed
from salus.contracts.accounts.recovery_messages import VetoPayload
from salus.core import cose
from salus.core.encoding import encode
from salus.core.errors import Refusal
from salus.services import lookup
from salus.services.actors import Person
from salus.services.errors import NoRecovery, NotCarried
from salus.services.history import entries

_TIMEOUT_S = 30.0
_UNKNOWN = bytes(32)  # id of the envelope, which a member makes
_CARRIERS = 2


def veto_recovery(person: Person, handle: bytes) -> Landed:
    """Sign with this device's key, also where others revoked it lately. Raises NoRecovery, NotCarried, the contract's.

    The second veto within the network's period freezes this key: the custodian's identity check settles it then.
    """
    before = person.ledger.height()
    pending = queries.pending_recovery(person.ledger.view(), handle)
    if pending is None:
        raise NoRecovery
    key = person.wallet.relation(handle).device
    veto = cose.sign("veto", person.wallet.network, encode(VetoPayload(handle, pending.id)), [key])
    custodian = lookup.person(person.ledger.view(), handle).custodian
    others = [member for member in person.carriers.members() if member != custodian]
    members = [custodian, *person.chance.sample(others, len(others))][:_CARRIERS]
    waiting = set()
    for member in members:
        try:
            waiting.add(person.carriers.carry_veto(member, veto))
        except Refusal:
            continue  # the other member then
    refused = 0
    while waiting:
        done, waiting = wait(waiting, _TIMEOUT_S, FIRST_COMPLETED)
        if not done:
            break
        for future in done:
            if future.exception() is None:
                landed = future.result()
                if landed.result.code == 0:
                    return landed
                refused = landed.result.code
    there = _there(person, handle, pending.id, key.id(person.wallet.network), before)
    if there is not None:
        return there
    if refused:
        raise refusal(refused)
    raise NotCarried


def _there(person: Person, handle: bytes, recovery: bytes, key: bytes, after: int) -> Landed | None:
    """Return where the log shows this key's veto after a height: one member brought it, and its answer is lost."""
    for entry in entries(person.ledger, handle):
        event = entry.event
        if entry.height <= after or not isinstance(event, RecoveryVetoed | RecoveryContested):
            continue
        if (event.recovery, event.key) == (recovery, key):
            return Landed(entry.height, entry.time, EnvelopeResult(_UNKNOWN, 0, (entry.body,)))
    return None
