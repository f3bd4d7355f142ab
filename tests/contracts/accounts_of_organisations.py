"""The messages of organisations: each with its refusals in order, and what brings them about."""

from typing import Any

from contracts import people
from contracts.accounts_defects import (
    FIRST,
    NETWORK,
    SECOND,
    STAFF,
    change,
    change_keys,
    no_gateway,
    not_active,
    not_serving,
    parameter,
    reserved,
    signed_otherwise,
)
from contracts.founding import key
from contracts.precedence import NOW, Case, Scene
from salus.contracts.accounts import errors, keeper
from salus.contracts.accounts.messages import (
    AttestStaff,
    ChangeOrganisationKeys,
    EndStaff,
    OpenOrganisation,
)
from salus.contracts.accounts.types import Organisation, Staff
from salus.contracts.governance.parameters import Parameter
from salus.core.errors import InvalidKey
from salus.core.hashing import object_id
from salus.core.keys import Role, list_key


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
