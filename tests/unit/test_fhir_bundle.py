"""Bundles: all or nothing, identities, references, octets."""

import bz2
import os
from pathlib import Path

import orjson
import pytest
from fhir_samples import PATIENT, PATIENT_URL, Index, Json, bundle, nth, numbered, observation, post, put

from salus.fhir import bundle as module
from salus.fhir.bundle import BundleRefused, Transaction, read_bundle

ORGANIZATION: Json = {"resourceType": "Organization", "identifier": [{"system": "urn:org", "value": "a b"}]}
CONDITIONAL = "Organization?identifier=urn:org|a%20b"


def read(raw: bytes, index: Index | None = None) -> Transaction:
    return read_bundle(raw, index or Index(), numbered())


def refusal(raw: bytes, index: Index | None = None) -> list[tuple[str, str]]:
    with pytest.raises(BundleRefused) as caught:
        read(raw, index)
    assert str(caught.value) == "The bundle is refused as a whole; see its issues. (0x4601)"
    return [(issue.code, issue.expression) for issue in caught.value.issues]


def test_ids_come_from_the_server_and_urns_follow() -> None:
    done = read(bundle(post(observation()), post(PATIENT, PATIENT_URL)))
    first, second = done.entries
    assert (first.type, first.id, first.record) == ("Observation", nth(1), bytes.fromhex(nth(1)))
    assert (second.id, second.subjects) == (nth(2), (nth(2),))
    assert first.resource["subject"] == {"reference": f"Patient/{nth(2)}"}
    assert first.subjects == (nth(2),)
    for entry in done.entries:
        assert orjson.loads(entry.octets) == entry.resource
        assert entry.resource["id"] == entry.id


def test_octets_keep_decimals_and_formatting() -> None:
    source = (
        b'{ "resourceType":"Observation",\t"id" : "x", "status":"final","code":{"text":"1.10 \\u00e9 \\/"},\n'
        b'"subject":{"reference" :\n "urn:uuid:00000000-0000-4000-8000-000000000001"},'
        b'"valueQuantity":{"value":1.10,"unit":"1E2"} }'
    )
    patient = orjson.dumps(post(PATIENT, PATIENT_URL))
    raw = b'{"resourceType":"Bundle","type":"transaction","entry":[%b,{"resource":%b,"request":%b}]}' % (
        patient,
        source,
        b'{"method":"POST","url":"Observation"}',
    )
    entry = read(raw).entries[1]
    expected = source.replace(b'"x"', f'"{nth(2)}"'.encode()).replace(
        PATIENT_URL.encode(), f"Patient/{nth(1)}".encode()
    )
    assert entry.octets == expected


def test_an_id_is_inserted_where_there_is_none_and_found_where_it_stands_late() -> None:
    late = b'{"status":"final","code":{"id":"inner","text":"id"},"id":"late","resourceType":"Observation"}'
    request = b'"request":{"method":"POST","url":"Observation"}'
    none = late.replace(b'"id":"late",', b"")
    raw = b'{"resourceType":"Bundle","type":"batch","entry":[{"resource":%b,%b},{"resource":%b,%b}]}' % (
        late,
        request,
        none,
        request,
    )
    first, second = read(raw).entries
    assert first.octets == late.replace(b"late", nth(1).encode())
    assert second.octets == b'{"id":"%b",' % nth(2).encode() + none[1:]


def test_other_links_to_entries_follow_but_identifiers_do_not() -> None:
    document: Json = {
        "resourceType": "DocumentReference",
        "status": "current",
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": PATIENT_URL},
        "subject": {"reference": PATIENT_URL},
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{PATIENT_URL}">x</a></div>',
        },
        "content": [{"attachment": {"url": PATIENT_URL}}],
    }
    entry = read(bundle(post(PATIENT, PATIENT_URL), post(document))).entries[1]
    target = f"Patient/{nth(1)}"
    assert entry.resource["masterIdentifier"] == document["masterIdentifier"]
    assert entry.resource["content"] == [{"attachment": {"url": target}}]
    assert f'href="{target}"' in entry.resource["text"]["div"]
    assert orjson.loads(entry.octets) == entry.resource


def test_references_by_address_follow() -> None:
    url = "https://a.example/fhir/Patient/12"
    raw = bundle(post(PATIENT, url), post(observation("Patient/12")), post(observation(url)))
    assert [entry.subjects for entry in read(raw).entries] == [(nth(1),)] * 3


def test_conditional_references_find_the_bundle_and_the_custodian() -> None:
    patient = PATIENT | {"managingOrganization": {"reference": CONDITIONAL}}
    own = read(bundle(post(patient), post(ORGANIZATION)))
    assert own.entries[0].resource["managingOrganization"] == {"reference": f"Organization/{nth(2)}"}
    held = Index({("Organization", "urn:org", "a b"): ["77"]})
    assert read(bundle(post(patient)), held).entries[0].resource["managingOrganization"] == {
        "reference": "Organization/77"
    }
    assert refusal(bundle(post(patient))) == [("not-found", "Bundle.entry[0].resource")]
    assert refusal(bundle(post(patient), post(ORGANIZATION)), held) == [
        ("multiple-matches", "Bundle.entry[0].resource")
    ]
    odd = PATIENT | {"managingOrganization": {"reference": "Organization?name=x"}}
    assert refusal(bundle(post(odd))) == [("not-supported", "Bundle.entry[0].resource")]


def test_conditional_create_takes_what_is_there() -> None:
    raw = bundle(post(ORGANIZATION, ifNoneExist="identifier=urn:org|a%20b"), kind="batch")
    assert not read(raw).entries[0].exists
    there = nth(9)
    entry = read(raw, Index({("Organization", "urn:org", "a b"): [there]})).entries[0]
    assert (entry.exists, entry.id, entry.record) == (True, there, bytes.fromhex(there))
    many = Index({("Organization", "urn:org", "a b"): ["1", "2"]})
    assert refusal(raw, many) == [("multiple-matches", "Bundle.entry[0].request")]


def test_put_keeps_its_id() -> None:
    entry = read(bundle(put(PATIENT, ifMatch='W/"3"'))).entries[0]
    assert (entry.method, entry.id, entry.record, entry.if_match) == ("PUT", "source-id", bytes.fromhex(nth(1)), 3)
    own = PATIENT | {"id": nth(5)}
    assert read(bundle(put(own))).entries[0].record == bytes.fromhex(nth(5))


def test_contained_resources_and_several_patients() -> None:
    second = "urn:uuid:00000000-0000-4000-8000-000000000002"
    inner = observation(
        second, contained=[{"resourceType": "Practitioner", "id": "d"}], performer=[{"reference": "#d"}]
    )
    done = read(bundle(post(PATIENT, PATIENT_URL), post(PATIENT, second), post(observation()), post(inner)))
    assert [entry.subjects[0] for entry in done.entries] == [nth(1), nth(2), nth(1), nth(2)]


REFUSED = {
    "no JSON": (b"{", [("structure", "Bundle")]),
    "not finite": (bundle(post(observation(valueInteger=1))).replace(b":1}", b":NaN}"), [("structure", "Bundle")]),
    "infinite": (bundle(post(observation(valueInteger=1))).replace(b":1,", b":1e999,"), None),
    "nested endlessly": (
        b'{"resourceType":"Bundle","type":"batch","entry":[' + b"[" * 100_000,
        [("structure", "Bundle")],
    ),
    "no bundle": (orjson.dumps(PATIENT), [("structure", "Bundle")]),
    "collection": (bundle(kind="collection"), [("not-supported", "Bundle.type")]),
    "no request": (bundle({"resource": PATIENT}), [("required", "Bundle.entry[0].request")]),
    "no resource": (
        bundle({"request": {"method": "POST", "url": "Patient"}}),
        [("required", "Bundle.entry[0].resource")],
    ),
    "delete": (
        bundle(post(PATIENT) | {"request": {"method": "DELETE", "url": "Patient/1"}}),
        [("not-supported", "Bundle.entry[0].request.method")],
    ),
    "unknown element of the wrapper": (bundle(post(PATIENT) | {"extra": 1}), [("structure", "Bundle.entry[0]")]),
    "url of another type": (bundle(post(PATIENT, url="Person")), [("value", "Bundle.entry[0].request.url")]),
    "url with an id": (bundle(post(PATIENT, url="Patient/1")), [("value", "Bundle.entry[0].request.url")]),
    "put to another id": (bundle(put(PATIENT, "Patient/other")), [("value", "Bundle.entry[0].resource.id")]),
    "bad version": (bundle(put(PATIENT, ifMatch="3")), [("value", "Bundle.entry[0].request.ifMatch")]),
    "lost urn": (bundle(post(observation())), [("not-found", "Bundle.entry[0].resource")]),
    "unknown patient": (bundle(post(observation("Patient/x"))), [("not-found", "Bundle.entry[0].resource")]),
    "same fullUrl": (
        bundle(post(PATIENT, "urn:oid:1.2"), post(PATIENT, "urn:oid:1.2")),
        [("duplicate", "Bundle.entry[1].fullUrl")],
    ),
    "same target": (bundle(put(PATIENT), put(PATIENT)), [("duplicate", "Bundle.entry[1].request.url")]),
    "same condition": (
        bundle(*[post(ORGANIZATION, ifNoneExist="identifier=urn:org|z")] * 2),
        [("duplicate", "Bundle.entry[1].request")],
    ),
    "wrong type behind a urn": (
        bundle(post(ORGANIZATION, PATIENT_URL), post(observation())),
        [("value", "Bundle.entry[1].resource.subject")],
    ),
    "key twice in a resource": (
        bundle(post(PATIENT)).replace(b'"id":', b'"active":true,"active":false,"id":'),
        [("structure", "Bundle.entry[0].resource")],
    ),
    "key twice in the wrapper": (
        bundle(post(PATIENT)).replace(b'"request":', b'"request":{"method":"POST","url":"Patient"},"request":'),
        [("structure", "Bundle")],
    ),
    "resource twice": (
        bundle(post(PATIENT)).replace(b'"resource":', b'"resource":{"a":1},"resource":'),
        [("structure", "Bundle")],
    ),
    "reference in escapes": (
        bundle(post(PATIENT, PATIENT_URL), post(observation())).replace(b'"reference"', b'"\\u0072eference"'),
        None,
    ),
    "half right": (
        bundle(post(PATIENT, PATIENT_URL), post(observation(status="done")), post(observation(code=1))),
        [("code-invalid", "Bundle.entry[1].resource.status"), ("structure", "Bundle.entry[2].resource.code")],
    ),
}


@pytest.mark.parametrize("defect", REFUSED)
def test_what_is_wrong_is_refused_as_a_whole(defect: str) -> None:
    raw, expected = REFUSED[defect]
    found = refusal(raw)
    assert found == expected if expected is not None else found


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = bundle(post(PATIENT), post(PATIENT))
    monkeypatch.setattr(module, "MAX_ENTRIES", 1)
    assert refusal(raw) == [("too-costly", "Bundle.entry")]
    monkeypatch.setattr(module, "MAX_BUNDLE", len(raw) - 1)
    assert refusal(raw) == [("too-long", "Bundle")]


def test_an_unusual_wrapper_is_read_too() -> None:
    top = orjson.loads(bundle(post(PATIENT, PATIENT_URL), post(observation())))
    top |= {"id": "b", "timestamp": "2020-01-01T00:00:00Z", "link": [{"relation": "self", "url": "http://a.example"}]}
    top["entry"][0]["link"] = [{"relation": "x", "url": 'http://a.example/":'}]
    assert [entry.subjects for entry in read(orjson.dumps(top)).entries] == [(nth(1),)] * 2


def test_the_same_octets_as_parsed_over_synthea(sample_data: Path) -> None:
    folder = sample_data / "fhir/synthea"
    held: dict[tuple[str, str, str], list[str]] = {}
    files = (
        sorted(folder.glob("*Information*.bz2")) + sorted(p for p in folder.glob("*.bz2") if "Inf" not in p.name)[:3]
    )
    for path in files:
        raw = bz2.decompress(path.read_bytes())
        done = read_bundle(raw, Index(held), lambda: os.urandom(16))
        assert len(done.entries) == len(orjson.loads(raw)["entry"])
        for entry in done.entries:
            assert orjson.loads(entry.octets) == entry.resource
            assert b'"reference": "urn:' not in entry.octets
            if not entry.subjects:
                for item in entry.resource.get("identifier", ()):
                    held.setdefault((entry.type, item["system"], item["value"]), []).append(entry.id)
            else:
                assert len(entry.subjects) == 1
