"""The steps in their order, by the names they have in the report."""

from collections.abc import Callable

from salus.demo.stage import Stage, Step
from salus.demo.steps.account import account
from salus.demo.steps.amend import amend_and_erase
from salus.demo.steps.break_glass import break_the_glass
from salus.demo.steps.claim import claim_account
from salus.demo.steps.family import act_for_a_child
from salus.demo.steps.grant import grant_and_release
from salus.demo.steps.life import live_on
from salus.demo.steps.mandates import follow_mandates
from salus.demo.steps.recovery import recover_accounts
from salus.demo.steps.revoke import revoke_in_one_block
from salus.demo.steps.session import hold_session
from salus.demo.steps.take_in import take_in
from salus.demo.steps.tourist import find_the_tourist
from salus.demo.steps.verify import verify_offline

STEPS: dict[str, Callable[[Stage], Step]] = {
    "take_in": take_in,
    "claim": claim_account,
    "grant": grant_and_release,
    "verify": verify_offline,
    "revoke": revoke_in_one_block,
    "break_glass": break_the_glass,
    "tourist": find_the_tourist,
    "session": hold_session,
    "mandates": follow_mandates,
    "amend": amend_and_erase,
    "recovery": recover_accounts,
    "family": act_for_a_child,
    "life": live_on,
    "account": account,
}
