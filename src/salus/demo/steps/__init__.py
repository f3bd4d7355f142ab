"""The steps in their order, by the names they have in the report."""

from collections.abc import Callable

from salus.demo.stage import Stage, Step
from salus.demo.steps.account import account
from salus.demo.steps.amend import amend_and_erase
from salus.demo.steps.claim import claim_account
from salus.demo.steps.grant import grant_and_release
from salus.demo.steps.revoke import revoke_in_one_block
from salus.demo.steps.take_in import take_in
from salus.demo.steps.verify import verify_offline

STEPS: dict[str, Callable[[Stage], Step]] = {
    "take_in": take_in,
    "claim": claim_account,
    "grant": grant_and_release,
    "verify": verify_offline,
    "revoke": revoke_in_one_block,
    "amend": amend_and_erase,
    "account": account,
}
