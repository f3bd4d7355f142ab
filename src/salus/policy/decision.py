"""The decision: pure, in integers and block time; the custodian's gateway asks it before a release.

https://profiles.ihe.net/ITI/PCF/ is the outside form of what it evaluates.
"""

from collections.abc import Sequence

from salus.core.errors import Refusal
from salus.policy.filter import UNFILTERED, asks_for
from salus.policy.focus import focused_on
from salus.policy.provision import Facts
from salus.policy.question import NOTHING_SAID, Decision, Held, Question, Tier
from salus.policy.reasons import Reason
from salus.policy.tiers import TIERS, Case


def decide(question: Question, directives: Sequence[Held], records: Sequence[Facts]) -> Decision:
    """Return which of `records` may go to the recipient, and on which ground.

    `directives`: all of the relation, whatever their status, each with its sealed part where it is
    at hand and opens its commitment. Those of another relation are ignored. Without a sealed part a
    permit is unusable and a deny counts as total. A refusal raised by the question's predicates is
    a denial; any other exception is a bug, and the caller must not release anything either.
    """
    try:
        return _decide(question, directives, records)
    except Refusal:
        everything = tuple(facts.header.record for facts in records)
        failed = (int(Reason.EVALUATION_FAILED),)
        return Decision(False, Tier.STATUTORY, failed, None, (), everything, (), NOTHING_SAID)


def _decide(question: Question, directives: Sequence[Held], records: Sequence[Facts]) -> Decision:
    wanted = question.filter
    if wanted != UNFILTERED:
        records = [facts for facts in records if asks_for(wanted, facts, question.staff)]
    held = [
        (directive, None if part is None else focused_on(part, question.asked))
        for directive, part in directives
        if directive.relation == question.relation
    ]
    case = Case(question, held, records)
    answers = (rule(case) for _, rule in TIERS)
    return next(answer for answer in answers if answer is not None)
