"""Claim an account with an invitation: the wallet makes keys, proves them, and shows a short code."""

import os
from typing import NamedTuple

from msgspec.structs import replace

from salus.client.refused import accept
from salus.contracts.accounts import queries
from salus.contracts.accounts.messages import ClaimPayload
from salus.contracts.accounts.types import PersonState, RecoveryPolicy
from salus.core import cose
from salus.core.encoding import encode
from salus.core.hashing import T
from salus.core.keys import Role, list_key
from salus.core.signatures import SigningKey
from salus.services import lookup
from salus.services.actors import Person
from salus.services.errors import NoInvitation
from salus.state.overlay import Reader
from salus.wallet.invitation import read_code, short_code
from salus.wallet.kept import KeptRelation, RelationState

_LIFETIME_MS = 300_000
_VALID_DAYS = 3653  # of a device key, about ten years, to the day


class Claimed(NamedTuple):
    """A pending claim. The desk compares the short code before it confirms."""

    handle: bytes
    claim: bytes
    short_code: str


def claim(person: Person, code: str, via: bytes | None = None) -> Claimed:
    """Claim the account that the printed code or link opens; `via` is the member that carries it.

    The keys are in the wallet before they leave it. Raises WrongCode, NoInvitation, the contract's refusals.
    """
    network, state = person.wallet.network, person.ledger.view()
    invitation = read_code(network, code).key(network)
    handle = queries.account_of_key(state, invitation.id(network))
    if handle is None or queries.invitation(state, handle) is None:
        raise NoInvitation
    custodian = lookup.person(state, handle).custodian
    relation = person.wallet.new_relation(handle, custodian)
    payload = _payload(network, relation, person.ledger.now())
    claim_id = T("claim", network, encode(payload))
    person.wallet.keep_relation(replace(relation, claim=claim_id))
    signed = cose.sign("claim", network, encode(payload), [invitation, relation.device])
    landed = person.carriers.carry_claim(via or custodian, signed).result()
    accept(landed.result.code)
    return Claimed(handle, claim_id, short_code(claim_id))


def finish_claims(person: Person) -> tuple[bytes, ...]:
    """Note in the wallet which claims became final; return their handles."""
    state, now = person.ledger.view(), person.ledger.now()
    done = []
    for relation in person.wallet.relations():
        if relation.state == RelationState.CLAIMING and _is_ours(person, relation, state, now):
            person.wallet.finish_claim(relation.handle)
            done.append(relation.handle)
    return tuple(done)


def _is_ours(person: Person, relation: KeptRelation, state: Reader, now: int) -> bool:
    account = queries.person(state, relation.handle)
    if account is None or account.state != PersonState.CLAIMED:
        return False
    return queries.live_key(state, relation.handle, relation.device.id(person.wallet.network), now) is not None


def _payload(network: bytes, relation: KeptRelation, now: int) -> ClaimPayload:
    start = now // lookup.DAY_MS * lookup.DAY_MS  # to the day, so that times link no two accounts
    device: SigningKey = relation.device
    entry = list_key(network, relation.handle, Role.DEVICE, device, start, start + _VALID_DAYS * lookup.DAY_MS)
    policy = int(RecoveryPolicy.IN_PERSON)
    seal_key = relation.seal_key.id(network)
    return ClaimPayload(relation.handle, (entry,), seal_key, policy, os.urandom(16), now + _LIFETIME_MS)
