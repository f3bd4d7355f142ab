"""read and vread: what comes back, in which version, under which conditions, and what stands in the access log."""

import json

import pytest
from fhir_scenes import Alma, Face, as_staff, located, take_in

from e2e.story_region import START_MS, bundle, observation, patient, urn
from salus.core.hashing import T
from salus.services.access_log import What
from salus.services.attest_staff import attest_staff
from salus.services.due import due
from salus.services.end_staff import end_staff
from salus.services.move import move_record
from salus.vault.erasure import Erasure

GONE, NOTHING = (410, "deleted", 0x6221), (404, "not-found", 0x6220)


def put(kind: str, id_: str, resource: dict, **request: str) -> bytes:
    entry = {"resource": resource | {"id": id_}, "request": {"method": "PUT", "url": f"{kind}/{id_}"} | request}
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]}).encode()


@pytest.fixture
def ids(face: Face) -> list[str]:
    return take_in(face)


def test_a_record_comes_as_it_was_deposited_with_its_version_and_time(face: Face) -> None:
    exact = bundle(patient("Alma", "N-1"), observation(urn(0), START_MS)).replace(b'"value": 1.0', b'"value": 1.10')
    _, id_ = located(face.posted(exact))
    answer = face.get(f"/Observation/{id_}")
    assert b'"value": 1.10' in answer.content or b'"value":1.10' in answer.content
    assert answer.json()["meta"] == {"versionId": "1", "lastUpdated": "2026-09-21T14:13:20.000Z"}
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.headers["last-modified"] == "Mon, 21 Sep 2026 14:13:20 GMT"
    assert answer.headers["cache-control"] == "private, no-cache"


def test_versions_are_told_apart(face: Face, ids: list[str]) -> None:
    corrected = observation(f"Patient/{ids[0]}", START_MS, 7)
    ((entry),) = face.posted(put("Observation", ids[1], corrected, ifMatch='W/"1"'))
    assert entry["response"]["status"] == "200 OK" and entry["response"]["etag"] == 'W/"2"'
    assert face.got(f"/Observation/{ids[1]}")["valueQuantity"]["value"] == 7
    assert face.got(f"/Observation/{ids[1]}/_history/1")["valueQuantity"]["value"] == 1.1
    assert face.get(f"/Observation/{ids[1]}/_history/2").headers["etag"] == 'W/"2"'
    for version in ("0", "3", "one", "1.0"):
        assert face.refused(f"/Observation/{ids[1]}/_history/{version}") == NOTHING


def test_what_the_client_has_is_not_sent_again(face: Face, ids: list[str]) -> None:
    path = f"/Observation/{ids[1]}"
    for tag in ('W/"1"', '"1"', "*", 'W/"7", W/"1"'):
        answer = face.get(path, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", 'W/"1"')
    assert face.get(path, headers={"If-None-Match": 'W/"2"'}).status_code == 200
    modified = face.get(path).headers["last-modified"]
    assert face.get(path, headers={"If-Modified-Since": modified}).status_code == 304
    assert face.get(path, headers={"If-Modified-Since": "Mon, 21 Sep 2026 14:13:19 GMT"}).status_code == 200
    for odd in ("yesterday", "", "Mon, 99 Sep 2026 14:13:20 GMT"):
        assert face.get(path, headers={"If-Modified-Since": odd}).status_code == 200
    both = {"If-None-Match": 'W/"2"', "If-Modified-Since": modified}
    assert face.get(path, headers=both).status_code == 200


def test_what_is_not_there_is_not_found(face: Face, ids: list[str]) -> None:
    assert face.refused(f"/Observation/{'0' * 32}") == NOTHING
    assert face.refused(f"/Condition/{ids[1]}") == NOTHING
    assert face.refused("/Observation/of-nobody") == NOTHING
    assert face.refused(f"/Patient/{'0' * 64}") == NOTHING
    assert face.refused(f"/Nothing/{ids[1]}") == (404, "not-found", 0x8055)
    assert face.refused("/Staff/1") == (404, "not-found", 0x8055)
    assert face.refused("/Observation/a%20b") == (400, "invalid", 0x8007)
    assert face.refused(f"/Observation/{'a' * 65}") == (400, "invalid", 0x8007)


def test_an_erased_record_is_gone_in_every_version(face: Face, ids: list[str]) -> None:
    face.posted(put("Observation", ids[1], observation(f"Patient/{ids[0]}", START_MS, 7)))
    erased = [bytes.fromhex(ids[1])]
    face.organisation.vault.erase(Erasure(face.relation(ids[0]), erased, START_MS))
    for path in ("", "/_history/1", "/_history/2", "/_history/3"):
        assert face.refused(f"/Observation/{ids[1]}{path}") == GONE
    assert face.refused(f"/Condition/{ids[1]}") == GONE  # of which type it was is gone too


def test_a_moved_record_is_found_where_it_was_moved_to(face: Face, ids: list[str]) -> None:
    right = face.relation(take_in(face, "Berta", "N-2")[0])
    assert face.got(f"/Observation/{ids[1]}")["subject"]["reference"] == f"Patient/{ids[0]}"
    move_record(face.organisation, face.relation(ids[0]), bytes.fromhex(ids[1]), right)
    moved = face.got(f"/Observation/{ids[1]}")
    assert moved["subject"]["reference"] != f"Patient/{ids[0]}"


def test_what_is_due_notes_where_new_records_lie(face: Face, ids: list[str]) -> None:
    due(face.organisation)
    assert not face.organisation.vault.places.catch_up()
    assert face.got(f"/Observation/{ids[1]}")["id"] == ids[1]


def test_ids_of_the_source_are_kept(face: Face, ids: list[str]) -> None:
    face.posted(put("Observation", "lab-17", observation(f"Patient/{ids[0]}", START_MS, 7)))
    assert face.got("/Observation/lab-17")["valueQuantity"]["value"] == 7
    assert face.refused("/Condition/lab-17") == NOTHING


def test_a_patient_is_found_by_her_relation_too(face: Face, ids: list[str]) -> None:
    assert face.got(f"/Patient/{face.relation(ids[0]).hex()}")["id"] == ids[0]


def test_shared_resources_are_the_organisations_own(face: Face, alma: Alma) -> None:
    name = {"resourceType": "Practitioner", "name": [{"family": "Nobody"}]}
    (id_,) = located(face.posted(bundle(name)))
    assert face.got(f"/Practitioner/{id_}")["name"] == [{"family": "Nobody"}]
    assert face.get(f"/Practitioner/{id_}/_history/1").headers["etag"] == 'W/"1"'
    assert face.refused(f"/Practitioner/{id_}/_history/2") == NOTHING
    assert face.refused(f"/Practitioner/{id_}", key=alma.key) == NOTHING


def test_each_read_stands_in_the_access_log_with_purpose_and_badge(face: Face, ids: list[str]) -> None:
    badge = attest_staff(face.organisation, "Doctor Nobody", "physician")
    assert face.get(f"/Observation/{ids[1]}", headers=as_staff(badge, "CAREMGT")).status_code == 200
    face.get(f"/Observation/{ids[2]}/_history/1")
    face.refused(f"/Observation/{'0' * 32}")
    first, second = face.reads(ids[0])
    assert (What(first.what), first.purpose, first.staff) == (What.READ, "CAREMGT", badge.commitment)
    assert first.records == ((bytes.fromhex(ids[1]), 1),)
    assert (second.purpose, second.staff) == ("TREAT", None)
    assert second.rule == first.rule == T("rule", face.organisation.network, "custodian")


def test_purpose_and_badge_must_be_known_whole_and_signed(face: Face, ids: list[str]) -> None:
    path, badge = f"/Observation/{ids[1]}", attest_staff(face.organisation, "Doctor Nobody", "physician")
    assert face.refused(path, headers={"Salus-Purpose": "FUN"}) == (400, "invalid", 0x6003)
    assert face.refused(path, headers={"Salus-Purpose": "1"}) == (400, "invalid", 0x8007)
    assert face.refused(path, headers={"Salus-Staff": "00"}) == (400, "invalid", 0x8007)
    assert face.refused(path, headers={"Salus-Staff": "0" * 64}) == (403, "forbidden", 0x6222)
    for name, value in as_staff(badge, "TREAT").items():
        assert face.refused(path, headers={name: value}, also=[]) == (401, "login", 0x8051)
    end_staff(face.organisation, badge.commitment)
    assert face.refused(path, headers=as_staff(badge, "TREAT")) == (403, "forbidden", 0x6222)
    assert face.reads(ids[0]) == ()


def test_a_purpose_that_was_changed_on_the_way_is_refused(face: Face, ids: list[str]) -> None:
    request = face.request("GET", f"/Observation/{ids[1]}", headers={"Salus-Purpose": "TREAT"})
    request.headers["salus-purpose"] = "HRESCH"
    assert face.world.send(request).status_code == 401


def test_only_json_is_given(face: Face, ids: list[str]) -> None:
    path, refused = f"/Observation/{ids[1]}", (406, "not-supported", 0x8050)
    for wanted in ("application/fhir+xml", "text/html, image/png", "application/json;q=0"):
        assert face.refused(path, headers={"Accept": wanted}) == refused
    for wanted in ("*/*", "text/html, application/fhir+json; fhirVersion=4.0", "application/json;q=0.5"):
        assert face.get(path, headers={"Accept": wanted}).status_code == 200
    assert face.refused(f"{path}?_format=xml") == refused
    assert face.get(f"{path}?_format=json", headers={"Accept": "text/html"}).status_code == 200
    assert face.get(f"{path}?_format=application/fhir%2Bjson").status_code == 200


def test_what_is_not_known_is_ignored_or_refused_as_the_client_prefers(face: Face, ids: list[str]) -> None:
    path = f"/Observation/{ids[1]}?_elements=id"
    assert face.get(path).status_code == 200
    strict = {"Prefer": "handling=strict"}
    assert face.refused(path, headers=strict) == (400, "not-supported", 0x8053)
    assert face.get(f"/Observation/{ids[1]}?_format=json", headers=strict).status_code == 200


def test_paths_and_methods_that_are_not_there_say_so_in_fhir(face: Face) -> None:
    for path, status in (("/Observation", 404), ("/a/b/c/d/e", 404), ("", 405)):
        answer = face.get(path)
        assert answer.status_code == status and answer.json()["resourceType"] == "OperationOutcome"
    elsewhere = face.world.call("GET", "/north/nothing")
    assert elsewhere.headers["content-type"] == "application/problem+json"
