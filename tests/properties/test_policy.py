"""`decide` against a naive evaluator on generated cases; a failure prints its seed."""

from collections import Counter

from properties.naive_policy import naive_decide
from properties.policy_cases import draw
from salus.policy.decision import decide

SEEDS = range(20_000, 23_000)


def test_the_decision_is_the_naive_evaluators() -> None:
    for seed in SEEDS:
        case = draw(seed)
        found = decide(*case)._asdict()
        expected = naive_decide(*case)
        assert found == expected, f"seed {seed}"


def test_the_order_of_directives_and_records_decides_nothing() -> None:
    for seed in SEEDS[:500]:
        question, directives, records = draw(seed)
        one, two = decide(question, directives, records), decide(question, directives[::-1], records[::-1])
        assert two == one._replace(allowed=one.allowed[::-1], denied=one.denied[::-1]), f"seed {seed}"


def test_the_cases_reach_every_tier_and_reason() -> None:
    reasons: Counter[int] = Counter()
    tiers: Counter[int] = Counter()
    for seed in SEEDS:
        decision = decide(*draw(seed))
        reasons.update(decision.reasons)
        tiers[decision.tier] += 1
    assert min(tiers[tier] for tier in (1, 2, 3, 5)) >= 20, tiers
    assert set(reasons) == {1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 14, 15, 32, 33, 34, 35, 36, 37, 64, 65}, reasons
