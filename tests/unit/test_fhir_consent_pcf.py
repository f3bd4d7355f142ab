"""The examples of IHE Privacy Consent on FHIR, read as they are published, by the real reader and decision.

What each lets through is what its notes say. https://profiles.ihe.net/ITI/PCF/content.html
"""

import json
from copy import deepcopy
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from salus.fhir.consent.read import ConsentRefused, Taken, read_consent
from salus.fhir.consent.stated import Names
from salus.fhir.consent.write import write_consent
from salus.fhir.rule_sets import newest
from salus.fhir.validate import validate
from salus.policy.decision import decide
from salus.policy.policies import LEVELS, STRICT, EmergencyRule, PolicyInForce, PolicySet
from salus.policy.provision import NO_ENCOUNTER, Facts
from salus.policy.public import Asked, Recipient
from salus.policy.purposes import ACT_REASON
from salus.policy.types import Directive, Effect, GranteeKind, Status
from unit.pcf_examples import read_instances
from unit.policy_samples import CLINIC, GROUP, OTHER, RELATION, STAFF, question, record

TREAT, ETREAT, BTG, HRESCH, HPAYMT, HOPERAT, FOOBAR = 1, 3, 4, 5, 6, 7, 8
TABLE = {"TREAT": TREAT, "ETREAT": ETREAT, "BTG": BTG, "HRESCH": HRESCH, "HPAYMT": HPAYMT, "HOPERAT": HOPERAT}
TPO = (TREAT, HPAYMT, HOPERAT)
JULY_2022, DAY = 1_656_633_600_000, 86_400_000
Y2021, Y2022, Y2023 = 1_609_459_200_000, 1_640_995_200_000, 1_672_531_200_000
RESEARCHER = b"R" * 32
VISIT = b"encounter".ljust(16, b"\0")
NAMES = Names(
    RELATION,
    OTHER,
    {(ACT_REASON, code): number for code, number in TABLE.items()}
    | {("http://example.org/policies/purposeOfUse", "FooBar"): FOOBAR},
    newest().labels,
    {ETREAT: (TREAT,)},
    {
        "Patient/ex-patient": RELATION,
        "Organization/ex-organization": OTHER,
        "Organization/ex-org-researcher": RESEARCHER,
        "Practitioner/ex-practitioner": STAFF,
        **{
            f"Observation/ex-{name}": name.encode().ljust(16, b"\0")
            for name in ("weight", "weight-2", "bloodPressure", "bloodSugar", "alcoholUse")
        },
        "Encounter/ex-encounter": VISIT,
    },
    (int(GranteeKind.GROUP), GROUP),
    frozenset(("Group/ex-privilegedUsers",)),
)


def row(
    name: str, *labels: str, at: int = Y2022, encounter: bytes = NO_ENCOUNTER, author: str = "Practitioner/x"
) -> Facts:
    identity = name.encode().ljust(16, b"\0")
    return record(encounter=encounter, record=identity, labels=labels, start=at, end=at + 1000, author=author)


BY = "Practitioner/ex-practitioner"
RECORDS = (
    row("encounter", "N", encounter=VISIT),
    row("weight", "N", encounter=VISIT, author=BY),
    row("weight-2", "N", at=Y2021),
    row("bloodPressure", "N", at=Y2023 - 1000),
    row("bloodSugar", "N", at=Y2023),
    row("alcoholUse", "ETH", "R", encounter=VISIT, author=BY),
    row("psychiatric", "PSY", "R"),
    row("violence", "R", "SDV"),
    row("hiv", "HIV", "R", at=Y2021),
    row("pending", "pending", at=Y2021, author=BY),
)
ALL = {facts.header.record.rstrip(b"\0").decode() for facts in RECORDS}
NORMAL = {"encounter", "weight", "weight-2", "bloodPressure", "bloodSugar"}
LISTED = NORMAL | {"alcoholUse"}
OF_VISIT, WRITTEN = {"encounter", "weight", "alcoholUse"}, {"weight", "alcoholUse", "pending"}
IN_2022 = ALL - {"weight-2", "bloodSugar", "hiv", "pending"}

EXPECTED: dict[str, set[str]] = {  # for treatment, by a member of the community, to the practitioner
    "ex-consent-basic-treat": ALL,
    "ex-consent-basic-treat-infant": ALL,
    "ex-consent-basic-ink": ALL,
    "ex-consent-expired-treat": ALL,  # not yet
    "ex-consent-basic-reject": set(),
    "ex-consent-basic-research": set(),
    "ex-consent-intermediate-timeframe": IN_2022,
    "ex-consent-intermediate-not-timeframe": ALL - IN_2022,
    "ex-consent-intermediate-authoredby": WRITTEN,
    "ex-consent-intermediate-not-authoredby": ALL - WRITTEN,
    "ex-consent-intermediate-encounter": OF_VISIT,
    "ex-consent-intermediate-not-encounter": ALL - OF_VISIT,
    "ex-consent-intermediate-data": LISTED,
    "ex-consent-intermediate-not-data": ALL - {"alcoholUse"},
    "ex-consent-intermediate-purpose": set(),
    "ex-dissent-intermediate-break-glass": set(),
    "ex-consent-advanced-normal": NORMAL,
    "ex-consent-advanced-normal-restricted": ALL,
    "ex-consent-advanced-normal-not-restricted": NORMAL,
    "ex-consent-advanced-normal-focused-restricted": ALL,
    "ex-consent-advanced-normal-focused-psy": NORMAL | {"psychiatric"},
    "ex-consent-advanced-normal-focused-psy-or-sdv": NORMAL | {"psychiatric", "violence"},
    "ex-consent-advanced-normal-break-glass-restricted": NORMAL,
}


@pytest.fixture(scope="module")
def examples(sample_data: Path) -> dict[str, dict[str, Any]]:
    return read_instances(sample_data / "consent/pcf-consent.fsh", "Consent")


def taken(resource: dict[str, Any], names: Names = NAMES) -> Taken:
    return read_consent(json.dumps(resource).encode(), names)


def directives_of(found: Taken) -> list[Directive]:
    """What the ledger would hold, acknowledged."""
    stated = found.stated
    return [
        Directive(
            id=bytes((number,)) * 32,
            version=1,
            chain=bytes((number,)) * 32,
            replaces=None,
            relation=RELATION,
            capacity=1,
            grantee=grantee,
            effect=stated.effect,
            total=stated.total,
            purposes=stated.purposes,
            start=stated.start,
            end=stated.end,
            uses=stated.uses,
            redisclosure=stated.redisclosure,
            emergency=stated.emergency,
            sealed=bytes(32),
            status=int(Status.ACTIVE),
            granted=stated.start,
            under=None,
        )
        for number, grantee in enumerate(stated.grantees, start=1)
    ]


def let_through(
    found: Taken,
    purpose: int = TREAT,
    staff: bytes = STAFF,
    account: bytes = CLINIC,
    time: int = JULY_2022,
    member: bool = True,
    policy: PolicyInForce = STRICT,
) -> set[str]:
    recipient = Recipient(account, (2,), lambda group: member and group == GROUP)
    asked = Asked(recipient, purpose, lambda p: p == TREAT and purpose == ETREAT, purpose == BTG, time)
    held = [(directive, found.stated.sealed) for directive in directives_of(found)]
    decision = decide(question(asked, staff=staff, policy=policy), held, RECORDS)
    return {one.rstrip(b"\0").decode() for one in decision.allowed}


def test_every_example_has_an_expectation(examples: dict[str, dict[str, Any]]) -> None:
    assert set(examples) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_the_example_lets_through(name: str, examples: dict[str, dict[str, Any]]) -> None:
    found = taken(examples[name])
    assert let_through(found) == EXPECTED[name]
    assert {issue.expression for issue in found.warnings} <= {"Consent.meta", "Consent.category[0].coding[0].display"}
    assert let_through(found, member=False) == set()  # outside the community
    assert let_through(found, purpose=BTG) == set()  # no permit serves break-glass


@pytest.mark.parametrize("name", EXPECTED)
def test_the_example_comes_back_as_it_was(name: str, examples: dict[str, dict[str, Any]]) -> None:
    found = taken(examples[name])
    again = write_consent(found.stated, NAMES)
    assert validate(again, json.dumps(again).encode()) == []
    assert taken(again).stated == found.stated
    expected = {key: value for key, value in deepcopy(examples[name]).items() if key != "meta"}
    expected["category"][0]["coding"][0].pop("display", None)
    assert again == expected


@pytest.mark.parametrize("name", [name for name in EXPECTED if "focused" in name])
def test_the_focus_is_on_one_person(name: str, examples: dict[str, dict[str, Any]]) -> None:
    assert let_through(taken(examples[name]), staff=b"t" * 32) == NORMAL


@pytest.mark.parametrize("name", [name for name in EXPECTED if "purpose" not in name and "research" not in name])
def test_the_purposes_are_treatment_payment_and_operations(name: str, examples: dict[str, dict[str, Any]]) -> None:
    found = taken(examples[name])
    for purpose in (*TPO, ETREAT):
        assert let_through(found, purpose) == EXPECTED[name]
    assert let_through(found, HRESCH) == set()


def test_research_and_a_purpose_of_an_organisations_own(examples: dict[str, dict[str, Any]]) -> None:
    assert let_through(taken(examples["ex-consent-basic-research"]), HRESCH) == ALL
    found = taken(examples["ex-consent-intermediate-purpose"])
    assert let_through(found, FOOBAR, account=RESEARCHER) == ALL
    assert let_through(found, FOOBAR) == set() and let_through(found, TREAT, account=RESEARCHER) == set()
    assert found.stated.sealed.policy_uri == "https://profiles.ihe.net/ITI/PCF/Policy-basic-normal"


def test_the_expired_one(examples: dict[str, dict[str, Any]]) -> None:
    found = taken(examples["ex-consent-expired-treat"])
    assert found.stated.end == Y2023
    assert let_through(found, time=Y2023 - 1) == ALL and let_through(found, time=Y2023) == set()


def test_a_mother_consents_for_her_infant(examples: dict[str, dict[str, Any]]) -> None:
    form = taken(examples["ex-consent-basic-treat-infant"]).stated.sealed.form
    assert form is not None and form.performers == ("Patient/ex-mother",)


def test_break_glass_lifts_what_the_example_says(examples: dict[str, dict[str, Any]]) -> None:
    dissent = taken(examples["ex-dissent-intermediate-break-glass"]).stated
    assert (dissent.effect, dissent.emergency) == (Effect.DENY, (True, 5, False))  # up to the highest label
    assert dissent.purposes == (*sorted(TABLE.values()), FOOBAR) and BTG in dissent.purposes
    assert (dissent.sealed.exceptions, dissent.sealed.focused) == ((), ())
    restricted = taken(examples["ex-consent-advanced-normal-break-glass-restricted"]).stated
    assert (restricted.effect, restricted.emergency) == (Effect.PERMIT, (True, 4, False))  # up to R
    assert (restricted.sealed.exceptions, restricted.sealed.focused) == ((), ())
    for found in (dissent, restricted):
        assert found.sealed.form is not None and found.sealed.form.break_glass == ("Group/ex-privilegedUsers",)
    others = [name for name in EXPECTED if "break-glass" not in name]
    assert {taken(examples[name]).stated.emergency for name in others} == {(False, 0, False)}


def emergency(ceiling: int) -> PolicyInForce:
    """A network whose policy set lets the community break the glass up to a label."""
    rule = EmergencyRule(GROUP, LEVELS.index("NRV"[ceiling]), 3_600_000)
    return PolicyInForce(b"P" * 32, 1, PolicySet("", (), rule, LEVELS.index("R"), ()), ())


NORMAL_ONLY, RESTRICTED_TOO, EVERY_LABEL = range(3)


@pytest.mark.parametrize("name", [name for name in EXPECTED if "break-glass" in name])
def test_who_may_break_the_glass_gets_what_the_example_says(name: str, examples: dict[str, dict[str, Any]]) -> None:
    found = taken(examples[name])
    for ceiling in (RESTRICTED_TOO, EVERY_LABEL):
        assert let_through(found, BTG, policy=emergency(ceiling)) == ALL
        assert let_through(found, TREAT, policy=emergency(ceiling)) == EXPECTED[name]
        assert let_through(found, BTG, policy=emergency(ceiling), member=False) == set()
    assert let_through(found, BTG, policy=emergency(NORMAL_ONLY)) == NORMAL
    assert let_through(found, BTG) == set()  # where the network lets nobody


def test_an_exception_for_break_glass_may_stop_at_a_label_or_forbid_it(examples: dict[str, dict[str, Any]]) -> None:
    dissent = deepcopy(examples["ex-dissent-intermediate-break-glass"])
    (exception,) = dissent["provision"]["provision"]
    exception["securityLabel"] = [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N"}]
    assert let_through(taken(dissent), BTG, policy=emergency(EVERY_LABEL)) == NORMAL
    dissent["provision"]["provision"] = [{"type": "deny", "purpose": exception["purpose"]}]
    assert let_through(taken(dissent), BTG, policy=emergency(EVERY_LABEL)) == set()


def test_a_group_that_nobody_knows_may_not_break_the_glass(examples: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(ConsentRefused) as refused:
        taken(examples["ex-dissent-intermediate-break-glass"], changed(NAMES, break_glass=frozenset()))
    assert [issue.expression for issue in refused.value.issues] == ["Consent.provision.provision[0].actor[0].reference"]


def test_the_sealed_part_decides_as_it_was_read(examples: dict[str, dict[str, Any]]) -> None:
    found = taken(examples["ex-consent-intermediate-data"])
    (directive,) = directives_of(found)
    unacknowledged = replace(directive, status=int(Status.UNACKNOWLEDGED))
    recipient = Recipient(CLINIC, (2,), lambda group: group == GROUP)
    asked = Asked(recipient, TREAT, lambda p: False, False, JULY_2022)
    assert not decide(question(asked), [(unacknowledged, found.stated.sealed)], RECORDS).permitted
