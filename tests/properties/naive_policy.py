"""The decision again, written apart and plainly from what consent means; slow, and shares no code.

Every record is looked at by itself, ground by ground, and each set is spelled out. A record is yes, no or maybe
within a provision: what permits must be yes, what denies need only not be no. Numbers are written out, so that
a changed constant shows.
"""

from types import SimpleNamespace
from typing import Any

YES, MAYBE, NO = "yes", "maybe", "no"
FOREVER = 10**18
CONFIDENTIALITY = ["U", "L", "M", "N", "R", "V"]

# --- how confidential


def height_of(labels: Any, pending: int) -> int:
    """Index into CONFIDENTIALITY."""
    levels = {CONFIDENTIALITY.index(x) for x in labels if x in CONFIDENTIALITY}
    sensitive = {x for x in labels if x not in CONFIDENTIALITY and x != "pending"}
    if sensitive and not levels:
        levels = {4}
    if "pending" in labels or not labels:
        levels = levels | {pending}
    return max(levels)


# --- one record and one provision


def field(known: bool, match: bool, listed: Any) -> str:
    if not listed or (known and match):
        return YES
    return NO if known else MAYBE


def period_field(header: Any, periods: Any) -> str:
    if not periods:
        return YES
    if header.start is None and header.end is None:
        return MAYBE
    start = -FOREVER if header.start is None else header.start
    end = FOREVER if header.end is None else header.end
    if start >= end:
        return MAYBE
    answers = []
    for first, last in periods:
        first = -FOREVER if first is None else first
        last = FOREVER if last is None else last
        if first <= start and end <= last:
            answers.append(YES)
        elif start < last and first < end:
            answers.append(MAYBE)
    return YES if YES in answers else MAYBE if answers else NO


def code_field(codes: Any, listed: Any) -> str:
    if not listed:
        return YES
    if codes is None:
        return MAYBE
    if set(codes) & set(listed):
        return YES
    strange = [c for c in codes if any(ord(letter) > 127 for letter in c[0] + c[1])]
    return MAYBE if strange else NO


def label_field(labels: Any, listed: Any, pending: int) -> str:
    if not listed:
        return YES
    if labels and "pending" not in labels:
        return YES if set(labels) & set(listed) else NO
    known = {x for x in labels if x not in CONFIDENTIALITY and x != "pending"}
    known.add(CONFIDENTIALITY[height_of(labels, pending)])
    return YES if known & set(listed) else MAYBE


def within(provision: Any, facts: Any, staff: Any, pending: int) -> str:
    header = facts.header
    fields = [
        field(True, header.data_class in provision.classes, provision.classes),
        field(True, header.type in provision.types, provision.types),
        field(True, header.record in provision.instances, provision.instances),
        code_field(facts.codes, provision.codes),
        label_field(header.labels, provision.labels, pending),
        period_field(header, provision.periods),
        field(staff is not None, staff in provision.persons, provision.persons),
        field(header.author is not None, header.author in provision.authors, provision.authors),
        field(facts.encounter is not None, facts.encounter in provision.encounters, provision.encounters),
    ]
    return NO if NO in fields else MAYBE if MAYBE in fields else YES


# --- the public part of a directive


def is_named(grantee: Any, question: Any) -> bool:
    recipient = question.asked.recipient
    kind, name = grantee
    if kind == 0:
        return True
    if kind == 1:
        return bool(name == recipient.account)
    if kind == 2:
        return name in [role.to_bytes(2, "big") for role in recipient.roles]
    return bool(recipient.in_group(name))


def speaks(purposes: Any, question: Any) -> bool:
    asked = question.asked
    return purposes == () or any(p == asked.purpose or asked.implied_by(p) for p in purposes)


def as_asked(part: Any, question: Any) -> Any:
    """A sealed part with the focused exceptions that concern the question beside the others."""
    if part is None:
        return None
    exceptions = list(part.exceptions)
    for one in part.focused:
        named = one.grantees == () or any(is_named(g, question) for g in one.grantees)
        if named and speaks(one.purposes, question):
            exceptions.append((one.effect, one.provision))
    return SimpleNamespace(base=part.base, exceptions=exceptions, residual=part.residual, obligations=part.obligations)


def in_time(thing: Any, question: Any) -> bool:
    return bool(thing.start <= question.asked.time) and not thing.end <= question.asked.time


def deny_in_force(directive: Any, question: Any) -> bool:
    return (
        directive.effect == 2
        and directive.status in (1, 2, 5)
        and in_time(directive, question)
        and is_named(directive.grantee, question)
        and speaks(directive.purposes, question)
    )


def why_unusable(directive: Any, part: Any, question: Any) -> int | None:
    """The reason to name for a permit to this recipient that does not serve; None for one that does."""
    if directive.status != 2:
        return {1: 9, 3: 7, 4: 8, 5: 30}[directive.status]
    if question.asked.time < directive.start:
        return 10
    if question.asked.time >= directive.end:
        return 11
    if question.asked.break_glass:
        return 15
    if not speaks(directive.purposes, question):
        return 13
    if directive.capacity == 3 and question.asked.purpose not in question.policy.body.attested:
        return 27
    if directive.uses and question.used.get(directive.chain, 0) >= directive.uses:
        return 14
    if directive.under is not None:
        answers = [question.asked.holds(directive.under, p) for p in directive.purposes if speaks((p,), question)]
        if answers == [] or min(answers) != 0:
            return 42 if 42 in answers else 41
    return 5 if part is None else None


# --- the sealed part of a directive, on one record


def is_denied(part: Any, facts: Any, staff: Any, pending: int) -> bool:
    denying = [within(p, facts, staff, pending) for effect, p in part.exceptions if effect == 2]
    lifting = [within(p, facts, staff, pending) for effect, p in part.exceptions if effect == 1]
    if YES in denying or MAYBE in denying:
        return True
    return within(part.base, facts, staff, pending) != NO and YES not in lifting


def gap(part: Any, facts: Any, staff: Any, pending: int) -> int | None:
    """Why a permit does not cover the record: 36 excepted, 35 outside."""
    if any(effect == 2 and within(p, facts, staff, pending) != NO for effect, p in part.exceptions):
        return 36
    provisions = [part.base] + [p for effect, p in part.exceptions if effect == 1]
    return None if any(within(p, facts, staff, pending) == YES for p in provisions) else 35


# --- policy sets and orders


def rule_of(question: Any) -> Any:
    """The one rule that speaks of the question, None for none."""
    asked = question.asked
    if asked.break_glass:
        return None
    rules = [r for r in question.policy.body.rules if r.role == 0 or r.role in asked.recipient.roles]
    exact = [r for r in rules if r.purpose == asked.purpose]
    if not exact:
        exact = [r for r in rules if asked.implied_by(r.purpose) and r.mode != 1]
    specific = [r for r in exact if r.role != 0] or exact
    if not specific:
        return None
    strictest = max(r.mode for r in specific)
    specific = [r for r in specific if r.mode == strictest]
    lowest = min(r.ceiling for r in specific)
    specific = [r for r in specific if r.ceiling == lowest]
    with_objection = [r for r in specific if r.objection] or specific
    return min(with_objection, key=lambda r: r.purpose)


def chosen(preference: Any, question: Any) -> int | None:
    said = dict(preference)
    implied = {c for p, c in said.items() if p not in (0, question.asked.purpose) and question.asked.implied_by(p)}
    if question.asked.purpose in said:
        return int(said[question.asked.purpose])
    if implied:
        return 1 if 1 in implied else 2
    return said.get(0)


def why_not_by_policy(rule: Any, question: Any) -> int | None:
    if rule is None:
        return 1
    choice = chosen(question.policy.preference, question)
    opted_in = choice == 2
    out = 1 in [choice, *(chosen(other, question) for other in question.objections)]
    if rule.mode == 1:
        return None
    if rule.mode == 2:
        return 20 if out and rule.objection else None
    if rule.mode == 3:
        return 20 if out else None
    return 20 if out else None if opted_in else 21


def orders_in_force(question: Any) -> list[Any]:
    return [
        (name, order)
        for name, order in question.orders
        if not order.withdrawn
        and not question.asked.break_glass
        and order.recipient == question.asked.recipient.account
        and order.purpose == question.asked.purpose
        and in_time(order, question)
    ]


# --- merged relations


def counts(directive: Any, question: Any) -> bool:
    """Everything that was said of this relation; of one that it is merged with, only what was denied."""
    return directive.relation == question.relation or (directive.relation in question.merged and directive.effect == 2)


# --- the tiers


def naive_decide(question: Any, directives: Any, records: Any) -> dict[str, Any]:
    """Return the fields of the decision by name."""
    staff, pending = question.staff, question.policy.body.pending
    records = [
        r
        for r in records
        if within(question.filter.base, r, staff, pending) == YES
        and (question.filter.residual is None or within(question.filter.residual, r, staff, pending) == NO)
    ]
    directives = [(d, as_asked(s, question)) for d, s in directives if counts(d, question)]
    if question.asked.recipient.account == question.relation:
        if question.deceased:
            return refuse(question, 1, {28}, records)
        erased = {r.header.record for r in records if r.header.status == 4}
        out = dict.fromkeys(erased, 32)
        return answer(question, True, 2, 65, (1, None, 0), records, out, said=(2, bool(erased), len(erased)))
    statutory = ({2} if question.recipient_suspended else set()) | ({25} if question.restricted else set())
    if statutory:
        return refuse(question, 1, statutory, records)
    if question.represents is not None:
        return by_representative(question, records)
    by_law = mandate_or_order(question, records)
    if by_law is not None:
        return by_law
    over = ({28} if question.deceased else set()) | ({29} if question.closed else set())
    if over:
        return refuse(question, 1, over, records)
    ordinary = consent_or_policy(question, directives, records)
    if question.asked.break_glass or question.break_glass:
        return in_emergency(question, directives, records, ordinary)
    return ordinary


def by_representative(question: Any, records: Any) -> dict[str, Any]:
    """What the person could get, but for excluded labels, levels from an excluded one on, and what is unlabelled."""
    under, excluded = question.represents
    kept = {}
    for r in records:
        labels = r.header.labels
        levels = [CONFIDENTIALITY.index(x) for x in excluded if x in CONFIDENTIALITY]
        too_high = levels != [] and height_of(labels, 5) >= min(levels)
        doubtful = excluded != () and (labels == () or "pending" in labels)
        if too_high or doubtful or set(labels) & set(excluded):
            kept[r.header.record] = 40
    return answer(question, True, 2, 70, (1, under, 0), records, kept | kept_by_law(records))


def kept_by_law(records: Any) -> dict[bytes, int]:
    return {r.header.record: {4: 32, 3: 33}[r.header.status] for r in records if r.header.status in (3, 4)}


def too_high(question: Any, records: Any, ceiling: int) -> dict[bytes, int]:
    pending = question.policy.body.pending
    return {r.header.record: 38 for r in records if height_of(r.header.labels, pending) > ceiling}


def mandate_or_order(question: Any, records: Any) -> Any:
    rule = rule_of(question)
    grounds = []
    if rule is not None and rule.mode == 1:
        grounds.append((rule.ceiling, 66, (3, question.policy.set, question.policy.version)))
    for name, order in sorted(orders_in_force(question)):
        grounds.append((order.ceiling, 67, (4, name, 0)))
    if not grounds:
        return None
    widest = max(ceiling for ceiling, _, _ in grounds)
    ceiling, reason, basis = next(g for g in grounds if g[0] == widest)
    out = too_high(question, records, ceiling) | kept_by_law(records)
    return answer(question, True, 2, reason, basis, records, out)


def consent_or_policy(question: Any, directives: Any, records: Any) -> dict[str, Any]:
    denies = [(d, s) for d, s in directives if deny_in_force(d, question)]
    whole = {3 if d.total else 4 if d.status == 1 else 5 for d, s in denies if d.total or d.status == 1 or s is None}
    if whole:
        return refuse(question, 3, whole, records)
    named = [(d, s) for d, s in directives if d.effect == 1 and is_named(d.grantee, question)]
    permits = [(d, s) for d, s in named if why_unusable(d, s, question) is None]
    if permits:
        return by_permit(question, denies, permits, records)
    rule = rule_of(question)
    why_not = why_not_by_policy(rule, question)
    if why_not is None:
        staff, pending = question.staff, question.policy.body.pending
        denied = {r.header.record: 34 for r in records if any(is_denied(s, r, staff, pending) for _, s in denies)}
        out = too_high(question, records, rule.ceiling) | denied | kept_by_law(records)
        basis = (3, question.policy.set, question.policy.version)
        return answer(question, True, 4, 68, basis, records, out)
    reasons = {1, why_not} | {why_unusable(d, s, question) for d, s in named}
    if any(order.recipient == question.asked.recipient.account for _, order in question.orders):
        reasons.add(22)
    return refuse(question, 5, reasons, records)


def by_permit(question: Any, denies: Any, permits: Any, records: Any) -> dict[str, Any]:
    staff, pending = question.staff, question.policy.body.pending
    out = kept_by_law(records)
    may_be_told = dict.fromkeys(out, 0)
    for r in records:
        levels = [s.residual for _, s in denies if is_denied(s, r, staff, pending)]
        if levels and r.header.record not in out:
            out[r.header.record], may_be_told[r.header.record] = 34, min(levels)
    free = [r for r in records if r.header.record not in out]
    ranked = sorted(
        permits,
        key=lambda p: (-sum(gap(p[1], r, staff, pending) is None for r in free), p[0].uses > 0, p[0].id),
    )
    directive, part = ranked[0]
    for r in free:
        why = gap(part, r, staff, pending)
        if why is not None:
            covered = any(gap(s, r, staff, pending) is None for _, s in ranked[1:])
            out[r.header.record], may_be_told[r.header.record] = 37 if covered else why, part.residual
    told = sum(may_be_told[r.header.record] >= part.residual for r in records if r.header.record in out)
    said = (part.residual, bool(told) if part.residual else None, told if part.residual == 2 else None)
    basis = (2, directive.id, directive.version)
    return answer(question, True, 3, 64, basis, records, out, part.obligations, said)


def in_emergency(question: Any, directives: Any, records: Any, ordinary: dict[str, Any]) -> dict[str, Any]:
    rule = question.policy.body.emergency
    staff, pending = question.staff, question.policy.body.pending
    if rule.group is None or not question.asked.recipient.in_group(rule.group):
        if not ordinary["permitted"]:
            missing = 23 if rule.group is None else 24
            ordinary["reasons"] = tuple(sorted({*ordinary["reasons"], missing}))
        return ordinary
    denies = [(d, s) for d, s in directives if deny_in_force(d, question)]
    out = kept_by_law(records)
    duties: list[str] = []
    for r in records:
        if r.header.record in out:
            continue
        against = [
            (d, s) for d, s in denies if s is None or d.total or d.status == 1 or is_denied(s, r, staff, pending)
        ]
        ceilings = [rule.ceiling] + [d.emergency[1] for d, _ in against if d.emergency[0]]
        if any(d.emergency[2] for d, _ in against):
            out[r.header.record] = 39
        elif height_of(r.header.labels, pending) > min(ceilings):
            out[r.header.record] = 38
        else:
            duties += [code for _, s in against if s is not None for code in s.obligations]
    if ordinary["permitted"] and len(records) - len(out) <= len(ordinary["allowed"]):
        return ordinary
    basis = (5, question.policy.set, question.policy.version)
    return answer(question, True, 6, 69, basis, records, out, duties)


# --- the answer


def answer(
    question: Any,
    permitted: bool,
    tier: int,
    reason: int,
    basis: Any,
    records: Any,
    out: dict[bytes, int],
    obligations: Any = (),
    said: Any = (0, None, None),
) -> dict[str, Any]:
    """`out`: why a record is left out, by its id; the rest is allowed."""
    names = [r.header.record for r in records]
    return {
        "permitted": permitted,
        "tier": tier,
        "reasons": tuple(sorted({reason} | {out[name] for name in names if name in out})),
        "basis": basis,
        "allowed": tuple(name for name in names if name not in out),
        "denied": tuple(name for name in names if name in out),
        "obligations": tuple(sorted(set(obligations))),
        "left_out": said,
        "height": question.height,
    }


def refuse(question: Any, tier: int, reasons: Any, records: Any) -> dict[str, Any]:
    return {
        "permitted": False,
        "tier": tier,
        "reasons": tuple(sorted(reasons)),
        "basis": None,
        "allowed": (),
        "denied": tuple(r.header.record for r in records),
        "obligations": (),
        "left_out": (0, None, None),
        "height": question.height,
    }
