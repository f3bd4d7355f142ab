"""The decision: pure, in integers and block time; the custodian's gateway asks it before a release.

https://profiles.ihe.net/ITI/PCF/ is the outside form of what it evaluates.
"""

from collections.abc import Sequence

from salus.core.errors import Refusal
from salus.policy.case import Case
from salus.policy.emergency import break_glass
from salus.policy.filter import UNFILTERED, asks_for
from salus.policy.focus import focused
from salus.policy.prepared import Prepared, prepare
from salus.policy.provision import Facts
from salus.policy.question import NOTHING_SAID, Decision, Held, Question, Tier
from salus.policy.reasons import Reason
from salus.policy.tiers import TIERS


def decide(question: Question, directives: Sequence[Held], records: Sequence[Facts]) -> Decision:
    """Return which of `records` may go to the recipient, and on which ground.

    `directives`: all of the relation, whatever their status, each with its sealed part where it is
    at hand and opens its commitment; with the denies of relations it is merged with. Those of any other
    relation are ignored. Without a sealed part a
    permit is unusable and a deny counts as total. A refusal raised by the question's predicates is
    a denial; any other exception is a bug, and the caller must not release anything either.
    """
    return decide_prepared(question, prepare(question.relation, directives, question.merged), records)


def decide_prepared(question: Question, prepared: Prepared, records: Sequence[Facts]) -> Decision:
    """The same over directives that were sorted out before. ValueError where they are another relation's."""
    if prepared.relation != question.relation:
        raise ValueError("directives of another relation")
    try:
        return _decide(question, prepared, records)
    except Refusal:
        everything = tuple(facts.header.record for facts in records)
        failed = (int(Reason.EVALUATION_FAILED),)
        return Decision(False, Tier.STATUTORY, failed, None, (), everything, (), NOTHING_SAID, question.height)


def _decide(question: Question, prepared: Prepared, records: Sequence[Facts]) -> Decision:
    wanted = question.filter
    if wanted is not UNFILTERED and wanted != UNFILTERED:
        pending = question.policy.body.pending
        records = [facts for facts in records if asks_for(wanted, facts, question.staff, pending)]
    case = Case(question, focused(prepared, question.asked), records)
    answer = None
    for tier in TIERS:
        answer = tier(case)
        if answer is not None:
            break
    if answer is None:
        raise ValueError("the last tier answers")
    if question.emergency and answer.tier > Tier.MANDATE:
        return break_glass(case, answer)
    return answer
