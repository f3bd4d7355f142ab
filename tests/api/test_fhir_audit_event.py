"""AuditEvent: the lines of the account and the reads of the access log of a patient, told the same to both sides."""

from typing import Any

import pytest
from fhir_scenes import Alma, Face, as_staff, link, resources

from e2e.story_region import DAY_MS, ask, clinician, grant_laboratory
from salus.services.anchor import anchor
from salus.services.attest_staff import attest_staff
from salus.services.inbox import process_inbox

ACCOUNT, READS = "urn:salus:account-event", "urn:salus:access-event"


def trail(face: Face, alma: Alma, query: str = "", **named: Any) -> list[dict[str, Any]]:
    page = face.got(f"/AuditEvent?patient={alma.id}{query}", **named)
    found = resources(page)
    while (following := link(page, "next")) is not None:
        page = face.got(following, **named)
        found += resources(page)
    return found


def kinds(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["subtype"][0]["system"].rpartition(":")[2], one["subtype"][0]["code"]) for one in events]


@pytest.fixture
def released(face: Face, alma: Alma) -> Alma:
    """The clinic asked in vain, was granted laboratory results, and received them."""
    story = face.world.story
    anchor(face.organisation)
    badge = clinician(story)
    ask(story, alma.handle, badge)
    process_inbox(face.organisation)
    grant_laboratory(story, alma.person, alma.handle)
    ask(story, alma.handle, badge)
    process_inbox(face.organisation)
    process_inbox(story.clinic)
    return alma


def test_the_trail_tells_of_grant_refusal_release_and_reads(face: Face, released: Alma) -> None:
    story = face.world.story
    face.got(f"/Observation/{released.ids[1]}")
    events = trail(face, released)
    told = kinds(events)
    for what in ("opened", "claimed", "granted", "in-force", "refused", "released"):
        assert ("account-event", what) in told
    for what in ("read", "release", "decision"):
        assert ("access-event", what) in told
    release = next(one for one in events if one["subtype"][0]["code"] == "released")
    assert release["type"]["code"] == "110106" and release["outcome"] == "0" and release["action"] == "R"
    who = release["agent"][0]
    assert who["who"]["identifier"] == {"system": "urn:salus:account", "value": story.clinic.account.hex()}
    assert who["who"]["display"] == "Riverside Clinic" and who["requestor"] is True
    assert who["policy"][0].startswith("urn:salus:directive:")
    assert release["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"
    assert release["entity"][0]["what"] == {"reference": f"Patient/{released.id}"}
    refused = next(one for one in events if one["subtype"][0]["code"] == "refused")
    assert refused["outcome"] == "4" and refused["outcomeDesc"]
    assert [one["recorded"] for one in events] == sorted(one["recorded"] for one in events)


def test_a_read_tells_who_why_and_which_records(face: Face, alma: Alma) -> None:
    badge = attest_staff(face.organisation, "Doctor Nobody", "physician")
    face.get(f"/Observation/{alma.ids[1]}", headers=as_staff(badge, "CAREMGT"))
    face.get(f"/Patient/{alma.id}", key=alma.key)
    by_staff, by_herself = [one for one in trail(face, alma) if one["subtype"][0]["system"] == READS]
    assert by_staff["agent"][0]["who"] == {"identifier": {"system": "urn:salus:staff", "value": badge.commitment.hex()}}
    assert by_staff["purposeOfEvent"][0]["coding"][0]["code"] == "CAREMGT"
    assert by_staff["entity"][1] == {
        "what": {"identifier": {"system": "urn:salus:record", "value": alma.ids[1]}},
        "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "2"},
        "role": {"system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "4"},
        "detail": [{"type": "version", "valueString": "1"}],
    }
    assert by_herself["agent"][0]["who"] == {"reference": f"Patient/{alma.id}"}
    assert "Nobody" not in str(by_staff)


def test_person_and_custodian_are_told_the_same_and_looking_leaves_no_entry(face: Face, released: Alma) -> None:
    first = trail(face, released)
    assert first == trail(face, released, key=released.key) == trail(face, released, "&_count=3")
    page = face.got(f"/AuditEvent?patient={released.id}&_count=3")
    again = face.got(f"/AuditEvent?patient={released.id}&_count=3")
    assert [one["fullUrl"] for one in page["entry"]] == [one["fullUrl"] for one in again["entry"]]
    assert len({one["fullUrl"] for one in face.got(f"/AuditEvent?patient={released.id}")["entry"]}) == len(first)


def test_pages_stay_the_same_while_more_happens(face: Face, alma: Alma) -> None:
    before = trail(face, alma)
    page = face.got(f"/AuditEvent?patient={alma.id}&_count=1")
    found = resources(page)
    while (following := link(page, "next")) is not None:
        face.got(f"/Patient/{alma.id}")
        grant_laboratory(face.world.story, alma.person, alma.handle)
        page = face.got(following)
        assert page["total"] == len(before)
        found += resources(page)
    assert found == before


def test_dates_narrow_it(face: Face, alma: Alma) -> None:
    face.world.story.clock.advance(DAY_MS)
    face.got(f"/Patient/{alma.id}")
    total = len(trail(face, alma))
    for query, count in (
        ("&date=2026-09-22", 1),
        ("&date=ge2026-09-22", 1),
        ("&date=gt2026-09-21", 1),
        ("&date=lt2026-09-22", total - 1),
        ("&date=le2026-09-21", total - 1),
        ("&date=2026", total),
        ("&date=ge2026-09-21&date=lt2026-09-22", total - 1),
        ("&date=gt2026-09-22", 0),
        ("&date=2026-09-22T14:13:20Z", 1),
    ):
        found = face.got(f"/AuditEvent?patient={alma.id}{query}")
        assert found["total"] == count == len(resources(found)), query
    for odd in ("yesterday", "ap2026", "2026-02-30", "ge", ""):
        assert face.refused(f"/AuditEvent?patient={alma.id}&date={odd}") == (400, "invalid", 0x8007)


def test_a_page_of_another_trail_is_over(face: Face, alma: Alma) -> None:
    for page in ("0.9999-1", "0.1", "0.1-9999", "0.1-1-1"):
        assert face.refused(f"/AuditEvent?patient={alma.id}&_page={page}") == (410, "deleted", 0x6224)
    assert face.refused("/AuditEvent") == (400, "invalid", 0x8054)
