"""An account's rows, words, data and page: every event has a line, and no name can do anything but be read."""

import re
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from salus.contracts.registry import EVENTS
from salus.merkle.checkpoint import Checkpoint, SignedCheckpoint, cosign, sign
from salus.policy.reasons import PUBLISHABLE
from salus.policy.types import OrganisationRole
from salus.services.account import consent, records, recovery, representation
from salus.services.account.data import as_data
from salus.services.account.line import Line
from salus.services.account.markup import Markup, clean, element
from salus.services.account.page import Proofs, page
from salus.services.account.rows import NAMES, PERSONAL, ROWS
from salus.services.account.titles import TITLES
from salus.services.account.words import (
    LANGUAGES,
    PARTIES,
    PURPOSES,
    REASONS,
    ROLES,
    WAITS,
    ago_in,
    purposes_in,
    reason_in,
    span_in,
)
from salus.services.accounting import Accounting
from salus.services.purposes import PURPOSES as TABLE
from salus.testing.region import key
from salus.wallet.kept import KeptRequest

ROOT = Path(__file__).parents[2]
NOW = 1_790_000_000_000
DAY_MS = 86_400_000
HOSTILE = "<script>alert(1)</script><a href='https://evil.example'>&\"' \u202eetsop \x00\x1b[31m]]>"
NOTE = sign(Checkpoint("salus/" + "00" * 32, 9, bytes(32)), "salus/" + "00" * 32, key("node"))


def line(index: int, what: str, **changes: object) -> Line:
    return replace(Line(index, index, NOW - DAY_MS * index, bytes((index,)) * 32, what), **changes)


def account(*lines: Line, name: str = "Northside Hospital", unanswered: tuple[KeptRequest, ...] = ()) -> Accounting:
    return Accounting(bytes(32), b"c" * 32, name, NOW, 7, 9, lines, unanswered)


def parsed(told: Accounting, language: str = "en", note: SignedCheckpoint = NOTE) -> ElementTree.Element:
    made = page(told, Proofs(note.note(), {1: "entry-1.evidence"}), language)
    assert made.startswith("<!DOCTYPE html>\n<html ")
    return ElementTree.fromstring(made.removeprefix("<!DOCTYPE html>\n"))


def text(root: ElementTree.Element) -> str:
    body = root.find("body")
    assert body is not None
    return " ".join(" ".join(body.itertext()).split())


def test_every_event_about_a_person_has_a_row() -> None:
    about = {event for event in EVENTS.values() if set(event.SUBJECTS) & set(PERSONAL)}
    assert about and about <= ROWS.keys(), f"give it a row in services/account: {about - ROWS.keys()}"


def test_rows_have_one_name_each_and_words_in_each_language() -> None:
    parts = (consent, records, recovery, representation)
    assert len(NAMES) == len(ROWS) + sum(len(part.VARIANTS) for part in parts)
    assert all(words.en and words.zh for words in NAMES.values())
    for row in ROWS.values():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", row.what)
        assert all(row.text) and row.text.en != row.text.zh


def test_there_are_words_for_whatever_may_stand_in_a_line() -> None:
    assert {row.code for row in TABLE} <= PURPOSES.keys()
    assert REASONS.keys() >= PUBLISHABLE
    assert set(OrganisationRole) <= ROLES.keys()
    for table in (PURPOSES, ROLES, PARTIES, WAITS, TITLES):
        assert all(word.en and word.zh for word in table.values())


def test_unknown_codes_are_shown_as_they_are() -> None:
    assert purposes_in(("TREAT", "NEWCODE"), "zh") == "诊疗 (TREAT)、NEWCODE"
    assert reason_in(63, "A new reason.", "zh") == "A new reason." and reason_in(7, "x", "zh") == "同意已撤销。"
    strange = line(1, "released", party="organisation", name="X", basis="new-basis", waits_for="new-wait")
    assert "new-basis" in text(parsed(account(strange))) and "new-wait: for 1 day" in text(parsed(account(strange)))


@pytest.mark.parametrize(
    ("ms", "en", "zh"),
    [(0, "0 seconds", "0 秒"), (1_000, "1 second", "1 秒"), (119_000, "1 minute", "1 分钟"),
     (7_200_000, "2 hours", "2 小时"), (DAY_MS * 30, "30 days", "30 天")],
)  # fmt: skip
def test_spans_are_in_their_largest_unit(ms: int, en: str, zh: str) -> None:
    assert (span_in(ms, "en"), span_in(ms, "zh")) == (en, zh)
    assert ago_in(ms, "en") == f"{en} ago" and (ms == 0 or ago_in(-ms, "en") == f"in {en}")


def test_markup_escapes_what_it_is_given_and_nothing_twice() -> None:
    assert element("p", "<b>", Markup("<i>x</i>"), None, title='"&') == '<p title="&quot;&amp;">&lt;b&gt;<i>x</i></p>'
    assert clean("a\x00\u202e\x85\ud800\ufffe b\n\t") == "a\ufffd\ufffd\ufffd\ufffd\ufffd b\n\t"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_name_is_only_text(language: str) -> None:
    lines = [line(n, what, party="organisation", organisation=b"o" * 32, name=HOSTILE, purpose=HOSTILE,
                  purposes=(HOSTILE,), basis=HOSTILE, reason=HOSTILE, directive=bytes(32))
             for n, what in enumerate(NAMES, 1)]  # fmt: skip
    told = account(*lines, name=HOSTILE)
    note = cosign(NOTE, "witness.example/<b>&'", key("witness"), 1_790_000_000)
    root = parsed(told, language, note)
    allowed = {
        "html", "head", "meta", "title", "style", "body", "main", "header", "section", "h1", "h2", "h3", "p", "dl",
        "dt", "dd", "span", "bdi", "time", "ul", "ol", "li", "div", "table", "thead", "tbody", "tr", "th", "td", "pre",
    }  # fmt: skip
    assert {each.tag for each in root.iter()} <= allowed
    attributes = {name for each in root.iter() for name in each.attrib}
    assert attributes <= {"lang", "charset", "name", "content", "class", "id", "aria-labelledby", "datetime", "scope"}
    assert "\u202e" not in text(root) and "<script>alert(1)</script>" in text(root)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_asks_nobody_for_anything(language: str) -> None:
    made = page(account(line(1, "released", party="person", name="the person")), Proofs(NOTE.note(), {}), language)
    for word in ("http:", "https:", "//", "url(", "@import", "href", "src=", "<script", "<link", "<iframe", "onload"):
        assert word not in made.replace("<!DOCTYPE html>", ""), word


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_accessible(language: str) -> None:
    clinic = {"party": "organisation", "organisation": b"o" * 32, "name": "Clinic"}
    waits = line(2, "released", **clinic, waits_for="acknowledgement")
    root = parsed(account(line(1, "granted"), waits), language)
    assert root.get("lang") == {"en": "en", "zh": "zh-Hans"}[language]
    assert root.findtext("head/title") == TITLES["title"].in_language(language)
    assert [each.get("content") for each in root.iter("meta") if each.get("name") == "viewport"] == [
        "width=device-width, initial-scale=1"
    ]
    headings = [int(each.tag[1]) for each in root.iter() if re.fullmatch("h[1-6]", each.tag)]
    assert headings[0] == 1 and headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))
    assert len(list(root.iter("main"))) == 1
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    assert [each.get("aria-labelledby") for each in root.iter("section")] == ids
    assert all(each.get("scope") in ("col", "row") for each in root.iter("th"))


def test_what_is_open_is_shown_with_how_long_ago() -> None:
    released = line(3, "released", party="organisation", organisation=b"o" * 32, name="Clinic", acknowledged=False,
                    waits_for="acknowledgement", due=NOW - DAY_MS * 2)  # fmt: skip
    granted = line(1, "granted", waits_for="custodian")
    put_off = line(2, "denied", waits_for="deferred", due=NOW + DAY_MS)
    asked = KeptRequest(b"r" * 32, bytes(32), NOW - 1, NOW + 120_000)
    told = account(released, granted, put_off, unanswered=(asked,))
    (section,) = [each for each in parsed(told).iter("section") if each.get("aria-labelledby") == "attention"]
    said = [" ".join("".join(each.itertext()).split()) for each in section.iter("p")]
    assert said == [
        "The recipient has not confirmed receipt: for 3 days, was due 2 days ago",
        "The custodian has not acknowledged this decision: for 1 day",
        "This was put off: for 2 days, due in 1 day",
        "Nobody has answered this request, due in 2 minutes",
    ]
    assert "Nothing: every release" in text(parsed(account(line(1, "granted"))))


def test_each_line_has_its_entry_leaf_and_proof() -> None:
    shown = text(parsed(account(line(1, "granted"), line(2, "revoked"))))
    assert f"Log entry 1, leaf {'01' * 32} Proof: entry-1.evidence" in shown
    assert f"Log entry 2, leaf {'02' * 32} Proof: salus ledger proof --entry 2 --out entry-2.evidence" in shown
    assert NOTE.note().splitlines()[4] in shown


def test_recipients_are_counted() -> None:
    clinic = {"party": "organisation", "organisation": b"o" * 32, "name": "Clinic"}
    lines = (
        line(7, "released", party="person", name="the person", basis="self", acknowledged=True),
        line(6, "break-glass", **clinic, basis="break-glass", acknowledged=True),
        line(5, "session", **clinic, basis="directive", acknowledged=True),
        line(4, "pushed", **clinic, basis="policy", acknowledged=True),
        line(3, "released", **clinic, basis="order", acknowledged=True),
        line(2, "refused", **clinic),
        line(1, "released", **clinic, basis="directive", acknowledged=False, waits_for="acknowledgement"),
    )
    rows = [["".join(cell.itertext()) for cell in row] for row in parsed(account(*lines)).iter("tr")]
    assert [row[:3] for row in rows] == [
        ["Recipient", "Times", "Not confirmed"],
        ["the person", "1", "0"],
        ["Clinic", "5", "1"],
    ]
    assert rows[2][3] == "2026-09-20"


def test_the_data_has_the_names_that_are_documented() -> None:
    documented = re.findall(r"^\| `([a-z_.]+)` \|", (ROOT / "docs/reference/accounting.md").read_text(), re.M)
    asked = KeptRequest(b"r" * 32, bytes(32), NOW - 1, NOW)
    made = as_data(account(line(1, "granted", waits_for="custodian"), unanswered=(asked,)), {1: "file"})
    assert isinstance(made["lines"], list) and isinstance(made["unanswered"], list)
    names = [*made, *(f"lines.{name}" for name in made["lines"][0])]
    names += [f"unanswered.{name}" for name in made["unanswered"][0]]
    assert sorted(documented) == sorted(names)
    assert (made["lines"][0]["waiting_ms"], made["lines"][0]["evidence"]) == (DAY_MS, "file")
    assert {field.name for field in fields(Line)} <= made["lines"][0].keys()


def test_every_name_of_a_row_is_documented() -> None:
    page_text = (ROOT / "docs/reference/accounting.md").read_text()
    assert [what for what in NAMES if f"`{what}`" not in page_text] == []
