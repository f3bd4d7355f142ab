"""The examples of IHE Privacy Consent on FHIR 1.1, as directives: what each lets through.

Its break-glass examples belong to tier 6. https://profiles.ihe.net/ITI/PCF/content.html
"""

from typing import Any

import pytest

from salus.policy.provision import NO_ENCOUNTER, Facts
from salus.policy.public import Asked
from salus.policy.types import EVERYTHING, Directive, Provision, SealedPart
from unit.policy_samples import (
    EMERGENCY,
    RESEARCH,
    STAFF,
    TREAT,
    asked,
    decided,
    deny,
    permit,
    provision,
    record,
    sealed,
)

YEAR_2021, YEAR_2022, YEAR_2023 = 1_609_459_200_000, 1_640_995_200_000, 1_672_531_200_000
IN_2022 = ((YEAR_2022, YEAR_2023),)
VISIT = b"v" * 16
NAMES = ("old", "weight", "alcohol", "psychiatric", "violence", "unlabelled")
IDS = {name: name.encode().ljust(16, b"\0") for name in NAMES}


def row(name: str, *labels: str, encounter: bytes = NO_ENCOUNTER, start: int = YEAR_2022, **fields: Any) -> Facts:
    return record(encounter=encounter, record=IDS[name], labels=labels, start=start, end=start + 1000, **fields)


RECORDS = (
    row("old", "N", start=YEAR_2021),
    row("weight", "N", encounter=VISIT),
    row("alcohol", "R", author="Practitioner/2"),
    row("psychiatric", "PSY", "R"),
    row("violence", "R", "SDV"),
    row("unlabelled"),
)
RESTRICTED = {"alcohol", "psychiatric", "violence", "unlabelled"}
NORMAL = {"old", "weight"}
ALL = NORMAL | RESTRICTED


def focused(*labels: str) -> tuple[int, Provision]:
    return (1, provision(labels=labels, persons=(STAFF,)))


def but(**fields: Any) -> SealedPart:
    return sealed((2, provision(**fields)))


def only(*exceptions: tuple[int, Provision], **fields: Any) -> SealedPart:
    return sealed(*exceptions, base=provision(**fields))


EXAMPLES: dict[str, tuple[SealedPart, set[str]]] = {
    "basic-treat": (sealed(), ALL),
    "intermediate-timeframe": (only(periods=IN_2022), ALL - {"old"}),
    "intermediate-not-timeframe": (but(periods=IN_2022), {"old"}),
    "intermediate-authoredby": (only(authors=("Practitioner/2",)), {"alcohol"}),
    "intermediate-not-authoredby": (but(authors=("Practitioner/2",)), ALL - {"alcohol"}),
    "intermediate-encounter": (only(encounters=(VISIT,)), {"weight"}),
    "intermediate-not-encounter": (but(encounters=(VISIT,)), ALL - {"weight"}),
    "intermediate-data": (only(instances=(IDS["old"], IDS["weight"])), NORMAL),
    "intermediate-not-data": (but(instances=(IDS["alcohol"],)), ALL - {"alcohol"}),
    "advanced-normal": (only(labels=("N",)), NORMAL),
    "advanced-normal-restricted": (only(labels=("N", "R")), ALL),
    "advanced-normal-not-restricted": (only((2, provision(labels=("R",))), labels=("N",)), NORMAL),
    "advanced-normal-focused-restricted": (only(focused("R"), labels=("N",)), ALL),
    "advanced-normal-focused-psy": (only(focused("PSY"), labels=("N",)), NORMAL | {"psychiatric"}),
    "advanced-normal-focused-psy-sdv": (
        only(focused("PSY", "SDV"), labels=("N",)),
        NORMAL | {"psychiatric", "violence"},
    ),
}


def let_through(*held: tuple[Directive, SealedPart], asked_: Asked | None = None, staff: bytes = STAFF) -> set[str]:
    decision = decided(*held, records=RECORDS, asked_=asked_, staff=staff)
    return {name for name in NAMES if IDS[name] in decision.allowed}


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_the_example_lets_through(name: str) -> None:
    part, expected = EXAMPLES[name]
    assert let_through((permit(), part)) == expected


@pytest.mark.parametrize("name", [name for name in EXAMPLES if "focused" in name])
def test_the_focus_is_on_one_person(name: str) -> None:
    assert let_through((permit(), EXAMPLES[name][0]), staff=b"t" * 32) == NORMAL


def test_basic_reject() -> None:
    assert let_through((deny(), sealed(base=EVERYTHING))) == set()


def test_intermediate_purpose() -> None:
    research = (permit(purposes=(RESEARCH,)), sealed())
    assert let_through(research, asked_=asked(purpose=RESEARCH)) == ALL
    assert let_through(research) == set()
    assert let_through((permit(), sealed()), asked_=asked(purpose=EMERGENCY, implied_by=lambda p: p == TREAT)) == ALL
