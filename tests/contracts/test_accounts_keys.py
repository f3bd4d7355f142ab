"""Keys of organisations and persons, staff, who may act: what is written, and the defects by name."""

from typing import Any

import msgspec
import pytest

from contracts import people
from contracts.founding import Network, key
from contracts.people import SEAL
from contracts.precedence import NOW
from salus.contracts.accounts import errors, events, genesis, invariants, keeper, keys, queries
from salus.contracts.accounts.messages import (
    AddKey,
    AttestStaff,
    ChangeOrganisationKeys,
    EndStaff,
    OpenOrganisation,
    RevokeKey,
    RevokeOwnKey,
    RotateSealKey,
)
from salus.contracts.accounts.recovery_keys import history_key
from salus.contracts.accounts.recovery_types import KeyHistory
from salus.contracts.accounts.types import (
    Invitation,
    Key,
    KeyStatus,
    Organisation,
    PendingClaim,
    Person,
    PersonState,
    Staff,
)
from salus.contracts.context import Signer
from salus.contracts.governance import queries as governance_queries
from salus.core.encoding import encode
from salus.core.hashing import object_id
from salus.core.keys import FOREVER, KeyEntry, Role, list_key
from salus.core.signatures import SigningKey
from salus.policy.types import Capacity
from salus.state.overlay import Overlay

NETWORK = Network()
FIRST, SECOND = NETWORK.members[0].id, NETWORK.members[1].id
PHONE, TABLET, LAPTOP = key("phone"), key("tablet"), key("laptop")
STAFF = b"t" * 32


def sound(state: Overlay) -> bool:
    rows = [(k, v) for k, v in sorted(state.writes.items()) if v is not None]
    return list(invariants.violations(NETWORK.id, rows)) == []


def kid(signing: SigningKey) -> bytes:
    return signing.id(NETWORK.id)


def stored(entry: KeyEntry, generation: int = 0, status: KeyStatus = KeyStatus.LISTED) -> bytes:
    return encode(Key(entry.suite, entry.role, entry.public, entry.start, entry.end, generation, int(status)))


def by(handle: bytes, *devices: SigningKey) -> list[Signer]:
    return [NETWORK.signer(handle, device, Role.DEVICE) for device in devices]


# organisations


def test_founders_accounts_are_in_the_genesis_state() -> None:
    state = NETWORK.state()
    assert sound(state)
    assert queries.organisation(state, FIRST) == Organisation("hospital 0", "north", (1,), 2, b"s" * 32)
    assert queries.roles(state, FIRST) == (1,)
    assert queries.roles(state, b"?" * 32) == ()
    gateway = NETWORK.members[0].gateway
    expected = Key(1, Role.GATEWAY, gateway.public, 0, FOREVER, 0, KeyStatus.LISTED)
    assert queries.live_key(state, FIRST, kid(gateway), NOW) == expected
    assert queries.live_key(state, SECOND, kid(gateway), NOW) is None
    assert queries.live_key(state, FIRST, kid(key("validator")), NOW) is None, "it signs headers, not messages"


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"roles": (2, 1)}, errors.UnknownRole),
        ({"roles": (99,)}, errors.UnknownRole),
        ({"threshold": 3}, errors.InvalidThreshold),
        ({"threshold": 0}, errors.InvalidThreshold),
        ({"keys": "device"}, errors.WrongKeyRole),
    ],
)
def test_genesis_that_contradicts_itself(fields: dict[str, Any], refusal: type[Exception]) -> None:
    founder = NETWORK.genesis.founders[0]
    if "keys" in fields:
        fields = {"keys": (*founder.keys, msgspec.structs.replace(founder.keys[0], role=int(Role.DEVICE)))}
    founders = (msgspec.structs.replace(founder, **fields), *NETWORK.genesis.founders[1:])
    with pytest.raises(refusal):
        genesis.write_genesis(
            Overlay(NETWORK.state()), NETWORK.id, msgspec.structs.replace(NETWORK.genesis, founders=founders)
        )


def test_opened_organisation_is_written_exactly_and_is_no_member() -> None:
    state = NETWORK.state()
    account = object_id("organisation", NETWORK.id, FIRST, b"n" * 16, 0, 0)
    entries = (
        list_key(NETWORK.id, account, Role.ADMINISTRATION, key("a")),
        list_key(NETWORK.id, account, Role.GATEWAY, key("g"), NOW, NOW + 1),
    )
    message = OpenOrganisation(FIRST, "clinic", "north", (2,), 1, entries, SEAL)
    scene = NETWORK.scene(message, NETWORK.gateway(0), state)
    outcome = scene.commit()
    ids = (kid(key("a")), kid(key("g")))
    assert outcome.writes == {
        keys.organisation_key(account): encode(Organisation("clinic", "north", (2,), 1, SEAL)),
        keys.account_key(account, ids[0]): stored(entries[0]),
        keys.account_key(account, ids[1]): stored(entries[1]),
        keys.owner_key(ids[0]): account,
        keys.owner_key(ids[1]): account,
    }
    assert outcome.events == (events.OrganisationOpened(account, FIRST, ids),)
    assert governance_queries.member(state, account) is None
    assert queries.live_key(state, account, ids[1], NOW) is not None
    assert queries.live_key(state, account, ids[1], NOW - 1) is None, "not yet"
    assert queries.live_key(state, account, ids[1], NOW + 1) is None, "at its exact end"
    assert sound(state)
    gateway = [NETWORK.signer(account, key("g"), Role.GATEWAY)]
    attest = AttestStaff(account, STAFF, NOW, NOW + 1)
    assert NETWORK.scene(attest, gateway, state).run().code == errors.NotMember.code, "an applicant attests nobody"
    change = ChangeOrganisationKeys(account, (), (ids[1],), 1, SEAL)
    signers = [NETWORK.signer(account, key("a"), Role.ADMINISTRATION)]
    assert NETWORK.scene(change, signers, state).run().code == 0, "but it may change its keys"


def test_changed_keys_are_written_exactly() -> None:
    state = NETWORK.state()
    old = NETWORK.members[0].administration[0]
    before = keeper.get_key(state, FIRST, kid(old))
    assert before is not None
    new = list_key(NETWORK.id, FIRST, Role.ADMINISTRATION, key("new"))
    message = ChangeOrganisationKeys(FIRST, (new,), (kid(old),), 1, b"f" * 32)
    outcome = NETWORK.scene(message, NETWORK.administration(0), state).commit()
    revoked = msgspec.structs.replace(before, status=int(KeyStatus.REVOKED))
    assert outcome.writes == {
        keys.organisation_key(FIRST): encode(Organisation("hospital 0", "north", (1,), 1, b"f" * 32)),
        keys.account_key(FIRST, kid(old)): encode(revoked),
        keys.account_key(FIRST, kid(key("new"))): stored(new),
        keys.owner_key(kid(key("new"))): FIRST,
    }
    assert outcome.events == (events.OrganisationKeysChanged(FIRST, (kid(key("new")),), (kid(old),), 1, b"f" * 32),)
    assert queries.live_key(state, FIRST, kid(old), NOW) is None
    assert queries.live_key(state, FIRST, kid(key("new")), NOW) is not None
    again = list_key(NETWORK.id, FIRST, Role.ADMINISTRATION, old)
    message = ChangeOrganisationKeys(FIRST, (again,), (), 1, b"f" * 32)
    scene = NETWORK.scene(message, NETWORK.administration(0)[1:], state)
    assert scene.run().code == errors.KeyListed.code, "a revoked key never returns"
    assert sound(state)


def test_one_administration_key_signs_twice_for_a_threshold_of_two() -> None:
    message = ChangeOrganisationKeys(FIRST, (), (), 1, SEAL)
    one, two = NETWORK.administration(0)
    assert NETWORK.scene(message, [one, one]).run().code == errors.NotAdministration.code
    assert NETWORK.scene(message, [one, two]).run().code == 0


def test_expired_administration_key_does_not_count_for_the_threshold() -> None:
    state = NETWORK.state()
    passing = list_key(NETWORK.id, FIRST, Role.ADMINISTRATION, key("passing"), 0, NOW + 10)
    NETWORK.scene(ChangeOrganisationKeys(FIRST, (passing,), (), 3, SEAL), NETWORK.administration(0), state).commit()
    signers = [*NETWORK.administration(0), NETWORK.signer(FIRST, key("passing"), Role.ADMINISTRATION)]
    scene = NETWORK.scene(ChangeOrganisationKeys(FIRST, (), (), 3, SEAL), signers, state)
    assert scene.run().code == 0
    scene.time = NOW + 10
    assert scene.run().code == errors.InvalidThreshold.code


# staff


def test_staff_is_attested_ended_and_never_again() -> None:
    state = NETWORK.state()
    outcome = NETWORK.scene(AttestStaff(FIRST, STAFF, NOW, NOW + 100), NETWORK.gateway(0), state).commit()
    assert outcome.writes == {keys.staff_key(FIRST, STAFF): encode(Staff(NOW, NOW + 100))}
    assert outcome.events == (events.StaffAttested(FIRST, STAFF, NOW, NOW + 100),)
    assert [queries.staff_attested(state, FIRST, STAFF, t) for t in (NOW - 1, NOW, NOW + 99, NOW + 100)] == [
        False,
        True,
        True,
        False,
    ]
    assert not queries.staff_attested(state, SECOND, STAFF, NOW), "it is the other organisation's"
    scene = NETWORK.scene(EndStaff(FIRST, STAFF), NETWORK.gateway(0), state)
    scene.time = NOW + 50
    outcome = scene.commit()
    assert outcome.writes == {keys.staff_key(FIRST, STAFF): encode(Staff(NOW, NOW + 50))}
    assert outcome.events == (events.StaffEnded(FIRST, STAFF),)
    assert not queries.staff_attested(state, FIRST, STAFF, NOW + 50)
    assert queries.staff_attested(state, FIRST, STAFF, NOW + 49), "what it did before stays explained"
    again = NETWORK.scene(AttestStaff(FIRST, STAFF, NOW, NOW + 999), NETWORK.gateway(0), state)
    assert again.run().code == errors.StaffExists.code
    assert sound(state)


def test_one_member_ends_anothers_staff() -> None:
    state = NETWORK.state()
    NETWORK.commit(state, AttestStaff(FIRST, STAFF, NOW, NOW + 100), NETWORK.gateway(0))
    assert NETWORK.scene(EndStaff(FIRST, STAFF), NETWORK.gateway(1), state).run().code == errors.NotGateway.code
    assert NETWORK.scene(EndStaff(SECOND, STAFF), NETWORK.gateway(1), state).run().code == errors.NoSuchStaff.code


# a person's devices


def test_added_device_is_written_exactly() -> None:
    state = NETWORK.state()
    handle = people.claimed(NETWORK, state, [PHONE, TABLET])
    entry = people.device(NETWORK, handle, LAPTOP)
    outcome = NETWORK.scene(AddKey(handle, entry), by(handle, PHONE, TABLET), state).commit()
    assert outcome.writes == {
        keys.account_key(handle, kid(LAPTOP)): stored(entry, 1),
        keys.owner_key(kid(LAPTOP)): handle,
        history_key(handle, kid(LAPTOP)): encode(KeyHistory(NOW, None, None)),
    }
    assert outcome.events == (events.KeyAdded(handle, kid(LAPTOP)),)
    assert sound(state)


def test_revoked_key_acts_again() -> None:
    state = NETWORK.state()
    handle = people.claimed(NETWORK, state, [PHONE, TABLET, LAPTOP])
    entry = people.device(NETWORK, handle, LAPTOP)
    outcome = NETWORK.scene(RevokeKey(handle, kid(LAPTOP)), by(handle, PHONE, TABLET), state).commit()
    assert outcome.writes == {
        keys.account_key(handle, kid(LAPTOP)): stored(entry, 1, KeyStatus.REVOKED),
        history_key(handle, kid(LAPTOP)): encode(KeyHistory(0, NOW, None)),
    }
    assert outcome.events == (events.KeyRevoked(handle, kid(LAPTOP)),)
    assert queries.live_key(state, handle, kid(LAPTOP), NOW) is None
    assert queries.live_keys(state, handle, Role.DEVICE, NOW) == sorted((kid(PHONE), kid(TABLET)))
    again = AddKey(handle, people.device(NETWORK, handle, LAPTOP))
    assert NETWORK.scene(again, by(handle, PHONE, TABLET), state).run().code == errors.KeyListed.code
    elsewhere = people.open_account(NETWORK, state, 1)
    secret = people.invite(NETWORK, state, elsewhere, 1, "elsewhere")
    payload = people.claim_payload(NETWORK, elsewhere, [LAPTOP])
    raw = people.signed_claim(NETWORK, payload, [secret, LAPTOP])
    claim = people.ClaimAccount(SECOND, raw)
    assert NETWORK.scene(claim, NETWORK.gateway(1), state).run().code == errors.KeyListed.code, "nor elsewhere"
    assert sound(state)


def test_own_key_is_revoked_at_once_even_the_last() -> None:
    state = NETWORK.state()
    handle = people.claimed(NETWORK, state, [PHONE, TABLET])
    for device in (PHONE, TABLET):
        outcome = NETWORK.scene(RevokeOwnKey(handle, kid(device)), by(handle, device), state).commit()
        assert outcome.events == (events.KeyRevoked(handle, kid(device)),)
        assert list(outcome.writes) == [keys.account_key(handle, kid(device))]
    assert queries.live_keys(state, handle, Role.DEVICE, NOW) == []
    assert sound(state), "revoked, and noted as such"


def test_organisation_revokes_the_gateway_key_that_signs() -> None:
    state = NETWORK.state()
    gateway = kid(NETWORK.members[0].gateway)
    NETWORK.commit(state, RevokeOwnKey(FIRST, gateway), NETWORK.gateway(0))
    assert queries.live_key(state, FIRST, gateway, NOW) is None


def test_removing_an_unknown_key_removes_no_other() -> None:
    state = NETWORK.state()
    handle = people.claimed(NETWORK, state, [PHONE, TABLET])
    scene = NETWORK.scene(RevokeKey(handle, kid(LAPTOP)), by(handle, PHONE, TABLET), state)
    assert scene.run().code == errors.NoSuchKey.code
    assert len(queries.live_keys(state, handle, Role.DEVICE, NOW)) == 2


def test_one_device_signs_twice_to_take_the_account_over() -> None:
    state = NETWORK.state()
    handle = people.claimed(NETWORK, state, [PHONE, TABLET])
    message = RevokeKey(handle, kid(TABLET))
    assert NETWORK.scene(message, by(handle, PHONE, PHONE), state).run().code == errors.SecondKeyNeeded.code


def test_lone_device_needs_a_delay_to_change_keys_but_rotates_its_seal_key() -> None:
    state = NETWORK.state()
    handle = people.claimed(NETWORK, state, [PHONE])
    add = AddKey(handle, people.device(NETWORK, handle, TABLET))
    assert NETWORK.scene(add, by(handle, PHONE), state).run().code == errors.DelayNeeded.code
    outcome = NETWORK.scene(RotateSealKey(handle, b"f" * 32), by(handle, PHONE), state).run()
    assert outcome.writes == {
        keys.person_key(handle): encode(Person(FIRST, PersonState.CLAIMED, 1, 1, b"f" * 32, False))
    }
    assert outcome.events == (events.SealKeyRotated(handle, b"f" * 32),)


def test_expired_device_is_no_second_key() -> None:
    state = NETWORK.state()
    handle = people.claimed(NETWORK, state, [PHONE, TABLET])
    passing = people.device(NETWORK, handle, LAPTOP, end=NOW + 10)
    NETWORK.commit(state, AddKey(handle, passing), by(handle, PHONE, TABLET))
    NETWORK.commit(state, RevokeOwnKey(handle, kid(TABLET)), by(handle, TABLET))
    scene = NETWORK.scene(RotateSealKey(handle, b"f" * 32), by(handle, PHONE), state)
    assert scene.run().code == errors.SecondKeyNeeded.code
    scene.time = NOW + 10
    assert scene.run().code == 0


# who may act


@pytest.mark.parametrize("capacity", [0, 1, 2, 3])
def test_who_may_act_for_a_custodial_account(capacity: int) -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)

    def may(signers: list[Signer]) -> bool:
        return queries.may_act(queries.person(state, handle), handle, tuple(signers), capacity)

    assert may(NETWORK.gateway(0)) == (capacity == Capacity.CUSTODIAN)
    assert not may(NETWORK.gateway(1))
    assert not may(NETWORK.administration(0))
    assert not may(by(handle, PHONE))
    assert not may([])


@pytest.mark.parametrize("capacity", [0, 1, 2, 3])
def test_who_may_act_for_a_claimed_account(capacity: int) -> None:
    state = NETWORK.state()
    handle = people.claimed(NETWORK, state, [PHONE])

    def may(signers: list[Signer]) -> bool:
        return queries.may_act(queries.person(state, handle), handle, tuple(signers), capacity)

    assert may(by(handle, PHONE)) == (capacity == Capacity.SELF)
    assert not may(by(b"?" * 32, PHONE))
    assert not may(NETWORK.gateway(0)), "the custodian has no more say"


def test_unknown_accounts_have_no_custodian() -> None:
    state = NETWORK.state()
    assert queries.custodian_of(state, FIRST) is None
    assert queries.person(state, FIRST) is None
    assert queries.invitation(state, FIRST) is None
    assert queries.account_of_key(state, b"?" * 32) is None


# invariants


HANDLE = object_id("handle", NETWORK.id, FIRST, b"o" * 16, 0, 0)


def claimed(generation: int, policy: int | None, seal: bytes | None) -> Person:
    return Person(FIRST, PersonState.CLAIMED, generation, policy, seal, False)


CUSTODIAL = Person(FIRST, PersonState.CUSTODIAL, 0, None, None, False)
PHONE_KEY = Key(1, int(Role.DEVICE), PHONE.public, 0, FOREVER, 1, int(KeyStatus.LISTED))
DAMAGE: dict[str, dict[bytes, bytes | None]] = {
    "unknown space": {b"\x02\x0a" + bytes(32): b"\x80"},
    "length of a key": {keys.ACCOUNT_KEYS + b"x": encode(PHONE_KEY)},
    "value": {keys.person_key(HANDLE): b"\xff"},
    "owner that is no id": {keys.owner_key(kid(PHONE)): b"x"},
    "key under another id": {keys.account_key(HANDLE, b"?" * 32): encode(PHONE_KEY)},
    "key that is not reserved": {keys.owner_key(kid(PHONE)): None},
    "key of two accounts": {keys.owner_key(kid(PHONE)): FIRST},
    "device key of an organisation": {
        keys.account_key(FIRST, kid(LAPTOP)): encode(msgspec.structs.replace(PHONE_KEY, public=LAPTOP.public)),
        keys.owner_key(kid(LAPTOP)): FIRST,
    },
    "gateway key of a person": {
        keys.account_key(HANDLE, kid(PHONE)): encode(msgspec.structs.replace(PHONE_KEY, role=int(Role.GATEWAY)))
    },
    "key of a generation to come": {
        keys.account_key(HANDLE, kid(PHONE)): encode(msgspec.structs.replace(PHONE_KEY, generation=2))
    },
    "key of no account": {keys.owner_key(kid(LAPTOP)): b"?" * 32},
    "custodian that is no organisation": {
        keys.person_key(HANDLE): encode(Person(b"?" * 32, PersonState.CLAIMED, 1, 1, SEAL, False))
    },
    "id of both kinds": {keys.person_key(FIRST): encode(CUSTODIAL)},
    "claimed without a policy": {
        keys.person_key(HANDLE): encode(Person(FIRST, PersonState.CLAIMED, 1, None, SEAL, False))
    },
    "claimed without a seal key": {
        keys.person_key(HANDLE): encode(Person(FIRST, PersonState.CLAIMED, 1, 1, None, False))
    },
    "claimed without a key": {keys.person_key(HANDLE): encode(Person(FIRST, PersonState.CLAIMED, 2, 1, SEAL, False))},
    "custodial with keys": {keys.person_key(HANDLE): encode(CUSTODIAL)},
    "invitation to a claimed account": {
        keys.invitation_key(HANDLE): encode(Invitation(key("invitation 6f6f6f6f").public, NOW))
    },
    "claim without an invitation": {
        keys.person_key(b"h" * 32): encode(CUSTODIAL),
        keys.claim_key(b"h" * 32): encode(PendingClaim(b"c" * 32, (), SEAL, 1, NOW)),
    },
    "claim of a key that is not reserved": {
        keys.person_key(b"h" * 32): encode(CUSTODIAL),
        keys.owner_key(kid(TABLET)): b"h" * 32,
        keys.invitation_key(b"h" * 32): encode(Invitation(TABLET.public, NOW)),
        keys.claim_key(b"h" * 32): encode(PendingClaim(b"c" * 32, ((1, LAPTOP.public, 0, 9),), SEAL, 1, NOW)),
    },
    "staff of no organisation": {keys.staff_key(b"?" * 32, STAFF): encode(Staff(0, 1))},
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_invariants_find(damage: str) -> None:
    state = NETWORK.state()
    assert people.claimed(NETWORK, state, [PHONE]) == HANDLE
    assert sound(state)
    for k, v in DAMAGE[damage].items():
        state.put(k, v)
    assert not sound(state)
