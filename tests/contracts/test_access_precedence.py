"""Every refusal of the access contract, alone and in pairs."""

from typing import Any

import msgspec
import pytest

from contracts.precedence import NOW, Case, Defect, Scene, alone, assert_complete, assert_documented, pairs
from contracts.region import (
    BREAK_GLASS,
    BY_CLINIC,
    BY_HOSPITAL,
    CLINIC,
    DIRECTIVE,
    HOSPITAL,
    OTHER,
    PAYMENT,
    RELATION,
    ROOT,
    change_directive,
    change_key,
    change_member,
    directive,
    name,
    request,
    request_id,
    scene,
    signed,
    total_deny,
)
from salus.contracts import access
from salus.contracts.access import errors, keeper
from salus.contracts.access.messages import MESSAGES, AckRelease, RecordRefusal, RecordRelease
from salus.contracts.access.types import Answer, Outcome
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.keys import person_key
from salus.contracts.accounts.types import KeyStatus, Person, PersonState
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.consent.keys import directive_key
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.records import keeper as records_keeper
from salus.contracts.records.types import Restriction
from salus.core.keys import Role
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Effect, Status, Trigger

WINDOW_MS = BOUNDS[Parameter.REQUEST_WINDOW_MS].default
LEAVES = name("leaves")
REQUEST = request()


def release() -> Scene:
    basis = (int(BasisKind.DIRECTIVE), DIRECTIVE, 1)
    message = RecordRelease(HOSPITAL, signed(REQUEST), basis, ROOT, LEAVES, int(Trigger.REQUEST), NOW + 5)
    s = scene(message, BY_HOSPITAL)
    consent_keeper.put_directive(s.state, directive(uses=1))
    s.notes["request"] = REQUEST
    return s


def refusal() -> Scene:
    s = scene(RecordRefusal(HOSPITAL, signed(REQUEST), int(Reason.NOT_PERMITTED)), BY_HOSPITAL)
    s.notes["request"] = REQUEST
    return s


def acknowledgement() -> Scene:
    s = scene(AckRelease(CLINIC, RELATION, request_id(REQUEST), LEAVES), BY_CLINIC)
    keeper.put_answer(
        s.state, RELATION, request_id(REQUEST), Answer(Outcome.RELEASED, CLINIC, NOW, LEAVES, NOW + 5, None)
    )
    return s


def rebuild(s: Scene) -> None:
    """Sign the request of the notes again; what is wrong with its bytes stays wrong."""
    payload = s.notes["request"]
    raw = signed(payload)
    if s.notes.get("forged"):
        raw = raw[:-1] + bytes((raw[-1] ^ 1,))
    if s.notes.get("answered"):
        answer = Answer(Outcome.REFUSED, CLINIC, NOW, None, None, None)
        keeper.put_answer(s.state, payload.relation, request_id(payload), answer)
    s.change(request=raw[:-1] if s.notes.get("malformed") else raw)


def asking(**fields: Any) -> Defect:
    def defect(s: Scene) -> None:
        s.notes["request"] = msgspec.structs.replace(s.notes["request"], **fields)
        rebuild(s)

    return defect


def noting(what: str) -> Defect:
    def defect(s: Scene) -> None:
        s.notes[what] = True
        rebuild(s)

    return defect


def basis(kind: int | None = None, version: int | None = None, of: bytes | None = DIRECTIVE) -> Defect:
    def defect(s: Scene) -> None:
        old = s.message.basis  # type: ignore[attr-defined]
        s.change(basis=(old[0] if kind is None else kind, of, old[2] if version is None else version))

    return defect


def terms(**fields: Any) -> Defect:
    return lambda s: s.change(**fields)


def unsigned(s: Scene) -> None:
    s.signers.clear()


def no_relation(s: Scene) -> None:
    s.state.delete(person_key(RELATION))


def held_by_another(s: Scene) -> None:
    accounts_keeper.put_person(s.state, RELATION, Person(OTHER, PersonState.CLAIMED, 1, 1, bytes(32)))


def clinics_key(**fields: Any) -> Defect:
    return lambda s: change_key(s.state, CLINIC, "clinic", **fields)


def stored(**fields: Any) -> Defect:
    def defect(s: Scene) -> None:
        if consent_keeper.get_directive(s.state, RELATION, DIRECTIVE) is not None:
            change_directive(s.state, **fields)

    return defect


def put(entry: Any) -> Defect:
    return lambda s: consent_keeper.put_directive(s.state, entry)


def answer(**fields: Any) -> Defect:
    def defect(s: Scene) -> None:
        found = keeper.get_answer(s.state, RELATION, request_id(REQUEST))
        if found is not None:
            keeper.put_answer(s.state, RELATION, request_id(REQUEST), msgspec.structs.replace(found, **fields))

    return defect


OF_REQUEST: dict[Any, Any] = {
    errors.NotTheGateway: unsigned,
    errors.RequestMalformed: noting("malformed"),
    errors.RequestExpired: asking(not_after=NOW),
    errors.RequestTooFarAhead: asking(not_after=NOW + WINDOW_MS + 1),
    errors.NoSuchRelation: no_relation,
    errors.NotTheCustodian: held_by_another,
    errors.RequestKeyNotLive: (
        clinics_key(status=int(KeyStatus.REVOKED)),
        clinics_key(end=NOW),
        clinics_key(start=NOW + 1),
    ),
    errors.NotARequester: (clinics_key(role=int(Role.ADMINISTRATION)), clinics_key(role=int(Role.DEVICE))),
    errors.RequestNotSigned: noting("forged"),
    errors.AlreadyAnswered: noting("answered"),
}
REQUEST_APART = {
    (errors.RequestExpired, errors.RequestTooFarAhead): "a request has one end",
    (errors.NoSuchRelation, errors.NotTheCustodian): "a relation that is nobody's is not another's",
}
ONE_STATUS = "a directive has one status"
NO_DIRECTIVE = "a person's own access names no directive"
CASES = (
    Case(
        "RecordRelease",
        release,
        OF_REQUEST
        | {
            errors.MayNotReceive: lambda s: change_member(s.state, CLINIC, suspended_recipient=True),
            errors.NoSuchPurpose: asking(purpose=99),
            errors.StaffNotAttested: asking(staff=name("stranger")),
            errors.RootNotValid: terms(relation_root=name("other root")),
            errors.TriggerNotSupported: terms(trigger=int(Trigger.PUSH)),
            errors.InvalidDelivery: (terms(deliver_by=NOW), terms(deliver_by=NOW + WINDOW_MS + 1)),
            errors.BasisNotSupported: (
                basis(int(BasisKind.POLICY)),
                basis(int(BasisKind.BREAK_GLASS)),
                basis(int(BasisKind.DIRECTIVE), of=None),
                basis(int(BasisKind.SELF)),
            ),
            errors.NotOwnAccess: basis(int(BasisKind.SELF), 0, of=None),
            errors.MayNotHold: lambda s: change_member(s.state, HOSPITAL, suspended_custodian=True),
            errors.NoSuchDirective: lambda s: s.state.delete(directive_key(RELATION, DIRECTIVE)),
            errors.NotAPermit: stored(effect=int(Effect.DENY)),
            errors.DirectiveRevoked: stored(status=int(Status.REVOKED)),
            errors.StaleVersion: basis(version=2),
            errors.NotAcknowledged: stored(status=int(Status.UNACKNOWLEDGED)),
            errors.NotYetInForce: stored(start=NOW + 1),
            errors.DirectiveExpired: stored(end=NOW),
            errors.OtherRecipient: stored(grantee=(1, OTHER)),
            errors.BreakGlassByPermit: asking(purpose=BREAK_GLASS),
            errors.OtherPurpose: stored(purposes=(PAYMENT,)),
            errors.UsesExhausted: lambda s: consent_keeper.put_uses(s.state, RELATION, DIRECTIVE, 1),
            errors.TotallyDenied: (
                put(total_deny()),
                put(total_deny(total=False, sealed=bytes(32), status=int(Status.UNACKNOWLEDGED))),
            ),
            errors.RelationRestricted: lambda s: records_keeper.put_restriction(s.state, RELATION, Restriction(NOW)),
        },
        REQUEST_APART
        | {
            (errors.NoSuchPurpose, errors.BreakGlassByPermit): "a request has one purpose",
            (errors.BasisNotSupported, errors.NotOwnAccess): "a release has one basis",
            (errors.BasisNotSupported, errors.StaleVersion): "the version would go back to its directive",
            (errors.NotOwnAccess, errors.StaleVersion): NO_DIRECTIVE,
            (errors.DirectiveRevoked, errors.NotAcknowledged): ONE_STATUS,
        },
    ),
    Case(
        "RecordRefusal",
        refusal,
        OF_REQUEST
        | {
            errors.UnknownReason: (
                terms(reason=0),
                terms(reason=int(Reason.RECORD_RESTRICTED)),
                terms(reason=int(Reason.PERMITTED)),
            )
        },
        REQUEST_APART,
    ),
    Case(
        "AckRelease",
        acknowledgement,
        {
            errors.NoSuchRelease: (
                terms(release=name("none")),
                answer(outcome=int(Outcome.REFUSED), leaves=None, deliver_by=None),
            ),
            errors.NotTheRecipient: (unsigned, answer(recipient=OTHER)),
            errors.OtherLeaves: terms(leaves=name("other leaves")),
            errors.AlreadyAcknowledged: answer(acknowledged=NOW),
        },
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sound(case: Case) -> None:
    case.accepts()


@pytest.mark.parametrize(("case", "refusal", "defects"), alone(CASES))
def test_refused_alone(case: Case, refusal: Any, defects: Any) -> None:
    case.refuses(refusal, defects)


@pytest.mark.parametrize(("case", "refusal", "defects"), pairs(CASES))
def test_first_defined_wins(case: Case, refusal: Any, defects: Any) -> None:
    case.refuses(refusal, defects)


def test_every_refusal_has_a_case() -> None:
    assert_complete(errors, MESSAGES, CASES)


def test_readme_names_the_order() -> None:
    assert_documented(access, CASES)
