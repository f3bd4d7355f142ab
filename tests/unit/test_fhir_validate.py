"""Validation of single resources: what is right is accepted, each defect gets its issue, nothing is quoted."""

import io
import tarfile
from pathlib import Path

import orjson
import pytest

from salus.fhir.outcome import operation_outcome
from salus.fhir.structure import explain
from salus.fhir.validate import MAX_DEPTH, accepted, validate

PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Beispiel", "given": ["Testa"]}]}
OBSERVATION = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "x"},
    "subject": {"reference": "Patient/p1"},
}

# Official examples that are not valid R4, with the reason.
INVALID_EXAMPLES = {
    "DeviceMetric-example.json": {("value", "DeviceMetric.parent")},  # a DeviceDefinition where a Device is asked for
    "DeviceUseStatement-example.json": {("value", "DeviceUseStatement.reasonReference[0]")},  # a Procedure
    "ImplementationGuide-fhir.json": {  # no name, no status; the id in one reference has more than 64 characters
        ("required", "ImplementationGuide.name"),
        ("required", "ImplementationGuide.status"),
        ("value", "ImplementationGuide.manifest.resource[11904].reference"),
    },
    "MedicationRequest-medrx0301.json": {("value", "MedicationRequest.dispenseRequest.performer")},  # a Practitioner
    "Observation-clinical-gender.json": {("value", "Observation.performer[0]")},  # no type that may perform
    "Questionnaire-qs1.json": None,  # items without linkId
}


def issues(resource: dict[str, object]) -> list[tuple[str, str]]:
    return [(i.code, i.expression) for i in validate(resource, orjson.dumps(resource))]


DEFECTS = {
    "no resourceType": ({"id": "x"}, ("structure", "Resource")),
    "unknown resourceType": ({"resourceType": "Patent"}, ("structure", "Resource")),
    "unknown element": (PATIENT | {"nickname": "x"}, ("structure", "Patient")),
    "unknown nested element": (PATIENT | {"name": [{"middle": "x"}]}, ("structure", "Patient.name[0]")),
    "required primitive absent": (
        {k: v for k, v in OBSERVATION.items() if k != "status"},
        ("required", "Observation.status"),
    ),
    "required element absent": ({"resourceType": "Observation", "status": "final"}, ("required", "Observation.code")),
    "required choice absent": (
        {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": {"display": "x"}},
        ("required", "MedicationRequest.medication"),
    ),
    "two values of a choice": (
        OBSERVATION | {"valueString": "x", "valueBoolean": True},
        ("structure", "Observation.value"),
    ),
    "two values of an extension": (
        PATIENT | {"extension": [{"url": "u", "valueString": "x", "valueCode": "y"}]},
        ("structure", "Patient.extension[0].value"),
    ),
    "empty array": (PATIENT | {"name": []}, ("structure", "Patient.name")),
    "empty object": (PATIENT | {"name": [{}]}, ("structure", "Patient.name[0]")),
    "empty string": (PATIENT | {"language": ""}, ("value", "Patient.language")),
    "null": (PATIENT | {"active": None}, ("structure", "Patient.active")),
    "array for one": (PATIENT | {"active": [True]}, ("value", "Patient.active")),
    "one for an array": (PATIENT | {"name": {"family": "x"}}, ("structure", "Patient.name")),
    "30 February": (PATIENT | {"birthDate": "2023-02-30"}, ("value", "Patient.birthDate")),
    "29 February of a common year": (PATIENT | {"birthDate": "2100-02-29"}, ("value", "Patient.birthDate")),
    "month 13": (PATIENT | {"birthDate": "2023-13"}, ("value", "Patient.birthDate")),
    "time without zone": (
        OBSERVATION | {"effectiveDateTime": "2020-01-01T10:00:00"},
        ("value", "Observation.effective"),
    ),
    "string for a number": (OBSERVATION | {"valueQuantity": {"value": "1"}}, ("value", "Observation.value.value")),
    "fraction for an integer": (OBSERVATION | {"valueInteger": 1.5}, ("value", "Observation.value")),
    "boolean for an integer": (OBSERVATION | {"valueInteger": True}, ("value", "Observation.value")),
    "integer out of range": (OBSERVATION | {"valueInteger": 2**31}, ("value", "Observation.value")),
    "code out of a required set": (OBSERVATION | {"status": "done"}, ("code-invalid", "Observation.status")),
    "concept out of a required set": (
        {
            "resourceType": "Condition",
            "subject": {"display": "x"},
            "clinicalStatus": {"coding": [{"system": "urn:x", "code": "active"}]},
        },
        ("code-invalid", "Condition.clinicalStatus"),
    ),
    "wrong target": (OBSERVATION | {"subject": {"reference": "Encounter/1"}}, ("value", "Observation.subject")),
    "wrong absolute target": (
        OBSERVATION | {"subject": {"reference": "http://a.example/fhir/Encounter/1"}},
        ("value", "Observation.subject"),
    ),
    "wrong type of reference": (OBSERVATION | {"subject": {"type": "Encounter"}}, ("value", "Observation.subject")),
    "reference of no form": (OBSERVATION | {"subject": {"reference": "somebody"}}, ("value", "Observation.subject")),
    "extensions not aligned": (
        PATIENT | {"name": [{"given": ["a", "b"], "_given": [{"id": "x"}]}]},
        ("structure", "Patient.name[0].given"),
    ),
    "neither value nor extension": (
        PATIENT | {"name": [{"given": ["a", None], "_given": [{"id": "x"}, None]}]},
        ("structure", "Patient.name[0].given[1]"),
    ),
    "contained reference lost": (OBSERVATION | {"subject": {"reference": "#nobody"}}, ("not-found", "Observation")),
    "contained of no type": (PATIENT | {"contained": [{"id": "x"}]}, ("structure", "Patient.contained[0]")),
    "contained wrong": (
        PATIENT | {"contained": [{"resourceType": "Patient", "active": 1}]},
        ("value", "Patient.contained[0].active"),
    ),
    "control character": (PATIENT | {"name": [{"text": "a\x07b"}]}, ("value", "Patient.name[0].text")),
    "id too long": (PATIENT | {"id": "x" * 65}, ("value", "Patient.id")),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_gets_its_issue(defect: str) -> None:
    resource, expected = DEFECTS[defect]
    assert issues(resource) == [expected]


RIGHT = {
    "plain": PATIENT,
    "primitive by extension only": {
        "resourceType": "Observation",
        "_status": {"extension": [{"url": "u", "valueCode": "unknown"}]},
        "code": {"text": "x"},
    },
    "aligned extensions": PATIENT | {"name": [{"given": ["a", None], "_given": [None, {"id": "x"}]}]},
    "array by extensions only": PATIENT | {"name": [{"_given": [{"id": "x"}]}]},
    "leap day": PATIENT | {"birthDate": "2000-02-29"},
    "leap second": OBSERVATION | {"effectiveDateTime": "2016-12-31T23:59:60Z"},
    "extension with an id": PATIENT | {"extension": [{"id": "x", "url": "u", "valueString": "v"}]},
    "contained": OBSERVATION | {"contained": [{"resourceType": "Patient", "id": "p"}], "subject": {"reference": "#p"}},
    "absolute reference": OBSERVATION | {"subject": {"reference": "https://a.example/fhir/Patient/1"}},
    "unknown address": OBSERVATION | {"subject": {"reference": "https://a.example/whatever"}},
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_resources_have_no_issue(name: str) -> None:
    assert issues(RIGHT[name]) == []


@pytest.mark.parametrize(
    "raw",
    [
        b'{"resourceType":"Patient","id":"a","id":"b"}',
        b'{"resourceType":"Patient","name":[{"family":"x", "family" :"y"}]}',
        b'{"resourceType":"Patient","name":[{"text":"a\\":b","family":"x","family":"y"}]}',
        b'{"resourceType":"Patient","name":[{"text":"a\\u0022:b","family":"x","family":"y"}]}',
        b'{"resourceType":"Patient","id":"a","i\\u0064":"b"}',
    ],
)
def test_a_key_named_twice_is_found(raw: bytes) -> None:
    found = validate(orjson.loads(raw), raw)
    assert [(i.code, i.diagnostics) for i in found] == [("structure", "An object names the same key twice.")]


def test_quotes_before_colons_in_strings_are_no_keys() -> None:
    raw = b'{"resourceType":"Patient","name":[{"text":"a\\":b \\" : \\u0022:"}]}'
    assert validate(orjson.loads(raw), raw) == []


def test_nesting_is_bounded() -> None:
    node: dict[str, object] = {"url": "u", "valueString": "x"}
    for _ in range(MAX_DEPTH // 2):
        node = {"url": "u", "extension": [node]}
    assert issues(PATIENT | {"extension": [node]}) == [("too-costly", "Resource")]


def test_the_outcome_quotes_nothing_of_the_resource() -> None:
    canary = "CANARY-7f3a"
    resource = PATIENT | {canary: canary, "birthDate": canary, "gender": canary, "name": [{canary: [canary]}]}
    outcome = operation_outcome(validate(resource, orjson.dumps(resource)))
    assert canary.encode() not in orjson.dumps(outcome)
    assert issues(outcome) == []  # the outcome is valid FHIR itself
    assert issues(operation_outcome([])) == []


def examples(archive: Path) -> list[tuple[str, bytes]]:
    with tarfile.open(archive) as tar:
        files = [member for member in tar if member.isfile() and member.name.endswith(".json")]
        return [(m.name, (tar.extractfile(m) or io.BytesIO()).read().removeprefix(b"\xef\xbb\xbf")) for m in files]


def test_official_examples_are_accepted(sample_data: Path) -> None:
    found = examples(sample_data / "fhir/r4-examples.tar.xz")
    assert len(found) == 500
    for name, raw in found:
        resource = orjson.loads(raw)
        wrong = {(i.code, i.expression) for i in validate(resource, raw)}
        expected = INVALID_EXAMPLES.get(name, set())
        assert wrong if expected is None else wrong == expected, name
        assert not accepted(resource) or explain(resource) == [], name  # the filter is no laxer than the full pass


def test_us_core_examples_are_accepted(sample_data: Path) -> None:
    found = [e for e in examples(sample_data / "fhir/us-core-6.1.0.tgz") if "/example/" in e[0]]
    assert len(found) > 100
    for name, raw in found:
        resource = orjson.loads(raw)
        if "resourceType" in resource:
            assert validate(resource, raw) == [], name
