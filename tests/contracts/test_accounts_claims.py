"""Claims: what is written, and whom the defects would let in."""

from typing import Any

import msgspec
import pytest

from contracts import people
from contracts.founding import Network, key
from contracts.people import DAY, SEAL
from contracts.precedence import NOW, Outcome
from salus.contracts.accounts import errors, events, invariants, keeper, keys, queries
from salus.contracts.accounts.messages import (
    AddKey,
    ClaimAccount,
    CompleteClaim,
    ConfirmClaim,
    InvitePerson,
    RejectClaim,
)
from salus.contracts.accounts.types import (
    Key,
    KeyStatus,
    PendingClaim,
    Person,
    PersonState,
)
from salus.contracts.consent import events as consent_events
from salus.contracts.consent import keeper as consent_keeper
from salus.core import cose
from salus.core.encoding import encode
from salus.core.errors import InvalidKey, Malformed, WrongSignature
from salus.core.keys import FOREVER, Role, list_key
from salus.core.signatures import SigningKey
from salus.policy.types import Capacity, Directive, Effect, GranteeKind, Status
from salus.state.overlay import Overlay

NETWORK = Network()
FIRST, SECOND = NETWORK.members[0].id, NETWORK.members[1].id
PHONE, TABLET, THIEF = key("phone"), key("tablet"), key("thief")
DELAY = 259_200_000


def sound(state: Overlay) -> bool:
    rows = [(k, v) for k, v in sorted(state.writes.items()) if v is not None]
    return list(invariants.violations(NETWORK.id, rows)) == []


def carry(state: Overlay, payload: Any, signers: list[SigningKey], time: int = NOW) -> Outcome:
    """Have the fourth member carry a claim; what it wrote is not kept."""
    message = ClaimAccount(NETWORK.members[3].id, people.signed_claim(NETWORK, payload, signers))
    scene = NETWORK.scene(message, NETWORK.gateway(3), state)
    scene.time = time
    return scene.run()


def confirm(state: Overlay, handle: bytes, claim: bytes, custodian: int = 0) -> Outcome:
    message = ConfirmClaim(NETWORK.members[custodian].id, handle, claim)
    return NETWORK.scene(message, NETWORK.gateway(custodian), state).commit()


def reject(state: Overlay, handle: bytes, claim: bytes) -> Outcome:
    return NETWORK.scene(RejectClaim(FIRST, handle, claim), NETWORK.gateway(0), state).commit()


def device_key(signing: SigningKey, generation: int = 1, status: KeyStatus = KeyStatus.LISTED) -> Key:
    return Key(1, int(Role.DEVICE), signing.public, 0, FOREVER, generation, int(status))


def test_claim_is_pending_exactly_and_gives_no_power_yet() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    invitation = people.invite(NETWORK, state, handle)
    payload = people.claim_payload(NETWORK, handle, [PHONE, TABLET])
    outcome = carry(state, payload, [invitation, PHONE, TABLET])
    claim = people.claim_id(NETWORK, payload)
    stored = tuple((1, k.public, 0, FOREVER) for k in (PHONE, TABLET))
    assert outcome.writes == {
        keys.owner_key(PHONE.id(NETWORK.id)): handle,
        keys.owner_key(TABLET.id(NETWORK.id)): handle,
        keys.claim_key(handle): encode(PendingClaim(claim, stored, SEAL, 1, NOW)),
    }
    assert outcome.events == (events.ClaimMade(handle, NETWORK.members[3].id, claim),)
    for k, v in outcome.writes.items():
        state.put(k, v)
    assert queries.live_key(state, handle, PHONE.id(NETWORK.id), NOW) is None
    signer = (NETWORK.signer(handle, PHONE, Role.DEVICE),)
    assert not queries.may_act(queries.person(state, handle), handle, signer, Capacity.SELF)
    assert queries.may_act(queries.person(state, handle), handle, tuple(NETWORK.gateway(0)), Capacity.CUSTODIAN)
    pending = queries.pending_claim(state, handle)
    assert pending is not None and pending.id == claim
    assert sound(state)


def test_confirmed_claim_hands_the_account_over_exactly() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    claim = people.claim(NETWORK, state, handle, [PHONE, TABLET])
    outcome = confirm(state, handle, claim)
    ids = tuple(k.id(NETWORK.id) for k in (PHONE, TABLET))
    person = Person(FIRST, PersonState.CLAIMED, 1, 1, SEAL, False)
    assert outcome.writes == {
        keys.person_key(handle): encode(person),
        keys.account_key(handle, ids[0]): encode(device_key(PHONE)),
        keys.account_key(handle, ids[1]): encode(device_key(TABLET)),
        keys.owner_key(ids[0]): handle,
        keys.owner_key(ids[1]): handle,
        keys.claim_key(handle): None,
        keys.invitation_key(handle): None,
    }
    assert outcome.events == (events.ClaimFinal(handle, claim, 1, True, ids),)
    assert queries.person(state, handle) == person
    assert queries.live_key(state, handle, ids[0], NOW) == device_key(PHONE)
    signer = (NETWORK.signer(handle, PHONE, Role.DEVICE),)
    assert queries.may_act(queries.person(state, handle), handle, signer, Capacity.SELF)
    assert not queries.may_act(queries.person(state, handle), handle, tuple(NETWORK.gateway(0)), Capacity.CUSTODIAN)
    assert not queries.may_act(queries.person(state, handle), handle, tuple(NETWORK.gateway(0)), Capacity.SELF)
    assert sound(state)


def test_unconfirmed_claim_is_completed_by_anybody_after_the_delay() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    claim = people.claim(NETWORK, state, handle, [PHONE])
    scene = NETWORK.scene(CompleteClaim(SECOND, handle, claim), NETWORK.gateway(1), state)
    scene.time = NOW + DELAY
    assert scene.commit().events == (events.ClaimFinal(handle, claim, 1, False, (PHONE.id(NETWORK.id),)),)
    assert queries.live_key(state, handle, PHONE.id(NETWORK.id), NOW + DELAY) == device_key(PHONE)


def test_rejected_claim_voids_its_invitation_and_its_keys_for_ever() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    claim = people.claim(NETWORK, state, handle, [THIEF])
    outcome = reject(state, handle, claim)
    assert outcome.writes == {keys.claim_key(handle): None, keys.invitation_key(handle): None}
    assert outcome.events == (events.ClaimRejected(handle, FIRST, claim),)
    payload = people.claim_payload(NETWORK, handle, [THIEF])
    assert carry(state, payload, [key("invitation"), THIEF]).code == errors.NotInvited.code
    secret = people.invite(NETWORK, state, handle, name="next")
    assert carry(state, payload, [secret, THIEF]).code == errors.KeyListed.code, "nor with another invitation"
    assert carry(state, people.claim_payload(NETWORK, handle, [PHONE]), [secret, PHONE]).code == 0
    assert sound(state)


def test_stolen_link_claims_first_and_the_desk_sees_another_code() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    stolen = people.claim(NETWORK, state, handle, [THIEF])
    hers = people.claim_payload(NETWORK, handle, [PHONE])
    assert carry(state, hers, [key("invitation"), PHONE]).code == errors.ClaimPending.code
    other = ConfirmClaim(FIRST, handle, people.claim_id(NETWORK, hers))
    assert NETWORK.scene(other, NETWORK.gateway(0), state).run().code == errors.NoSuchClaim.code
    reject(state, handle, stolen)
    confirm(state, handle, people.claim(NETWORK, state, handle, [PHONE], name="in person"))
    assert queries.live_key(state, handle, THIEF.id(NETWORK.id), NOW) is None
    assert queries.live_key(state, handle, PHONE.id(NETWORK.id), NOW) is not None


def test_stolen_expired_invitation() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    invitation = people.invite(NETWORK, state, handle)
    payload = people.claim_payload(NETWORK, handle, [THIEF], not_after=NOW + DAY + 1)
    assert carry(state, payload, [invitation, THIEF], NOW + DAY).code == errors.InvitationExpired.code
    assert carry(state, payload, [invitation, THIEF], NOW + DAY - 1).code == 0


def test_claim_at_the_exact_end_of_its_time() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    invitation = people.invite(NETWORK, state, handle)
    payload = people.claim_payload(NETWORK, handle, [PHONE], not_after=NOW + 600_000)
    assert carry(state, payload, [invitation, PHONE], NOW - 1).code == errors.ClaimExpired.code
    assert carry(state, payload, [invitation, PHONE], NOW).code == 0
    assert carry(state, payload, [invitation, PHONE], NOW + 599_999).code == 0
    assert carry(state, payload, [invitation, PHONE], NOW + 600_000).code == errors.ClaimExpired.code


def test_hospital_claims_with_a_key_already_listed_elsewhere() -> None:
    state = NETWORK.state()
    elsewhere = people.claimed(NETWORK, state, [PHONE], 1)
    handle = people.open_account(NETWORK, state)
    secret = people.invite(NETWORK, state, handle)
    payload = people.claim_payload(NETWORK, handle, [PHONE])
    assert carry(state, payload, [secret, PHONE]).code == errors.KeyListed.code
    gateway = NETWORK.members[0].gateway
    payload = people.claim_payload(NETWORK, handle, [gateway])
    assert carry(state, payload, [secret, gateway]).code == errors.KeyListed.code
    assert queries.account_of_key(state, PHONE.id(NETWORK.id)) == elsewhere


def test_claim_lists_a_key_twice() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    secret = people.invite(NETWORK, state, handle)
    payload = people.claim_payload(NETWORK, handle, [PHONE, PHONE])
    assert carry(state, payload, [secret, PHONE]).code == errors.KeyListed.code


@pytest.mark.parametrize("carried", ["account", "role", "network"])
def test_possession_proof_carried_to_another(carried: str) -> None:
    state = NETWORK.state()
    handle, other = people.open_account(NETWORK, state), people.open_account(NETWORK, state, 1)
    secret = people.invite(NETWORK, state, handle)
    proof = list_key(
        bytes(32) if carried == "network" else NETWORK.id,
        other if carried == "account" else handle,
        Role.GATEWAY if carried == "role" else Role.DEVICE,
        PHONE,
    ).proof
    entry = msgspec.structs.replace(people.device(NETWORK, handle, PHONE), proof=proof)
    payload = people.claim_payload(NETWORK, handle, [PHONE], keys=(entry,))
    assert carry(state, payload, [secret, PHONE]).code == InvalidKey.code


def test_claim_redirected_to_another_handle() -> None:
    state = NETWORK.state()
    handle, other = people.open_account(NETWORK, state), people.open_account(NETWORK, state, 1)
    secret = people.invite(NETWORK, state, handle)
    people.invite(NETWORK, state, other, 1, name="another")
    payload = people.claim_payload(NETWORK, other, [PHONE])
    assert carry(state, payload, [secret, PHONE]).code == errors.WrongSigners.code


@pytest.mark.parametrize("kind", [kind for kind in cose.KINDS if kind != "claim"])
def test_another_cose_kind_offered_as_a_claim(kind: str) -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    secret = people.invite(NETWORK, state, handle)
    payload = encode(people.claim_payload(NETWORK, handle, [PHONE]))
    carrier = NETWORK.members[3].id
    raw = cose.sign(kind, NETWORK.id, payload, [secret, PHONE])
    scene = NETWORK.scene(ClaimAccount(carrier, raw), NETWORK.gateway(3), state)
    assert scene.run().code == Malformed.code
    signatures = [
        (k.id(NETWORK.id), k.sign(cose.to_be_signed(kind, NETWORK.id, payload, k.id(NETWORK.id))))
        for k in (secret, PHONE)
    ]
    scene.change(claim=cose.build("claim", payload, signatures))
    assert scene.run().code == WrongSignature.code


def test_claim_signed_for_another_network() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    secret = people.invite(NETWORK, state, handle)
    payload = encode(people.claim_payload(NETWORK, handle, [PHONE]))
    kids = [k.id(NETWORK.id) for k in (secret, PHONE)]
    signatures = [
        (kid, k.sign(cose.to_be_signed("claim", bytes(32), payload, kid)))
        for kid, k in zip(kids, (secret, PHONE), strict=True)
    ]
    message = ClaimAccount(NETWORK.members[3].id, cose.build("claim", payload, signatures))
    assert NETWORK.scene(message, NETWORK.gateway(3), state).run().code == WrongSignature.code


def test_one_of_the_new_keys_did_not_sign() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    secret = people.invite(NETWORK, state, handle)
    payload = encode(people.claim_payload(NETWORK, handle, [PHONE, TABLET]))
    kids = [k.id(NETWORK.id) for k in (secret, PHONE, TABLET)]
    signed = [k.sign(cose.to_be_signed("claim", NETWORK.id, payload, k.id(NETWORK.id))) for k in (secret, PHONE, PHONE)]
    raw = cose.build("claim", payload, list(zip(kids, signed, strict=True)))
    message = ClaimAccount(NETWORK.members[3].id, raw)
    assert NETWORK.scene(message, NETWORK.gateway(3), state).run().code == WrongSignature.code


def test_key_that_survives_the_claim() -> None:
    """Whatever was listed for the account before, by whichever defect, is void afterwards."""
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    claim = people.claim(NETWORK, state, handle, [PHONE])
    planted = THIEF.id(NETWORK.id)
    keeper.list_key(state, handle, planted, device_key(THIEF, 0))
    assert queries.live_key(state, handle, planted, NOW) is not None
    confirm(state, handle, claim)
    assert queries.live_key(state, handle, planted, NOW) is None
    assert keeper.get_key(state, handle, planted) == device_key(THIEF, 0, KeyStatus.REVOKED)


def test_claimed_account_is_neither_invited_to_nor_claimed_again() -> None:
    state = NETWORK.state()
    handle = people.claimed(NETWORK, state, [PHONE])
    message = InvitePerson(FIRST, handle, key("again").public, NOW + DAY)
    assert NETWORK.scene(message, NETWORK.gateway(0), state).run().code == errors.AlreadyClaimed.code
    payload = people.claim_payload(NETWORK, handle, [THIEF])
    assert carry(state, payload, [key("invitation 6f6f6f6f"), THIEF]).code == errors.AlreadyClaimed.code


def test_custodian_lists_a_key_in_a_custodial_account() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    message = AddKey(handle, people.device(NETWORK, handle, THIEF))
    assert NETWORK.scene(message, NETWORK.gateway(0), state).run().code == errors.NotClaimed.code


def test_permit_surviving_the_claim() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    claim = people.claim(NETWORK, state, handle, [PHONE])

    def directive(n: int, effect: Effect, capacity: Capacity) -> Directive:
        return Directive(
            bytes((n,)) * 32,
            1,
            bytes((n,)) * 32,
            None,
            handle,
            int(capacity),
            (int(GranteeKind.ORGANISATION), SECOND),
            int(effect),
            False,
            (1,),
            NOW,
            NOW + DAY,
            0,
            0,
            (False, 0, False),
            bytes(32),
            int(Status.ACTIVE),
            NOW,
            None,
        )

    permit, deny = directive(1, Effect.PERMIT, Capacity.CUSTODIAN), directive(2, Effect.DENY, Capacity.CUSTODIAN)
    for given in (permit, deny):
        consent_keeper.put_directive(state, given)
    outcome = confirm(state, handle, claim)
    assert [type(event) for event in outcome.events] == [events.ClaimFinal, consent_events.CustodialPermitLapsed]
    after = {d.id: d.status for d in consent_keeper.get_directives(state, handle)}
    assert after == {permit.id: Status.REVOKED, deny.id: Status.ACTIVE}


def test_listed_key_before_its_proof() -> None:
    """A key that is listed elsewhere is refused as such, also where its proof fails."""
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    secret = people.invite(NETWORK, state, handle)
    gateway = NETWORK.members[1].gateway
    entry = msgspec.structs.replace(people.device(NETWORK, handle, gateway), proof=bytes(64))
    payload = people.claim_payload(NETWORK, handle, [gateway], keys=(entry,))
    assert carry(state, payload, [secret, gateway]).code == errors.KeyListed.code
    listed = bytes(32)  # no point of the subgroup
    keeper.reserve_key(state, key("x")._replace(public=listed).id(NETWORK.id), handle)
    message = InvitePerson(FIRST, handle, listed, NOW + DAY)
    assert NETWORK.scene(message, NETWORK.gateway(0), state).run().code == errors.KeyListed.code
