"""Class, period, author and subject of resources; and that the tables name what FHIR defines."""

import pytest

from salus.fhir.authors import AUTHORS
from salus.fhir.classes import CATEGORIES, CLASSES
from salus.fhir.classify import describe
from salus.fhir.compartment import subject_of
from salus.fhir.definitions import PRIMITIVES, resource_types, table
from salus.fhir.periods import PERIODS
from salus.fhir.times import span

LAB = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}
VITAL = {"coding": [{"code": "vital-signs"}]}
DAY = 86_400_000


def resource(kind: str, **elements: object) -> dict[str, object]:
    return {"resourceType": kind, "id": "1", **elements}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970", (0, 365 * DAY)),
        ("1972-02", (761 * DAY, 790 * DAY)),
        ("1970-12", (334 * DAY, 365 * DAY)),
        ("1970-01-02", (DAY, 2 * DAY)),
        ("1970-01-01T00:00:01Z", (1000, 2000)),
        ("1970-01-01T01:00:00+01:00", (0, 1000)),
        ("1970-01-01T00:00:00.5Z", (500, 600)),
        ("1970-01-01T00:00:00.1239Z", (123, 124)),
        ("1970-01-01T00:00:60Z", (60_000, 61_000)),
        ("9999-12-31", (253402214400000, 253402300800000)),
        ("1969-12-31", (-DAY, 0)),
        ("2023-02-30", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_date_is_the_span_it_names(text: str, expected: tuple[int, int] | None) -> None:
    assert span(text) == expected


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"effectiveDateTime": "1970-01-02"}, (DAY, 2 * DAY)),
        ({"effectivePeriod": {"start": "1970-01-02", "end": "1970-01-03"}}, (DAY, 3 * DAY)),
        ({"effectivePeriod": {"start": "1970-01-02"}}, (DAY, None)),
        ({"effectivePeriod": {"end": "1970-01-02"}}, (None, 2 * DAY)),
        ({"effectivePeriod": {"start": "1971", "end": "1970"}}, (None, None)),
        ({"effectiveTiming": {"event": ["1970-01-02", "1970-01-01"]}}, (0, 2 * DAY)),
        ({"effectiveInstant": "1970-01-01T00:00:00Z"}, (0, 1000)),
        ({"issued": "1970-01-01T00:00:05Z"}, (5000, 6000)),
        ({"effectiveDateTime": "1969-12-31"}, (-DAY, 0)),
        ({"effectivePeriod": {"start": "1969-12-31", "end": "1970-01-01"}}, (-DAY, DAY)),
        ({"effectiveDateTime": "0001-01-01"}, (-62_135_596_800_000, -62_135_596_800_000 + DAY)),
        ({}, (None, None)),
    ],
)
def test_the_clinical_period(elements: dict[str, object], expected: tuple[int | None, int | None]) -> None:
    found = describe(resource("Observation", **elements))
    assert (found.start_ms, found.end_ms) == expected


def test_a_condition_runs_from_onset_to_abatement() -> None:
    found = describe(resource("Condition", onsetDateTime="1970-01-01", abatementDateTime="1970-01-03"))
    assert (found.start_ms, found.end_ms) == (0, 3 * DAY)
    assert describe(resource("Patient", birthDate="1980-01-01")).start_ms is None
    assert span(str(2**53 - 1)) is None


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (resource("Observation", category=[LAB]), "laboratory"),
        (resource("Observation", category=[VITAL, LAB]), "laboratory"),
        (resource("Observation", category=[VITAL]), "vital-signs"),
        (resource("Observation"), "observation"),
        (resource("Observation", category=[{"text": "x"}]), "observation"),
        (resource("DiagnosticReport", category=[{"coding": [{"code": "LAB"}]}]), "laboratory"),
        (resource("DiagnosticReport", category=[{"coding": [{"code": "34117-2"}]}]), "document"),
        (resource("DiagnosticReport", category=[{"coding": [{"code": "RAD"}]}]), "imaging"),
        (resource("DiagnosticReport"), "diagnostic-report"),
        (resource("DocumentReference"), "document"),
        (resource("Claim"), "claim"),
        (resource("ValueSet"), "other"),
    ],
)
def test_the_data_class(one: dict[str, object], expected: str) -> None:
    assert describe(one).data_class == expected


def test_the_author_is_the_first_literal_reference() -> None:
    assert describe(resource("Observation", performer=[{"reference": "Practitioner/1"}])).author == "Practitioner/1"
    assert describe(resource("Observation", performer=[{"display": "x"}])).author is None
    assert describe(resource("Observation", performer=[{"reference": "#x"}])).author is None
    agent = [{"who": {"reference": "Organization/2"}}]
    assert describe(resource("Provenance", agent=agent)).author == "Organization/2"


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (resource("Patient"), ("1",)),
        (resource("Observation", subject={"reference": "Patient/7"}), ("7",)),
        (
            resource("Observation", subject={"reference": "Patient/7"}, performer=[{"reference": "Patient/8"}]),
            ("7", "8"),
        ),
        (resource("Observation", subject={"reference": "Group/7"}), ()),
        (resource("Observation", focus=[{"reference": "Patient/7"}]), ()),  # not of the compartment
        (resource("Appointment", participant=[{"actor": {"reference": "Patient/7"}}]), ("7",)),
        (resource("Provenance", target=[{"reference": "Claim/1"}, {"reference": "Patient/7"}]), ("7",)),
        (resource("Device", patient={"reference": "Patient/7"}), ("7",)),
        (resource("Device"), ()),
        (resource("Medication"), ()),
        (resource("Organization"), ()),
    ],
)
def test_whose_a_resource_is(one: dict[str, object], expected: tuple[str, ...]) -> None:
    assert subject_of(one) == expected


def test_the_tables_name_what_fhir_defines() -> None:
    for names in (CLASSES, PERIODS, AUTHORS, CATEGORIES):
        assert set(names) <= resource_types()
    for paths in (PERIODS, AUTHORS):
        for kind, text in paths.items():
            for path in text.replace("..", " ").split():
                place = kind
                for name in path.split("."):
                    assert place not in PRIMITIVES, path
                    assert name in table().types[place], (kind, path)
                    place = table().types[place][name][2][0].lstrip("#")
