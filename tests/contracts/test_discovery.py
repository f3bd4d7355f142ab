"""Look-ups: what an answer leaves behind, what limits count, what goes with time; epochs of a group's key."""

import msgspec
import pytest

from contracts.discovery_scenes import (
    BY_LOCATOR,
    DISCOVERY,
    LOCATOR,
    emergency_lookup,
    located,
    lookup,
    lookup_id,
    matched,
    scene,
    signed,
)
from contracts.precedence import NOW, Scene
from contracts.region import (
    BREAK_GLASS,
    BY_CLINIC,
    BY_HOSPITAL,
    CLINIC,
    CUSTODIAL,
    GROUP,
    HOSPITAL,
    OTHER,
    RELATION,
    STAFF,
    TREAT,
    change_member,
    name,
)
from salus.contracts.discovery import errors, keeper, queries
from salus.contracts.discovery.events import LocatorKeyAnnounced, NothingLocated, RelationLocated
from salus.contracts.discovery.invariants import group_violations, violations
from salus.contracts.discovery.keys import hour_key
from salus.contracts.discovery.messages import AnnounceLocatorKey, RecordLocate
from salus.contracts.discovery.types import Answered, Asked, LocatorKey
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.governance.types import Member, MemberState
from salus.core.encoding import encode
from salus.state.overlay import Overlay

WINDING_DOWN = Member(MemberState.WINDING_DOWN, False, False)
HOUR = NOW // keeper.HOUR_MS
EPOCH_MS = BOUNDS[Parameter.LOCATOR_EPOCH_MS].default


def again(before: Scene, number: int, time: int) -> Scene:
    """Another look-up of the clinic at the hospital, in what was left."""
    asked = lookup(nonce=number.to_bytes(16, "big"), not_after=time + 1)
    after = scene(RecordLocate(HOSPITAL, signed(asked), None), BY_HOSPITAL, state=before.state)
    after.time = time
    return after


def test_who_was_found_is_the_events_subject_and_nobody_knows_who_was_looked_for() -> None:
    s = matched()
    done = s.commit()
    asked = lookup()
    assert done.events == (
        RelationLocated(
            RELATION, CLINIC, HOSPITAL, lookup_id(asked), name("query"), TREAT, STAFF, name("seal key"), None
        ),
    )
    assert queries.answered(s.state, CLINIC, lookup_id(asked)) == Answered(HOSPITAL, NOW, asked.not_after, RELATION)
    assert queries.rate(s.state, CLINIC, NOW) == (1, 1)
    assert queries.rate(s.state, OTHER, NOW) == (0, 0)
    assert list(violations(s.state, CLINIC)) == []


def test_who_was_not_found_is_no_subject_and_it_counts_all_the_same() -> None:
    s = located(relation=None)
    done = s.commit()
    asked = emergency_lookup()
    assert done.events == (NothingLocated(CLINIC, LOCATOR, lookup_id(asked), name("query"), BREAK_GLASS, STAFF, GROUP),)
    assert RELATION not in [getattr(event, "relation", None) for event in done.events]
    assert queries.rate(s.state, CLINIC, NOW) == (1, 1)


def test_a_locator_tells_what_another_holds() -> None:
    (event,) = located().commit().events
    assert isinstance(event, RelationLocated)
    assert (event.relation, event.answerer, event.group) == (RELATION, LOCATOR, GROUP)


def test_a_locator_that_is_winding_down_answers_no_more_and_a_custodian_does() -> None:
    s = located()
    governance_keeper.put_member(s.state, LOCATOR, WINDING_DOWN)
    assert s.run().code == errors.NotALocator.code
    s = matched()
    governance_keeper.put_member(s.state, HOSPITAL, WINDING_DOWN)
    assert s.run().code == 0


def test_a_suspended_custodian_answers_about_the_patients_it_has() -> None:
    s = matched()
    change_member(s.state, HOSPITAL, suspended_custodian=True)
    assert s.run().code == 0


def test_a_relation_under_strict_opt_in_is_not_told_by_a_locator() -> None:
    assert located(relation=CUSTODIAL).run().code == errors.BreakGlassNotAllowed.code
    assert matched(relation=CUSTODIAL).run().code == 0


def test_a_look_up_is_answered_once() -> None:
    s = matched(relation=None)
    s.commit()
    s.change(relation=RELATION)
    assert s.run().code == errors.AlreadyAnswered.code


def test_the_hour_is_that_of_the_clock_and_a_new_one_begins_at_nothing() -> None:
    limit = 3
    first = matched()
    governance_keeper.put_parameter(first.state, int(Parameter.LOOKUPS_PER_HOUR), limit)
    last_ms = (HOUR + 1) * keeper.HOUR_MS - 1
    for number in range(limit):
        again(first, number, last_ms).commit()
    assert again(first, 99, last_ms).run().code == errors.HourlyLimit.code
    again(first, 99, last_ms + 1).commit()
    assert queries.rate(first.state, CLINIC, last_ms + 1) == (1, limit + 1)


def test_a_day_ends_24_hours_later_and_its_rows_go() -> None:
    first = matched()
    governance_keeper.put_parameter(first.state, int(Parameter.LOOKUPS_PER_DAY), 2)
    for number, at in enumerate((0, 23)):
        again(first, number, (HOUR + at) * keeper.HOUR_MS).commit()
    assert again(first, 2, (HOUR + 24) * keeper.HOUR_MS - 1).run().code == errors.DailyLimit.code
    again(first, 2, (HOUR + 24) * keeper.HOUR_MS).commit()
    assert first.state.get(hour_key(CLINIC, HOUR)) is None
    assert queries.rate(first.state, CLINIC, (HOUR + 24) * keeper.HOUR_MS) == (1, 2)
    assert list(violations(first.state, CLINIC)) == []


def test_answers_go_once_their_time_has_passed_and_can_not_come_again() -> None:
    s = matched(relation=None)
    s.commit()
    asked = lookup()
    over = asked.not_after + BOUNDS[Parameter.TICKET_MS].default
    again(s, 1, over - 1).commit()
    assert queries.answered(s.state, CLINIC, lookup_id(asked)) is not None
    again(s, 2, over).commit()
    assert queries.answered(s.state, CLINIC, lookup_id(asked)) is None
    s.time = asked.not_after
    assert s.run().code == errors.LookupExpired.code


def test_another_requesters_look_ups_do_not_count() -> None:
    s = matched()
    s.state.put(hour_key(OTHER, HOUR), encode(Asked(10_000)))
    assert s.run().code == 0


def announce(s: Scene, epoch: int, time: int) -> Scene:
    after = scene(AnnounceLocatorKey(CLINIC, GROUP, epoch, name(f"check {epoch}")), BY_CLINIC, state=s.state)
    after.time = time
    return after


def test_epochs_follow_one_another_and_each_lasts_its_time() -> None:
    s = matched()
    done = announce(s, 1, NOW).commit()
    assert done.events == (LocatorKeyAnnounced(CLINIC, GROUP, 1, name("check 1")),)
    assert announce(s, 1, NOW + EPOCH_MS).run().code == errors.WrongEpoch.code
    assert announce(s, 2, NOW + EPOCH_MS - 1).run().code == errors.EpochTooSoon.code
    announce(s, 2, NOW + EPOCH_MS).commit()
    assert queries.locator_key(s.state, GROUP) == LocatorKey(2, name("check 2"), CLINIC, NOW + EPOCH_MS)
    assert list(group_violations(s.state, GROUP)) == []


@pytest.mark.parametrize(
    ("break_it", "found"),
    [
        (lambda s: s.put(hour_key(CLINIC, HOUR), encode(Asked(0))), "an hour that is kept counts something"),
        (lambda s: s.delete(hour_key(CLINIC, HOUR)), "an answered look-up is counted in its hour"),
        (lambda s: s.put(hour_key(CLINIC, HOUR - 24), encode(Asked(1))), "hours of more than a day ago are dropped"),
        (lambda s: put_beside(s, b"another look-up".ljust(32)), "an hour counts every look-up that was answered in it"),
        (lambda s: put_beside(s, b"a late look-up".ljust(32), late=True), "a look-up is answered in its time"),
    ],
)
def test_invariants_notice(break_it: object, found: str) -> None:
    s = matched()
    s.commit()
    break_it(s.state)  # type: ignore[operator]
    assert found in list(violations(s.state, CLINIC))


def put_beside(state: Overlay, lookup: bytes, late: bool = False) -> None:
    """Put another answer beside the one there is, uncounted."""
    ((_, answer),) = keeper.get_answers(state, CLINIC)
    not_after = answer.time if late else answer.not_after
    answered = Answered(answer.answerer, answer.time, not_after, answer.relation)
    keeper.put_answer(state, CLINIC, lookup, answered, 0)


def test_an_epoch_of_nought_is_noticed() -> None:
    s = matched()
    keeper.put_locator_key(s.state, GROUP, LocatorKey(0, bytes(32), CLINIC, NOW))
    assert list(group_violations(s.state, GROUP)) == ["epochs count from 1"]


def test_nobody_else_answers_for_who_was_asked() -> None:
    s = matched()
    s.signers[:] = [BY_LOCATOR]
    assert s.run().code == errors.NotTheGateway.code
    s.signers[:] = [BY_LOCATOR]
    s.message = msgspec.structs.replace(s.message, answerer=LOCATOR)
    assert s.run().code == errors.NotTheAnswerer.code


def test_numbers_are_the_contracts() -> None:
    assert {number >> 8 for number in (*DISCOVERY.messages, *DISCOVERY.events)} == {7}
    assert DISCOVERY.messages.keys() == DISCOVERY.handlers.keys()
