"""What is sure permits, what is possible denies; unknown is outside every permit, inside every deny."""

from typing import Any

import pytest

from salus.core.record import PENDING
from salus.policy.filter import UNFILTERED, Filter, asks_for
from salus.policy.provision import NO_ENCOUNTER, Facts, possibly_within, surely_within
from unit.policy_samples import CLINIC, FIRST, SECOND, STAFF, header, provision, record

FULL_WIDTH = "Ｆ32"
CYRILLIC = "\u0415"  # looks like a Latin E
VISIT = b"v" * 16

CASES: list[tuple[str, dict[str, Any], Facts, bool, bool]] = [
    # name, provision, record, surely, possibly
    ("an empty list does not restrict", {}, record(), True, True),
    ("class listed", {"classes": ("laboratory", "imaging")}, record(), True, True),
    ("class not listed", {"classes": ("imaging",)}, record(), False, False),
    ("type listed", {"types": ("Observation",)}, record(), True, True),
    ("type not listed", {"types": ("Condition",)}, record(), False, False),
    ("instance listed", {"instances": (SECOND, FIRST)}, record(), True, True),
    ("instance not listed", {"instances": (SECOND,)}, record(), False, False),
    ("and across fields", {"classes": ("laboratory",), "types": ("Condition",)}, record(), False, False),
    ("code listed", {"codes": (("icd", "F32"),)}, record(), True, True),
    ("one of several codes", {"codes": (("icd", "F32"),)}, record((("loinc", "1"), ("icd", "F32"))), True, True),
    ("code of another system", {"codes": (("loinc", "F32"),)}, record(), False, False),
    ("no code", {"codes": (("icd", "F32"),)}, record(()), False, False),
    ("codes unknown", {"codes": (("icd", "F32"),)}, record(None), False, True),
    ("look-alike code in the record", {"codes": (("icd", "F32"),)}, record((("icd", FULL_WIDTH),)), False, True),
    ("look-alike system", {"codes": (("E", "1"),)}, record(((CYRILLIC, "1"),)), False, True),
    ("look-alike code listed", {"codes": (("icd", FULL_WIDTH),)}, record(), False, False),
    ("a code outside ASCII, spelled the same", {"codes": (("x", "é"),)}, record((("x", "é"),)), True, True),
    ("the same letter composed otherwise", {"codes": (("x", "é"),)}, record((("x", "e\u0301"),)), False, True),
    ("label listed", {"labels": ("N",)}, record(), True, True),
    ("one label of two", {"labels": ("PSY",)}, record(labels=("PSY", "R")), True, True),
    ("label not listed", {"labels": ("PSY",)}, record(), False, False),
    ("unlabelled is not normal", {"labels": ("N",)}, record(labels=()), False, True),
    ("unlabelled is restricted", {"labels": ("R",)}, record(labels=()), True, True),
    ("unlabelled where labels do not matter", {}, record(labels=()), True, True),
    ("pending is not normal", {"labels": ("N",)}, record(labels=(PENDING,)), False, True),
    ("pending is restricted", {"labels": ("R",)}, record(labels=(PENDING,)), True, True),
    ("pending may be what a label names", {"labels": ("PSY",)}, record(labels=(PENDING,)), False, True),
    ("pending beside what is sure", {"labels": ("PSY",)}, record(labels=("HIV", "R", PENDING)), False, True),
    ("period within", {"periods": ((100, 200),)}, record(), True, True),
    ("period within one of two", {"periods": ((0, 50), (90, 210))}, record(), True, True),
    ("period over two, within neither", {"periods": ((50, 150), (150, 250))}, record(), False, True),
    ("starts before", {"periods": ((101, 300),)}, record(), False, True),
    ("ends after", {"periods": ((0, 199),)}, record(), False, True),
    ("ends where the period starts", {"periods": ((200, 300),)}, record(), False, False),
    ("starts where the period ends", {"periods": ((0, 100),)}, record(), False, False),
    ("open period", {"periods": ((None, None),)}, record(), True, True),
    ("open at its start", {"periods": ((None, 200),)}, record(), True, True),
    ("open at its end", {"periods": ((100, None),)}, record(), True, True),
    ("period unknown", {"periods": ((0, 300),)}, record(start=None, end=None), False, True),
    ("period unknown, even in an open one", {"periods": ((None, None),)}, record(start=None, end=None), False, True),
    ("period empty", {"periods": ((0, 300),)}, record(start=150, end=150), False, True),
    ("period backwards", {"periods": ((1000, 2000),)}, record(start=150, end=100), False, True),
    ("still going on", {"periods": ((0, 300),)}, record(end=None), False, True),
    ("still going on, in an open one", {"periods": ((0, None),)}, record(end=None), True, True),
    ("still going on, before it", {"periods": ((0, 100),)}, record(end=None), False, False),
    ("since ever", {"periods": ((0, 300),)}, record(start=None), False, True),
    ("since ever, after it", {"periods": ((200, None),)}, record(start=None), False, False),
    ("who asks is listed", {"persons": (STAFF,)}, record(), True, True),
    ("who asks is not listed", {"persons": (CLINIC,)}, record(), False, False),
    ("author listed", {"authors": ("Practitioner/1",)}, record(), True, True),
    ("author not listed", {"authors": ("Practitioner/2",)}, record(), False, False),
    ("author unknown", {"authors": ("Practitioner/2",)}, record(author=None), False, True),
    ("encounter listed", {"encounters": (VISIT,)}, record(encounter=VISIT), True, True),
    ("another encounter", {"encounters": (VISIT,)}, record(encounter=FIRST), False, False),
    ("no encounter", {"encounters": (VISIT,)}, record(encounter=NO_ENCOUNTER), False, False),
    ("encounter unknown", {"encounters": (VISIT,)}, record(encounter=None), False, True),
]


@pytest.mark.parametrize(("fields", "facts", "surely", "possibly"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_within(fields: dict[str, Any], facts: Facts, surely: bool, possibly: bool) -> None:
    asked = provision(**fields)
    assert surely_within(asked, facts, STAFF) is surely
    assert possibly_within(asked, facts, STAFF) is possibly


def test_who_asks_may_be_unknown() -> None:
    asked = provision(persons=(STAFF,))
    assert not surely_within(asked, record(), None)
    assert possibly_within(asked, record(), None)


@pytest.mark.parametrize("field", ["classes", "types", "instances", "codes", "labels", "periods", "authors"])
def test_each_field_restricts_by_itself(field: str) -> None:
    nowhere: dict[str, Any] = {"codes": (("x", "y"),), "periods": ((900, 901),), "instances": (SECOND,)}
    asked = provision(**{field: nowhere.get(field, ("nowhere",))})
    assert not surely_within(asked, record(), STAFF) and not possibly_within(asked, record(), STAFF)


def test_a_filter_narrows_and_its_residual_takes_away() -> None:
    asked = Filter(provision(classes=("laboratory",)), provision(labels=("PSY",)))
    assert asks_for(UNFILTERED, record(), None)
    assert asks_for(asked, record(), None)
    assert not asks_for(asked, record(data_class="imaging"), None)
    assert not asks_for(asked, record(labels=("PSY",)), None)
    assert not asks_for(asked, record(labels=()), None)  # unlabelled may be what the residual takes away
    assert header().record == FIRST
