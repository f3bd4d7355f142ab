"""Releases that are deferred, sealed or made in bulk: what they write and emit, and the edges that matter."""

from typing import Any

import msgspec
import pytest

from contracts.access_others import (
    LEAVES,
    OCCURRED,
    ON_DIRECTIVE,
    ORDER,
    ORDER_TERMS,
    SALT,
    SEALED,
    TERMS,
    bulk,
    committed,
    deferred,
    opening,
    put_order,
    put_sealed,
    sealed_order,
    sealed_release,
)
from contracts.precedence import HEIGHT, NETWORK, NOW, Scene
from contracts.region import (
    BY_CLINIC,
    BY_HOSPITAL,
    CLINIC,
    CUSTODIAL,
    DIRECTIVE,
    HOSPITAL,
    OTHER,
    POLICY,
    REGULATOR,
    RELATION,
    ROOT,
    TREAT,
    change_directive,
    directive,
    glass_request,
    name,
    put_policy,
    request,
    request_id,
    rule,
    scene,
    signed,
    then,
    total_deny,
)
from salus.contracts.access import entry_errors, errors, keeper, queries
from salus.contracts.access.invariants import sealed_violations, violations
from salus.contracts.access.messages import AckRelease, BreakGlass, OpenSealedRelease, RecordBulkRelease
from salus.contracts.access.other_events import (
    BulkReleased,
    DeferredReleased,
    ReleasedInBulk,
    SealedOrderRecorded,
    SealedReleaseOpened,
    SealedReleaseRecorded,
)
from salus.contracts.access.types import Outcome
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.types import Person, PersonState
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.records import keeper as records_keeper
from salus.contracts.records.types import Relation
from salus.core.bulk import receipt
from salus.core.encoding import encode
from salus.core.hashing import object_id
from salus.core.sealed import order_commitment, release_commitment
from salus.merkle.log import Log
from salus.policy.policies import Choice, Mode
from salus.policy.types import BasisKind, Status

OUTAGE_MS = BOUNDS[Parameter.OUTAGE_MS].default
DEFERRED_MS = BOUNDS[Parameter.DEFERRED_MS].default
SILENCE_MS = BOUNDS[Parameter.SILENCE_MS].default


# --- deferred


def test_a_deferred_release_opens_a_review_and_is_counted() -> None:
    s = deferred()
    (event,) = s.commit().events
    release = request_id(s.notes["request"])
    assert isinstance(event, DeferredReleased)
    assert (event.relation, event.recipient, event.custodian, event.request) == (RELATION, CLINIC, HOSPITAL, release)
    assert (event.occurred, event.outage) == (OCCURRED, (HEIGHT - 1, NOW - 7))
    assert event.basis == (int(BasisKind.BREAK_GLASS), POLICY, 1)
    answer = queries.answer(s.state, RELATION, release)
    assert answer is not None
    assert (answer.outcome, answer.answered, answer.leaves) == (Outcome.DEFERRED, NOW, LEAVES)
    review = queries.review(s.state, RELATION, release)
    assert review is not None and (review.requester, review.opened, review.closed) == (CLINIC, NOW, None)
    assert queries.broken(s.state, CLINIC, NOW) == [(RELATION, release, NOW)]
    assert list(violations(s.state, RELATION)) == []


def test_it_is_never_committed_twice_nor_beside_a_break_glass() -> None:
    s = deferred()
    s.commit()
    again = then(s, s.message, BY_HOSPITAL)
    assert again.run().code == errors.AlreadyAnswered.code
    glass = BreakGlass(HOSPITAL, signed(s.notes["request"]), (POLICY, 1), ROOT, LEAVES, NOW + 5)
    assert then(s, glass, BY_HOSPITAL).run().code == errors.AlreadyAnswered.code


@pytest.mark.parametrize(
    ("known", "occurred", "code"),
    [
        (OCCURRED, OCCURRED, 0),
        (OCCURRED - OUTAGE_MS, OCCURRED, 0),
        (OCCURRED - OUTAGE_MS - 1, OCCURRED, errors.InvalidOutage.code),
        (OCCURRED + 1, OCCURRED, errors.InvalidOutage.code),
        (NOW, NOW, 0),
        (NOW, NOW + 1, errors.InvalidOutage.code),
    ],
)
def test_the_emergency_follows_its_state_and_precedes_its_block(known: int, occurred: int, code: int) -> None:
    s = deferred()
    s.change(outage=(HEIGHT - 1, known), occurred=occurred)
    assert s.run().code == code


@pytest.mark.parametrize(("late", "code"), [(DEFERRED_MS, 0), (DEFERRED_MS + 1, errors.DeferredTooLate.code)])
def test_a_deed_is_committed_in_time(late: int, code: int) -> None:
    s = deferred()
    s.time = OCCURRED + late
    assert s.run().code == code


def test_an_ordinary_request_is_no_emergency_whatever_its_purpose() -> None:
    for payload in (request(), request(purpose=4)):
        s = deferred()
        s.change(request=signed(payload))
        assert s.run().code == errors.NotAnEmergency.code


def test_what_was_denied_or_revoked_meanwhile_is_not_in_its_way() -> None:
    s = deferred()
    consent_keeper.put_directive(s.state, total_deny())
    assert s.run().code == 0


def test_the_root_of_then_holds_when_one_came_since() -> None:
    s = deferred()
    records_keeper.put_relation(s.state, RELATION, Relation(name("newer"), 2, NOW, ROOT, NOW))
    assert s.run().code == 0
    records_keeper.put_relation(s.state, RELATION, Relation(name("newest"), 3, NOW, name("newer"), NOW))
    assert s.run().code == errors.RootNotValid.code


def test_a_request_whose_time_passed_since_was_in_time_then() -> None:
    s = deferred()
    s.change(request=signed(glass_request(not_after=OCCURRED + 1)))
    assert s.run().code == 0
    s.change(request=signed(glass_request(not_after=OCCURRED)))
    assert s.run().code == errors.RequestExpired.code


def test_it_is_acknowledged_like_any_release() -> None:
    s = deferred()
    s.commit()
    release = request_id(s.notes["request"])
    acknowledged = then(s, AckRelease(CLINIC, RELATION, release, LEAVES), BY_CLINIC)
    assert acknowledged.commit().code == 0
    assert list(violations(s.state, RELATION)) == []


# --- sealed


def test_neither_order_nor_release_names_anybody_but_issuer_and_custodian() -> None:
    """By the bytes: no id of the person, of the recipient, no purpose stands in state or log."""
    s = sealed_order()
    s.change(commitment=order_commitment(NETWORK, REGULATOR, SALT, ORDER_TERMS))
    made = s.commit()
    (event,) = made.events
    assert isinstance(event, SealedOrderRecorded)
    given = sealed_release()
    given.change(commitment=release_commitment(NETWORK, HOSPITAL, ORDER, SALT, TERMS))
    released = given.commit()
    (logged,) = released.events
    assert isinstance(logged, SealedReleaseRecorded)
    assert (logged.issuer, logged.custodian) == (REGULATOR, HOSPITAL)
    for outcome in (made, released):
        told = b"".join(encode(e) for e in outcome.events)
        told += b"".join(key + (value or b"") for key, value in outcome.writes.items())
        for secret in (RELATION, CLINIC, ROOT, LEAVES, name("writ")):
            assert secret not in told
    assert DeferredReleased.SUBJECTS[0] not in SealedReleaseRecorded.SUBJECTS


def test_an_opening_stands_in_the_relations_answers_with_its_date() -> None:
    s = opening()
    (event,) = s.commit().events
    assert isinstance(event, SealedReleaseOpened)
    assert (event.relation, event.recipient, event.basis) == (RELATION, CLINIC, (int(BasisKind.ORDER), ORDER, 0))
    assert (event.released, event.notice_until, event.writ) == (NOW - 8, NOW, ORDER_TERMS.writ)
    answer = queries.answer(s.state, RELATION, SEALED)
    assert answer is not None and (answer.outcome, answer.recipient) == (Outcome.SEALED, CLINIC)
    assert list(violations(s.state, RELATION)) == [] == list(sealed_violations(s.state, HOSPITAL))
    assert then(s, AckRelease(CLINIC, RELATION, SEALED, LEAVES), BY_CLINIC).commit().code == 0


def test_what_is_not_opened_in_time_is_overdue_for_all_to_see() -> None:
    s = opening()
    assert queries.overdue(s.state, HOSPITAL, NOW - 1) == []
    assert [release for release, _ in queries.overdue(s.state, HOSPITAL, NOW)] == [SEALED]
    s.commit()
    assert queries.overdue(s.state, HOSPITAL, NOW) == []


@pytest.mark.parametrize(
    ("end", "until", "code"),
    [
        (1, 1, 0),
        (0, 1, errors.InvalidSilence.code),
        (2, 1, errors.InvalidSilence.code),
        (SILENCE_MS, SILENCE_MS, 0),
        (1, SILENCE_MS + 1, errors.InvalidSilence.code),
    ],
)
def test_silence_is_bounded(end: int, until: int, code: int) -> None:
    s = sealed_order()
    s.change(end=NOW + end, notice_until=NOW + until)
    assert s.run().code == code


def test_who_was_served_itself_tells_of_no_relation_but_its_own() -> None:
    s = opening()
    committed(issuer=HOSPITAL)(s)
    assert s.run().code == 0
    accounts_keeper.put_person(s.state, RELATION, Person(OTHER, PersonState.CLAIMED, 1, 1, bytes(32), False))
    assert s.run().code == errors.WrongOpening.code
    committed(issuer=REGULATOR)(s)  # the relation went to another custodian since: the opening is still owed
    assert s.run().code == 0


def test_the_openings_of_order_and_release_must_speak_of_the_same() -> None:
    for field, value in (("relation", CUSTODIAL), ("recipient", OTHER), ("purpose", 2)):
        s = opening()
        committed(terms=msgspec.structs.replace(TERMS, **{field: value}))(s)
        assert s.run().code == errors.WrongOpening.code, field


def test_invariants_of_sealed_releases_are_seen_when_broken() -> None:
    s = opening()
    put_sealed(s, opened=NOW - 1)
    assert list(sealed_violations(s.state, HOSPITAL)) == ["nothing is opened before silence is over"]
    put_sealed(s, opened=None, notice_until=NOW + 5)
    assert list(sealed_violations(s.state, HOSPITAL)) == ["silence lasts as long as the order says"]
    put_order(s, end=NOW - 9)
    assert list(sealed_violations(s.state, HOSPITAL)) == ["a sealed release rests on an order in force"]


def test_another_custodians_release_is_not_opened() -> None:
    s = opening()
    message = s.message
    assert isinstance(message, OpenSealedRelease)
    other = scene(msgspec.structs.replace(message, custodian=OTHER), BY_HOSPITAL, state=s.state)
    assert other.run().code == errors.NotTheGateway.code


# --- bulk


def entry(relation: bytes = RELATION, basis: Any = ON_DIRECTIVE, root: bytes = ROOT) -> Any:
    return (relation, basis, root, LEAVES)


def two() -> Scene:
    """Two relations: one on a directive, one under a policy set that she may leave."""
    s = bulk()
    records_keeper.put_relation(s.state, CUSTODIAL, Relation(ROOT, 1, NOW - 1, None, None))
    put_policy(s.state, rule(Mode.OPT_OUT))
    consent_keeper.put_chosen(s.state, CUSTODIAL, consent_keeper.get_chosen(s.state, RELATION))
    on_policy = (int(BasisKind.POLICY), POLICY, 1)
    s.change(entries=(entry(), entry(CUSTODIAL, on_policy)))
    return s


def test_each_entry_is_a_release_of_its_own_under_one_root() -> None:
    s = two()
    summary, *parts = s.commit().events
    assert isinstance(summary, BulkReleased)
    bulk_id = object_id("bulk", NETWORK, HOSPITAL, s.nonce, 0, 0)
    releases = [object_id("release", NETWORK, HOSPITAL, s.nonce, 0, place) for place in range(2)]
    rows = zip((RELATION, CUSTODIAL), releases, strict=True)
    receipts = [receipt(NETWORK, bulk_id, relation, release, LEAVES) for relation, release in rows]
    assert (summary.bulk, summary.entries, summary.refused) == (bulk_id, 2, ())
    assert summary.root == Log(receipts).root()
    assert [type(part) for part in parts] == [ReleasedInBulk] * 2
    assert [(part.relation, part.release, part.use) for part in parts] == [  # type: ignore[attr-defined]
        (RELATION, releases[0], 1),
        (CUSTODIAL, releases[1], 0),
    ]
    assert consent_keeper.get_uses(s.state, RELATION, DIRECTIVE) == 1
    for relation, release in zip((RELATION, CUSTODIAL), releases, strict=True):
        answer = queries.answer(s.state, relation, release)
        assert answer is not None and answer.outcome == Outcome.BULK
        assert list(violations(s.state, relation)) == []


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda s: change_directive(s.state, status=int(Status.REVOKED)), errors.DirectiveRevoked.code),
        (lambda s: change_directive(s.state, purposes=(2,)), errors.OtherPurpose.code),
        (lambda s: consent_keeper.put_uses(s.state, RELATION, DIRECTIVE, 1), errors.UsesExhausted.code),
        (lambda s: consent_keeper.put_directive(s.state, total_deny()), errors.TotallyDenied.code),
        (lambda s: s.change(entries=(entry(root=name("old")), s.message.entries[1])), errors.RootNotValid.code),
        (
            lambda s: s.change(entries=(entry(basis=(int(BasisKind.SELF), None, 0)), s.message.entries[1])),
            errors.BasisNotSupported.code,
        ),
        (
            lambda s: s.change(entries=(entry(basis=(int(BasisKind.ORDER), ORDER, 0)), s.message.entries[1])),
            errors.BasisNotSupported.code,
        ),
        (lambda s: s.change(entries=(entry(name("nobody")), s.message.entries[1])), errors.NoSuchRelation.code),
    ],
)
def test_an_entry_that_is_refused_leaves_the_others_standing(spoil: Any, code: int) -> None:
    s = two()
    spoil(s)
    outcome = s.run()
    assert outcome.code == 0
    summary, part = outcome.events
    assert isinstance(summary, BulkReleased) and isinstance(part, ReleasedInBulk)
    assert (summary.entries, summary.refused, part.relation) == (1, ((0, code),), CUSTODIAL)
    assert not any(RELATION in key for key in outcome.writes)


def test_a_relation_named_twice_is_released_once() -> None:
    s = bulk()
    consent_keeper.put_directive(s.state, directive(uses=2))
    s.change(entries=(entry(), entry()))
    summary, part = s.run().events
    assert isinstance(summary, BulkReleased) and isinstance(part, ReleasedInBulk)
    assert (summary.entries, summary.refused) == (1, ((1, entry_errors.RelationRepeated.code),))


def test_who_opted_out_is_refused_even_in_a_crowd() -> None:
    s = two()
    chosen = consent_keeper.get_chosen(s.state, CUSTODIAL)
    out = msgspec.structs.replace(chosen, preference=((TREAT, int(Choice.OUT)),))
    consent_keeper.put_chosen(s.state, CUSTODIAL, out)
    summary = s.run().events[0]
    assert isinstance(summary, BulkReleased)
    assert summary.refused == ((1, errors.OptedOut.code),)


def test_the_message_is_bounded() -> None:
    most = BOUNDS[Parameter.BULK_ENTRIES].default
    s = bulk()
    rows = tuple(entry(name(f"relation {n}")) for n in range(most - 1))
    s.change(entries=(entry(), *rows))
    assert s.run().code == 0
    assert isinstance(s.message, RecordBulkRelease)
    s.change(entries=(*s.message.entries, entry(name("one more"))))
    assert s.run().code == errors.TooManyEntries.code
    assert keeper.get_answers(s.state, RELATION) == []
