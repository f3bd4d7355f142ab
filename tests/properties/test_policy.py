"""`decide` against a naive evaluator on generated cases; a failure prints its seed.

More of them: `make oracle RUNS=10000000`.
"""

import random
from collections import Counter
from itertools import islice

import pytest

from properties.oracle import disagreement
from salus.policy.decision import decide
from salus.policy.policies import Mode
from salus.policy.question import Tier
from salus.policy.reasons import Reason
from vectors.policy_cases import QUESTIONS, cases

FIXED = range(20_000, 22_500)  # worlds that every run looks at
PARTS = 4  # spread over the processors
WORLDS = 10_000 // PARTS  # of each part, new ones in each run: 100,000 questions in all


@pytest.mark.parametrize("part", range(PARTS))
def test_the_decision_is_the_naive_evaluators(part: int) -> None:
    first = random.randrange(2**40)
    for seed in range(first, first + WORLDS):
        assert disagreement(seed) is None, f"seed {seed}"


def test_the_fixed_cases_agree_and_reach_every_tier_reason_and_mode() -> None:
    reasons: Counter[int] = Counter()
    tiers: Counter[int] = Counter()
    modes: Counter[int] = Counter()
    for seed in FIXED:
        assert disagreement(seed) is None, f"seed {seed}"
        for case in cases(seed):
            decision = decide(*case)
            reasons.update(decision.reasons)
            tiers[decision.tier] += 1
            modes.update({rule.mode for rule in case.question.policy.body.rules})
    assert all(tiers[tier] >= 500 for tier in Tier), tiers
    never = {  # of services and of the ledger, and what a permit at hand cannot meet
        Reason.NOT_A_PERMIT,
        Reason.OTHER_RECIPIENT,
        Reason.REQUEST_INVALID,
        Reason.STAFF_NOT_ATTESTED,
        Reason.STATE_STALE,
        Reason.EVALUATION_FAILED,
        Reason.SESSION_OVER,
        Reason.ACCOUNT_BARRED,
    }
    assert set(reasons) == set(Reason) - never, reasons
    assert all(reasons[reason] >= 20 for reason in reasons), reasons
    assert all(modes[mode] >= 500 for mode in Mode), modes


def test_the_order_of_directives_orders_and_records_decides_nothing() -> None:
    for seed in FIXED[:200]:
        for question, directives, records in islice(cases(seed), QUESTIONS):
            one = decide(question, directives, records)
            question.orders.reverse()  # type: ignore[attr-defined]
            two = decide(question, directives[::-1], records[::-1])
            assert two == one._replace(allowed=one.allowed[::-1], denied=one.denied[::-1]), f"seed {seed}"
