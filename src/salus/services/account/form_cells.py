"""The cells of a form's rows in one language; the terminal and the page share them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from salus.services.account.form_words import COLUMNS, FORM_TITLES, KINDS, LAWS, LEADS, METHODS, RIGHTS, SAID
from salus.services.account.forms import Filled, FormRow
from salus.services.account.line import Line
from salus.services.account.words import PARTIES, law_in, purposes_in, reason_in
from salus.services.retention import FOREVER_MS


class Cells:
    """Says things of one filled form in one language."""

    def __init__(self, filled: Filled, language: str) -> None:
        self.filled, self.language = filled, language

    def say(self, key: str, *values: object) -> str:
        """Return one of the fixed texts."""
        return SAID[key].in_language(self.language).format(*values)

    @property
    def title(self) -> str:
        return FORM_TITLES[self.filled.form.name].in_language(self.language)

    @property
    def law(self) -> str:
        return LAWS[self.filled.form.name].in_language(self.language)

    def leads(self) -> list[str]:
        """Return what the law grants, a paragraph each; and what of the time the ledger has no more."""
        gone, since = self.filled.account.pruned, self.filled.since
        pruned = gone is not None and (since is None or since <= gone.time)
        said = [self.say("pruned", day(gone.time))] if gone is not None and pruned else []
        return [*(text.in_language(self.language) for text in LEADS[self.filled.form.name]), *said]

    def rights(self) -> list[str]:
        """Return the rights that the form must name."""
        return [text.in_language(self.language) for text in RIGHTS.get(self.filled.form.name, ())]

    def limits(self) -> list[str]:
        """Return what the form does not say."""
        places = any("address" in part.columns for part, _ in self.filled.parts)
        return [self.say(f"limit {n}") for n in (1, 2, 4, 3) if n != 4 or places]

    def period(self) -> str:
        """Return from when to when it covers."""
        since, until = self.filled.since, self.filled.account.as_of
        return self.say("span", self.say("beginning") if since is None else day(since), day(until))

    def column(self, name: str) -> str:
        """Return the heading of a column."""
        return COLUMNS[name].in_language(self.language)

    def row(self, row: FormRow, columns: Sequence[str]) -> list[str]:
        """Return the cells of a row."""
        makers: dict[str, Callable[[FormRow], str]] = {
            "date": self._date,
            "recipient": lambda each: self._party(each.first),
            "address": lambda each: each.first.realm or self.say("unknown place"),
            "data": self._data,
            "purpose": lambda each: purposes_in(each.first.purposes, self.language),
            "ground": lambda each: self._ground(each.first),
            "method": lambda each: METHODS[each.first.what].in_language(self.language),
            "notice": lambda each: self.say("told" if each.first.law and each.first.law.notice else "not told"),
        }
        return [makers[name](row) for name in columns]

    def entries(self, row: FormRow) -> str:
        """Return the places of a row in the log, by which anybody can have it proved."""
        return self.say("entries", ", ".join(map(str, row.entries)))

    def about(self) -> list[tuple[str, str]]:
        """Return what the form says of the data that is kept: categories, time, source."""
        kept = self.filled.kept
        unknown = self.say("unknown data")
        if kept is None:
            return [(self.say(key), unknown) for key in ("categories", "storage", "source")]
        storage = self.say("no rule")
        if kept.rules and kept.until is not None:
            last = self.say("forever") if kept.until == FOREVER_MS else day(kept.until)
            storage = self.say("until", "; ".join(kept.rules), last)
        source = self.say("other source", kept.from_others) if kept.from_others else self.say("own source")
        return [
            (self.say("categories"), self._kinds(kept.kinds)),
            (self.say("storage"), storage),
            (self.say("source"), source),
        ]

    def _date(self, row: FormRow) -> str:
        if row.times == 1:
            return day(row.first.time)
        return self.say("several", day(row.first.time), day(row.last.time), row.times)

    def _party(self, line: Line) -> str:
        words = None if line.name and line.organisation else PARTIES.get(line.party)
        return line.name if words is None else words.in_language(self.language)

    def _data(self, row: FormRow) -> str:
        return self.say("unknown data") if row.kinds is None else self._kinds(row.kinds)

    def _kinds(self, kinds: Sequence[str]) -> str:
        shown = [KINDS[kind].in_language(self.language) if kind in KINDS else kind for kind in kinds]
        return ("、" if self.language == "zh" else ", ").join(shown) or self.say("erased")

    def _ground(self, line: Line) -> str:
        named = "" if line.directive is None else line.directive.hex()[:12]
        if line.law is not None and line.law.set:
            words = law_in(line.law.set, line.law.rule, self.language)
            if line.basis != "break-glass":
                return words
            return self.say("emergency", reason_in(line.reason_number, line.reason, self.language), words)
        if line.basis == "order":
            return self.say("order", named)
        return self.say("consent" if line.basis == "directive" else "own set", named, line.version)


def day(ms: int) -> str:
    """Return a day of UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")
