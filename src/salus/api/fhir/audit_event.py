"""search of AuditEvent by patient: who received her data, what was decided about it, who looked at it here.

https://hl7.org/fhir/R4/auditevent.html#search. Oldest first; pages stay the same while more happens. Looking at the
trail is no read of records, and leaves no entry.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import orjson
from starlette.responses import Response

from salus.api.errors import BadParameter
from salus.api.fhir.audit_line import Setting, audit_event, full_url
from salus.api.fhir.capability import Provided
from salus.api.fhir.consent import PATIENT, patient_named
from salus.api.fhir.negotiation import check_format, check_parameters
from salus.api.fhir.paging import NAMES, PARAMETERS, Paging, links, paging
from salus.api.fhir.read import FORMAT, PROBLEMS
from salus.api.fhir.searchset import Head, entry, searchset
from salus.api.fhir.viewer import HEADERS, viewer_of
from salus.api.operation import FHIR, Call, Content, Operation, Parameter, Who
from salus.fhir.primitives import FORMS
from salus.fhir.times import Span, span
from salus.services.authorise import own_view_rule
from salus.services.read_everything import Point
from salus.services.trail import Happened, purpose_systems, trail

_DATE = re.compile(f"(eq|ge|gt|le|lt)?({FORMS['dateTime']})")
_TESTS: dict[str, Callable[[int, Span], bool]] = {  # https://hl7.org/fhir/R4/search.html#date
    "eq": lambda time, asked: asked[0] <= time < asked[1],
    "ge": lambda time, asked: time >= asked[0],
    "gt": lambda time, asked: time >= asked[1],
    "le": lambda time, asked: time < asked[1],
    "lt": lambda time, asked: time < asked[0],
}
_WORDS = "When it was recorded: eq, ge, gt, le or lt and a date; several must all hold."


class _Page(NamedTuple):
    total: int
    entries: list[bytes]
    following: Point | None


async def search(call: Call) -> Response:
    """Answer with a page of a patient's trail."""
    check_format(call.request)
    applied, page = check_parameters(call.request, ("patient", "date", *NAMES)), paging(call.request)
    patient, dates = patient_named(call), [_asked(text) for text in call.request.query_params.getlist("date")]
    found = await call.served.work.run(_find, call, patient, dates, page)
    return searchset(Head(found.total, links(call, "AuditEvent", applied, found.following)), found.entries)


def _find(call: Call, patient: str, dates: Sequence[tuple[str, Span]], page: Paging) -> _Page:
    organisation, viewer = call.organisation, viewer_of(call)
    told = trail(organisation, viewer, patient, page.point.sizes)
    events = [one for one in told.events if _within(one, dates)]
    part = events[page.point.before : page.point.before + page.most]
    setting = Setting(
        organisation.network,
        told.patient,
        told.custodian,
        told.custodian_name,
        purpose_systems(organisation),
        own_view_rule(organisation),
    )
    entries = [entry(full_url(setting, one), orjson.dumps(audit_event(setting, one))) for one in part]
    after = page.point.before + len(part)
    return _Page(len(events), entries, Point(after, told.sizes) if part and after < len(events) else None)


def _within(one: Happened, dates: Sequence[tuple[str, Span]]) -> bool:
    return all(_TESTS[prefix](one.time, asked) for prefix, asked in dates)


def _asked(text: str) -> tuple[str, Span]:
    found = _DATE.fullmatch(text)
    asked = None if found is None else span(found[2])
    if found is None or asked is None:
        raise BadParameter
    return found[1] or "eq", asked


PROVIDES = (
    Provided(
        "fhir-search-audit-event",
        "AuditEvent",
        "search-type",
        "",
        (("patient", "reference", "The patient's id, with or without Patient/; needed."), ("date", "date", _WORDS)),
    ),
)
OPERATIONS = (
    Operation(
        "GET",
        "/{org}/fhir/AuditEvent",
        "fhir-search-audit-event",
        "fhir",
        "Who received a patient's data, what was decided, who looked at it.",
        search,
        {200: Content(FHIR, words="A Bundle of the type searchset.")},
        Who.ACCOUNT,
        parameters=(PATIENT, Parameter("date", "query", _WORDS, _DATE.pattern), *HEADERS, *PARAMETERS, FORMAT),
        problems=PROBLEMS,
        fhir=True,
    ),
)
