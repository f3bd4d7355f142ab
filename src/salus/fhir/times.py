"""FHIR dates and times as half-open spans of milliseconds since 1970, https://hl7.org/fhir/R4/datatypes.html#dateTime

- A partial date is the whole of what it names: 2020 is the year, 2020-02 the month, 2020-02-29 the day.
- A date without a time has no zone in FHIR; it is taken in UTC, so that every custodian reads it alike.
- A time is the second it names, or the fraction as far as milliseconds; second 60 is the first of the next minute.
- A Period's end is inclusive in FHIR: it ends where the span of its end ends. A side that is absent is open (None).
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

Span = tuple[int, int]
Side = int | None

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1)
_DAY_MS = 86_400_000
_FRACTION = re.compile(r"\.([0-9]+)")
_MILLISECOND = timedelta(milliseconds=1)


@lru_cache(maxsize=1 << 14)
def span(text: str) -> Span | None:
    """Return the span of a date, dateTime or instant; None where it is none."""
    try:
        if len(text) > 10:
            return _moment(text)
        return _date(text)
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> Span:
    fraction = _FRACTION.search(text) if "." in text else None
    extra = 1000 if text[17:19] == "60" else 0
    if extra:
        text = text[:17] + "59" + text[19:]
    if fraction is None:
        start = (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND + extra
        return start, start + 1000
    whole = text[: fraction.start()] + text[fraction.end() :]
    digits = fraction[1][:3]
    unit = 10 ** (3 - len(digits))
    start = (datetime.fromisoformat(whole) - _EPOCH) // _MILLISECOND + extra + int(digits) * unit
    return start, start + unit


def _date(text: str) -> Span:
    year, _, rest = text.partition("-")
    if len(rest) > 2:
        start = _day_ms(int(year), int(rest[:2]), int(rest[3:]))
        return start, start + _DAY_MS
    if rest:
        after = (int(year), int(rest) + 1) if int(rest) < 12 else (int(year) + 1, 1)
        return _day_ms(int(year), int(rest), 1), _day_ms(*after, 1)
    return _day_ms(int(year), 1, 1), _day_ms(int(year) + 1, 1, 1)


def _day_ms(year: int, month: int, day: int) -> int:
    if year == 10_000:  # the end of the last year that Python's calendar knows
        return _day_ms(9999, 12, 31) + _DAY_MS
    return (date(year, month, day) - _EPOCH_DAY).days * _DAY_MS


def known(start: Side, end: Side) -> tuple[Side, Side]:
    """Return a period; (None, None) where it is empty or backwards."""
    if start is not None and end is not None and start >= end:
        return None, None
    return start, end
