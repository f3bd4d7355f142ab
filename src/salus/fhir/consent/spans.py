"""Periods of a Consent and of a directive: FHIR's end is inclusive, a directive's is not.

What is written is the interval, as coarsely as it can be: a day where both sides are midnight in UTC. So `2022` comes
back as `2022-01-01` to `2022-12-31`, the same interval.
"""

from datetime import UTC, datetime, timedelta

from salus.core.errors import Kind, Refusal
from salus.fhir.consent.nodes import Node
from salus.fhir.consent.stated import OPEN
from salus.fhir.times import span
from salus.policy.types import Period

_DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = -62_135_596_800_000  # the year 1
_LAST = 253_402_300_800_000  # the year 10000


class NoFhirForm(Refusal):
    """A directive made elsewhere may say what has no place in a Consent."""

    code, kind, text = 0x4605, Kind.INVALID, "FHIR's Consent has no form for what this directive says."


def read_period(node: Node) -> Period:
    """Take a Period as [start, end); a side that is absent is None."""
    start, end = node.text("start"), node.text("end")
    for extension in node.nodes("extension"):
        is_open = extension.text("url") == OPEN and extension.number("valueBoolean") is True
        extension.done()
        if not is_open or start is not None or end is not None:
            extension.refuse()
    node.done()
    first = None if start is None else span(start)
    last = None if end is None else span(end)
    sides = (first[0] if first else None), (last[1] if last else None)
    if sides[0] is not None and sides[1] is not None and sides[0] >= sides[1]:
        node.refuse("The period ends before it begins.", "value")
    return sides


def write_period(period: Period) -> dict[str, object]:
    """Return the Period of [start, end)."""
    start, end = period
    if start is None and end is None:
        return {"extension": [{"url": OPEN, "valueBoolean": True}]}
    sides: dict[str, object] = {}
    if start is not None:
        sides["start"] = moment(start)
    if end is not None:
        sides["end"] = last_moment(end)
    return sides


def moment(start: int) -> str:
    """Return the coarsest dateTime that begins at `start`; raise NoFhirForm."""
    return _written(start, start)


def last_moment(end: int) -> str:
    """Return the coarsest dateTime that ends where `end` does, which is no longer part of it; raise NoFhirForm."""
    return _written(end, end - 1)


def _written(side: int, shown: int) -> str:
    if not _FIRST <= shown < _LAST:
        raise NoFhirForm
    when = _EPOCH + timedelta(milliseconds=shown)
    day = f"{when.year:04}-{when.month:02}-{when.day:02}"
    if side % _DAY_MS == 0:
        return day
    clock = f"{when.hour:02}:{when.minute:02}:{when.second:02}"
    return f"{day}T{clock}Z" if side % 1000 == 0 else f"{day}T{clock}.{shown % 1000:03}Z"
