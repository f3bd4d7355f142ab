"""A shipped policy set with its places in the law, in words and as JSON."""

from collections.abc import Iterator, Mapping

from salus.cli.policy_words import MODES, ROLES
from salus.policy.policies import LEVELS, PolicySet
from salus.policy.sets import ShippedSet, Source
from salus.policy.shipped import SHIPPED, clause_of, find_shipped

LAW_COLUMNS = ("rule", "purpose", "recipient", "mode", "up to", "objection", "notice", "law")
REVIEW = "A starting point for the review of your counsel, and no legal advice."


def shipped_named(name: str) -> ShippedSet | None:
    """Return the shipped set of this name."""
    return next((shipped for shipped in SHIPPED if shipped.name == name), None)


def law_json(body: PolicySet, numbers: Mapping[str, int]) -> dict[str, object]:
    """Return where the law says what the rules of a voted set say, beside `policy_json`; empty for members' own."""
    shipped = find_shipped(body, numbers)
    if shipped is None:
        return {}
    clauses = []
    for rule in body.rules:
        found = clause_of(shipped, rule, numbers)
        if found is not None:
            number, clause = found
            clauses.append({"rule": number, "purpose": clause.code, "recipient": _role(clause.role),
                            "meaning": clause.meaning, "sources": list(map(_source, clause.sources))})  # fmt: skip
    return {"edition": shipped.edition, "title": shipped.title, "meaning": shipped.meaning, "law": clauses,
            **_rest(shipped)}  # fmt: skip


def _rest(shipped: ShippedSet) -> dict[str, object]:
    gaps = [{"source": _source(gap.source), "clause": gap.clause, "why": gap.why} for gap in shipped.gaps]
    return {"break_glass_by": list(map(_source, shipped.emergency)), "not_expressed": gaps}


def law_rows(shipped: ShippedSet, language: str) -> Iterator[tuple[str, ...]]:
    """Yield the rules in the order of the set's file, each with its places in the law."""
    modes = {int(mode): name for name, mode in MODES.items()}
    for number, rule in enumerate(shipped.rules, start=1):
        flags = ("yes" if flag else "-" for flag in (rule.objection, rule.notice))
        yield (
            str(number), rule.code, _role(rule.role), modes[int(rule.mode)], LEVELS[rule.ceiling], *flags,
            places(rule.sources, language),
        )  # fmt: skip


def gap_lines(shipped: ShippedSet, language: str) -> Iterator[str]:
    """Yield the clauses that no rule says: why not, and what serves instead."""
    for gap in shipped.gaps:
        place, clause, why = (each.in_language(language) for each in (gap.source.place, gap.clause, gap.why))
        yield f"- {place}：{clause}{why}" if language == "zh" else f"- {place}: {clause} {why}"


def addresses(shipped: ShippedSet) -> list[str]:
    """Return where the publishers of the law show what the set names, sorted."""
    sources = [source for rule in shipped.rules for source in rule.sources]
    sources += [*shipped.emergency, *(gap.source for gap in shipped.gaps)]
    return sorted({source.url for source in sources})


def places(sources: tuple[Source, ...], language: str) -> str:
    """Return places in the law in a few words."""
    return ("、" if language == "zh" else ", ").join(source.place.in_language(language) for source in sources) or "-"


def _role(role: int) -> str:
    return next(name for name, number in ROLES.items() if int(number) == int(role))


def _source(source: Source) -> dict[str, object]:
    return {"place": source.place, "url": source.url}
