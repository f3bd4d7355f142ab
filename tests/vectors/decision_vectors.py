"""Vectors of decisions: worlds of `policy_cases` with what is asked and what must be answered, for other languages."""

from salus.core.encoding import encode
from salus.policy.decision import decide
from salus.policy.provision import Facts
from salus.policy.question import Decision, Question
from salus.policy.reasons import Reason
from salus.policy.types import Capacity

from .policy_cases import AUTHORITIES, GROUPS, Drawn, cases

Vectors = dict[str, object]

PLAIN = 10  # worlds that are taken as they come; others are for what they add


def decisions() -> Vectors:
    """Each world is a relation: its directives with sealed parts, records (header, codes, encounter), policy set,
    orders, each encoded as on the ledger or in the vault. Of a question: which purposes imply the one asked, the
    groups the recipient is in, uses by chain, for each authority and purpose whether it holds (0, or the reason), the
    authority that is asked under with the labels kept from it. Of an answer: record ids in the order given, reasons by
    number."""
    return {
        "reasons": {reason.name: int(reason) for reason in Reason},
        "capacity_attested": int(Capacity.ATTESTED),
        "worlds": [_world(seed) for seed in _seeds()],
    }


def _seeds() -> list[int]:
    """Return the first worlds, and then each that shows an answer of a kind not seen before."""
    seen: set[tuple[int, int]] = set()
    chosen = []
    for seed in range(1500):
        kinds = {
            (answer.tier, reason) for answer in (decide(*case) for case in cases(seed)) for reason in answer.reasons
        }
        if seed < PLAIN or kinds - seen:
            chosen.append(seed)
            seen |= kinds
    return chosen


def _world(seed: int) -> Vectors:
    drawn = list(cases(seed))
    first = drawn[0]
    policy = first.question.policy
    return {
        "relation": first.question.relation.hex(),
        "directives": [[encode(d).hex(), None if part is None else encode(part).hex()] for d, part in first.directives],
        "records": [_record(facts) for facts in first.records],
        "policy": {
            "set": policy.set.hex(),
            "version": policy.version,
            "body": encode(policy.body).hex(),
            "preference": [list(choice) for choice in policy.preference],
        },
        "orders": [[name.hex(), encode(order).hex()] for name, order in first.question.orders],
        "questions": [_question(case) for case in drawn],
    }


def _record(facts: Facts) -> Vectors:
    return {
        "header": encode(facts.header).hex(),
        "codes": None if facts.codes is None else [list(coding) for coding in facts.codes],
        "encounter": None if facts.encounter is None else facts.encounter.hex(),
    }


def _question(case: Drawn) -> Vectors:
    question = case.question
    asked, recipient = question.asked, question.asked.recipient
    return {
        "recipient": recipient.account.hex(),
        "roles": list(recipient.roles),
        "in_groups": [group.hex() for group in GROUPS if recipient.in_group(group)],
        "purpose": asked.purpose,
        "implied_by": [purpose for purpose in range(1, 10) if asked.implied_by(purpose)],
        "purpose_is_break_glass": asked.break_glass,
        "break_glass": question.break_glass,
        "time": asked.time,
        "staff": None if question.staff is None else question.staff.hex(),
        "filter": encode(question.filter).hex(),
        "used": {chain.hex(): count for chain, count in question.used.items()},
        "recipient_suspended": question.recipient_suspended,
        "relation_restricted": question.restricted,
        "person_deceased": question.deceased,
        "relation_closed": question.closed,
        "height": question.height,
        "held": [
            [authority.hex(), purpose, asked.holds(authority, purpose)]
            for authority in AUTHORITIES
            for purpose in range(1, 6)
        ],
        "represents": question.represents and [question.represents.under.hex(), list(question.represents.excluded)],
        "answer": _answer(decide(*case), question),
    }


def _answer(decision: Decision, question: Question) -> Vectors:
    basis = decision.basis
    return {
        "permitted": decision.permitted,
        "tier": int(decision.tier),
        "reasons": list(decision.reasons),
        "basis": None if basis is None else [int(basis[0]), None if basis[1] is None else basis[1].hex(), basis[2]],
        "allowed": [record.hex() for record in decision.allowed],
        "denied": [record.hex() for record in decision.denied],
        "obligations": list(decision.obligations),
        "left_out": [int(decision.left_out.level), decision.left_out.some, decision.left_out.how_many],
        "height": question.height,
    }
