"""Labels: what a rule set makes of codes, types, words, tags and parts; and that its file is the reviewed one."""

from itertools import product
from typing import Any

import pytest

from salus.core.record import PENDING
from salus.fhir import rule_sets
from salus.fhir.classify import describe
from salus.fhir.definitions import resource_types, table
from salus.fhir.labels import strictest
from salus.fhir.parts import spread
from salus.fhir.rule_sets import DIGESTS, NEWEST, NoSuchRuleSet, RuleFile, RuleSetDamaged, load, newest, read

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONF = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
SCT, LOINC, CVX = "http://snomed.info/sct", "http://loinc.org", "http://hl7.org/fhir/sid/cvx"
CM, NINE, ATC = "http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-9-cm", "http://www.whocc.no/atc"
MENTAL = ("BH", "MH", "PSY", "R")
ALCOHOL = ("BH", "ETH", "ETHUD", "R", "SUD")
DEPRESSION = {"coding": [{"system": SCT, "code": "370143000"}]}


def coded(system: str, code: str) -> dict[str, Any]:
    return {"code": {"coding": [{"system": system, "code": code}]}}


def tagged(system: str | None, code: str | None) -> dict[str, Any]:
    return {"meta": {"security": [{k: v for k, v in (("system", system), ("code", code)) if v}]}}


def labels(kind: str = "Observation", **elements: Any) -> tuple[str, ...]:
    found = describe({"resourceType": kind, "id": "1", **elements})
    assert found.rule_set == NEWEST
    return found.labels


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, ("N",)),
        ({"code": DEPRESSION}, MENTAL),
        ({"component": [{"code": DEPRESSION}]}, MENTAL),
        ({"contained": [{"resourceType": "Condition", "code": DEPRESSION}]}, MENTAL),
        (coded(CM, "F10.2"), ALCOHOL),
        (coded(CM, "f1020"), ALCOHOL),  # as claims write it
        (coded("urn:oid:2.16.840.1.113883.6.90", "F10.2"), ALCOHOL),
        (coded(CM, "F17.2"), ("N",)),
        (coded(CM, "F64.0"), ("BH", "MH", "PSY", "R", "SEX")),
        (coded(CM, "O98.711"), ("HIV", "R", "SEX")),
        (coded(CM, "T40.1X1A"), ("BH", "ETH", "OPIOIDUD", "R", "SUD")),
        (coded(CM, "T40.5"), ("BH", "ETH", "R", "SUD")),
        (coded(CM, "A54"), ("R", "SEX", "STD")),
        (coded(CM, "D57.1"), ("GDIS", "R", "SCA", "SICKLE")),
        (coded(CM, "T74.2"), ("R", "SDV")),
        (coded(CM, "J45"), ("N",)),
        (coded(NINE, "042"), ("HIV", "R")),
        (coded(NINE, "305.1"), ("N",)),
        (coded(NINE, "303.9"), ALCOHOL),
        (coded(ATC, "N06AB03"), MENTAL),
        (coded(CVX, "62"), ("N",)),
        (coded(SCT, "271649006"), ("N",)),
        (tagged(CONF, "V"), ("V",)),
        (tagged(CONF, "L"), ("N",)),
        (tagged(ACT, "OPIOIDUD"), ("BH", "ETH", "OPIOIDUD", "R", "SUD")),
        (tagged(ACT, "NORDSCLCD"), ("NORDSCLCD", "R")),
        (tagged("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST"), ("N",)),
        ({"contained": [{"resourceType": "Basic", **tagged(CONF, "R")}]}, ("R",)),
    ],
)
def test_labels(elements: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert labels(**elements) == expected


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        (coded("urn:other", "370143000"), (PENDING,)),  # an unknown code system
        ({"code": {"text": "depression"}}, (PENDING,)),
        (coded(CM, "F32.\u0661"), (PENDING,)),  # a digit that only looks like one
        (coded(SCT, "37014300\u04e0"), (PENDING,)),
        ({"code": {"text": "x"}, "component": [{"code": DEPRESSION}]}, ("BH", "MH", "PSY", "R", PENDING)),
        ({"code": {"text": "x"}} | tagged(CONF, "N"), ("N",)),  # judged by its source
        (tagged(None, None) | coded(SCT, "271649006"), (PENDING, "R")),
        (tagged("urn:other", "PSY"), (PENDING, "R")),  # another system's code is no label
        (tagged(ACT, "\u0420SY"), (PENDING, "R")),  # Cyrillic
        (tagged(CONF, "X"), (PENDING, "R")),
        (tagged(ACT, "BH"), ("BH", "R", PENDING)),  # which of them, it does not say
    ],
)
def test_what_the_set_cannot_judge_is_pending(elements: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert labels(**elements) == tuple(sorted(expected))


@pytest.mark.parametrize(
    ("kind", "elements", "expected"),
    [
        ("Binary", {"data": "eA=="}, (PENDING,)),
        ("DocumentReference", {"content": [{"attachment": {"data": "eA=="}}]}, (PENDING,)),
        ("DocumentReference", {"content": [{}], "context": {"related": [{"reference": "Observation/1"}]}}, ("N",)),
        ("DiagnosticReport", {"conclusion": "x"}, (PENDING,)),
        ("DiagnosticReport", {"conclusion": "x", "result": [{"reference": "Observation/1"}]}, ("N",)),
        ("DiagnosticReport", {}, ("N",)),
        ("Composition", {"section": [{"text": {}}]}, (PENDING,)),
        ("Composition", {"section": [{"text": {}}, {"entry": [{"reference": "Condition/1"}]}]}, ("N",)),
        ("MolecularSequence", {}, ("GDIS", "R")),
        ("Medication", {"code": {"text": "x"}}, (PENDING,)),
        ("MedicationRequest", {"medicationReference": {"reference": "Medication/1"}}, ("N",)),
    ],
)
def test_words_and_types(kind: str, elements: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert labels(kind, **elements) == expected


def test_a_document_bundle_has_the_labels_of_all_in_it() -> None:
    inner = {
        "resourceType": "Condition",
        "contained": [{"resourceType": "Basic", **tagged(CONF, "V")}],
        **coded(CM, "B20"),
    }
    assert labels("Bundle", type="document", entry=[{"resource": inner}, {"fullUrl": "urn:x"}]) == ("HIV", "V")


def test_the_strictest_of_several_wins() -> None:
    assert strictest([("N",), ("MH", "R"), ("V",)]) == ("MH", "V")
    assert strictest([("N",), (PENDING,)]) == (PENDING,)
    assert strictest([("R",), (PENDING,)]) == ("R", PENDING)
    assert strictest([("ETH", "R"), ()]) == ("ETH", "R")


def test_labels_spread_from_part_to_whole_however_far_down() -> None:
    own = {"report": ("N",), "list": ("N",), "note": ("N",), "condition": ("HIV", "R"), "other": ("N",)}
    parts = {"list": ("report",), "report": ("condition", "nobody"), "note": ("list", "note"), "gone": ("condition",)}
    sensitive = ("HIV", "R")
    expected = own | {"report": sensitive, "list": sensitive, "note": sensitive}
    assert spread(own, parts) == expected
    assert spread({"a": ("HIV", "R"), "b": ("N",)}, {"a": ("b",), "b": ("a",)}) == {"a": sensitive, "b": sensitive}
    assert spread({}, {}) == {}


def octets(number: int) -> bytes:
    return rule_sets.files("salus.fhir.rule_sets").joinpath(f"{number}.json").read_bytes()


def rule_file(number: int = NEWEST) -> RuleFile:
    return read(number, octets(number))


def test_a_changed_file_labels_nothing() -> None:
    raw = octets(NEWEST)
    assert read(NEWEST, raw).number == NEWEST
    for changed in (raw[:-1], raw.replace(b"B20", b"B2O"), raw + b" ", b""):
        with pytest.raises(RuleSetDamaged):
            read(NEWEST, changed)
    with pytest.raises(NoSuchRuleSet):
        load(1)


@pytest.mark.parametrize("number", DIGESTS)
def test_the_tables_of_a_rule_set_name_what_there_is(number: int) -> None:
    file = rule_file(number)
    known = set(file.implied)
    assert file.title and file.notice and all(group.about and group.source for group in file.groups)
    assert known.issuperset(label for labels in file.implied.values() for label in labels)
    assert known.issuperset(label for group in file.groups for label in group.labels)
    assert known.issuperset((*file.coarse, *(label for labels in file.types.values() for label in labels)))
    urls = [url for listed in file.systems.values() for url in listed]
    assert len(urls) == len(set(urls))
    assert {name for group in file.groups for name in group.codes} | set(file.hierarchies) <= set(file.systems)
    named = {kind for told in file.parts.values() for kind in told} - {"*"}
    tables = (file.types, file.principal, file.words, file.parts, file.no_parts, named)
    assert {kind for names in tables for kind in names} <= resource_types()
    for kind, names in file.principal.items():
        assert all(name in table().types[kind] or name == "medicationCodeableConcept" for name in names)
    for kind, words in file.words.items():
        for path in (*words.where, *words.unless):
            place = kind
            for name in path.split("."):
                assert name in table().types[place], (kind, path)
                place = table().types[place][name][2][0].lstrip("#").partition("=")[0]
    for group in file.groups:
        for name, codes in group.codes.items():
            listed = codes.split()
            assert len(listed) == len(set(listed)), (group.about, name)
            for item in listed if name in file.hierarchies else ():
                first, _, last = item.partition("-")
                assert not last or (len(first) == len(last) and first < last), item


def verhoeff(code: str) -> bool:
    """SNOMED CT's check digit: multiplication in the dihedral group of the pentagon."""
    permutation, check = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4], 0
    for place, digit in enumerate(map(int, reversed(code))):
        for _ in range(place % 8):
            digit = permutation[digit]
        turned, mirrored = check % 5, check >= 5
        other, other_mirrored = digit % 5, digit >= 5
        check = (turned + (-other if mirrored else other)) % 5 + 5 * (mirrored != other_mirrored)
    return check == 0


def mod_ten(code: str) -> bool:
    """LOINC's check digit."""
    number, _, digit = code.partition("-")
    doubled = str(2 * int(number[::-1][0::2]))
    return (-sum(map(int, doubled + number[::-1][1::2]))) % 10 == int(digit)


MADE_UP = "99999-"  # by a generator of synthetic patients, for a questionnaire that LOINC lacks


def test_no_code_is_mistyped() -> None:
    assert verhoeff("370143000") and not verhoeff("370143001") and mod_ten("55277-8") and not mod_ten("55277-9")
    found = {"sct": verhoeff, "loinc": mod_ten}
    for group, (name, right) in product(rule_file().groups, found.items()):
        for code in group.codes.get(name, "").split():
            assert code.startswith(MADE_UP) or right(code), (group.about, code)


def test_every_label_of_a_group_is_told_under_each_of_its_names() -> None:
    rules = newest()
    for one, other in (("MH", "PSY"), ("SUD", "ETH")):  # a deny of either holds for both
        assert rules.implied[one] == rules.implied[other]
    for narrow, broad in (
        ("ETHUD", "ETH"),
        ("OPIOIDUD", "SUD"),
        ("STD", "SEX"),
        ("PSYTHPN", "PSY"),
        ("SICKLE", "GDIS"),
    ):
        assert broad in rules.implied[narrow] and narrow not in rules.implied[broad]
