"""Every refusal of the accounts contract, alone and in pairs."""

from typing import Any

import pytest

from contracts.accounts_of_devices import ADD_KEY, REVOKE_KEY, REVOKE_OWN_KEY, ROTATE_SEAL_KEY
from contracts.accounts_of_organisations import ATTEST_STAFF, CHANGE_ORGANISATION_KEYS, END_STAFF, OPEN_ORGANISATION
from contracts.accounts_of_persons import (
    CLAIM_ACCOUNT,
    COMPLETE_CLAIM,
    CONFIRM_CLAIM,
    INVITE_PERSON,
    OPEN_ACCOUNTS,
    REJECT_CLAIM,
)
from contracts.accounts_of_recovery import CASES as OF_RECOVERY
from contracts.founding import ACCOUNTS
from contracts.precedence import Case, alone, assert_complete, assert_documented, pairs, refusals
from salus.contracts import accounts
from salus.contracts.accounts import errors, recovery_errors

CASES = (
    OPEN_ORGANISATION,
    CHANGE_ORGANISATION_KEYS,
    ATTEST_STAFF,
    END_STAFF,
    OPEN_ACCOUNTS,
    INVITE_PERSON,
    CLAIM_ACCOUNT,
    CONFIRM_CLAIM,
    REJECT_CLAIM,
    COMPLETE_CLAIM,
    ADD_KEY,
    REVOKE_KEY,
    REVOKE_OWN_KEY,
    ROTATE_SEAL_KEY,
    *OF_RECOVERY,
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sound_accounts_message_is_accepted(case: Case) -> None:
    case.accepts()


@pytest.mark.parametrize(("case", "refusal", "defects"), alone(CASES))
def test_refused_alone(case: Case, refusal: Any, defects: Any) -> None:
    case.refuses(refusal, defects)


@pytest.mark.parametrize(("case", "refusal", "later"), pairs(CASES))
def test_first_defined_wins(case: Case, refusal: Any, later: Any) -> None:
    case.wins(refusal, later)


def test_every_refusal_has_a_case() -> None:
    assert_complete(errors, ACCOUNTS.messages, CASES)
    covered = {refusal for case in CASES for refusal in case.defects}
    assert [one.__name__ for one in refusals(recovery_errors) if one not in covered] == []


def test_readme_names_the_order() -> None:
    assert_documented(accounts, CASES)
