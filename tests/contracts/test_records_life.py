"""Death, closing and change of custody: what each bars, what it leaves, and the codes of entries."""

from typing import Any

import pytest

from contracts.precedence import Scene
from contracts.records_of_life import (
    EVIDENCE,
    acceptance,
    change_custodian,
    close,
    closing,
    death,
    die,
    offer,
    offered,
    remove_person,
    reopening,
    reversal,
    take_over,
    withdrawal,
)
from contracts.region import (
    ACTING,
    BY_CLINIC,
    BY_HOSPITAL,
    BY_PATIENT,
    CLINIC,
    CUSTODIAL,
    DIRECTIVE,
    HOSPITAL,
    OTHER,
    RELATION,
    ROOT,
    STAFF,
    directive,
    name,
    scene,
    then,
    total_deny,
)
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.types import Invitation, PersonState
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.consent.events import CustodialPermitLapsed
from salus.contracts.consent.messages import AckDirective, RevokeConsent
from salus.contracts.records import custody_errors, entry_errors, keeper, queries
from salus.contracts.records.events_life import (
    CustodyOffered,
    CustodyRefused,
    CustodyTransferred,
    DeathRecorded,
    DeathReversed,
    OfferWithdrawn,
    RelationClosed,
    RelationReopened,
)
from salus.contracts.records.messages import AnchorRelations
from salus.contracts.records.types import Link
from salus.contracts.records.types_life import Death, Former, Offer
from salus.core.errors import Refusal
from salus.policy.types import Capacity, Power, Status

POWERS = tuple(Power)


def who_may(s: Scene, relation: bytes = RELATION, by: Any = BY_PATIENT, capacity: Capacity = Capacity.SELF) -> Any:
    """The powers that a signer has."""
    return tuple(
        power
        for power in POWERS
        if ACTING.authority(s.state, relation, (by,), int(capacity), s.time, power, ()) is not None
    )


# -- death


def test_a_death_is_one_entry_and_says_nothing_of_when() -> None:
    s = death()
    outcome = s.commit()
    assert outcome.events == (DeathRecorded(RELATION, HOSPITAL, STAFF, EVIDENCE),)
    assert list(outcome.writes) == [b"\x03\x10" + RELATION]
    assert keeper.get_death(s.state, RELATION) == Death(STAFF, EVIDENCE, s.time)
    assert queries.deceased(s.state, RELATION)


def test_a_reversal_leaves_what_was_before() -> None:
    s = death()
    before = dict(s.state.writes)
    s.commit()
    after = then(s, reversal().message, BY_HOSPITAL)
    outcome = after.commit()
    assert outcome.events == (DeathReversed(RELATION, HOSPITAL, STAFF, EVIDENCE),)
    assert {key: value for key, value in after.state.writes.items() if value is not None} == before
    assert not queries.deceased(after.state, RELATION)


def test_of_the_dead_nobody_acts_by_their_own_word() -> None:
    s = death()
    assert who_may(s) == POWERS
    die(s)
    assert who_may(s) == ()


def test_nor_does_the_custodian_for_them() -> None:
    s = death()
    assert who_may(s, CUSTODIAL, BY_HOSPITAL, Capacity.CUSTODIAN) == POWERS
    keeper.put_death(s.state, CUSTODIAL, Death(STAFF, EVIDENCE, s.time))
    assert who_may(s, CUSTODIAL, BY_HOSPITAL, Capacity.CUSTODIAN) == ()


# -- closing


def test_a_closing_bars_what_would_give_something_out_and_nothing_that_protects() -> None:
    s = closing()
    assert s.commit().events == (RelationClosed(RELATION, HOSPITAL),)
    assert queries.closed(s.state, RELATION)
    assert who_may(s) == (Power.PROTECT, Power.PETITION, Power.ACCESS)
    reopened = then(s, reopening().message, BY_HOSPITAL)
    assert reopened.commit().events == (RelationReopened(RELATION, HOSPITAL),)
    assert who_may(reopened) == POWERS


def test_a_permit_of_a_closed_relation_can_still_be_revoked() -> None:
    s = scene(RevokeConsent(RELATION, int(Capacity.SELF), DIRECTIVE), BY_PATIENT)
    consent_keeper.put_directive(s.state, directive())
    close(s)
    assert s.run().code == 0


# -- custody


def test_an_offer_changes_nothing_but_that_it_stands() -> None:
    s = offer()
    outcome = s.commit()
    assert outcome.events == (CustodyOffered(RELATION, HOSPITAL, CLINIC),)
    assert list(outcome.writes) == [b"\x03\x12" + RELATION]
    assert queries.offer(s.state, RELATION) == Offer(CLINIC, s.time)
    back = then(s, withdrawal().message, BY_HOSPITAL)
    assert back.commit().events == (OfferWithdrawn(RELATION, HOSPITAL, CLINIC),)
    assert queries.offer(back.state, RELATION) is None


def test_who_accepts_is_the_custodian_and_the_former_one_is_none() -> None:
    s = acceptance()
    outcome = s.commit()
    assert outcome.events == (CustodyTransferred(RELATION, CLINIC, HOSPITAL, ROOT, False),)
    assert accounts.custodian_of(s.state, RELATION) == CLINIC
    assert queries.offer(s.state, RELATION) is None
    assert keeper.get_former(s.state, RELATION, HOSPITAL) == Former(s.time)
    assert queries.kept_until(s.state, RELATION, HOSPITAL) == s.time
    assert queries.kept_until(s.state, RELATION, CLINIC) is None
    again = then(s, AnchorRelations(HOSPITAL, ((RELATION, ROOT, name("next")),)), BY_HOSPITAL)
    (event,) = again.run().events
    assert event.entries[0][3] == entry_errors.NotTheCustodian.code
    anchored = then(s, AnchorRelations(CLINIC, ((RELATION, ROOT, name("next")),)), BY_CLINIC)
    (event,) = anchored.run().events
    assert event.entries[0][2:] == (2, 0), "the count of anchors goes on"


def test_keys_and_state_of_the_person_stay() -> None:
    s = acceptance()
    before = accounts.person(s.state, RELATION)
    s.commit()
    after = accounts.person(s.state, RELATION)
    assert before is not None and after is not None
    assert (after.state, after.generation, after.policy, after.seal_key) == (
        int(PersonState.CLAIMED),
        before.generation,
        before.policy,
        before.seal_key,
    )
    assert who_may(s) == POWERS


def test_an_invitation_of_the_former_custodian_ends() -> None:
    s = acceptance()
    accounts_keeper.put_invitation(s.state, RELATION, Invitation(bytes(32), s.time + 1))
    s.commit()
    assert accounts.invitation(s.state, RELATION) is None


def test_no_grant_passes_to_the_successor() -> None:
    s = acceptance()
    custodial, sealed_deny, total = name("custodial"), name("sealed deny"), total_deny()
    for one in (
        directive(grantee=(1, OTHER)),
        directive(id=custodial, capacity=int(Capacity.CUSTODIAN)),
        directive(id=sealed_deny, effect=2),
        total,
    ):
        consent_keeper.put_directive(s.state, one)
    outcome = s.commit()
    assert CustodialPermitLapsed(RELATION, custodial, 1) in outcome.events
    status = {d.id: d.status for d in consent_keeper.get_directives(s.state, RELATION)}
    assert status == {
        DIRECTIVE: int(Status.UNACKNOWLEDGED),
        custodial: int(Status.REVOKED),
        sealed_deny: int(Status.UNACKNOWLEDGED),
        total.id: int(Status.ACTIVE),
    }
    acknowledged = then(s, AckDirective(CLINIC, RELATION, DIRECTIVE), BY_CLINIC)
    acknowledged.commit()
    held = consent_keeper.get_directive(acknowledged.state, RELATION, DIRECTIVE)
    assert held is not None and (held.status, held.grantee) == (int(Status.ACTIVE), (1, OTHER))
    assert then(s, AckDirective(HOSPITAL, RELATION, sealed_deny), BY_HOSPITAL).run().code != 0


def test_a_successor_by_vote_needs_no_offer() -> None:
    s = take_over()
    outcome = s.commit()
    assert outcome.events == (CustodyTransferred(RELATION, CLINIC, HOSPITAL, ROOT, True),)
    assert accounts.custodian_of(s.state, RELATION) == CLINIC


def test_a_relation_of_which_nothing_is_anchored_can_change_hands() -> None:
    s = acceptance()
    keeper.put_offer(s.state, CUSTODIAL, Offer(CLINIC, s.time))
    s.change(entries=((CUSTODIAL, None),))
    assert s.commit().events == (CustodyTransferred(CUSTODIAL, CLINIC, HOSPITAL, None, False),)


# -- entries


def first_twice(s: Scene) -> None:
    """The relation stands in an entry before, which is refused or not."""
    field = "relations" if hasattr(s.message, "relations") else "entries"
    rows = getattr(s.message, field)
    s.change(**{field: (rows[0], *rows)})


def other_root(s: Scene) -> None:
    s.change(entries=tuple((relation, name("other root")) for relation, _ in s.message.entries))  # type: ignore[attr-defined]


def end_offer(s: Scene) -> None:
    keeper.end_offer(s.state, RELATION)


D, N, C = entry_errors.DuplicateEntry, entry_errors.NoSuchRelation, entry_errors.NotTheCustodian
ENTRIES: tuple[tuple[Any, dict[type[Refusal], Any]], ...] = (
    (
        offer,
        {
            D: first_twice,
            N: remove_person,
            C: change_custodian,
            custody_errors.AlreadyOffered: offered,
            custody_errors.StillMerged: lambda s: keeper.put_link(s.state, RELATION, CUSTODIAL, Link(1)),
        },
    ),
    (withdrawal, {D: first_twice, N: remove_person, C: change_custodian, custody_errors.NotOffered: end_offer}),
    (
        acceptance,
        {
            D: first_twice,
            N: remove_person,
            custody_errors.NotOffered: lambda s: offered(s, OTHER),
            custody_errors.OtherRoot: other_root,
        },
    ),
    (
        take_over,
        {D: first_twice, N: remove_person, C: change_custodian, custody_errors.OtherRoot: other_root},
    ),
)


def last_code(s: Scene) -> int:
    outcome = s.run()
    assert outcome.code == 0
    refused = [event for event in outcome.events if isinstance(event, CustodyRefused)]
    (event,) = refused
    relation, code = event.entries[-1]
    assert relation == RELATION
    return code


@pytest.mark.parametrize(
    ("make", "refusal", "defect"),
    [(make, refusal, defect) for make, defects in ENTRIES for refusal, defect in defects.items()],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_entry_refused_alone(make: Any, refusal: type[Refusal], defect: Any) -> None:
    s = make()
    defect(s)
    assert last_code(s) == refusal.code
    assert refusal is D or s.run().writes == {}


@pytest.mark.parametrize(
    ("make", "defects", "first", "second"),
    [
        (make, defects, a, b)
        for make, defects in ENTRIES
        for n, a in enumerate(defects)
        for b in list(defects)[n + 1 :]
        if (a, b) != (N, C)  # a relation that is nobody's is not another's
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_first_defined_of_an_entry_wins(make: Any, defects: Any, first: Any, second: Any) -> None:
    s = make()
    defects[second](s)
    defects[first](s)
    assert last_code(s) == first.code


def test_a_refused_entry_leaves_the_others() -> None:
    s = offer()
    s.change(relations=(name("nobody"), RELATION))
    assert s.commit().events == (
        CustodyOffered(RELATION, HOSPITAL, CLINIC),
        CustodyRefused(HOSPITAL, ((name("nobody"), N.code),)),
    )
