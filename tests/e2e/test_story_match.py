"""`$match`: who is found, what the answer tells, and what it must not."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from sqlalchemy import delete, select
from story_discovery import (
    HER,
    emergency_set,
    found_with_locator,
    matched,
    put_relation_under,
    rate,
    take_in_patient,
    tourist,
)
from story_region import SYSTEM, Story, clinician

from salus.services.access_log import What, list_reads
from salus.services.amend import correct
from salus.services.attest_staff import Badge
from salus.services.authorise import for_decision
from salus.services.discovery_errors import (
    NotAMatchInput,
    NothingToLookFor,
)
from salus.services.found_by import index_patients
from salus.services.look_up import MatchInput, ask_match, read_match_input
from salus.services.marks import mark
from salus.services.restrict import restrict
from salus.vault import schema
from salus.vault.erasure import Erasure


@pytest.fixture
def story(tmp_path: Path, quick_keystores: None) -> Iterator[Story]:
    with found_with_locator(tmp_path / "home") as made:
        yield made


@pytest.fixture
def doctor(story: Story) -> Badge:
    return clinician(story)


@pytest.fixture
def handle(story: Story) -> bytes:
    """A patient of the hospital, under a set that lets the emergency group break the glass."""
    found = take_in_patient(story.north, tourist())
    put_relation_under(story.north, found, emergency_set(story))
    return found


def test_a_match_is_a_searchset_with_grade_score_and_reasons_and_tells_nothing_new(
    story: Story, doctor: Badge, handle: bytes
) -> None:
    ticket = matched(story, doctor)
    assert (ticket.relation, ticket.custodian, ticket.how) == (handle, story.north.account, "matched")
    bundle = ticket.bundle
    assert bundle is not None
    assert (bundle["resourceType"], bundle["type"], bundle["total"]) == ("Bundle", "searchset", 1)
    (entry,) = bundle["entry"]
    assert entry["resource"] == {
        "resourceType": "Patient",
        "identifier": [{"system": "salus:relation", "value": handle.hex()}],
    }
    search = entry["search"]
    assert search["mode"] == "match"
    assert 0.99 <= search["score"] <= 1
    grade, *reasons = search["extension"]
    assert grade == {"url": "http://hl7.org/fhir/StructureDefinition/match-grade", "valueCode": "certain"}
    told = [[part.get("valueCode") for part in reason["extension"]][:2] for reason in reasons]
    assert told == [["name", "same"], ["birthDate", "same"], ["gender", "same"]]
    assert b"Teruel" not in orjson.dumps(bundle)
    reads = list_reads(story.north, for_decision(story.north, handle))
    assert [(read.what, read.rule) for read in reads] == [(What.DECISION, ticket.lookup)]


def test_who_is_not_a_patient_is_not_found_and_it_counts(story: Story, doctor: Badge, handle: bytes) -> None:
    ticket = matched(story, doctor, HER | {"birthDate": "1951-12-30", "name": [{"family": "Otra", "given": ["Eva"]}]})
    assert (ticket.relation, ticket.bundle) == (None, {"resourceType": "Bundle", "type": "searchset", "total": 0})
    assert rate(story) == (1, 1)


def test_a_sensitive_segment_leaves_no_trace_in_the_totals(story: Story, doctor: Badge, handle: bytes) -> None:
    without = matched(story, doctor)
    segment = take_in_patient(story.north, tourist("N-2", passport=False))
    mark(story.north, segment, locatable=None, sensitive=True)
    with_it = matched(story, doctor)
    assert without.bundle == with_it.bundle
    assert matched(story, doctor, known=(handle,)).bundle == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
    }
    mark(story.north, segment, locatable=None, sensitive=False)
    assert matched(story, doctor, known=(handle,)).relation == segment


def test_two_relations_of_one_person_are_handed_over_one_by_one(story: Story, doctor: Badge, handle: bytes) -> None:
    second = take_in_patient(story.north, tourist("N-2", passport=False))
    first = matched(story, doctor)
    assert first.bundle is not None
    assert first.bundle["total"] == 2
    shown = [entry["resource"].get("identifier") for entry in first.bundle["entry"]]
    assert shown.count(None) == 1
    assert len(first.bundle["entry"][1]["search"]["extension"]) == 1  # its grade alone
    assert first.relation in (handle, second)
    other = matched(story, doctor, known=(first.relation,))
    assert {first.relation, other.relation} == {handle, second}


def test_two_persons_who_look_the_same_are_not_certain_and_neither_is_handed_over(
    story: Story, doctor: Badge, handle: bytes
) -> None:
    twin = tourist("N-2", passport=False, identifier=[{"system": SYSTEM, "value": "OTHER-77"}])
    del twin["telecom"]
    twin |= {"gender": "male", "address": [{"line": ["Elsewhere 9"], "city": "Vigo", "postalCode": "36201"}]}
    take_in_patient(story.north, twin)
    ticket = matched(story, doctor, {key: HER[key] for key in ("resourceType", "name", "birthDate")})
    assert ticket.bundle is not None
    assert (ticket.relation, ticket.bundle["total"]) == (None, 2)
    assert {e["search"]["extension"][0]["valueCode"] for e in ticket.bundle["entry"]} == {"probable"}
    only = {key: HER[key] for key in ("resourceType", "name", "birthDate")}
    assert matched(story, doctor, only, only_certain=True).bundle == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
    }


def test_count_limits_what_is_listed(story: Story, doctor: Badge, handle: bytes) -> None:
    take_in_patient(story.north, tourist("N-2", passport=False))
    bundle = matched(story, doctor, most=1).bundle
    assert bundle is not None
    assert (bundle["total"], len(bundle["entry"])) == (1, 1)


def test_a_restricted_relation_is_not_found(story: Story, doctor: Badge, handle: bytes) -> None:
    restrict(story.north, handle)
    assert matched(story, doctor).relation is None


def test_what_is_too_little_to_look_for_is_not_asked(story: Story, doctor: Badge) -> None:
    for patient in ({}, {"name": HER["name"]}, {"birthDate": "1984-03-09"}, {"gender": "female"}):
        with pytest.raises(NothingToLookFor):
            ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(patient))
    assert story.region.exchange.inbox(story.north.account) == []


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b'{"resourceType":"Patient","gender":"male"}', (False, 0)),
        (
            b'{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient"}},'
            b'{"name":"onlyCertainMatches","valueBoolean":true},{"name":"count","valueInteger":3}]}',
            (True, 3),
        ),
        (b"{}", None),
        (b"no json", None),
        (b'{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Group"}}]}', None),
        (b'{"resourceType":"Parameters","parameter":7}', None),
        (
            b'{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient"}},'
            b'{"name":"count","valueInteger":-1}]}',
            None,
        ),
    ],
)
def test_match_input(octets: bytes, found: tuple[bool, int] | None) -> None:
    if found is None:
        with pytest.raises(NotAMatchInput):
            read_match_input(octets)
    else:
        assert read_match_input(octets)[1:] == found


def test_a_corrected_name_is_found_and_an_erased_patient_leaves_no_key(
    story: Story, doctor: Badge, handle: bytes
) -> None:
    scope = for_decision(story.north, handle)
    (header,) = [header for header in story.north.vault.headers(scope) if header.type == "Patient"]
    resource = orjson.loads(story.north.vault.read(scope, header.record).octets)
    resource |= {"name": [{"family": "Quintanilla", "given": ["Lucía"]}], "birthDate": "1990-11-25"}
    correct(story.north, handle, header.record, orjson.dumps(resource))
    now = HER | {"name": [{"text": "lucia quintanilla"}], "birthDate": "1990-11-25"}
    assert matched(story, doctor, now).relation == handle
    assert matched(story, doctor).relation is None  # what it said before leads to it, and is not it
    story.north.vault.erase(Erasure(handle, [header.record], story.clock.now_ms()))
    assert matched(story, doctor, now).relation is None
    with story.north.vault._index.reading() as connection:
        rows = connection.execute(select(schema.identifiers)).all()
    assert [row for row in rows if row.type == "Patient.search"] == []


def test_patients_taken_in_before_there_was_an_index_are_entered(story: Story, doctor: Badge, handle: bytes) -> None:
    with story.north.vault._index.writing() as connection:
        connection.execute(delete(schema.identifiers).where(schema.identifiers.c.type == "Patient.search"))
    assert matched(story, doctor).relation is None
    assert index_patients(story.north) == 1
    assert matched(story, doctor).relation == handle
