"""transaction: what an answer says of each entry, and that a bundle is taken in whole, once, or not at all."""

import asyncio
import bz2
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fhir_scenes import Face, located, refusal, take_in

from e2e.story_region import START_MS, SYSTEM, bundle, observation, patient, records_of, urn
from salus.services.deposit import deposit
from salus.vault.errors import StorageFull

Entry = dict[str, Any]


def entry(resource: dict, method: str = "POST", url: str = "", **request: str) -> Entry:
    named = {"method": method, "url": url or resource["resourceType"]} | request
    return {"resource": resource, "request": named}


def made(*entries: Entry, kind: str = "transaction") -> bytes:
    listed = [{"fullUrl": urn(number)} | one for number, one in enumerate(entries)]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": listed}).encode()


def test_each_entry_is_answered_with_its_place_and_version(face: Face) -> None:
    answer = face.send("POST", "", records_of("Alma", "N-1", START_MS))
    assert (answer.status_code, answer.json()["type"]) == (200, "transaction-response")
    first, *others = answer.json()["entry"]
    id_ = first["response"]["location"].split("/")[1]
    assert first == {
        "fullUrl": f"http://salus.test/north/fhir/Patient/{id_}",
        "response": {
            "status": "201 Created",
            "location": f"Patient/{id_}/_history/1",
            "etag": 'W/"1"',
            "lastModified": "2026-09-21T14:13:20.000Z",
        },
    }
    assert [one["response"]["location"].split("/")[0] for one in others] == ["Observation"] * 4
    for one in [first, *others]:
        path = one["response"]["location"].partition("/_history")[0]
        assert face.get(f"/{path}").headers["etag"] == one["response"]["etag"]


def test_the_same_bundle_again_gets_the_same_ids_and_changes_nothing(face: Face) -> None:
    body = made(
        entry(patient("Alma", "N-1")), entry({"resourceType": "Location", "name": "Ward"}, "PUT", "Location/w1")
    )
    body = body.replace(b'"Location", "name"', b'"Location", "id": "w1", "name"')
    first = face.posted(body)
    size = len(face.everything(located(first)[0]))
    again = face.posted(body)
    assert located(again) == located(first)
    assert [one["response"]["status"] for one in again] == ["200 OK", "200 OK"]
    assert len(face.everything(located(first)[0])) == size == 1
    assert face.get("/Location/w1").headers["etag"] == 'W/"1"'


def test_a_bundle_that_came_by_another_way_is_known_too(face: Face) -> None:
    body = records_of("Alma", "N-1", START_MS)
    deposit(face.organisation, body)
    answered = face.posted(body)
    assert [one["response"] for one in answered] == [{"status": "200 OK"}] * 5


def test_prefer_says_what_comes_back(face: Face) -> None:
    name = {"Prefer": "return=representation"}
    answer = face.send("POST", "", bundle(patient("Alma", "N-1")), headers=name)
    assert answer.headers["preference-applied"] == "return=representation"
    (whole,) = answer.json()["entry"]
    assert whole["resource"] == face.got(f"/Patient/{whole['resource']['id']}")
    (told,) = face.posted(bundle(patient("Berta", "N-2")), headers={"Prefer": "return=OperationOutcome"})
    assert told["response"]["outcome"]["issue"][0]["diagnostics"] == "All OK."
    plain = face.send("POST", "", bundle(patient("Carla", "N-3")), headers={"Prefer": "return=everything"})
    (least,) = plain.json()["entry"]
    assert "resource" not in least and "outcome" not in least["response"]
    assert "preference-applied" not in plain.headers


def test_a_condition_creates_once_takes_the_match_and_refuses_several(face: Face) -> None:
    ward = {"resourceType": "Location", "identifier": [{"system": "urn:x", "value": "w1"}], "name": "Ward"}
    condition = {"ifNoneExist": "identifier=urn:x|w1"}
    (created,) = face.posted(made(entry(ward, **condition)))
    assert created["response"]["status"] == "201 Created"
    (found,) = face.posted(made(entry(ward | {"name": "Other"}, **condition)))
    id_ = located([created])[0]
    assert found["response"] == {"status": "200 OK", "location": f"Location/{id_}"}
    assert face.got(f"/Location/{id_}")["name"] == "Ward"


def test_a_patient_who_is_known_is_taken_by_her_identifier(face: Face) -> None:
    ids = take_in(face)
    known = entry(patient("Alma", "N-1"), ifNoneExist=f"identifier={SYSTEM}|N-1")
    (same, result) = face.posted(made(known, entry(observation(urn(0), START_MS, 5))))
    assert same["response"] == {"status": "200 OK", "location": f"Patient/{ids[0]}"}
    assert located([result])[0] in [one["id"] for one in face.everything(ids[0])]


def test_another_version_than_expected_fails_the_precondition(face: Face) -> None:
    ids = take_in(face)
    changed = observation(f"Patient/{ids[0]}", START_MS, 9) | {"id": ids[1]}
    new = observation(f"Patient/{ids[0]}", START_MS, 10)
    body = made(entry(new), entry(changed, "PUT", f"Observation/{ids[1]}", ifMatch='W/"7"'))
    status, issue, _ = refusal(face.send("POST", "", body))
    assert (status, issue) == (412, "conflict")
    assert face.get(f"/Observation/{ids[1]}").headers["etag"] == 'W/"1"'
    assert len(face.everything(ids[0])) == 5


def broken(**elements: object) -> bytes:
    return bundle(patient("Alma", "N-1"), {"resourceType": "Observation", **elements})


WRONG = (
    (b"{", "structure", "Bundle"),
    (b"[]", "structure", "Bundle"),
    (b'{"resourceType":"Patient"}', "structure", "Bundle"),
    (b'{"resourceType":"Bundle","type":"searchset"}', "not-supported", "Bundle.type"),
    (made(entry(patient("A", "1"), "DELETE", "Patient/1")), "not-supported", "Bundle.entry[0].request.method"),
    (broken(status="odd", code={"text": "x"}), "code-invalid", "Bundle.entry[1].resource.status"),
    (broken(status="final"), "required", "Bundle.entry[1].resource.code"),
    (bundle(patient("A", "N-1"), observation("Patient/nobody", START_MS)), "not-found", "Bundle.entry[1].resource"),
)


def test_each_issue_is_named_with_its_place_and_nothing_is_kept(face: Face) -> None:
    for body, code, place in WRONG:
        answer = face.send("POST", "", body)
        assert answer.status_code == 400
        assert [(one["code"], one["expression"][0]) for one in answer.json()["issue"]] == [(code, place)]
    assert face.got("/Patient?identifier=urn:oid:1.2.3.4%7CN-1")["total"] == 0
    assert face.organisation.vault.relations() == []


def test_what_came_is_never_said_back(face: Face) -> None:
    secret = "Canary-4711"
    resource = {"resourceType": "Observation", "status": secret, "code": {"text": secret}, secret: secret}
    answer = face.send("POST", "", bundle(patient(secret, secret), resource))
    assert answer.status_code == 400 and secret not in answer.text
    for path in (f"/{secret}/1", f"/Observation/{secret}", f"/Patient/{secret}/$everything", f"/{secret}/a/b/c"):
        assert secret not in face.get(path).text
    assert secret not in face.get("/AuditEvent?patient=1&date=" + secret).text


def test_the_body_must_be_fhir_json(face: Face) -> None:
    body = records_of("Alma", "N-1", START_MS)
    assert refusal(face.send("POST", "", body, media_type="application/fhir+xml")) == (415, "not-supported", 0x8006)
    assert face.send("POST", "", body, media_type="application/fhir+json; charset=utf-8").status_code == 200
    assert face.send("POST", "", body, media_type="application/json").status_code == 200
    assert refusal(face.send("POST", "?_format=xml", body)) == (406, "not-supported", 0x8050)


def test_a_failing_disk_says_so_in_fhir_and_keeps_nothing(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise StorageFull

    with monkeypatch.context() as patched:
        patched.setattr(face.organisation.vault, "deposit", full)
        assert refusal(face.send("POST", "", records_of("Alma", "N-1", START_MS))) == (429, "throttled", 0x4008)
    assert face.got("/Patient?identifier=urn:oid:1.2.3.4%7CN-1")["total"] == 0
    assert len(take_in(face)) == 5


def test_a_bug_says_nothing_of_anybody(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face.organisation.vault, "deposit", lambda _: 1 / 0)
    answer = face.send("POST", "", records_of("Alma", "N-1", START_MS))
    assert refusal(answer) == (500, "exception", 0x8010)
    assert "Alma" not in answer.text and "ivision" not in answer.text


def test_a_batch_is_taken_in_whole_too(face: Face) -> None:
    answer = face.send("POST", "", made(entry(patient("Alma", "N-1")), kind="batch"))
    assert answer.json()["type"] == "batch-response"
    wrong = made(entry(patient("Berta", "N-2")), entry({"resourceType": "Observation"}), kind="batch")
    assert face.send("POST", "", wrong).status_code == 400
    assert face.got("/Patient?identifier=urn:oid:1.2.3.4%7CN-2")["total"] == 0


def test_the_base_may_end_with_a_slash(face: Face) -> None:
    answer = face.send("POST", "/", bundle(patient("Alma", "N-1")))
    assert (answer.status_code, answer.json()["type"]) == (200, "transaction-response")


def test_an_empty_bundle_changes_nothing(face: Face) -> None:
    answer = face.send("POST", "", b'{"resourceType":"Bundle","type":"transaction"}')
    assert answer.json() == {"resourceType": "Bundle", "type": "transaction-response"}


def test_bundles_at_once_open_one_relation_for_one_patient(face: Face) -> None:
    bodies = [bundle(patient("Alma", "N-1"), observation(urn(0), START_MS, n)) for n in range(1, 9)]
    requests = [face.request("POST", "", body) for body in bodies]

    async def sent() -> list[httpx2.Response]:
        transport = httpx2.ASGITransport(face.world.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport) as client:
            return list(await asyncio.gather(*map(client.send, requests)))

    answers = asyncio.run(sent())
    assert [answer.status_code for answer in answers] == [200] * 8
    (found,) = face.got("/Patient?identifier=urn:oid:1.2.3.4%7CN-1")["entry"]
    observations = face.everything(found["resource"]["id"], "?_type=Observation")
    assert sorted(one["valueQuantity"]["value"] for one in observations) == list(range(1, 9))
    assert len(face.organisation.vault.relations()) == 1


def test_threads_that_take_in_open_one_relation_for_one_patient(face: Face) -> None:
    bodies = [bundle(patient("Alma", "N-1"), observation(urn(0), START_MS, n)) for n in range(1, 9)]
    bodies += [bundle(patient("Other", f"N-{n}")) for n in range(2, 6)]
    with ThreadPoolExecutor(6) as pool:
        handles = [done.handles[0] for done in pool.map(partial(deposit, face.organisation), bodies)]
    assert len(set(handles[:8])) == 1 and len(set(handles)) == 5
    assert set(face.organisation.vault.relations()) == set(handles)


def test_real_patients_come_in_and_out_again(face: Face, sample_data: Path) -> None:
    files = sorted((sample_data / "fhir/synthea").glob("*.bz2"), key=lambda one: one.stat().st_size)
    shared = [one for one in files if "Information" in one.name]
    for file in shared:
        face.posted(bz2.decompress(file.read_bytes()))
    patients = [one for one in files if one not in shared][:2]
    for file in patients:
        raw = bz2.decompress(file.read_bytes())
        sent = [one["resource"] for one in json.loads(raw)["entry"]]
        ids = dict(zip((id(one) for one in sent), located(face.posted(raw)), strict=True))
        her = next(ids[id(one)] for one in sent if one["resourceType"] == "Patient")
        found = {one["id"]: one for one in face.everything(her, "?_count=500")}
        for resource in sent:
            if ids[id(resource)] in found:
                came = found[ids[id(resource)]]
                assert came["resourceType"] == resource["resourceType"]
                assert set(came) == set(resource) | {"meta", "id"}
        assert len(found) > len(sent) / 2
