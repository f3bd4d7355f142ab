"""A form for programs: names and meanings stand in docs/reference/accounting-forms.md and never change."""

from collections.abc import Mapping

from salus.services.account.form_words import FORM_TITLES, LAWS, LEADS, RIGHTS
from salus.services.account.forms import Filled, FormRow

FORMAT = 1


def form_as_data(filled: Filled, evidence: Mapping[int, str]) -> dict[str, object]:
    """Return the form; `evidence` names the file that proves an entry, by its index in the log."""
    form, account, kept = filled.form, filled.account, filled.kept
    return {
        "format": FORMAT,
        "form": form.name,
        "title": FORM_TITLES[form.name],
        "law": LAWS[form.name],
        "statement": LEADS[form.name],
        "rights": RIGHTS.get(form.name, ()),
        "relation": account.relation,
        "custodian": account.custodian,
        "custodian_name": account.custodian_name,
        "since": filled.since,
        "as_of": account.as_of,
        "pruned": None if account.pruned is None else account.pruned._asdict(),
        "parts": [
            {"part": part.name, "columns": part.columns, "rows": [_row(row, evidence) for row in rows]}
            for part, rows in filled.parts
        ],
        "kept": None
        if kept is None or not form.rights
        else {"data": kept.kinds, "retention": kept.rules, "until": kept.until, "from_others": kept.from_others},
    }


def _row(row: FormRow, evidence: Mapping[int, str]) -> dict[str, object]:
    first, last = row.first, row.last
    return {
        "first": first.time,
        "last": last.time,
        "times": row.times,
        "recipient": first.organisation,
        "recipient_name": first.name,
        "place": first.realm,
        "purposes": first.purposes,
        "method": first.what,
        "basis": first.basis,
        "directive": first.directive,
        "version": first.version,
        "law": first.law,
        "notice": first.law is not None and first.law.notice,
        "data": row.kinds,
        "entries": row.entries,
        "evidence": [evidence[index] for index in row.entries if index in evidence],
    }
