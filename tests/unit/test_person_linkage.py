"""Comparing descriptions of people: levels, grades, and how well a population is told apart."""

from random import Random
from typing import Any

import pytest
from benchmarks.population import PASSPORT, asked_for, population

from salus.linkage.compare import Comparison, compare
from salus.linkage.demographics import Demographics, of_patient
from salus.linkage.keys import Kind, combinations, search_keys
from salus.linkage.tokens import check_value, token, token_key
from salus.linkage.weights import CHANCES, Field, Level

NETWORK, GROUP, KEY = b"N" * 32, b"G" * 32, b"K" * 32
HER: dict[str, Any] = {
    "identifier": [{"system": PASSPORT, "value": "ABC123456"}],
    "name": [{"family": "Marín", "given": ["Lucía", "Elena"]}],
    "birthDate": "1984-03-09",
    "gender": "female",
    "address": [{"line": ["Calle Mayor 5"], "city": "Teruel", "postalCode": "44001"}],
    "telecom": [{"system": "phone", "value": "+34 600 111 222"}],
}


def level(field: Field, asked: dict[str, Any]) -> Level | None:
    found = compare(of_patient(asked), of_patient(HER), 10_000)
    return next((one.level for one in found.fields if one.field == field), None)


@pytest.mark.parametrize(
    ("field", "asked", "found"),
    [
        (Field.NAME, {"name": [{"family": "MARIN", "given": ["Lucia"]}]}, Level.SAME),
        (Field.NAME, {"name": [{"text": "Lucia Elena Marin"}]}, Level.SAME),
        (Field.NAME, {"name": [{"family": "Lucia Elena", "given": ["Marin"]}]}, Level.SWAPPED),
        (Field.NAME, {"name": [{"family": "Martín", "given": ["Lucia"]}]}, Level.SIMILAR),
        (Field.NAME, {"name": [{"family": "Marin", "given": ["Brunhilde"]}]}, Level.PARTLY),
        (Field.NAME, {"name": [{"family": "Ortega", "given": ["Brunhilde"]}]}, Level.DIFFERENT),
        (Field.NAME, {"name": [{"family": "Ortega"}, {"family": "Marin", "given": ["Lucia"]}]}, Level.SAME),
        (Field.NAME, {}, None),
        (Field.BIRTH_DATE, {"birthDate": "1984-03-09"}, Level.SAME),
        (Field.BIRTH_DATE, {"birthDate": "1984-09-03"}, Level.SWAPPED),
        (Field.BIRTH_DATE, {"birthDate": "1984-03-19"}, Level.SIMILAR),
        (Field.BIRTH_DATE, {"birthDate": "1948-03-09"}, Level.SIMILAR),
        (Field.BIRTH_DATE, {"birthDate": "1991-07-22"}, Level.DIFFERENT),
        (Field.BIRTH_DATE, {"birthDate": "1984"}, None),
        (Field.GENDER, {"gender": "female"}, Level.SAME),
        (Field.GENDER, {"gender": "male"}, Level.DIFFERENT),
        (Field.GENDER, {"gender": "unknown"}, None),
        (Field.IDENTIFIER, {"identifier": [{"system": PASSPORT, "value": "abc 123-456"}]}, Level.SAME),
        (Field.IDENTIFIER, {"identifier": [{"system": PASSPORT, "value": "ABC123465"}]}, Level.SIMILAR),
        (Field.IDENTIFIER, {"identifier": [{"system": PASSPORT, "value": "XYZ999888"}]}, Level.DIFFERENT),
        (Field.IDENTIFIER, {"identifier": [{"system": "urn:other", "value": "ABC123456"}]}, None),
        (Field.ADDRESS, {"address": [{"line": ["Calle Mayor, 5"], "postalCode": "44001"}]}, Level.SAME),
        (Field.ADDRESS, {"address": [{"line": ["Plaza Nueva 17"], "city": "TERUEL"}]}, Level.PARTLY),
        (Field.ADDRESS, {"address": [{"line": ["Calle Mayor 5"], "city": "Soria"}]}, Level.DIFFERENT),
        (Field.PHONE, {"telecom": [{"system": "phone", "value": "600111222"}]}, Level.SAME),
        (Field.PHONE, {"telecom": [{"system": "phone", "value": "600111223"}]}, Level.DIFFERENT),
        (Field.PHONE, {"telecom": [{"system": "email", "value": "600111222"}]}, None),
    ],
)
def test_levels(field: Field, asked: dict[str, Any], found: Level | None) -> None:
    assert level(field, asked) == found


def of(*names: str, population: int = 10_000) -> Comparison:
    return compare(of_patient({name: HER[name] for name in names}), of_patient(HER), population)


def test_the_more_persons_there_are_the_more_is_needed() -> None:
    graded = {n: of("name", "birthDate", population=n).grade for n in (1, 10_000, 200_000, 2_000_000, 50_000_000)}
    assert graded == {
        1: "certain",  # never among fewer than ten thousand
        10_000: "certain",
        200_000: "probable",
        2_000_000: "possible",
        50_000_000: "certainly-not",
    }
    assert of("name", "birthDate", "identifier", population=50_000_000).grade == "certain"
    assert of("name").grade == "certainly-not"


def test_a_score_says_which_field_weighed_how_much() -> None:
    found = of("name", "birthDate")
    assert [(one.field, one.level) for one in found.fields] == [
        (Field.NAME, Level.SAME),
        (Field.BIRTH_DATE, Level.SAME),
    ]
    assert found.weight == sum(one.weight for one in found.fields)
    assert 0 < found.score < 1


def test_levels_of_a_field_lose_weight_in_their_order_and_chances_are_shares() -> None:
    for field, levels in CHANCES.items():
        assert sum(chance.m for chance in levels.values()) == pytest.approx(1, abs=0.01), field
        assert sum(chance.u for chance in levels.values()) <= 1.01, field
        assert levels[Level.SAME].weight > 0 > levels[Level.DIFFERENT].weight, field


@pytest.mark.parametrize(
    "patient",
    [
        {"name": "x", "identifier": 3, "address": [None], "telecom": [[]], "birthDate": 7, "gender": {}},
        {"name": [{"given": "x", "family": ["y"]}], "identifier": [{"value": "1"}], "address": [{"line": "x"}]},
    ],
)
def test_what_is_not_of_its_form_counts_as_missing(patient: dict[str, Any]) -> None:
    assert of_patient(patient) == Demographics()
    assert of_patient(patient).empty


def test_a_population_with_few_names_is_told_apart_in_spite_of_errors() -> None:
    patients = population(5, 1_000)
    known = [of_patient(patient) for patient in patients]
    by_key: dict[str, list[int]] = {}
    for number, person in enumerate(known):
        for key in search_keys(person):
            by_key.setdefault(key, []).append(number)
    random, right, wrong, missed = Random(6), 0, 0, 0
    for _ in range(300):
        at = random.randrange(len(known))
        asked = of_patient(asked_for(random, patients[at], document=False))
        near = {number for key in search_keys(asked) for number in by_key.get(key, ())}
        ranked = sorted(((compare(asked, known[n], 1_000), n) for n in near), key=lambda one: -one[0].weight)
        certain = [n for found, n in ranked if found.grade == "certain"]
        right += at in certain
        wrong += any(n != at for n in certain)
        missed += at not in near
    assert (right / 300 > 0.75, wrong / 300 < 0.01, missed / 300 < 0.02) == (True, True, True), (right, wrong, missed)


def test_combinations_say_their_kind_and_show_nothing() -> None:
    found = combinations(of_patient(HER))
    assert [one.kind for one in found] == [
        Kind.DOCUMENT,
        Kind.NAME_AND_BIRTH,
        Kind.NAME_AND_BIRTH,
        Kind.NAME_AND_BIRTH,
        Kind.PHONE_AND_BIRTH,
    ]
    assert "marin" not in repr(found) and "Marín" not in repr(of_patient(HER))
    assert combinations(of_patient({"name": HER["name"]})) == ()


def test_tokens_are_of_one_network_group_epoch_and_custodian() -> None:
    (one, *_) = combinations(of_patient(HER))
    made = [
        token(token_key(network, group, epoch, key, custodian), one.octets)
        for network, group, epoch, key, custodian in (
            (NETWORK, GROUP, 1, KEY, b"A" * 32),
            (NETWORK, GROUP, 1, KEY, b"B" * 32),
            (NETWORK, GROUP, 2, KEY, b"A" * 32),
            (NETWORK, b"H" * 32, 1, KEY, b"A" * 32),
            (b"M" * 32, GROUP, 1, KEY, b"A" * 32),
            (NETWORK, GROUP, 1, b"L" * 32, b"A" * 32),
        )
    ]
    assert len(set(made)) == len(made)
    assert all(len(each) == 32 for each in made)
    assert check_value(NETWORK, GROUP, 1, KEY) != check_value(NETWORK, GROUP, 2, KEY)
    assert made[0] == token(token_key(NETWORK, GROUP, 1, KEY, b"A" * 32), one.octets)
