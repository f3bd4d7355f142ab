"""Claim an account with an invitation: the wallet makes keys, proves them, and shows a short code."""

import os
from typing import NamedTuple

from msgspec.structs import replace

from salus.client.refused import accept
from salus.contracts.accounts import queries
from salus.contracts.accounts.messages import ClaimPayload
from salus.contracts.accounts.types import Invitation, PersonState, RecoveryPolicy
from salus.core import cose
from salus.core.encoding import encode
from salus.core.hashing import T
from salus.core.keys import Role, list_key
from salus.core.signatures import SigningKey
from salus.services import lookup
from salus.services.actors import Person
from salus.services.errors import NoInvitation
from salus.state.overlay import Reader
from salus.wallet import timing
from salus.wallet.invitation import InvitationCode, read_code, short_code
from salus.wallet.kept import KeptClaim, KeptRelation, RelationState
from salus.wallet.menu import DAY_MS, MINUTE_MS, whole

_LIFETIME_MS = 300_000  # to the whole minute
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
    return claim_with(person, read_code(person.wallet.network, code), via)


def hold_claim(person: Person, code: str) -> KeptClaim:
    """Keep the claim for a time drawn from what its invitation has left; raise WrongCode, NoInvitation.

    Two claims sent in one sitting would tell that two accounts are one person's. The first waits like the second:
    one that waits because another was made tells of it.
    """
    network = person.wallet.network
    read = read_code(network, code)
    handle, invited = _invited(person.ledger.view(), network, read)
    held = KeptClaim(handle, read.secret, timing.claim_at(person.chance, person.ledger.now(), invited.end))
    person.wallet.keep_claim(held)
    return held


def claim_with(person: Person, code: InvitationCode, via: bytes | None = None) -> Claimed:
    """Claim the account that a code opens, as `claim`."""
    network, state = person.wallet.network, person.ledger.view()
    handle, _ = _invited(state, network, code)
    invitation = code.key(network)
    custodian = lookup.person(state, handle).custodian
    relation = person.wallet.new_relation(handle, custodian)
    payload = _payload(network, relation, person.ledger.now())
    claim_id = T("claim", network, encode(payload))
    person.wallet.keep_relation(replace(relation, claim=claim_id))
    signed = cose.sign("claim", network, encode(payload), [invitation, relation.device])
    landed = person.carriers.carry_claim(via or custodian, signed).result()
    accept(landed.result.code)
    person.wallet.drop_claim(handle)
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


def _invited(state: Reader, network: bytes, code: InvitationCode) -> tuple[bytes, Invitation]:
    """Return the account that a code opens, with the invitation; raise NoInvitation."""
    handle = queries.account_of_key(state, code.key(network).id(network))
    invited = None if handle is None else queries.invitation(state, handle)
    if handle is None or invited is None:
        raise NoInvitation
    return handle, invited


def _is_ours(person: Person, relation: KeptRelation, state: Reader, now: int) -> bool:
    account = queries.person(state, relation.handle)
    if account is None or account.state != PersonState.CLAIMED:
        return False
    return queries.live_key(state, relation.handle, relation.device.id(person.wallet.network), now) is not None


def _payload(network: bytes, relation: KeptRelation, now: int) -> ClaimPayload:
    start = now // DAY_MS * DAY_MS  # to the day, so that times link no two accounts
    device: SigningKey = relation.device
    entry = list_key(network, relation.handle, Role.DEVICE, device, start, start + _VALID_DAYS * DAY_MS)
    policy = int(RecoveryPolicy.IN_PERSON)
    seal_key = relation.seal_key.id(network)
    not_after = whole(now + _LIFETIME_MS, MINUTE_MS)
    return ClaimPayload(relation.handle, (entry,), seal_key, policy, os.urandom(16), not_after)
