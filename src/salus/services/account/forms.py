"""The account in the form that a law asks: which releases, of which years, in which columns.

https://www.ecfr.gov/current/title-45/section-164.528, https://www.ecfr.gov/current/title-42/section-2.25,
https://eur-lex.europa.eu/eli/reg/2016/679/oj (Art. 15), and Arts. 23, 44, 45 of China's PIPL.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from salus.policy.types import Capacity, GranteeKind
from salus.services.account.kinds import Kept
from salus.services.account.line import Line
from salus.services.accounting import Accounting

TPO = frozenset(("TREAT", "ETREAT", "CAREMGT", "HPAYMT", "HOPERAT", "BTG"))
"""Treatment, payment, operations (45 CFR 164.501); who breaks the glass treats."""

METHODS = (  # of `Line.what`: every way in which data goes to somebody
    *("released", "pushed", "session", "break-glass"),
    *("deferred-release", "sealed-release", "bulk"),
)


class Signed(NamedTuple):
    """What the ledger says of a directive that a release rests on."""

    capacity: int
    grantee: int  # GranteeKind


class FormRow(NamedTuple):
    """One release, or several to one recipient for one purpose, on one ground where the form names it."""

    first: Line
    last: Line
    entries: tuple[int, ...]  # of the log
    kinds: tuple[str, ...] | None  # data classes; None: whoever asks does not know

    @property
    def times(self) -> int:
        """How many releases the row sums up."""
        return len(self.entries)


class Asking(NamedTuple):
    """What a form decides by, beside the line."""

    directives: Mapping[bytes, Signed]

    def by_the_person(self, line: Line) -> bool:
        """True if she decided it: by a directive that the custodian did not make for her, or by opting in."""
        if line.basis == "directive" and line.directive is not None:
            signed = self.directives.get(line.directive)
            return signed is not None and signed.capacity != Capacity.CUSTODIAN
        return line.law is not None and line.law.mode == "opt-in"

    def by_designation(self, line: Line) -> bool:
        """True if her decision named no recipient, but a role or a group."""
        signed = self.directives.get(line.directive or b"")
        named = signed is not None and signed.grantee == GranteeKind.ORGANISATION
        return self.by_the_person(line) and not named


Counts = Callable[[Line, Asking], bool]


class Part(NamedTuple):
    """A table of a form. `name` is that of its heading in `form_words`."""

    name: str
    counts: Counts
    columns: tuple[str, ...]
    summed: bool


class Form(NamedTuple):
    """What a law asks for; its words stand in `form_words`."""

    name: str
    years: int | None  # how far back; None: from the beginning
    parts: tuple[Part, ...]
    rights: bool = False  # says also how long, from where, and which rights there are


def _hipaa(line: Line, asking: Asking) -> bool:
    """45 CFR 164.528(a)(1): not for treatment, payment, operations; not what she authorised."""
    return not TPO.intersection(line.purposes) and not asking.by_the_person(line)


def _with_consent(line: Line, asking: Asking) -> bool:
    """42 CFR 2.25(a) and (b): with her consent; all of ours is electronic."""
    return asking.by_the_person(line)


def _designated(line: Line, asking: Asking) -> bool:
    """42 CFR 2.24: to whom a general designation led."""
    return asking.by_designation(line)


def _all(line: Line, asking: Asking) -> bool:
    return True


FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        Form("hipaa", 6, (Part("disclosures", _hipaa, ("date", "recipient", "address", "data", "purpose"), True),)),
        Form(
            "part2",
            3,
            (
                Part("consented", _with_consent, ("date", "recipient", "address", "data", "purpose"), True),
                Part("designated", _designated, ("date", "recipient", "data"), False),
            ),
        ),
        Form("gdpr", None, (Part("recipients", _all, ("recipient", "purpose", "data", "ground", "date"), True),), True),
        Form(
            "pipl",
            None,
            (
                Part(
                    "provided",
                    _all,
                    ("date", "recipient", "address", "purpose", "method", "data", "ground", "notice"),
                    False,
                ),
            ),
            True,
        ),
    )
}


class Filled(NamedTuple):
    """A form filled in for one account; `since` is the first moment it covers."""

    form: Form
    account: Accounting
    since: int | None
    parts: tuple[tuple[Part, tuple[FormRow, ...]], ...]
    kept: Kept | None  # what the custodian adds; None: somebody else asked


def fill(form: Form, account: Accounting, asking: Asking, kept: Kept | None = None, since: int | None = None) -> Filled:
    """Return the form over an account; `since` may shorten its time and never lengthen it."""
    earliest = None if form.years is None else years_before(account.as_of, form.years)
    begin = since if earliest is None else max(earliest, since or 0)
    given = [line for line in account.lines if line.what in METHODS and line.basis not in ("", "self")]
    covered = [line for line in given if begin is None or line.time >= begin]
    parts = []
    for part in form.parts:
        lines = [line for line in covered if part.counts(line, asking)]
        parts.append((part, tuple(_rows(part, lines, kept))))
    return Filled(form, account, begin, tuple(parts), kept)


def _rows(part: Part, lines: Iterable[Line], kept: Kept | None) -> Iterable[FormRow]:
    groups: dict[tuple[object, ...], list[Line]] = {}
    for line in lines:
        ground = (line.basis, line.directive, line.version, line.reason) if "ground" in part.columns else ()
        same = (line.organisation, line.purposes, *ground)
        groups.setdefault(same if part.summed else (line.index,), []).append(line)
    for found in groups.values():
        yield FormRow(found[0], found[-1], tuple(line.index for line in found), _kinds(found, kept))


def _kinds(lines: list[Line], kept: Kept | None) -> tuple[str, ...] | None:
    if kept is None:
        return None
    return tuple(sorted({kind for line in lines for kind in kept.released.get(line.request or b"", ())}))


def years_before(ms: int, years: int) -> int:
    """Return the same day and hour so many years before; the 28th for a 29th of February that is not there."""
    then = datetime.fromtimestamp(ms / 1000, UTC)
    try:
        before = then.replace(year=then.year - years)
    except ValueError:
        before = then.replace(year=then.year - years, day=28)
    return round(before.timestamp() * 1000)
