"""Every refusal of the access contract, alone and in pairs."""

from typing import Any

import msgspec
import pytest

from contracts.access_others import (
    OCCURRED,
    ON_DIRECTIVE,
    ORDER_TERMS,
    TERMS,
    bulk,
    committed,
    deferred,
    exists,
    no_authority,
    opening,
    opens_with,
    put_sealed,
    sealed_order,
    sealed_release,
)
from contracts.families import representation
from contracts.precedence import HEIGHT, NOW, Case, Defect, Scene, alone, assert_complete, assert_documented, pairs
from contracts.region import (
    BREAK_GLASS,
    BY_CLINIC,
    BY_HOSPITAL,
    BY_PATIENT,
    BY_REGULATOR,
    CLINIC,
    DIRECTIVE,
    HOSPITAL,
    OTHER,
    PAYMENT,
    POLICY,
    REGULATOR,
    RELATION,
    ROOT,
    STAFF,
    TREAT,
    change_directive,
    change_key,
    change_member,
    directive,
    emergency,
    glass_request,
    name,
    order,
    put_policy,
    request,
    request_id,
    rule,
    scene,
    signed,
    total_deny,
)
from salus.contracts import access
from salus.contracts.access import errors, keeper
from salus.contracts.access.messages import (
    MESSAGES,
    AckRelease,
    BreakGlass,
    CloseRelease,
    OpenRelease,
    PushRelease,
    RecordRefusal,
    RecordRelease,
    ReviewBreakGlass,
)
from salus.contracts.access.recovery_errors import PermitSuspended
from salus.contracts.access.types import Answer, Outcome, Review
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.keys import person_key
from salus.contracts.accounts.types import KeyStatus, Person, PersonState
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.consent.keys import directive_key
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.records import keeper as records_keeper
from salus.contracts.records.types import Restriction
from salus.contracts.records.types_life import Closing, Death
from salus.contracts.representation import keeper as representation_keeper
from salus.contracts.representation.types import Standing
from salus.core.glass import GlassReason, ReviewerKind, Verdict
from salus.core.keys import Role
from salus.policy.policies import NO_SET, Choice, Mode
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Capacity, Effect, Status, Trigger

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


def session() -> Scene:
    basis = (int(BasisKind.DIRECTIVE), DIRECTIVE, 1)
    message = OpenRelease(HOSPITAL, signed(REQUEST), basis, ROOT, NOW + 5, int(Trigger.REQUEST))
    s = scene(message, BY_HOSPITAL)
    consent_keeper.put_directive(s.state, directive(uses=1))
    s.notes["request"] = REQUEST
    return s


def push() -> Scene:
    basis = (int(BasisKind.DIRECTIVE), DIRECTIVE, 1)
    message = PushRelease(HOSPITAL, CLINIC, RELATION, TREAT, basis, ROOT, LEAVES, int(Trigger.PUSH), NOW + 5)
    s = scene(message, BY_HOSPITAL)
    consent_keeper.put_directive(s.state, directive(uses=1))
    return s


def broken() -> Scene:
    asked = glass_request()
    s = scene(BreakGlass(HOSPITAL, signed(asked), (POLICY, 1), ROOT, LEAVES, NOW + 5), BY_HOSPITAL)
    put_policy(s.state, emergency=emergency())
    s.notes["request"] = asked
    return s


RELEASE = name("broken glass")


def review() -> Scene:
    s = scene(ReviewBreakGlass(REGULATOR, RELATION, RELEASE, int(Verdict.JUSTIFIED)), BY_REGULATOR)
    put_review(s, ())
    return s


def put_review(s: Scene, words: Any, closed: int | None = None, requester: bytes = CLINIC) -> None:
    entry = Review(requester, HOSPITAL, int(GlassReason.UNCONSCIOUS), NOW - 1, words, closed)
    keeper.put_review(s.state, RELATION, RELEASE, entry)


def closing() -> Scene:
    s = scene(CloseRelease(HOSPITAL, RELATION, request_id(REQUEST), LEAVES), BY_HOSPITAL)
    put_session(s)
    return s


def by_the_dead(s: Scene) -> None:
    """The patient's key signs, whose death is recorded."""
    s.change(reviewer=RELATION)
    s.signers.append(BY_PATIENT)
    records_keeper.put_death(s.state, RELATION, Death(STAFF, name("how"), NOW))


def put_session(s: Scene, **fields: Any) -> None:
    entry = Answer(Outcome.SESSION, CLINIC, NOW - 1, None, NOW + 5, None)
    keeper.put_answer(s.state, RELATION, request_id(REQUEST), msgspec.structs.replace(entry, **fields))


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
        known = type(s.notes["request"]).__struct_fields__
        s.notes["request"] = msgspec.structs.replace(
            s.notes["request"], **{name: value for name, value in fields.items() if name in known}
        )
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


def later(ms: int) -> Defect:
    """Let the block come so much later."""

    def defect(s: Scene) -> None:
        s.time = NOW + ms

    return defect


def unsigned(s: Scene) -> None:
    s.signers.clear()


def by_policy(mode: Mode, preference: Any = (), of: bytes = POLICY, **fields: Any) -> Defect:
    """Let the release rest on a policy set that says `mode` of treatment."""

    def defect(s: Scene) -> None:
        put_policy(s.state, rule(mode), preference=preference)
        s.change(basis=(int(BasisKind.POLICY), of, 1), **fields)

    return defect


def by_no_rule(s: Scene) -> None:
    put_policy(s.state)
    s.change(basis=(int(BasisKind.POLICY), POLICY, 1), **law(s))


def by_order(**fields: Any) -> Defect:
    def defect(s: Scene) -> None:
        if fields:
            consent_keeper.put_order(s.state, RELATION, name("order"), order(**fields))
        s.change(basis=(int(BasisKind.ORDER), name("order"), 0), **law(s))

    return defect


def law(s: Scene) -> dict[str, int]:
    """What sets a push off that rests on a policy set or an order."""
    return {"trigger": int(Trigger.LAW)} if isinstance(s.message, PushRelease) else {}


def no_relation(s: Scene) -> None:
    s.state.delete(person_key(RELATION))


def held_by_another(s: Scene) -> None:
    accounts_keeper.put_person(s.state, RELATION, Person(OTHER, PersonState.CLAIMED, 1, 1, bytes(32), False))


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
ONE_BASIS = "a release has one basis"
NO_DIRECTIVE = "a person's own access names no directive"
OF_DIRECTIVE: dict[Any, Any] = {
    errors.NoSuchDirective: lambda s: s.state.delete(directive_key(RELATION, DIRECTIVE)),
    errors.NotAPermit: stored(effect=int(Effect.DENY)),
    errors.DirectiveRevoked: stored(status=int(Status.REVOKED)),
    errors.StaleVersion: basis(version=2),
    errors.NotAcknowledged: stored(status=int(Status.UNACKNOWLEDGED)),
    PermitSuspended: stored(status=int(Status.SUSPENDED)),
    errors.NotYetInForce: stored(start=NOW + 1),
    errors.DirectiveExpired: stored(end=NOW),
    errors.OtherRecipient: stored(grantee=(1, OTHER)),
    errors.BreakGlassByPermit: lambda s: (
        s.change(purpose=BREAK_GLASS) if isinstance(s.message, PushRelease) else asking(purpose=BREAK_GLASS)(s)
    ),
    errors.OtherPurpose: stored(purposes=(PAYMENT,)),
    errors.UsesExhausted: lambda s: consent_keeper.put_uses(s.state, RELATION, DIRECTIVE, 1),
}
OF_OTHER_GROUNDS: dict[Any, Any] = {
    errors.NoSuchOrder: by_order(),
    errors.OrderNotInForce: (by_order(recipient=OTHER), by_order(withdrawn=True), by_order(purpose=PAYMENT)),
    errors.NotByPolicy: by_no_rule,
    errors.OptedOut: lambda s: by_policy(Mode.OPT_OUT, ((TREAT, int(Choice.OUT)),), **law(s))(s),
    errors.NotOptedIn: lambda s: by_policy(Mode.OPT_IN, **law(s))(s),
}
ATTESTED = {errors.AttestedNotHonoured: stored(capacity=int(Capacity.ATTESTED))}
TOTAL_DENIES = (
    put(total_deny()),
    put(total_deny(total=False, sealed=bytes(32), status=int(Status.UNACKNOWLEDGED))),
)
GROUNDS = (errors.BasisNotSupported, errors.NotOwnAccess, *OF_DIRECTIVE, errors.AttestedNotHonoured, *OF_OTHER_GROUNDS)
GROUNDS_APART = {
    (one, two): ONE_BASIS
    for n, one in enumerate(GROUNDS)
    for two in GROUNDS[n + 1 :]
    if two in OF_OTHER_GROUNDS or (two is errors.StaleVersion and one not in OF_DIRECTIVE)
} | {
    (errors.NoSuchPurpose, errors.BreakGlassByPermit): "a request has one purpose",
    (errors.BasisNotSupported, errors.NotOwnAccess): ONE_BASIS,
    (errors.DirectiveRevoked, errors.NotAcknowledged): ONE_STATUS,
    (errors.DirectiveRevoked, PermitSuspended): ONE_STATUS,
    (errors.NotAcknowledged, PermitSuspended): ONE_STATUS,
    (errors.TotallyDenied, errors.NoSuchOrder): "an order binds whatever was denied",
    (errors.TotallyDenied, errors.OrderNotInForce): "an order binds whatever was denied",
}
UNSUPPORTED = (
    basis(int(BasisKind.BREAK_GLASS)),
    basis(9),
    basis(int(BasisKind.DIRECTIVE), of=None),
    basis(int(BasisKind.ORDER), 1),
    basis(int(BasisKind.SELF)),
)
SUSPENDED = {errors.MayNotReceive: lambda s: change_member(s.state, CLINIC, suspended_recipient=True)}
NOT_HOLDING = {errors.MayNotHold: lambda s: change_member(s.state, HOSPITAL, suspended_custodian=True)}
ADMITTED = SUSPENDED | {
    errors.NoSuchPurpose: asking(purpose=99),
    errors.StaffNotAttested: asking(staff=name("stranger")),
    errors.RootNotValid: terms(relation_root=name("other root")),
}
DUE = {errors.InvalidDelivery: (terms(deliver_by=NOW), terms(deliver_by=NOW + WINDOW_MS + 1))}
OF_BASIS = (
    {
        errors.BasisNotSupported: UNSUPPORTED,
        errors.NotOwnAccess: basis(int(BasisKind.SELF), 0, of=None),
    }
    | NOT_HOLDING
    | OF_DIRECTIVE
    | {errors.TotallyDenied: TOTAL_DENIES}
    | ATTESTED
    | OF_OTHER_GROUNDS
)
RESTRICTED = {
    errors.RelationRestricted: lambda s: records_keeper.put_restriction(s.state, RELATION, Restriction(NOW)),
    errors.PersonDeceased: lambda s: records_keeper.put_death(s.state, RELATION, Death(STAFF, name("how"), NOW)),
    errors.RelationClosed: lambda s: records_keeper.put_closing(s.state, RELATION, Closing(NOW)),
}
ENDED, SUSPENSION = name("ended"), name("suspended")


def suspended(s: Scene) -> None:
    """Somebody granted it whose right to is in dispute."""
    entry = representation(representative=OTHER, standing=int(Standing.DISPUTED))
    representation_keeper.put_representation(s.state, RELATION, SUSPENSION, entry)
    stored(under=SUSPENSION)(s)


AUTHORITY = {errors.AuthorityEnded: stored(under=ENDED), errors.AuthoritySuspended: suspended}
AUTHORITY_APART = {(errors.AuthorityEnded, errors.AuthoritySuspended): "one authority"}
CASES = (
    Case(
        "RecordRelease",
        release,
        OF_REQUEST
        | ADMITTED
        | {errors.TriggerNotSupported: terms(trigger=int(Trigger.PUSH))}
        | DUE
        | OF_BASIS
        | RESTRICTED
        | AUTHORITY,
        REQUEST_APART | GROUNDS_APART | AUTHORITY_APART,
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
    Case(
        "BreakGlass",
        broken,
        OF_REQUEST
        | SUSPENDED
        | {
            errors.NoSuchPurpose: asking(purpose=99),
            errors.StaffNotAttested: (asking(staff=name("stranger")), asking(staff=None)),
            errors.RootNotValid: terms(relation_root=name("other root")),
        }
        | DUE
        | {
            errors.StaleVersion: (terms(policy=(POLICY, 2)), terms(policy=(NO_SET, 1))),
            errors.NotAnEmergency: asking(purpose=TREAT),
            errors.BreakGlassNotAllowed: lambda s: put_policy(s.state),
            errors.NotOfTheEmergencyGroup: lambda s: put_policy(s.state, emergency=emergency(name("nobody"))),
            errors.UnknownGlassReason: (asking(reason=0), asking(reason=99)),
            errors.PastTheWindow: terms(deliver_by=NOW + 1_000_001),
        }
        | RESTRICTED,
        REQUEST_APART
        | {
            (errors.NoSuchPurpose, errors.NotAnEmergency): "a request has one purpose",
            (errors.InvalidDelivery, errors.PastTheWindow): "a delivery is due at one time",
            (errors.BreakGlassNotAllowed, errors.NotOfTheEmergencyGroup): "a set has one emergency group",
            (errors.BreakGlassNotAllowed, errors.PastTheWindow): "without a group there is no window",
        },
    ),
    Case(
        "ReviewBreakGlass",
        review,
        {
            errors.NoSuchBreakGlass: terms(release=name("none")),
            errors.NotAReviewer: (unsigned, terms(reviewer=OTHER), terms(reviewer=RELATION), by_the_dead),
            errors.ByTheRequester: lambda s: put_review(s, (), requester=REGULATOR),
            errors.UnknownVerdict: (terms(verdict=0), terms(verdict=3)),
            errors.ReviewClosed: lambda s: put_review(s, SPOKEN, NOW, _requester(s)),
            errors.AlreadyReviewed: lambda s: put_review(s, SPOKEN, _closed(s), _requester(s)),
        },
    ),
    Case(
        "OpenRelease",
        session,
        OF_REQUEST
        | ADMITTED
        | {errors.TriggerNotSupported: terms(trigger=int(Trigger.PUSH))}
        | OF_BASIS
        | {
            errors.InvalidEnd: (
                terms(ends=NOW),
                terms(ends=NOW + 11),
                terms(ends=NOW + BOUNDS[Parameter.SESSION_MS].default + 1),
            )
        }
        | RESTRICTED
        | AUTHORITY,
        REQUEST_APART | GROUNDS_APART | AUTHORITY_APART,
    ),
    Case(
        "CloseRelease",
        closing,
        {
            errors.NotTheGateway: unsigned,
            errors.NoSuchRelation: no_relation,
            errors.NotTheCustodian: held_by_another,
            errors.NoSuchSession: (
                terms(release=name("none")),
                lambda s: put_session(s, outcome=int(Outcome.RELEASED), leaves=LEAVES),
            ),
            errors.SessionClosed: lambda s: put_session(s, leaves=LEAVES),
        },
        {
            (errors.NoSuchRelation, errors.NotTheCustodian): "a relation that is nobody's is not another's",
            (errors.NoSuchSession, errors.SessionClosed): "what is no session is not closed",
        },
    ),
    Case(
        "PushRelease",
        push,
        {
            errors.NotTheGateway: unsigned,
            errors.NoSuchRelation: no_relation,
            errors.NotTheCustodian: held_by_another,
        }
        | SUSPENDED
        | {
            errors.NoSuchPurpose: terms(purpose=99),
            errors.RootNotValid: terms(relation_root=name("other root")),
            errors.TriggerNotSupported: (
                terms(trigger=int(Trigger.REQUEST)),
                terms(trigger=int(Trigger.SUBSCRIPTION)),
            ),
        }
        | DUE
        | {errors.BasisNotSupported: (*UNSUPPORTED, basis(int(BasisKind.POLICY)), basis(int(BasisKind.SELF), 0, None))}
        | NOT_HOLDING
        | OF_DIRECTIVE
        | {errors.TotallyDenied: TOTAL_DENIES}
        | ATTESTED
        | OF_OTHER_GROUNDS
        | {errors.NotMandated: by_policy(Mode.PERMITTED, trigger=int(Trigger.LAW))}
        | RESTRICTED
        | AUTHORITY,
        AUTHORITY_APART
        | {(errors.NotMandated, two): ONE_BASIS for two in AUTHORITY}
        | {
            (errors.NoSuchRelation, errors.NotTheCustodian): "a relation that is nobody's is not another's",
        }
        | {pair: why for pair, why in GROUNDS_APART.items() if errors.NotOwnAccess not in pair}
        | {(errors.TriggerNotSupported, two): "the law sets it off" for two in (*OF_OTHER_GROUNDS, errors.NotMandated)}
        | {(one, errors.NotMandated): ONE_BASIS for one in (errors.BasisNotSupported, *OF_DIRECTIVE, *ATTESTED)}
        | {(one, errors.NotMandated): ONE_BASIS for one in OF_OTHER_GROUNDS},
    ),
)
OTHERS = (
    Case(
        "DeferredRelease",
        deferred,
        OF_REQUEST
        | {
            errors.RequestExpired: asking(not_after=OCCURRED),
            errors.RequestTooFarAhead: asking(not_after=OCCURRED + WINDOW_MS + 1),
            errors.RequestKeyNotLive: (
                clinics_key(status=int(KeyStatus.REVOKED)),
                clinics_key(end=OCCURRED),
                clinics_key(start=OCCURRED + 1),
            ),
        }
        | SUSPENDED
        | {
            errors.NoSuchPurpose: asking(purpose=99),
            errors.StaffNotAttested: (asking(staff=name("stranger")), asking(staff=None)),
            errors.RootNotValid: terms(relation_root=name("other root")),
            errors.StaleVersion: (terms(policy=(POLICY, 2)), terms(policy=(NO_SET, 1))),
            errors.NotAnEmergency: asking(purpose=TREAT),
            errors.BreakGlassNotAllowed: lambda s: put_policy(s.state),
            errors.NotOfTheEmergencyGroup: lambda s: put_policy(s.state, emergency=emergency(name("nobody"))),
            errors.UnknownGlassReason: (asking(reason=0), asking(reason=99)),
        }
        | {errors.RelationRestricted: RESTRICTED[errors.RelationRestricted]}
        | {
            errors.InvalidOutage: (
                terms(outage=(HEIGHT, NOW - 7)),
                terms(outage=(HEIGHT - 1, OCCURRED + 1)),
                terms(outage=(HEIGHT - 1, OCCURRED - BOUNDS[Parameter.OUTAGE_MS].default - 1)),
            ),
            errors.DeferredTooLate: later(BOUNDS[Parameter.DEFERRED_MS].default - 4),
        },
        REQUEST_APART
        | {
            (errors.NoSuchPurpose, errors.NotAnEmergency): "a request has one purpose",
            (errors.BreakGlassNotAllowed, errors.NotOfTheEmergencyGroup): "a set has one emergency group",
        },
    ),
    Case(
        "RecordSealedOrder",
        sealed_order,
        {
            errors.NotAnIssuer: (unsigned, no_authority),
            errors.InvalidSilence: (
                terms(end=NOW),
                terms(end=NOW + 11),
                terms(notice_until=NOW + BOUNDS[Parameter.SILENCE_MS].default + 1),
            ),
            errors.SealedExists: exists("order"),
        },
    ),
    Case(
        "RecordSealedRelease",
        sealed_release,
        {
            errors.NotTheGateway: unsigned,
            errors.MayNotHold: NOT_HOLDING[errors.MayNotHold],
            errors.NoSuchOrder: terms(order=name("none")),
            errors.OrderNotInForce: terms(order=name("over")),
            errors.NotAnIssuer: (no_authority, terms(order=name("a clinic's"))),
            errors.SealedExists: exists("release"),
        },
        {
            (one, two): "a release rests on one order"
            for one in (errors.NoSuchOrder, errors.OrderNotInForce)
            for two in (errors.OrderNotInForce, errors.NotAnIssuer)
            if one is not two
        },
    ),
    Case(
        "OpenSealedRelease",
        opening,
        {
            errors.NotTheGateway: unsigned,
            errors.NoSuchRelease: terms(release=name("none")),
            errors.AlreadyOpened: lambda s: put_sealed(s, opened=NOW - 1),
            errors.NoticeForbidden: lambda s: put_sealed(s, notice_until=NOW + 1),
            errors.WrongOpening: (
                terms(salt=name("other salt")),
                terms(order_salt=name("other salt")),
                opens_with(recipient=OTHER),
                committed(terms=msgspec.structs.replace(TERMS, recipient=OTHER)),
                committed(order=msgspec.structs.replace(ORDER_TERMS, custodian=OTHER)),
                committed(
                    order=msgspec.structs.replace(ORDER_TERMS, recipient=name("nobody")),
                    terms=msgspec.structs.replace(TERMS, recipient=name("nobody")),
                ),
                no_relation,
            ),
        },
    ),
    Case(
        "RecordBulkRelease",
        bulk,
        {
            errors.NotTheGateway: unsigned,
            errors.MayNotReceive: SUSPENDED[errors.MayNotReceive],
            errors.NoSuchPurpose: terms(purpose=99),
            errors.InvalidDelivery: DUE[errors.InvalidDelivery],
            errors.MayNotHold: NOT_HOLDING[errors.MayNotHold],
            errors.TooManyEntries: terms(
                entries=tuple((name(f"relation {n}"), ON_DIRECTIVE, ROOT, LEAVES) for n in range(501))
            ),
            errors.NothingReleased: (
                no_relation,
                held_by_another,
                stored(status=int(Status.REVOKED)),
                put(total_deny()),
                *RESTRICTED.values(),
                *AUTHORITY.values(),
            ),
        },
    ),
)
CASES += OTHERS
SPOKEN = ((int(ReviewerKind.REGULATOR), name("another regulator"), int(Verdict.JUSTIFIED), NOW),)


def _requester(s: Scene) -> bytes:
    """Keep who broke the glass, where another defect changed it."""
    found = keeper.get_review(s.state, RELATION, RELEASE)
    return CLINIC if found is None else found.requester


def _closed(s: Scene) -> int | None:
    found = keeper.get_review(s.state, RELATION, RELEASE)
    return None if found is None else found.closed


@pytest.mark.parametrize("what", ["PersonDeceased", "RelationClosed"])
def test_an_emergency_in_an_outage_is_told_though_the_person_died_of_it(what: str) -> None:
    s = deferred()
    (defect,) = [change for refusal, change in RESTRICTED.items() if refusal.__name__ == what]
    defect(s)
    assert s.run().code == 0


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
    assert_documented(access, CASES)
