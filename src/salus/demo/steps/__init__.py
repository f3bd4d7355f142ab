"""The steps in their order."""

from collections.abc import Callable

from salus.demo.stage import Stage, Step
from salus.demo.steps.account import account
from salus.demo.steps.claim import claim_account
from salus.demo.steps.grant import grant_and_release
from salus.demo.steps.revoke import revoke_in_one_block
from salus.demo.steps.take_in import take_in
from salus.demo.steps.verify import verify_offline

STEPS: tuple[Callable[[Stage], Step], ...] = (
    take_in,
    claim_account,
    grant_and_release,
    verify_offline,
    revoke_in_one_block,
    account,
)
