"""Custodial accounts, invitations, claims: each with its refusals in order, and what brings them about."""

from collections.abc import Callable
from typing import Any

import msgspec

from contracts import people
from contracts.accounts_defects import (
    CARRIER,
    DELAY,
    DEVICES,
    FIRST,
    NETWORK,
    SECOND,
    change,
    no_gateway,
    not_active,
    not_serving,
    parameter,
    reserved,
    state_of,
)
from contracts.founding import key
from contracts.precedence import NOW, Case, Scene
from salus.contracts import accounts
from salus.contracts.accounts import errors, keeper, keys
from salus.contracts.accounts.messages import (
    ClaimAccount,
    CompleteClaim,
    ConfirmClaim,
    InvitePerson,
    OpenAccounts,
    RejectClaim,
)
from salus.contracts.accounts.types import Person, PersonState
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.types import MemberState
from salus.core.errors import InvalidKey, Malformed, WrongSignature
from salus.core.hashing import object_id
from salus.core.keys import Role


def open_accounts() -> Scene:
    return NETWORK.scene(OpenAccounts(FIRST, 3), NETWORK.gateway(0))


def handle_exists(entry: int) -> Callable[[Scene], None]:
    def defect(scene: Scene) -> None:
        handle = object_id("handle", NETWORK.id, FIRST, scene.nonce, 0, entry)
        keeper.put_person(scene.state, handle, Person(FIRST, PersonState.CUSTODIAL, 0, None, None, False))

    return defect


OPEN_ACCOUNTS = Case(
    "OpenAccounts",
    open_accounts,
    {
        errors.NotMember: not_active(FIRST),
        errors.NotGateway: no_gateway(0),
        errors.AccountExists: (handle_exists(0), handle_exists(2)),
        errors.CustodianSuspended: state_of(FIRST, MemberState.ACTIVE, suspended_custodian=True),
    },
    {(errors.NotMember, errors.CustodianSuspended): "both replace the member's entry"},
)


def opened(scene_of: Callable[[Any, bytes], Scene]) -> Callable[[], Scene]:
    """A scene over a state in which the first member opened an account."""

    def scene() -> Scene:
        state = NETWORK.state()
        return scene_of(state, people.open_account(NETWORK, state))

    return scene


def invite_person(state: Any, handle: bytes) -> Scene:
    message = InvitePerson(FIRST, handle, key("invitation").public, NOW + 1)
    return NETWORK.scene(message, NETWORK.gateway(0), state, handle=handle)


def unknown_handle(scene: Scene) -> None:
    scene.change(handle=b"?" * 32)


def of_an_organisation(scene: Scene) -> None:
    scene.change(handle=FIRST)


def anothers_patient(scene: Scene) -> None:
    person = Person(SECOND, PersonState.CUSTODIAL, 0, None, None, False)
    keeper.put_person(scene.state, scene.notes["handle"], person)


def claimed_before(scene: Scene) -> None:
    before = keeper.get_person(scene.state, scene.notes["handle"])
    assert before is not None
    claimed = Person(before.custodian, PersonState.CLAIMED, 1, 1, people.SEAL, False)
    keeper.put_person(scene.state, scene.notes["handle"], claimed)


def claim_pending(scene: Scene) -> None:
    pending = accounts.types.PendingClaim(b"?" * 32, (), people.SEAL, 1, NOW)
    keeper.put_claim(scene.state, scene.notes["handle"], pending)


INVITE_PERSON = Case(
    "InvitePerson",
    opened(invite_person),
    {
        errors.NotMember: not_serving(FIRST),
        errors.NotGateway: no_gateway(0),
        errors.NoSuchAccount: (unknown_handle, of_an_organisation),
        errors.NotCustodian: anothers_patient,
        errors.AlreadyClaimed: claimed_before,
        errors.ClaimPending: claim_pending,
        errors.InvalidPeriod: change(end=NOW),
        errors.KeyListed: (reserved("invitation"), change(public=key("hospital 0 gateway").public)),
        InvalidKey: change(public=bytes(32)),
    },
    {(errors.KeyListed, InvalidKey): "the defects replace the same key; see test_listed_key_before_its_proof"},
)


def claim_account() -> Scene:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    invitation = people.invite(NETWORK, state, handle)
    notes = {
        "handle": handle,
        "payload": people.claim_payload(NETWORK, handle, DEVICES[:2]),
        "keys": [invitation, *DEVICES[:2]],
    }
    scene = NETWORK.scene(ClaimAccount(CARRIER, b""), NETWORK.gateway(3), state, **notes)
    sign_again(scene)
    return scene


def sign_again(scene: Scene) -> None:
    raw = people.signed_claim(NETWORK, scene.notes["payload"], scene.notes["keys"])
    if scene.notes.get("damaged"):
        raw = raw[:-1] + bytes((raw[-1] ^ 1,))
    scene.change(claim=raw + scene.notes.get("tail", b""))


def claiming(**fields: Any) -> Callable[[Scene], None]:
    """A defect of the claim, which is signed again."""

    def defect(scene: Scene) -> None:
        scene.notes["payload"] = msgspec.structs.replace(scene.notes["payload"], **fields)
        sign_again(scene)

    return defect


def claiming_keys(**fields: Any) -> Callable[[Scene], None]:
    """A defect of the claim's second key."""

    def defect(scene: Scene) -> None:
        one, two = scene.notes["payload"].keys
        claiming(keys=(one, msgspec.structs.replace(two, **fields)))(scene)

    return defect


def signing(**notes: Any) -> Callable[[Scene], None]:
    def defect(scene: Scene) -> None:
        scene.notes.update(notes)
        sign_again(scene)

    return defect


def not_invited(scene: Scene) -> None:
    scene.state.delete(keys.invitation_key(scene.notes["handle"]))


def invitation_expired(scene: Scene) -> None:
    invitation = keeper.get_invitation(scene.state, scene.notes["handle"])
    assert invitation is not None
    keeper.put_invitation(scene.state, scene.notes["handle"], msgspec.structs.replace(invitation, end=NOW))


INVITATION = key("invitation")
CLAIM_ACCOUNT = Case(
    "ClaimAccount",
    claim_account,
    {
        errors.NotMember: not_serving(CARRIER),
        errors.NotGateway: no_gateway(3),
        Malformed: signing(tail=b"\x00"),
        errors.NoSuchAccount: (claiming(handle=b"?" * 32), claiming(handle=FIRST)),
        errors.AlreadyClaimed: claimed_before,
        errors.ClaimPending: claim_pending,
        errors.NotInvited: not_invited,
        errors.InvitationExpired: invitation_expired,
        errors.ClaimExpired: (claiming(not_after=NOW), claiming(not_after=NOW + 600_001)),
        errors.UnknownPolicy: (claiming(policy=0), claiming(policy=4)),
        errors.TooManyKeys: parameter(Parameter.MAX_KEYS, 1),
        errors.WrongKeyRole: (claiming_keys(role=Role.GATEWAY), claiming_keys(role=Role.ADMINISTRATION)),
        errors.InvalidValidity: (
            claiming_keys(end=NOW + DELAY),
            claiming_keys(start=NOW + 2 * DELAY, end=NOW + 2 * DELAY),
        ),
        errors.KeyListed: (reserved("tablet"), reserved("phone")),
        errors.WrongSigners: (
            signing(keys=[*DEVICES[:2], INVITATION]),
            signing(keys=[INVITATION, DEVICES[1], DEVICES[0]]),
            signing(keys=[INVITATION, DEVICES[0]]),
            signing(keys=[INVITATION, *DEVICES]),
            signing(keys=DEVICES[:2]),
            signing(keys=[DEVICES[2], *DEVICES[:2]]),
        ),
        InvalidKey: claiming_keys(proof=bytes(64)),
        WrongSignature: signing(damaged=True),
    },
    {(errors.NotInvited, errors.InvitationExpired): "without an invitation none can expire"},
)


def pending(scene_of: Callable[[Any, bytes, bytes], Scene]) -> Callable[[], Scene]:
    """A scene over a state in which a claim is pending."""

    def scene() -> Scene:
        state = NETWORK.state()
        handle = people.open_account(NETWORK, state)
        return scene_of(state, handle, people.claim(NETWORK, state, handle, DEVICES[:2]))

    return scene


def no_claim(scene: Scene) -> None:
    keeper.end_claim(scene.state, scene.notes["handle"])


OF_THE_DESK: dict[Any, Any] = {
    errors.NotMember: not_serving(FIRST),
    errors.NotGateway: no_gateway(0),
    errors.NoSuchAccount: (unknown_handle, of_an_organisation),
    errors.NotCustodian: anothers_patient,
    errors.NoSuchClaim: (no_claim, change(claim=b"?" * 32)),
}
CONFIRM_CLAIM = Case(
    "ConfirmClaim",
    pending(lambda state, h, c: NETWORK.scene(ConfirmClaim(FIRST, h, c), NETWORK.gateway(0), state, handle=h)),
    OF_THE_DESK,
)
REJECT_CLAIM = Case(
    "RejectClaim",
    pending(lambda state, h, c: NETWORK.scene(RejectClaim(FIRST, h, c), NETWORK.gateway(0), state, handle=h)),
    OF_THE_DESK,
)


def complete_claim(state: Any, handle: bytes, claim: bytes) -> Scene:
    scene = NETWORK.scene(CompleteClaim(CARRIER, handle, claim), NETWORK.gateway(3), state, handle=handle)
    scene.time = NOW + DELAY
    return scene


COMPLETE_CLAIM = Case(
    "CompleteClaim",
    pending(complete_claim),
    {
        errors.NotMember: not_serving(CARRIER),
        errors.NotGateway: no_gateway(3),
        errors.NoSuchAccount: unknown_handle,
        errors.NoSuchClaim: (no_claim, change(claim=b"?" * 32)),
        errors.ClaimDelayed: lambda scene: setattr(scene, "time", NOW + DELAY - 1),
    },
)
