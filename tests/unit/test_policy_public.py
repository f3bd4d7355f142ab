"""The public part: whom, what for, when; the same for validators and gateways."""

from typing import Any

import pytest

from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.hashing import T
from salus.policy import reasons
from salus.policy.public import Recipient, denies_everything, deny_applies, names, permit_obstacle, speaks_of
from salus.policy.purposes import ACT_REASON, barred_for_custodian, is_break_glass
from salus.policy.reasons import Reason, ledger_reason
from salus.policy.types import EVERYTHING, SealedPart, sealed_commitment
from unit.policy_samples import (
    CLINIC,
    EMERGENCY,
    GROUP,
    NOW,
    OTHER,
    RESEARCH,
    TREAT,
    asked,
    deny,
    permit,
    provision,
    sealed,
)

RECIPIENT = Recipient(CLINIC, (2, 258), lambda group: group == GROUP)


@pytest.mark.parametrize(
    ("grantee", "named"),
    [
        ((0, b""), True),
        ((1, CLINIC), True),
        ((1, OTHER), False),
        ((2, b"\0\2"), True),
        ((2, b"\1\2"), True),
        ((2, b"\2\0"), False),
        ((3, GROUP), True),
        ((3, CLINIC), False),
    ],
)
def test_whom_a_grantee_names(grantee: Any, named: bool) -> None:
    assert names(grantee, RECIPIENT) is named


def test_purposes_match_by_equality_or_by_the_table_and_none_means_all() -> None:
    nested = asked(purpose=EMERGENCY, implied_by=lambda permitted: permitted == TREAT)
    assert speaks_of(permit(), asked())
    assert speaks_of(permit(), nested)
    assert not speaks_of(permit(purposes=(EMERGENCY,)), asked())
    assert not speaks_of(permit(purposes=(RESEARCH,)), nested)
    assert speaks_of(deny(purposes=()), asked())


OBSTACLES: list[tuple[dict[str, Any], Reason]] = [
    ({"effect": 2}, Reason.NOT_A_PERMIT),
    ({"status": 3}, Reason.PERMIT_REVOKED),
    ({"status": 4}, Reason.PERMIT_REPLACED),
    ({"status": 1}, Reason.PERMIT_UNACKNOWLEDGED),
    ({"start": NOW + 1}, Reason.PERMIT_NOT_STARTED),
    ({"end": NOW}, Reason.PERMIT_EXPIRED),
    ({"grantee": (1, OTHER)}, Reason.OTHER_RECIPIENT),
    ({"purposes": (RESEARCH,)}, Reason.OTHER_PURPOSE),
    ({"uses": 3}, Reason.PERMIT_EXHAUSTED),
]


@pytest.mark.parametrize(("fields", "reason"), OBSTACLES, ids=[reason.name for _, reason in OBSTACLES])
def test_what_stands_in_a_permits_way(fields: dict[str, Any], reason: Reason) -> None:
    assert permit_obstacle(permit(**fields), asked(), 3) is reason


@pytest.mark.parametrize("fields", [{}, {"start": NOW}, {"end": NOW + 1}, {"uses": 4}])
def test_nothing_in_its_way(fields: dict[str, Any]) -> None:
    assert permit_obstacle(permit(**fields), asked(), 3) is None


def test_break_glass_is_in_every_permits_way() -> None:
    assert permit_obstacle(permit(), asked(break_glass=True), 0) is Reason.BREAK_GLASS_BY_PERMIT


@pytest.mark.parametrize(
    ("fields", "applies"),
    [
        ({}, True),
        ({"status": 1}, True),
        ({"status": 3}, False),
        ({"status": 4}, False),
        ({"end": NOW}, False),
        ({"start": NOW}, True),
        ({"start": NOW + 1}, False),
        ({"grantee": (1, OTHER)}, False),
        ({"purposes": (RESEARCH,)}, False),
        ({"effect": 1}, False),
    ],
)
def test_when_a_deny_applies(fields: dict[str, Any], applies: bool) -> None:
    assert deny_applies(deny(**fields), asked()) is applies


def test_what_denies_everything() -> None:
    assert denies_everything(deny(total=True)) is Reason.TOTALLY_DENIED
    assert denies_everything(deny(total=True, status=1)) is Reason.TOTALLY_DENIED
    assert denies_everything(deny(status=1)) is Reason.DENY_UNACKNOWLEDGED
    assert denies_everything(deny()) is None


def test_reasons_have_texts_and_those_about_records_stay_off_the_ledger() -> None:
    assert set(reasons.TEXTS) == set(Reason) and len(set(reasons.TEXTS.values())) == len(Reason)
    assert all(text.endswith(".") for text in reasons.TEXTS.values())
    private = set(Reason) - set(reasons.PUBLISHABLE)
    assert private == {
        Reason.RECORD_ERASED,
        Reason.RECORD_RESTRICTED,
        Reason.DENIED_BY_DIRECTIVE,
        Reason.OUTSIDE_PERMIT,
        Reason.EXCEPTED,
        Reason.OTHER_PERMIT,
        Reason.ABOVE_CEILING,
        Reason.EMERGENCY_REFUSED,
        Reason.KEPT_FROM_REPRESENTATIVE,
        *(reason for reason in Reason if reason >= 64),
    }


def test_a_refusal_gives_the_first_reason_that_may_be_published() -> None:
    assert ledger_reason((Reason.RECORD_RESTRICTED, Reason.PERMIT_EXPIRED)) is Reason.PERMIT_EXPIRED
    assert ledger_reason((Reason.DENIED_BY_DIRECTIVE,)) is Reason.NOT_PERMITTED
    assert ledger_reason(()) is Reason.NOT_PERMITTED


def test_purposes_with_rules_of_their_own() -> None:
    assert is_break_glass(ACT_REASON, "BTG")
    assert not is_break_glass("https://example.org", "BTG") and not is_break_glass(ACT_REASON, "TREAT")
    assert barred_for_custodian(ACT_REASON, "HRESCH") and barred_for_custodian(ACT_REASON, "HMARKT")
    assert not barred_for_custodian(ACT_REASON, "TREAT") and not barred_for_custodian("x", "HRESCH")


def test_a_sealed_part_is_committed_to_for_its_relation_directive_and_version() -> None:
    terms = (b"n" * 32, b"r" * 32, b"d" * 32, 1, b"s" * 32, encode(sealed()))
    commitment = sealed_commitment(*terms)
    assert commitment == T("sealed", *terms)
    for at, other in enumerate((b"N" * 32, b"R" * 32, b"D" * 32, 2, b"S" * 32, b"x")):
        changed: Any = (*terms[:at], other, *terms[at + 1 :])
        assert sealed_commitment(*changed) != commitment


def test_a_sealed_part_has_one_encoding_with_the_effect_of_each_exception() -> None:
    part = sealed((1, EVERYTHING), (2, provision(labels=("PSY",), periods=((None, 5),))))
    assert decode(encode(part), SealedPart) == part
    with pytest.raises(Malformed):
        decode(encode(sealed((3, EVERYTHING))), SealedPart)
