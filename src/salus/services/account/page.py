"""An account as one page for people: no script, nothing from elsewhere, readable on a phone and on paper."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

from salus.merkle.checkpoint import cosignatures, parse
from salus.services.account.line import Line
from salus.services.account.markup import Markup, element, name, together
from salus.services.account.rows import NAMES
from salus.services.account.titles import TITLES
from salus.services.account.words import (
    BASES,
    PARTIES,
    ROLES,
    WAITS,
    ago_in,
    law_in,
    purposes_in,
    reason_in,
    span_in,
)
from salus.services.accounting import Accounting
from salus.wallet.kept import KeptRequest

_STYLE = files("salus.services.account").joinpath("style.css").read_text("utf-8")
STYLE_SOURCE = f"'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"  # for a content security policy
_TAGS = {"en": "en", "zh": "zh-Hans"}
_VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1" />'
# What the id of a line is of, by what it rests on; else it is of a decision.
_NAMED = {"policy": "policy set", "break-glass": "policy set", "order": "legal order"}


class Proofs(NamedTuple):
    """What lets a reader check the page: the log's signed note, and the evidence file of a line by its index."""

    note: str
    files: Mapping[int, str]


def page(account: Accounting, proofs: Proofs, language: str) -> str:
    """Return the page in a language of `words.LANGUAGES`."""
    return Page(account, proofs, language).whole()


class Page:
    """One page under way; a form of the account changes its title and parts."""

    def __init__(self, account: Accounting, proofs: Proofs, language: str) -> None:
        self._account, self._proofs, self._language = account, proofs, language

    def whole(self) -> str:
        """Return the document."""
        title = self._title()
        head = together(
            Markup('<meta charset="utf-8" />'),
            Markup(_VIEWPORT),
            element("title", title),
            element("style", Markup(_STYLE)),
        )
        body = element("body", element("main", *self._parts()))
        return "<!DOCTYPE html>\n" + element("html", element("head", head), body, lang=_TAGS[self._language]) + "\n"

    def _title(self) -> str:
        return self._say("title")

    def _parts(self) -> tuple[Markup, ...]:
        return self._header(), self._attention(), self._recipients(), self._everything(), self._checking()

    def _say(self, key: str, *values: object) -> str:
        return TITLES[key].in_language(self._language).format(*values)

    def _header(self) -> Markup:
        account = self._account
        facts = (
            ("custodian", name(account.custodian_name)),
            ("relation", _code(account.relation.hex())),
            ("as of", together(self._time(account.as_of), f" ({self._say('block', account.height)})")),
            *self._merged(),
            *self._pruned(),
        )
        rows = [element(tag, part) for key, value in facts for tag, part in (("dt", self._say(key)), ("dd", value))]
        lead = element("p", self._say("lead"), class_="lead")
        return element("header", element("h1", self._say("title")), lead, element("dl", *rows))

    def _merged(self) -> Iterator[tuple[str, Markup]]:
        """Say that this is one side of several, where it is."""
        if self._account.merged:
            sides = [_code(relation.hex()) for relation in self._account.merged]
            yield "merged", together(*sides, f" ({self._say('apart')})")

    def _pruned(self) -> Iterator[tuple[str, Markup]]:
        """Say from when on there is an account, where what was before is gone."""
        gone = self._account.pruned
        if gone is not None:
            yield "pruned", together(self._time(gone.time), f" ({self._say('before', gone.height)})")

    def _section(self, key: str, *content: str) -> Markup:
        return element("section", element("h2", self._say(key), id=key), *content, aria_labelledby=key)

    def _attention(self) -> Markup:
        lines = [self._entry(line, proof=False) for line in self._account.waiting]
        asked = [self._unanswered(request) for request in self._account.unanswered]
        found = [*lines, *asked]
        if not found:
            return self._section("attention", element("p", self._say("nothing waits")))
        return self._section("attention", element("ul", *found))

    def _recipients(self) -> Markup:
        """Each side that received data: how often, when last, how often without confirming."""
        received: dict[tuple[bytes | None, str], list[Line]] = {}
        for line in self._account.lines:
            if line.basis:  # whatever it rests on: released, pushed, in a session, in an emergency
                received.setdefault((line.organisation, line.party), []).append(line)
        if not received:
            return self._section("recipients", element("p", self._say("nobody received")))
        columns = [element("th", self._say("who"), scope="col")]
        columns += [element("th", self._say(key), scope="col", class_="number") for key in ("times", "unconfirmed")]
        columns.append(element("th", self._say("last"), scope="col"))
        rows = [element("tr", *columns)]
        for lines in received.values():
            open_ = sum(not line.acknowledged for line in lines)
            cells = [element("th", self._party(lines[0]), scope="row")]
            cells += [element("td", str(count), class_="number") for count in (len(lines), open_)]
            rows.append(element("tr", *cells, element("td", self._time(lines[-1].time, day=True))))
        return self._section("recipients", element("table", element("thead", rows[0]), element("tbody", *rows[1:])))

    def _everything(self) -> Markup:
        lines = [self._entry(line, proof=True) for line in reversed(self._account.lines)]
        return self._section("everything", element("p", self._say("order"), class_="lead"), element("ol", *lines))

    def _entry(self, line: Line, *, proof: bool) -> Markup:
        title = NAMES[line.what].in_language(self._language)
        head = element("div", element("h3", title), self._time(line.time), class_="head")
        facts = [element(tag, part) for key, value in self._facts(line) for tag, part in (("dt", key), ("dd", value))]
        kind = f"entry {line.what}{' waits' if line.waits_for else ''}"
        parts = [
            head,
            element("dl", *facts) if facts else None,
            self._waits(line),
            self._proof(line) if proof else None,
        ]
        return element("li", *parts, class_=kind)

    def _facts(self, line: Line) -> Iterator[tuple[str, str]]:
        if line.party:
            yield self._say("side"), self._party(line)
        if line.purpose:
            yield self._say("purpose"), purposes_in(line.purposes, self._language) or self._say("every purpose")
        if line.basis:
            words = BASES.get(line.basis)
            yield self._say("basis"), words.in_language(self._language) if words else line.basis
        if line.directive:
            version = f" ({self._say('version', line.version or 1)})" if line.basis != "order" else ""
            yield self._say(_NAMED.get(line.basis, "decision")), together(_code(line.directive.hex()[:12]), version)
        if line.law and line.law.set:
            yield self._say("rule"), law_in(line.law.set, line.law.rule, self._language)
        if line.law and line.law.notice:
            yield self._say("notice"), self._say("told")
        if line.reason:
            yield self._say("reason"), reason_in(line.reason_number, line.reason, self._language)
        if line.happened is not None:
            yield self._say("happened"), self._time(line.happened)
        if line.acknowledged:
            yield self._say("receipt"), self._say("confirmed")

    def _waits(self, line: Line) -> Markup | None:
        if not line.waits_for:
            return None
        since = self._say("since", span_in(self._account.as_of - line.time, self._language))
        said = self._say("open", self._waiting(line.waits_for), f"{since}{self._due(line.due)}")
        return element("p", said, class_="open")

    def _waiting(self, what: str) -> str:
        return WAITS[what].in_language(self._language) if what in WAITS else what

    def _due(self, due: int | None) -> str:
        if due is None:
            return ""
        ago = self._account.as_of - due
        return self._say("was due" if ago >= 0 else "is due", ago_in(ago, self._language))

    def _unanswered(self, request: KeptRequest) -> Markup:
        head = element("div", element("h3", self._say("own request")), class_="head")
        said = element("p", f"{self._waiting('answer')}{self._due(request.not_after)}", class_="open")
        return element("li", head, element("div", _code(request.request.hex())), said, class_="entry waits")

    def _proof(self, line: Line) -> Markup:
        file = self._proofs.files.get(line.index)
        if file is None:
            check = _code(f"salus ledger proof --entry {line.index} --out entry-{line.index}.evidence")
        else:
            check = _code(file)
        place = together(self._say("entry", line.index), " ", _code(line.leaf.hex()))
        return element("div", element("div", place), element("div", self._say("evidence"), " ", check), class_="proof")

    def _checking(self) -> Markup:
        signed = parse(self._proofs.note)
        names = [together(name(who), f" ({_iso(time_s * 1000)})") for who, time_s in cosignatures(signed)]
        witnessed = together(*(together("; " if at else "", who) for at, who in enumerate(names)))
        said = together(self._say("cosigned"), " ", witnessed) if names else self._say("unwitnessed")
        steps = [element("p", self._say("check 1")), element("p", self._step())]
        commands = element("pre", "\n".join(self._commands()), class_="code")
        note = element("pre", self._proofs.note.strip(), class_="code")
        return self._section("checking", *steps, commands, element("p", said), note, *self._limits())

    def _step(self) -> str:
        return self._say("check 2")

    def _commands(self) -> tuple[str, ...]:
        return ("salus verify FILE --genesis genesis.cbor --witness KEY",)

    def _limits(self) -> list[Markup]:
        return [element("p", self._say(key)) for key in ("limit 1", "limit 2", "limit 3")]

    def _party(self, line: Line) -> str:
        if line.name and line.organisation:
            return name(line.name)
        words = ROLES.get(line.role or 0) or PARTIES.get(line.party)
        return name(line.name) if words is None else words.in_language(self._language)

    def _time(self, ms: int, *, day: bool = False) -> Markup:
        whole = _iso(ms)
        return element("time", whole[:10] if day else whole, datetime=whole.replace(" UTC", "Z").replace(" ", "T"))


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _code(text: str) -> Markup:
    return element("span", text, class_="code")
