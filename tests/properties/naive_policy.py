"""The decision again, written apart and plainly from what consent means; slow, and shares no code.

A record is yes, no or maybe within a provision. What permits must be yes, what denies need only not
be no. Numbers are written out, so that a changed constant shows.
"""

from types import SimpleNamespace
from typing import Any

YES, MAYBE, NO = "yes", "maybe", "no"
FOREVER = 10**18


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


def label_field(labels: Any, listed: Any) -> str:
    if not listed or set(labels) & set(listed):
        return YES
    if not labels or "pending" in labels:
        return YES if "R" in listed else MAYBE
    return NO


def within(provision: Any, facts: Any, staff: Any) -> str:
    header = facts.header
    fields = [
        field(True, header.data_class in provision.classes, provision.classes),
        field(True, header.type in provision.types, provision.types),
        field(True, header.record in provision.instances, provision.instances),
        code_field(facts.codes, provision.codes),
        label_field(header.labels, provision.labels),
        period_field(header, provision.periods),
        field(staff is not None, staff in provision.persons, provision.persons),
        field(header.author is not None, header.author in provision.authors, provision.authors),
        field(facts.encounter is not None, facts.encounter in provision.encounters, provision.encounters),
    ]
    return NO if NO in fields else MAYBE if MAYBE in fields else YES


def concerns(directive: Any, question: Any) -> bool:
    """Grantee and purpose; not the time, not the status."""
    return is_named(directive.grantee, question) and speaks(directive, question)


def is_named(grantee: Any, question: Any) -> bool:
    recipient = question.asked.recipient
    kind, name = grantee
    named = {
        0: True,
        1: name == recipient.account,
        2: name in [role.to_bytes(2, "big") for role in recipient.roles],
        3: kind == 3 and recipient.in_group(name),
    }[kind]
    return bool(named)


def as_asked(part: Any, question: Any) -> Any:
    """A sealed part with the focused exceptions that concern the question beside the others."""
    if part is None:
        return None
    exceptions = list(part.exceptions)
    for one in part.focused:
        if speaks(one, question) and (one.grantees == () or any(is_named(g, question) for g in one.grantees)):
            exceptions.append((one.effect, one.provision))
    return SimpleNamespace(base=part.base, exceptions=exceptions, residual=part.residual, obligations=part.obligations)


def speaks(directive: Any, question: Any) -> bool:
    asked = question.asked
    return directive.purposes == () or any(p == asked.purpose or asked.implied_by(p) for p in directive.purposes)


def in_time(directive: Any, question: Any) -> bool:
    return directive.start <= question.asked.time and not directive.end <= question.asked.time


def is_denied(part: Any, facts: Any, staff: Any) -> bool:
    denying = [within(p, facts, staff) for effect, p in part.exceptions if effect == 2]
    lifting = [within(p, facts, staff) for effect, p in part.exceptions if effect == 1]
    if YES in denying or MAYBE in denying:
        return True
    return within(part.base, facts, staff) != NO and YES not in lifting


def gap(part: Any, facts: Any, staff: Any) -> int | None:
    """Why a permit does not cover the record: 36 excepted, 35 outside."""
    if any(effect == 2 and within(p, facts, staff) != NO for effect, p in part.exceptions):
        return 36
    provisions = [part.base] + [p for effect, p in part.exceptions if effect == 1]
    return None if any(within(p, facts, staff) == YES for p in provisions) else 35


def usable(directive: Any, part: Any, question: Any) -> bool:
    return (
        directive.effect == 1
        and directive.status == 2
        and in_time(directive, question)
        and concerns(directive, question)
        and not question.asked.break_glass
        and not (directive.uses and question.used.get(directive.chain, 0) >= directive.uses)
        and part is not None
    )


def near_miss(directive: Any, question: Any) -> int | None:
    """The reason to name a permit for this recipient that does not serve; None for other directives."""
    anything = type(directive).__struct_fields__
    for_any_purpose = type(directive)(**{f: () if f == "purposes" else getattr(directive, f) for f in anything})
    if directive.effect != 1 or not concerns(for_any_purpose, question):
        return None
    if directive.status != 2:
        return {1: 9, 3: 7, 4: 8}[directive.status]
    if question.asked.time < directive.start:
        return 10
    if question.asked.time >= directive.end:
        return 11
    if question.asked.break_glass:
        return 15
    if not speaks(directive, question):
        return 13
    if directive.uses and question.used.get(directive.chain, 0) >= directive.uses:
        return 14
    return 5


def naive_decide(question: Any, directives: Any, records: Any) -> dict[str, Any]:
    """Return the fields of the decision by name."""
    staff = question.staff
    records = [
        r
        for r in records
        if within(question.filter.base, r, staff) == YES
        and (question.filter.residual is None or within(question.filter.residual, r, staff) == NO)
    ]
    directives = [(d, as_asked(s, question)) for d, s in directives if d.relation == question.relation]
    own = question.asked.recipient.account == question.relation
    if own:
        erased = [r for r in records if r.header.status == 4]
        rest = [r for r in records if r.header.status != 4]
        reasons = {65} | {32 for _ in erased}
        return answer(True, 2, reasons, None, records, rest, (), (2, bool(erased), len(erased)))
    if question.recipient_suspended:
        return answer(False, 1, {2}, None, records, [], (), (0, None, None))
    denies = [
        (d, s)
        for d, s in directives
        if d.effect == 2 and d.status in (1, 2) and in_time(d, question) and concerns(d, question)
    ]
    whole = {3 if d.total else 4 if d.status == 1 else 5 for d, s in denies if d.total or d.status == 1 or s is None}
    if whole:
        return answer(False, 3, whole, None, records, [], (), (0, None, None))
    permits = [(d, s) for d, s in directives if usable(d, s, question)]
    if not permits:
        near = {near_miss(d, question) for d, _ in directives} - {None}
        return answer(False, 5, {1} | near, None, records, [], (), (0, None, None))
    return by_permit(question, denies, permits, records)


def by_permit(question: Any, denies: Any, permits: Any, records: Any) -> dict[str, Any]:
    def hidden(r: Any) -> int | None:
        if r.header.status == 4:
            return 32
        if r.header.status == 3:
            return 33
        return 34 if any(is_denied(s, r, question.staff) for _, s in denies) else None

    free = [r for r in records if hidden(r) is None]
    ranked = sorted(
        permits,
        key=lambda p: (-sum(gap(p[1], r, question.staff) is None for r in free), p[0].uses > 0, p[0].id),
    )
    directive, part = ranked[0]
    reasons, allowed, told = {64}, [], 0
    for r in records:
        why = hidden(r)
        level = part.residual
        if why == 34:
            level = min(s.residual for _, s in denies if is_denied(s, r, question.staff))
        elif why is not None:
            level = 0
        else:
            why = gap(part, r, question.staff)
            if why is None:
                allowed.append(r)
                continue
            if any(gap(s, r, question.staff) is None for _, s in ranked[1:]):
                why = 37
        reasons.add(why)
        told += level >= part.residual
    said = (part.residual, bool(told) if part.residual else None, told if part.residual == 2 else None)
    basis = (directive.id, directive.version)
    return answer(True, 3, reasons, basis, records, allowed, sorted(set(part.obligations)), said)


def answer(
    permitted: bool, tier: int, reasons: Any, basis: Any, records: Any, allowed: Any, obligations: Any, said: Any
) -> dict[str, Any]:
    kept = [r.header.record for r in allowed]
    return {
        "permitted": permitted,
        "tier": tier,
        "reasons": tuple(sorted(reasons)),
        "basis": basis,
        "allowed": tuple(kept),
        "denied": tuple(r.header.record for r in records if r.header.record not in kept),
        "obligations": tuple(obligations),
        "left_out": said,
    }
