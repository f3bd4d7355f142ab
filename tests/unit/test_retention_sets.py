"""Retention sets: what was published, first row first, and nothing left without a rule."""

import pytest

from salus.fhir import retention_sets
from salus.fhir.retention_sets import DIGESTS, NoSuchRetentionSet, RetentionSetDamaged, load, read
from salus.services.retention import RULES


def octets(number: int) -> bytes:
    return retention_sets.files("salus.fhir.retention_sets").joinpath(f"{number}.json").read_bytes()


@pytest.mark.parametrize("number", DIGESTS)
def test_the_file_is_the_published_one_and_names_known_rules(number: int) -> None:
    found = load(number)
    assert found.number == number
    assert all(row.rule in RULES and row.source for row in found.rows)
    last = found.rows[-1]
    assert (last.types, last.classes, last.minors) == ((), (), None)


@pytest.mark.parametrize("number", DIGESTS)
def test_a_changed_file_is_refused(number: int) -> None:
    with pytest.raises(RetentionSetDamaged):
        read(number, octets(number) + b" ")


def test_an_unknown_number_is_refused() -> None:
    for number in (0, 99, -1):
        with pytest.raises(NoSuchRetentionSet):
            load(number)


@pytest.mark.parametrize(
    ("number", "kind", "data_class", "minor", "rule"),
    [
        (1, "ImagingStudy", "imaging", True, 5),
        (1, "ImagingStudy", "imaging", False, 2),
        (1, "Observation", "laboratory", True, 2),
        (2, "Appointment", "encounter", False, 3),
        (2, "Encounter", "encounter", False, 4),
        (3, "Observation", "laboratory", True, 6),
        (3, "Observation", "laboratory", False, 1),
        (4, "Observation", "laboratory", True, 6),
        (4, "ImagingStudy", "imaging", False, 1),
    ],
)
def test_the_first_row_that_applies_decides(number: int, kind: str, data_class: str, minor: bool, rule: int) -> None:
    assert load(number).rule_for(kind, data_class, minor=minor) == rule


def test_only_a_set_with_rows_by_age_asks_for_it() -> None:
    assert [number for number in DIGESTS if load(number).asks_age] == [1, 3, 4]
