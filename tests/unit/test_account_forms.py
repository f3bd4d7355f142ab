"""The forms of an account: which releases each law asks for, of which years; rows, words, page and data."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from salus.fhir.classes import DATA_CLASSES
from salus.policy.types import Capacity, GranteeKind
from salus.services.account import access
from salus.services.account.form_cells import Cells
from salus.services.account.form_data import form_as_data
from salus.services.account.form_page import form_page
from salus.services.account.form_words import (
    COLUMNS,
    FORM_TITLES,
    KINDS,
    LAWS,
    LEADS,
    METHODS,
    PARTS,
    RIGHTS,
    SAID,
)
from salus.services.account.forms import FORMS, Asking, Filled, Signed, fill, years_before
from salus.services.account.forms import METHODS as GIVEN
from salus.services.account.kinds import Kept
from salus.services.account.law import Law
from salus.services.account.line import Line
from salus.services.account.page import Proofs
from salus.services.account.words import LANGUAGES
from unit.test_account_page import DAY_MS, HOSTILE, NOTE, NOW, account

DOCS = Path(__file__).parents[2] / "docs/reference/accounting-forms.md"
CLINIC = {"party": "organisation", "organisation": b"o" * 32, "name": "Clinic", "realm": "north"}
HERS, THEIRS, GROUPS = b"h" * 32, b"t" * 32, b"g" * 32
ASKING = Asking({
    HERS: Signed(Capacity.SELF, GranteeKind.ORGANISATION),
    THEIRS: Signed(Capacity.CUSTODIAN, GranteeKind.ORGANISATION),
    GROUPS: Signed(Capacity.SELF, GranteeKind.GROUP),
})  # fmt: skip
SET, ORDER = b"s" * 32, b"w" * 32


def given(index: int, basis: str, purpose: str, days: float = 1, what: str = "released", **fields: object) -> Line:
    directive = {"directive": HERS, "policy": SET, "break-glass": SET, "order": ORDER}.get(basis)
    line = Line(index, index, round(NOW - days * DAY_MS), bytes(32), what, basis=basis, purposes=(purpose,),
                purpose=purpose, directive=directive, version=1, request=bytes((index,)) * 32, **CLINIC)  # fmt: skip
    return replace(line, **fields)


def law(mode: str, rule: int = 1, *, notice: bool = False, name: str = "hipaa") -> Law:
    return Law(name, rule, mode, notice, (("45 CFR 164.512(a)", "https://www.ecfr.gov/"),))


LINES = {
    "own": given(1, "self", "PATRQT", party="person"),
    "signed": given(2, "directive", "TREAT"),
    "signed for research": given(3, "directive", "HRESCH"),
    "to a group": given(4, "directive", "TREAT", directive=GROUPS),
    "by the custodian": given(5, "directive", "TREAT", directive=THEIRS),
    "by the custodian for the authority": given(6, "directive", "PUBHLTH", directive=THEIRS),
    "treatment by policy": given(7, "policy", "TREAT", law=law("permitted")),
    "emergency care by policy": given(8, "policy", "ETREAT", law=law("permitted")),
    "claim": given(9, "policy", "HPAYMT", law=law("permitted")),
    "report": given(10, "policy", "PUBHLTH", law=law("mandated", 8), what="pushed"),
    "audit": given(11, "policy", "HCOMPL", law=law("mandated", 9)),
    "opted in": given(12, "policy", "TREAT", law=law("opt-in")),
    "opted in to research": given(13, "policy", "HRESCH", law=law("opt-in")),
    "order": given(14, "order", "PUBHLTH", version=None),
    "broken glass": given(15, "break-glass", "BTG", what="break-glass", reason="The patient is unconscious."),
    "a session": given(16, "directive", "TREAT", what="session"),
    "a decision": given(17, "", "TREAT", what="granted"),
    "a refusal": given(18, "", "PUBHLTH", what="refused"),
}
EXPECTED = {  # by hand, from 45 CFR 164.528(a)(1), 42 CFR 2.24 and 2.25, GDPR Art. 15(1)(c), PIPL Art. 23
    ("hipaa", "disclosures"): "by the custodian for the authority, report, audit, order",
    ("part2", "consented"): "signed, signed for research, to a group, opted in, opted in to research, a session",
    ("part2", "designated"): "to a group, opted in, opted in to research",
    ("gdpr", "recipients"): "all but own, a decision, a refusal",
    ("pipl", "provided"): "all but own, a decision, a refusal",
}


def filled(name: str, *lines: Line, kept: Kept | None = None, since: int | None = None) -> Filled:
    return fill(FORMS[name], account(*lines), ASKING, kept, since)


@pytest.mark.parametrize(("form", "part"), EXPECTED)
def test_which_releases_a_form_has(form: str, part: str) -> None:
    expected = EXPECTED[form, part]
    names = set(expected.split(", "))
    if expected.startswith("all but "):
        names = set(LINES) - set(expected.removeprefix("all but ").split(", "))
    (rows,) = (rows for each, rows in filled(form, *LINES.values()).parts if each.name == part)
    got = {entry for row in rows for entry in row.entries}
    assert {name for name, line in LINES.items() if line.index in got} == names


@pytest.mark.parametrize(("form", "years"), [("hipaa", 6), ("part2", 3), ("gdpr", None), ("pipl", None)])
def test_how_far_back_it_goes(form: str, years: int | None) -> None:
    border = years_before(NOW, years) if years else 0
    line = LINES["report" if form == "hipaa" else "signed"]
    lines = [replace(line, index=n, time=border - 2 + n) for n in (1, 2)]
    told = filled(form, *lines)
    assert told.since == (border if years else None)
    entries = [entry for row in told.parts[0][1] for entry in row.entries]
    assert entries == ([2] if years else [1, 2])
    later = filled(form, *lines, since=NOW - 1)
    assert later.since == NOW - 1 and later.parts[0][1] == (), "she may ask for less"
    assert filled(form, since=1).since == (border if years else 1), "and not for more"


def test_years_are_of_the_calendar() -> None:
    def ms(*date: int) -> int:
        return round(datetime(*date, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]

    assert years_before(ms(2026, 11, 29, 5), 6) == ms(2020, 11, 29, 5)
    assert years_before(ms(2028, 2, 29), 3) == ms(2025, 2, 28)


def test_several_to_one_recipient_for_one_purpose_are_summed_up() -> None:
    reports = [given(n, "policy", "PUBHLTH", 10 - n, law=law("mandated", 8)) for n in (1, 2, 3)]
    other = given(4, "policy", "PUBHLTH", law=law("mandated", 8), organisation=b"x" * 32)
    later = given(5, "policy", "PUBHLTH", law=law("mandated", 8), version=2)
    rows = filled("hipaa", *reports, other, later).parts[0][1]
    assert [row.entries for row in rows] == [(1, 2, 3, 5), (4,)]
    by_ground = filled("gdpr", *reports, other, later).parts[0][1]
    assert [row.entries for row in by_ground] == [(1, 2, 3), (4,), (5,)], "there each ground is a row"
    first, last = (
        datetime.fromtimestamp(each.time / 1000, UTC).strftime("%Y-%m-%d") for each in (reports[0], reports[2])
    )
    told = filled("hipaa", *reports)
    rows = told.parts[0][1]
    assert Cells(told, "en").row(rows[0], ("date",)) == [f"{first} to {last}, 3 times"]
    assert Cells(told, "zh").row(rows[0], ("date",)) == [f"{first} 至 {last}，共 3 次"]
    assert len(filled("pipl", *reports).parts[0][1]) == 3, "there each is told by itself"


def test_what_the_custodian_adds() -> None:
    line = LINES["report"]
    kept = Kept({line.request or b"": ("laboratory", "new-class")}, ("condition",), ("6 years",), NOW, 2)
    told = filled("gdpr", line, kept=kept)
    cells = Cells(told, "en")
    assert cells.row(told.parts[0][1][0], ("data",)) == ["laboratory results, new-class"]
    assert cells.about()[0][1] == "conditions"
    assert "6 years; the last ends 2026-" in cells.about()[1][1] and "2 records came from" in cells.about()[2][1]
    unknown = Cells(filled("gdpr", line), "en")
    assert unknown.row(unknown.filled.parts[0][1][0], ("data",)) == [SAID["unknown data"].en]
    erased = filled("gdpr", LINES["audit"], kept=kept)
    assert Cells(erased, "en").row(erased.parts[0][1][0], ("data",)) == [SAID["erased"].en]


def test_the_ground_is_named_in_words() -> None:
    said = {}
    for name in ("report", "order", "signed", "broken glass"):
        told = filled("gdpr", LINES[name])
        said[name] = Cells(told, "en").row(told.parts[0][1][0], ("ground",))[0]
    assert said["report"].startswith("HIPAA Privacy Rule (45 CFR Part 164), rule 8: 45 CFR 164.512(a), ")
    assert said["order"] == "order " + ORDER.hex()[:12]
    assert said["signed"] == f"the person's decision {HERS.hex()[:12]}, version 1"
    assert said["broken glass"] == f"policy set {SET.hex()[:12]}, version 1"


def test_there_are_words_for_every_form_part_column_and_kind() -> None:
    assert set(FORMS) == set(FORM_TITLES) == set(LAWS) == set(LEADS)
    assert {name for name, form in FORMS.items() if form.rights} == set(RIGHTS)
    assert set(DATA_CLASSES) <= set(KINDS) and set(GIVEN) == set(METHODS)
    for form in FORMS.values():
        assert all(part.name in PARTS and set(part.columns) <= set(COLUMNS) for part in form.parts)
    texts = [*FORM_TITLES.values(), *PARTS.values(), *COLUMNS.values(), *METHODS.values(), *KINDS.values()]
    texts += [text for many in (*LEADS.values(), *RIGHTS.values()) for text in many]
    assert all(text.en.isascii() and re.search("[一-鿿]", text.zh) for text in texts)
    assert all(text.en and text.zh for text in (*SAID.values(), *LAWS.values()))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS)
def test_the_page_is_accessible_and_a_hostile_name_is_only_text(form: str, language: str) -> None:
    lines = [replace(line, name=HOSTILE, realm=HOSTILE, purposes=(HOSTILE,), reason=HOSTILE) for line in LINES.values()]
    told = fill(FORMS[form], account(*lines, name=HOSTILE), ASKING)
    made = form_page(told, Proofs(NOTE.note(), {}), language)
    root = ElementTree.fromstring(made.removeprefix("<!DOCTYPE html>\n"))
    assert {each.tag for each in root.iter()} <= {
        "html", "head", "meta", "title", "style", "body", "main", "header", "section", "h1", "h2", "h3", "p", "dl",
        "dt", "dd", "span", "bdi", "time", "ul", "li", "div", "table", "thead", "tbody", "tr", "th", "td", "pre",
    }  # fmt: skip
    assert root.findtext("head/title") == FORM_TITLES[form].in_language(language)
    headings = [int(each.tag[1]) for each in root.iter() if re.fullmatch("h[1-6]", each.tag)]
    assert headings[0] == 1 and all(after - before <= 1 for before, after in pairwise(headings))
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert [each.get("aria-labelledby") for each in root.iter("section")] == ids
    assert "\u202e" not in made and "<script>" not in made


@pytest.mark.parametrize("form", FORMS)
def test_the_page_asks_nobody_for_anything(form: str) -> None:
    made = form_page(filled(form, *LINES.values()), Proofs(NOTE.note(), {}), "en").replace("<!DOCTYPE html>", "")
    for word in ("http:", "https:", "//", "url(", "@import", "href", "src=", "<script", "<link", "<iframe", "onload"):
        assert word not in made, word


def test_the_data_names_only_what_is_documented() -> None:
    told = filled("gdpr", LINES["report"], kept=Kept({}, (), (), None, 0))
    made = form_as_data(told, {10: "entry-00000010.evidence"})
    page = DOCS.read_text()
    (part,) = made["parts"]  # type: ignore[misc]
    (row,) = part["rows"]
    for name in made:
        assert f"| `{name}` |" in page, name
    for name in row:
        assert f"| `rows.{name}` |" in page, name
    assert row["evidence"] == ["entry-00000010.evidence"] and row["entries"] == (10,)
    assert form_as_data(filled("hipaa"), {})["kept"] is None


def test_every_way_in_which_data_goes_to_somebody_is_listed() -> None:
    resting = {row.what for event, row in access.ROWS.items() if "basis" in event.__struct_fields__}
    assert set(GIVEN) == resting | {"sealed-release"}  # which names its order when it opens
