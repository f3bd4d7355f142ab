"""The clauses of a policy set, with their places in the law where Salus ships them."""

from collections.abc import Mapping

import msgspec

from salus.api.explorer.ledger_words import LedgerWords
from salus.api.explorer.shown import phrase
from salus.api.explorer.view import Phrase
from salus.api.explorer.words.values import EVERYBODY, LEVELS, word
from salus.policy.policies import Mode, PolicySet
from salus.policy.sets import ShippedSet, Source
from salus.policy.shipped import clause_of
from salus.policy.types import OrganisationRole


class SourceView(msgspec.Struct, frozen=True):
    """A place in a law, and where its publisher shows it."""

    place: Phrase
    url: str


class RuleView(msgspec.Struct, frozen=True):
    """A rule; `number` is its place in the shipped set, None in one of the network's own."""

    number: int | None
    purpose: Phrase
    recipient: Phrase
    mode: str
    mode_words: Phrase
    ceiling: Phrase
    objection: bool
    notice: bool
    meaning: Phrase | None
    sources: tuple[SourceView, ...]


class GapView(msgspec.Struct, frozen=True):
    """A clause of the law that no rule says: why not, and what serves instead."""

    source: SourceView
    clause: Phrase
    why: Phrase


def rules(
    words: LedgerWords, body: PolicySet, shipped: ShippedSet | None, numbers: Mapping[str, int]
) -> tuple[RuleView, ...]:
    """Return the rules of a set, in its order."""
    shown = []
    for rule in body.rules:
        found = None if shipped is None else clause_of(shipped, rule, numbers)
        clause = None if found is None else found[1]
        shown.append(
            RuleView(
                None if found is None else found[0],
                phrase(words.purpose(rule.purpose)),
                phrase(word(OrganisationRole, rule.role) if rule.role else EVERYBODY),
                Mode(rule.mode).name.lower().replace("_", "-"),
                phrase(word(Mode, rule.mode)),
                phrase(LEVELS[rule.ceiling]),
                rule.objection,
                rule.notice,
                None if clause is None else Phrase(clause.meaning.en, clause.meaning.zh),
                () if clause is None else tuple(map(source, clause.sources)),
            )
        )
    return tuple(shown)


def gaps(shipped: ShippedSet) -> tuple[GapView, ...]:
    """Return what a shipped set leaves out."""
    return tuple(
        GapView(source(gap.source), Phrase(gap.clause.en, gap.clause.zh), Phrase(gap.why.en, gap.why.zh))
        for gap in shipped.gaps
    )


def source(one: Source) -> SourceView:
    """Return a place in a law."""
    return SourceView(Phrase(one.place.en, one.place.zh), one.url)
