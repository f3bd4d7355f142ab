"""Veto a recovery of one's account that one did not ask for; through two members, so that none can suppress it."""

from concurrent.futures import FIRST_COMPLETED, wait

from salus.client.batcher import Landed
from salus.client.refused import refusal
from salus.contracts.accounts import queries
from salus.contracts.accounts.recovery_messages import VetoPayload
from salus.core import cose
from salus.core.encoding import encode
from salus.core.errors import Refusal
from salus.services import lookup
from salus.services.actors import Person
from salus.services.errors import NoRecovery, NotCarried

_TIMEOUT_S = 30.0
_CARRIERS = 2


def veto_recovery(person: Person, handle: bytes) -> Landed:
    """Sign with this device's key, also where others revoked it lately. Raises NoRecovery, NotCarried, the contract's.

    The second veto within the network's period freezes this key: the custodian's identity check settles it then.
    """
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
    if refused:
        raise refusal(refused)
    raise NotCarried
