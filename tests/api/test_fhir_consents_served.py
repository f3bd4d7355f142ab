"""Consent: the directives of a patient as her custodian enforces them, read back by our own reader."""

import json

import orjson
import pytest
from fhir_scenes import Alma, Face, link, located, resources

from e2e.story_region import bundle, grant_laboratory, patient, urn
from salus.fhir.consent import write
from salus.fhir.consent.read import read_consent
from salus.services.consent_form import names_about
from salus.services.deny import deny_totally
from salus.services.grant import Terms, grant, sealed_part, to_organisation
from salus.services.inbox import process_inbox
from salus.services.revoke import revoke

NOTHING = (404, "not-found", 0x6220)


def test_a_directive_is_read_as_a_consent_that_reads_back_the_same(face: Face, alma: Alma) -> None:
    granted = grant_laboratory(face.world.story, alma.person, alma.handle)
    answer = face.get(f"/Consent/{granted.directive.hex()}")
    found = answer.json()
    assert found["id"] == granted.directive.hex()
    assert found["meta"] == {"versionId": "1.2"} and answer.headers["etag"] == 'W/"1.2"'
    assert found["status"] == "active" and found["patient"] == {"reference": f"Patient/{alma.id}"}
    clinic = face.world.story.clinic.account
    assert found["provision"]["actor"][0]["reference"]["reference"] == f"Organization/{clinic.hex()}"
    known = {f"Patient/{alma.id}": alma.handle}
    names = names_about(face.organisation.ledger.view(), alma.handle, known)
    stated = read_consent(orjson.dumps(found), names).stated
    assert stated.grantees == (to_organisation(clinic),)
    assert face.got(f"/Consent/{granted.directive.hex()}", key=alma.key) == found


def test_a_revoked_one_is_inactive_and_has_another_etag(face: Face, alma: Alma) -> None:
    granted = grant_laboratory(face.world.story, alma.person, alma.handle)
    path = f"/Consent/{granted.directive.hex()}"
    tag = face.get(path).headers["etag"]
    assert face.get(path, headers={"If-None-Match": tag}).status_code == 304
    revoke(alma.person, alma.handle, granted.directive)
    answer = face.get(path, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()["status"]) == (200, "inactive")


def test_all_directives_of_a_patient_are_found_in_pages(face: Face, alma: Alma) -> None:
    story = face.world.story
    one = grant_laboratory(story, alma.person, alma.handle).directive
    two = deny_totally(alma.person, alma.handle, to_organisation(story.south.account)).directive
    process_inbox(face.organisation)
    for patient_ in (alma.id, f"Patient/{alma.id}", alma.handle.hex()):
        found = face.got(f"/Consent?patient={patient_}")
        assert {entry["id"] for entry in resources(found)} == {one.hex(), two.hex()} and found["total"] == 2
        assert all(entry["patient"]["reference"] == f"Patient/{alma.id}" for entry in resources(found))
    first = face.got(f"/Consent?patient={alma.id}&_count=1")
    second = face.got(str(link(first, "next")))
    assert {entry["id"] for entry in resources(first) + resources(second)} == {one.hex(), two.hex()}
    assert link(second, "next") is None
    counted = face.got(f"/Consent?patient={alma.id}&_summary=count")
    assert (counted["total"], "entry" in counted) == (2, False)
    assert face.got(f"/Consent/{two.hex()}")["provision"]["type"] == "deny"


def test_what_has_no_form_in_fhir_is_told_and_not_shown(
    face: Face, alma: Alma, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = grant_laboratory(face.world.story, alma.person, alma.handle)
    monkeypatch.setattr(write, "_POSITIVE", 0)  # as if it had more uses than FHIR can count
    found = face.got(f"/Consent?patient={alma.id}")
    assert (found["total"], resources(found)) == (0, [])
    (told,) = [entry["resource"] for entry in found["entry"] if entry["search"]["mode"] == "outcome"]
    assert (told["issue"][0]["severity"], told["issue"][0]["code"]) == ("warning", "not-supported")
    assert face.refused(f"/Consent/{granted.directive.hex()}") == (422, "not-supported", 0x4605)


def test_a_directive_whose_sealed_part_has_not_come_is_told(face: Face, alma: Alma) -> None:
    terms = Terms(to_organisation(face.world.story.clinic.account), ("TREAT",), 30, sealed_part())
    grant(alma.person, alma.handle, terms)
    (told,) = face.got(f"/Consent?patient={alma.id}")["entry"]
    assert told["resource"]["issue"][0]["details"]["coding"][0]["code"] == "601f"
    process_inbox(face.organisation)
    assert face.got(f"/Consent?patient={alma.id}")["total"] == 1


def test_a_deposited_consent_is_a_record_like_any(face: Face, alma: Alma) -> None:
    consent = {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "treatment"}]},
        "category": [{"text": "paper"}],
        "patient": {"reference": urn(0)},
        "policyRule": {"text": "of the ward"},
    }
    _, id_ = located(face.posted(bundle(patient("Alma", "N-1"), consent)))
    assert face.got(f"/Consent/{id_}")["category"] == [{"text": "paper"}]
    assert face.got(f"/Consent/{id_}/_history/1", key=alma.key)["scope"]["coding"][0]["code"] == "treatment"
    assert json.dumps(id_) not in face.get(f"/Consent?patient={alma.id}").text


def test_nobody_elses_and_no_patients(face: Face, alma: Alma) -> None:
    assert face.refused(f"/Consent/{'0' * 64}") == NOTHING
    assert face.refused(f"/Consent/{'0' * 64}", key=alma.key) == NOTHING
    for query in ("", "?patient=", "?patient=a%20b", "?patient=Group/1"):
        assert face.refused(f"/Consent{query}") == (400, "invalid", 0x8054)
    assert face.refused("/Consent?patient=1&patient=2") == (400, "invalid", 0x8007)
    assert face.refused(f"/Consent?patient={'0' * 32}") == NOTHING
