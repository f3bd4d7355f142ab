"""Every refusal of the accounts contract, alone and in pairs."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from contracts import people
from contracts.founding import ACCOUNTS, Network, key
from contracts.precedence import NOW, Case, Scene, alone, assert_complete, assert_documented, pairs
from salus.contracts import accounts
from salus.contracts.accounts import errors, keeper, keys
from salus.contracts.accounts.messages import (
    AddKey,
    AttestStaff,
    ChangeOrganisationKeys,
    ClaimAccount,
    CompleteClaim,
    ConfirmClaim,
    EndStaff,
    InvitePerson,
    OpenAccounts,
    OpenOrganisation,
    RejectClaim,
    RevokeKey,
    RevokeOwnKey,
    RotateSealKey,
)
from salus.contracts.accounts.types import Organisation, Person, PersonState, Staff
from salus.contracts.context import Signer
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.types import Member, MemberState
from salus.core.errors import InvalidKey, Malformed, WrongSignature
from salus.core.hashing import object_id
from salus.core.keys import Role, list_key

NETWORK = Network()
FIRST, SECOND, CARRIER = NETWORK.members[0].id, NETWORK.members[1].id, NETWORK.members[3].id
DEVICES = [key("phone"), key("tablet"), key("laptop")]
STAFF = b"t" * 32
DELAY = 259_200_000


def change(**fields: Any) -> Callable[[Scene], None]:
    return lambda scene: scene.change(**fields)


def change_keys(field: str, **fields: Any) -> Callable[[Scene], None]:
    """A defect of the first key that the message lists."""

    def defect(scene: Scene) -> None:
        first, *rest = getattr(scene.message, field)
        scene.change(**{field: (msgspec.structs.replace(first, **fields), *rest)})

    return defect


def state_of(member: bytes, state: MemberState, suspended_custodian: bool = False) -> Callable[[Scene], None]:
    entry = Member(state, False, suspended_custodian)
    return lambda scene: governance_keeper.put_member(scene.state, member, entry)


def not_serving(member: bytes) -> tuple[Callable[[Scene], None], ...]:
    return tuple(state_of(member, state) for state in (MemberState.LEFT, MemberState.SUCCEEDED))


def not_active(member: bytes) -> tuple[Callable[[Scene], None], ...]:
    return (*not_serving(member), state_of(member, MemberState.WINDING_DOWN))


def signed_otherwise(*signers: list[Signer]) -> tuple[Callable[[Scene], None], ...]:
    return tuple(lambda scene, s=s: setattr(scene, "signers", list(s)) for s in signers)  # type: ignore[misc]


def no_gateway(n: int) -> tuple[Callable[[Scene], None], ...]:
    return signed_otherwise([], NETWORK.administration(n), NETWORK.gateway(2))


def parameter(number: Parameter, value: int) -> Callable[[Scene], None]:
    return lambda scene: governance_keeper.put_parameter(scene.state, number, value)


def reserved(name: str) -> Callable[[Scene], None]:
    """The key of this name was listed once, for whatever account."""
    return lambda scene: keeper.reserve_key(scene.state, key(name).id(NETWORK.id), FIRST)


# organisations


def open_organisation() -> Scene:
    account = object_id("organisation", NETWORK.id, FIRST, b"n" * 16, 0, 0)
    listed = tuple(
        list_key(NETWORK.id, account, role, key(name))
        for role, name in (
            (Role.ADMINISTRATION, "new administration 1"),
            (Role.ADMINISTRATION, "new administration 2"),
            (Role.GATEWAY, "new gateway"),
        )
    )
    return NETWORK.scene(
        OpenOrganisation(FIRST, "clinic", "north", (2, 3), 2, listed, people.SEAL), NETWORK.gateway(0), account=account
    )


def account_exists(scene: Scene) -> None:
    keeper.put_organisation(scene.state, scene.notes["account"], Organisation("x", "north", (2,), 1, people.SEAL))


KEY_DEFECTS: dict[str, Any] = {
    "period": (change_keys("keys", start=5, end=5), change_keys("keys", end=NOW)),
    "possession": (change_keys("keys", proof=bytes(64)), change_keys("keys", public=bytes(32))),
}

OPEN_ORGANISATION = Case(
    "OpenOrganisation",
    open_organisation,
    {
        errors.NotMember: (*not_active(FIRST), change(sponsor=b"?" * 32)),
        errors.NotGateway: no_gateway(0),
        errors.AccountExists: account_exists,
        errors.UnknownRole: (change(roles=(0,)), change(roles=(10,)), change(roles=(3, 2)), change(roles=(2, 2))),
        errors.TooManyKeys: parameter(Parameter.MAX_KEYS, 2),
        errors.WrongKeyRole: (
            change_keys("keys", role=Role.DEVICE),
            change_keys("keys", role=Role.VALIDATOR),
            change_keys("keys", role=0),
        ),
        errors.InvalidValidity: KEY_DEFECTS["period"],
        errors.InvalidThreshold: (change(threshold=0), change(threshold=3)),
        errors.KeyListed: (
            reserved("new gateway"),
            change_keys("keys", public=key("new administration 2").public),
            change_keys("keys", public=key("hospital 0 gateway").public),
        ),
        InvalidKey: KEY_DEFECTS["possession"],
    },
    {(errors.KeyListed, InvalidKey): "the defects replace the same key; see test_listed_key_before_its_proof"},
)


def change_organisation_keys() -> Scene:
    added = list_key(NETWORK.id, FIRST, Role.ADMINISTRATION, key("added"))
    revoked = NETWORK.members[0].administration[0].id(NETWORK.id)
    message = ChangeOrganisationKeys(FIRST, (added,), (revoked,), 2, b"f" * 32)
    return NETWORK.scene(message, NETWORK.administration(0))


def revoked_before(scene: Scene) -> None:
    (kid,) = scene.message.revoke[:1]  # type: ignore[attr-defined]
    entry = keeper.get_key(scene.state, FIRST, kid)
    assert entry is not None
    keeper.revoke_key(scene.state, FIRST, kid, entry)


def revoke_twice(scene: Scene) -> None:
    scene.change(revoke=scene.message.revoke * 2)  # type: ignore[attr-defined]


CHANGE_ORGANISATION_KEYS = Case(
    "ChangeOrganisationKeys",
    change_organisation_keys,
    {
        errors.NoSuchAccount: change(organisation=b"?" * 32),
        errors.NotAdministration: signed_otherwise(
            NETWORK.administration(0)[:1],
            NETWORK.administration(0)[:1] * 2,
            NETWORK.gateway(0) * 2,
            NETWORK.administration(1),
            [],
        ),
        errors.NoSuchKey: (change(revoke=(b"?" * 32,)), revoked_before),
        errors.UnsortedKeys: revoke_twice,
        errors.TooManyKeys: parameter(Parameter.MAX_KEYS, 2),
        errors.WrongKeyRole: (change_keys("add", role=Role.DEVICE), change_keys("add", role=Role.VALIDATOR)),
        errors.InvalidValidity: (change_keys("add", start=5, end=5), change_keys("add", end=NOW)),
        errors.InvalidThreshold: (change(threshold=0), change(threshold=3)),
        errors.KeyListed: reserved("added"),
        InvalidKey: (
            change_keys("add", proof=bytes(64)),
            change_keys("add", public=bytes(32)),
            change_keys("add", proof=list_key(NETWORK.id, SECOND, Role.ADMINISTRATION, key("added")).proof),
            change_keys("add", proof=list_key(NETWORK.id, FIRST, Role.GATEWAY, key("added")).proof),
            change_keys("add", proof=list_key(bytes(32), FIRST, Role.ADMINISTRATION, key("added")).proof),
        ),
    },
    {(errors.KeyListed, InvalidKey): "the defects replace the same key; see test_listed_key_before_its_proof"},
)


def attest_staff() -> Scene:
    return NETWORK.scene(AttestStaff(FIRST, STAFF, NOW, NOW + 1), NETWORK.gateway(0))


ATTEST_STAFF = Case(
    "AttestStaff",
    attest_staff,
    {
        errors.NotMember: not_serving(FIRST),
        errors.NotGateway: no_gateway(0),
        errors.InvalidPeriod: (change(end=NOW), change(start=NOW + 1), change(start=0, end=NOW)),
        errors.StaffExists: (
            lambda scene: keeper.put_staff(scene.state, FIRST, STAFF, Staff(0, NOW + 9)),
            lambda scene: keeper.put_staff(scene.state, FIRST, STAFF, Staff(0, 1)),
        ),
    },
)


def end_staff() -> Scene:
    scene = NETWORK.scene(EndStaff(FIRST, STAFF), NETWORK.gateway(0))
    keeper.put_staff(scene.state, FIRST, STAFF, Staff(0, NOW + 1))
    return scene


END_STAFF = Case(
    "EndStaff",
    end_staff,
    {
        errors.NotGateway: no_gateway(0),
        errors.NoSuchStaff: (
            change(commitment=b"?" * 32),
            lambda scene: keeper.put_staff(scene.state, FIRST, STAFF, Staff(0, NOW)),
        ),
    },
)


# custodial accounts and claims


def open_accounts() -> Scene:
    return NETWORK.scene(OpenAccounts(FIRST, 3), NETWORK.gateway(0))


def handle_exists(entry: int) -> Callable[[Scene], None]:
    def defect(scene: Scene) -> None:
        handle = object_id("handle", NETWORK.id, FIRST, scene.nonce, 0, entry)
        keeper.put_person(scene.state, handle, Person(FIRST, PersonState.CUSTODIAL, 0, None, None))

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
    person = Person(SECOND, PersonState.CUSTODIAL, 0, None, None)
    keeper.put_person(scene.state, scene.notes["handle"], person)


def claimed_before(scene: Scene) -> None:
    before = keeper.get_person(scene.state, scene.notes["handle"])
    assert before is not None
    claimed = Person(before.custodian, PersonState.CLAIMED, 1, 1, people.SEAL)
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


# a person's own keys


def devices(handle: bytes, *names: int) -> list[Signer]:
    return [NETWORK.signer(handle, DEVICES[n], Role.DEVICE) for n in names]


def claimed(scene_of: Callable[[Any, bytes], Scene]) -> Callable[[], Scene]:
    """A scene over a state in which a person claimed with three devices."""

    def scene() -> Scene:
        state = NETWORK.state()
        return scene_of(state, people.claimed(NETWORK, state, DEVICES))

    return scene


def unknown_account(scene: Scene) -> None:
    scene.change(account=b"?" * 32)


def organisation_account(scene: Scene) -> None:
    scene.change(account=FIRST)


def custodial(scene: Scene) -> None:
    keeper.put_person(scene.state, scene.notes["handle"], Person(FIRST, PersonState.CUSTODIAL, 0, None, None))


def no_device(scene: Scene) -> None:
    scene.signers = NETWORK.gateway(0)


def anothers_devices(scene: Scene) -> None:
    scene.signers = devices(b"?" * 32, 0, 1)


def one_device(scene: Scene) -> None:
    scene.signers = scene.signers[:1]


def one_device_twice(scene: Scene) -> None:
    scene.signers = scene.signers[:1] * 2


def one_device_listed(scene: Scene) -> None:
    scene.signers = scene.signers[:1]
    for other in DEVICES[1:]:
        kid = other.id(NETWORK.id)
        entry = keeper.get_key(scene.state, scene.notes["handle"], kid)
        assert entry is not None
        keeper.revoke_key(scene.state, scene.notes["handle"], kid, entry)


OF_TWO_DEVICES: dict[Any, Any] = {
    errors.NoSuchAccount: (unknown_account, organisation_account),
    errors.NotClaimed: custodial,
    errors.NotDevice: (no_device, anothers_devices),
    errors.SecondKeyNeeded: (one_device, one_device_twice),
    errors.DelayNeeded: one_device_listed,
}
OTHER_SIGNERS = {
    (errors.NotDevice, errors.SecondKeyNeeded): "both replace the signers; none is a device's where one is missing",
    (errors.NotDevice, errors.DelayNeeded): "the signer is a device's, or it is not",
    (errors.SecondKeyNeeded, errors.DelayNeeded): "another device is listed, or it is not",
}


def add_key(state: Any, handle: bytes) -> Scene:
    message = AddKey(handle, people.device(NETWORK, handle, key("watch")))
    return NETWORK.scene(message, devices(handle, 0, 1), state, handle=handle)


def adding(**fields: Any) -> Callable[[Scene], None]:
    return lambda scene: scene.change(key=msgspec.structs.replace(scene.message.key, **fields))  # type: ignore[attr-defined]


ADD_KEY = Case(
    "AddKey",
    claimed(add_key),
    {
        **OF_TWO_DEVICES,
        errors.TooManyKeys: parameter(Parameter.MAX_KEYS, 3),
        errors.WrongKeyRole: (adding(role=Role.GATEWAY), adding(role=Role.ADMINISTRATION), adding(role=Role.VALIDATOR)),
        errors.InvalidValidity: (adding(start=5, end=5), adding(end=NOW)),
        errors.KeyListed: (reserved("watch"), adding(public=DEVICES[0].public)),
        InvalidKey: (
            adding(proof=bytes(64)),
            adding(proof=list_key(NETWORK.id, FIRST, Role.DEVICE, key("watch")).proof),
        ),
    },
    OTHER_SIGNERS,
)


def revoke_key(state: Any, handle: bytes) -> Scene:
    message = RevokeKey(handle, DEVICES[2].id(NETWORK.id))
    return NETWORK.scene(message, devices(handle, 0, 1), state, handle=handle)


def third_revoked(scene: Scene) -> None:
    kid = DEVICES[2].id(NETWORK.id)
    entry = keeper.get_key(scene.state, scene.notes["handle"], kid)
    assert entry is not None
    keeper.revoke_key(scene.state, scene.notes["handle"], kid, entry)


REVOKE_KEY = Case(
    "RevokeKey",
    claimed(revoke_key),
    {**OF_TWO_DEVICES, errors.NoSuchKey: (change(key=b"?" * 32), third_revoked)},
    OTHER_SIGNERS,
)


def revoke_own_key(state: Any, handle: bytes) -> Scene:
    message = RevokeOwnKey(handle, DEVICES[2].id(NETWORK.id))
    return NETWORK.scene(message, devices(handle, 2), state, handle=handle)


REVOKE_OWN_KEY = Case(
    "RevokeOwnKey",
    claimed(revoke_own_key),
    {
        errors.NotOwnKey: (
            lambda scene: setattr(scene, "signers", devices(scene.notes["handle"], 0, 1)),
            change(key=DEVICES[0].id(NETWORK.id)),
            unknown_account,
            anothers_devices,
        ),
        errors.NoSuchKey: third_revoked,
    },
)


def rotate_seal_key(state: Any, handle: bytes) -> Scene:
    return NETWORK.scene(RotateSealKey(handle, b"f" * 32), devices(handle, 0, 1), state, handle=handle)


ROTATE_SEAL_KEY = Case(
    "RotateSealKey",
    claimed(rotate_seal_key),
    {refusal: OF_TWO_DEVICES[refusal] for refusal in OF_TWO_DEVICES if refusal is not errors.DelayNeeded},
    {pair: why for pair, why in OTHER_SIGNERS.items() if errors.DelayNeeded not in pair},
)
CASES = (
    OPEN_ORGANISATION,
    CHANGE_ORGANISATION_KEYS,
    ATTEST_STAFF,
    END_STAFF,
    OPEN_ACCOUNTS,
    INVITE_PERSON,
    CLAIM_ACCOUNT,
    CONFIRM_CLAIM,
    REJECT_CLAIM,
    COMPLETE_CLAIM,
    ADD_KEY,
    REVOKE_KEY,
    REVOKE_OWN_KEY,
    ROTATE_SEAL_KEY,
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sound_accounts_message_is_accepted(case: Case) -> None:
    case.accepts()


@pytest.mark.parametrize(("case", "refusal", "defects"), alone(CASES))
def test_refused_alone(case: Case, refusal: Any, defects: Any) -> None:
    case.refuses(refusal, defects)


@pytest.mark.parametrize(("case", "refusal", "defects"), pairs(CASES))
def test_first_defined_wins(case: Case, refusal: Any, defects: Any) -> None:
    case.refuses(refusal, defects)


def test_every_refusal_has_a_case() -> None:
    assert_complete(errors, ACCOUNTS.messages, CASES)


def test_readme_names_the_order() -> None:
    assert_documented(accounts, CASES)
