"""A custodian keeps what the law says, by type and age; an erasure waits for it, and then runs by itself."""

import pytest
from story_region import START_MS, SYSTEM, YEAR_MS, Story, bundle, give_wallet, observation, urn

from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.core.record import LeafHeader, Status
from salus.fhir.retention_sets import NoSuchRetentionSet
from salus.services.anchor import anchor
from salus.services.authorise import for_decision
from salus.services.deposit import deposit
from salus.services.due import due
from salus.services.erase import erase
from salus.services.inbox import process_inbox
from salus.services.petition import petition
from salus.services.retaining import choose_retention, retention_in_use
from salus.services.retention import YEAR_MS as RULE_YEAR_MS
from salus.services.retention import kept_until


def someone(value: str, born: str | None) -> dict[str, object]:
    known = {} if born is None else {"birthDate": born}
    identifier = [{"system": SYSTEM, "value": value}]
    return {"resourceType": "Patient", "identifier": identifier, "name": [{"family": value}], **known}


def take(story: Story, value: str, born: str | None) -> bytes:
    now = story.clock.now_ms()
    (handle,) = deposit(story.north, bundle(someone(value, born), observation(urn(0), now))).handles
    return handle


def headers(story: Story, handle: bytes) -> list[LeafHeader]:
    return story.north.vault.headers(for_decision(story.north, handle))


def test_without_a_choice_nothing_is_kept_by_a_rule(story: Story) -> None:
    handle = take(story, "N-1", "1970-01-01")
    assert retention_in_use(story.north) is None
    assert [header.retention for header in headers(story, handle)] == [None, None]
    with pytest.raises(NoSuchRetentionSet):
        choose_retention(story.north, 99)
    assert retention_in_use(story.north) is None


def test_a_rule_follows_from_the_set_and_the_age_of_the_patient(story: Story) -> None:
    choose_retention(story.north, 3)
    adult, child, unknown = take(story, "N-1", "1970-01-01"), take(story, "N-2", "2015"), take(story, "N-3", None)
    for handle, rule in ((adult, 1), (child, 6), (unknown, 6)):
        assert [header.retention for header in headers(story, handle)] == [rule, rule]
    # What comes later of a patient who is known is judged by what is kept of her.
    deposit(story.north, bundle(someone("N-2", "2015"), observation(urn(0), START_MS, 2.0)))
    assert {header.retention for header in headers(story, child)} == {6}
    choose_retention(story.north, None)
    later = take(story, "N-4", "1970-01-01")
    assert [header.retention for header in headers(story, later)] == [None, None]
    assert {header.retention for header in headers(story, adult)} == {1}  # what was committed to stays


def test_a_majority_reached_meanwhile_is_counted_at_intake(story: Story) -> None:
    choose_retention(story.north, 3)
    before = take(story, "N-1", "2008-09-22")  # eighteen on the day after the story begins, but for leap days
    story.clock.advance(30 * 86_400_000)
    after = take(story, "N-2", "2008-09-22")
    assert {header.retention for header in headers(story, before)} == {6}
    assert {header.retention for header in headers(story, after)} == {1}


def test_an_erasure_waits_for_the_rule_and_then_runs_by_itself(story: Story) -> None:
    choose_retention(story.north, 1)
    handle = take(story, "N-1", "1970-01-01")
    anchor(story.north)
    alma = give_wallet(story, story.north, handle, "alma")
    (record,) = [header for header in headers(story, handle) if header.type == "Observation"]
    assert (record.retention, kept_until(record)) == (2, record.end + 10 * RULE_YEAR_MS if record.end else 0)
    asked = petition(alma, handle, PetitionKind.ERASE, (record.record,))
    process_inbox(story.north)
    done = erase(story.north, asked.petition)
    assert (done.outcome, done.ground) == (Outcome.DEFERRED, Ground.RETENTION)
    story.clock.advance(9 * YEAR_MS)
    assert "An erasure that had waited was done." not in due(story.north).done
    story.clock.advance(2 * YEAR_MS)
    assert "An erasure that had waited was done." in due(story.north).done
    (gone,) = [header for header in headers(story, handle) if header.record == record.record]
    assert gone.status == Status.TOMBSTONE
