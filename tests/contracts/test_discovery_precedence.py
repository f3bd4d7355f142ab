"""Every refusal of the discovery contract, alone and in pairs."""

from typing import Any

import pytest

from contracts.discovery_scenes import LOCATOR, asking, located, noting, scene
from contracts.precedence import NOW, Case, Defect, Scene, alone, assert_complete, assert_documented, pairs
from contracts.region import (
    BY_CLINIC,
    CLINIC,
    CUSTODIAL,
    GROUP,
    OTHER,
    RELATION,
    STAFF,
    TREAT,
    change_key,
    emergency,
    name,
    put_policy,
)
from salus.contracts import discovery
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.keys import staff_key
from salus.contracts.accounts.types import KeyStatus, Organisation
from salus.contracts.discovery import errors, keeper
from salus.contracts.discovery.keys import hour_key
from salus.contracts.discovery.messages import MESSAGES, AnnounceLocatorKey
from salus.contracts.discovery.types import Asked, LocatorKey
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.governance.types import Group, Member, MemberState
from salus.contracts.records import keeper as records_keeper
from salus.contracts.records.types import Restriction
from salus.contracts.records.types_life import Closing, Death
from salus.core.encoding import encode
from salus.core.keys import Role
from salus.policy.types import OrganisationRole

WINDOW_MS = BOUNDS[Parameter.LOOKUP_WINDOW_MS].default
EPOCH_MS = BOUNDS[Parameter.LOCATOR_EPOCH_MS].default
HOUR = NOW // keeper.HOUR_MS


def member(account: bytes, standing: MemberState = MemberState.ACTIVE, suspended: bool = False) -> Defect:
    return lambda s: governance_keeper.put_member(s.state, account, Member(int(standing), suspended, False))


def roles(account: bytes, *numbers: OrganisationRole) -> Defect:
    return lambda s: accounts_keeper.put_organisation(
        s.state, account, Organisation("somebody", "north", tuple(map(int, numbers)), 1, bytes(32))
    )


def group(*members: bytes) -> Defect:
    return lambda s: governance_keeper.put_group(s.state, GROUP, Group("care network", 2, members))


def unattested(s: Scene) -> None:
    s.state.delete(staff_key(CLINIC, STAFF))


def dead_key(s: Scene) -> None:
    change_key(s.state, CLINIC, "clinic", status=int(KeyStatus.REVOKED))


def by_administration(s: Scene) -> None:
    change_key(s.state, CLINIC, "clinic", role=int(Role.ADMINISTRATION))


def asked(hours: dict[int, int]) -> Defect:
    def defect(s: Scene) -> None:
        for hour, count in hours.items():
            s.state.put(hour_key(CLINIC, hour), encode(Asked(count)))

    return defect


def relation(handle: bytes) -> Defect:
    return lambda s: s.change(relation=handle)


def died(s: Scene) -> None:
    records_keeper.put_death(s.state, RELATION, Death(name("staff"), name("how"), NOW))


def closed(s: Scene) -> None:
    records_keeper.put_closing(s.state, RELATION, Closing(NOW))


def restricted(s: Scene) -> None:
    for handle in (RELATION, CUSTODIAL):
        records_keeper.put_restriction(s.state, handle, Restriction(NOW - 1))


def other_set(s: Scene) -> None:
    put_policy(s.state, emergency=emergency(name("another group")))


PER_HOUR = BOUNDS[Parameter.LOOKUPS_PER_HOUR].default
PER_DAY = BOUNDS[Parameter.LOOKUPS_PER_DAY].default
OF_LOOKUP: dict[Any, Any] = {
    errors.NotTheGateway: lambda s: s.signers.clear(),
    errors.LookupMalformed: noting("malformed"),
    errors.LookupExpired: asking(not_after=NOW),
    errors.LookupTooFarAhead: asking(not_after=NOW + WINDOW_MS + 1),
    errors.NotTheAnswerer: asking(answerer=OTHER),
    errors.LookupKeyNotLive: dead_key,
    errors.NotARequester: by_administration,
    errors.LookupNotSigned: noting("forged"),
    errors.AlreadyAnswered: noting("answered"),
}
EARLY_APART = {
    (errors.LookupExpired, errors.LookupTooFarAhead): "a time is past or ahead",
}
LIMITS: dict[Any, Any] = {
    errors.HourlyLimit: asked({HOUR: PER_HOUR}),
    errors.DailyLimit: asked({HOUR - n: PER_DAY // 20 + 1 for n in range(4, 24)}),
}
LOCATE = Case(
    "RecordLocate",
    located,
    OF_LOOKUP
    | {
        errors.MayNotAnswer: member(LOCATOR, MemberState.LEFT),
        errors.MayNotAsk: (
            member(CLINIC, MemberState.WINDING_DOWN),
            member(CLINIC, suspended=True),
        ),
        errors.NoSuchPurpose: asking(purpose=99),
        errors.StaffNotAttested: (asking(staff=name("somebody")), unattested),
        errors.NotALocator: roles(LOCATOR, OrganisationRole.HOSPITAL),
        errors.NotAnEmergency: asking(purpose=TREAT),
        errors.NotOfTheEmergencyGroup: (group(OTHER), asking(group=name("no group"))),
    }
    | LIMITS
    | {
        errors.NoSuchRelation: relation(name("nobody")),
        errors.NotTheCustodian: asking(group=None),
        errors.BreakGlassNotAllowed: other_set,
        errors.RelationRestricted: (restricted, died, closed),
    },
    EARLY_APART
    | {
        (errors.NoSuchPurpose, errors.NotAnEmergency): "one look-up has one purpose",
        (errors.NoSuchRelation, errors.BreakGlassNotAllowed): "what is not there has no set",
    }
    | dict.fromkeys(
        (
            (errors.NotALocator, errors.NotTheCustodian),
            (errors.NotAnEmergency, errors.NotTheCustodian),
            (errors.NotOfTheEmergencyGroup, errors.NotTheCustodian),
            (errors.NotTheCustodian, errors.BreakGlassNotAllowed),
        ),
        "a custodian is asked in no group's name",
    ),
)


def announcing() -> Scene:
    s = scene(AnnounceLocatorKey(CLINIC, GROUP, 2, name("check")), BY_CLINIC)
    keeper.put_locator_key(s.state, GROUP, LocatorKey(1, name("old"), OTHER, NOW - EPOCH_MS))
    return s


def recent(s: Scene) -> None:
    keeper.put_locator_key(s.state, GROUP, LocatorKey(1, name("old"), OTHER, NOW - EPOCH_MS + 1))


ANNOUNCE = Case(
    "AnnounceLocatorKey",
    announcing,
    {
        errors.NotTheGateway: lambda s: s.signers.clear(),
        errors.MayNotAnswer: member(CLINIC, MemberState.WINDING_DOWN),
        errors.NotOfTheEmergencyGroup: (group(OTHER), lambda s: s.change(group=name("no group"))),
        errors.WrongEpoch: (lambda s: s.change(epoch=1), lambda s: s.change(epoch=3)),
        errors.EpochTooSoon: recent,
    },
    {},
)
CASES = (LOCATE, ANNOUNCE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sound(case: Case) -> None:
    case.accepts()


@pytest.mark.parametrize(("case", "refusal", "defects"), alone(CASES))
def test_refused_alone(case: Case, refusal: Any, defects: Any) -> None:
    case.refuses(refusal, defects)


@pytest.mark.parametrize(("case", "refusal", "later"), pairs(CASES))
def test_first_defined_wins(case: Case, refusal: Any, later: Any) -> None:
    case.wins(refusal, later)


def test_every_refusal_has_a_case() -> None:
    assert_complete(errors, MESSAGES, CASES)


def test_readme_names_the_order() -> None:
    assert_documented(discovery, CASES)
