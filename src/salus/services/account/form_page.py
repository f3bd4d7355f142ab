"""A form of an account as one page: no script, nothing from elsewhere, readable on a phone and on paper."""

from collections.abc import Sequence

from salus.services.account.form_cells import Cells
from salus.services.account.form_words import PARTS
from salus.services.account.forms import Filled, FormRow, Part
from salus.services.account.markup import Markup, element, name, together
from salus.services.account.page import Page, Proofs


def form_page(filled: Filled, proofs: Proofs, language: str) -> str:
    """Return the page in a language of `words.LANGUAGES`."""
    return FormPage(filled, proofs, language).whole()


class FormPage(Page):
    """One form under way."""

    def __init__(self, filled: Filled, proofs: Proofs, language: str) -> None:
        super().__init__(filled.account, proofs, language)
        self._filled, self._cells = filled, Cells(filled, language)

    def _title(self) -> str:
        return self._cells.title

    def _parts(self) -> tuple[Markup, ...]:
        tables = [self._table(part, rows) for part, rows in self._filled.parts]
        about = (self._about(),) if self._filled.form.rights else ()
        return self._header(), *tables, *about, self._checking()

    def _header(self) -> Markup:
        cells, account = self._cells, self._account
        facts = (
            ("law", cells.law),
            ("custodian", name(account.custodian_name)),
            ("relation", element("span", account.relation.hex(), class_="code")),
            ("period", cells.period()),
            ("as of", self._time(account.as_of)),
        )
        leads = [element("p", text, class_="lead") for text in cells.leads()]
        return element("header", element("h1", cells.title), *leads, _facts([(cells.say(k), v) for k, v in facts]))

    def _table(self, part: Part, rows: Sequence[FormRow]) -> Markup:
        cells = self._cells
        title = element("h2", PARTS[part.name].in_language(self._language), id=part.name)
        if not rows:
            return element("section", title, element("p", cells.say("none")), aria_labelledby=part.name)
        heads = [cells.column(column) for column in part.columns]
        head = element("tr", *(element("th", text, scope="col") for text in heads))
        body = [self._row(part, row, heads) for row in rows]
        table = element("table", element("thead", head), element("tbody", *body), class_="form")
        return element("section", title, table, aria_labelledby=part.name)

    def _row(self, part: Part, row: FormRow, heads: Sequence[str]) -> Markup:
        said = self._cells.row(row, part.columns)
        entries = element("div", self._cells.entries(row), class_="entries")
        cells = []
        for column, head, text in zip(part.columns, heads, said, strict=True):
            shown: list[str] = [name(text) if column in ("recipient", "address") else text]
            if column == "date":
                shown.append(entries)
            cells.append(element("td", element("span", head, class_="label"), element("div", *shown), class_=column))
        return element("tr", *cells)

    def _about(self) -> Markup:
        cells = self._cells
        rights = [element("li", text) for text in cells.rights()]
        listed = element("ul", *rights, class_="rights")
        title = element("h2", cells.say("about"), id="about")
        return element("section", title, _facts(cells.about()), listed, aria_labelledby="about")

    def _step(self) -> str:
        return self._cells.say("check")

    def _commands(self) -> tuple[str, ...]:
        return ("salus ledger proof --entry N --out FILE", *super()._commands())

    def _limits(self) -> list[Markup]:
        return [element("h3", self._cells.say("limits")), *(element("p", text) for text in self._cells.limits())]


def _facts(facts: Sequence[tuple[str, str]]) -> Markup:
    return element("dl", together(*(element(tag, part) for k, v in facts for tag, part in (("dt", k), ("dd", v)))))
