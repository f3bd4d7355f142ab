"""$everything: https://hl7.org/fhir/R4/operation-patient-everything.html"""

import re
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from starlette.responses import Response

from salus.api.errors import BadParameter
from salus.api.fhir.capability import Provided
from salus.api.fhir.negotiation import check_format, check_parameters, one_value
from salus.api.fhir.paging import NAMES, PARAMETERS, Paging, base_of, links, paging
from salus.api.fhir.read import FORMAT, ID, PROBLEMS
from salus.api.fhir.searchset import Head, entry, streamed
from salus.api.fhir.viewer import HEADERS, viewer_of
from salus.api.operation import FHIR, Call, Content, Operation, Parameter, Who
from salus.fhir.definitions import resource_types
from salus.fhir.meta import named, with_meta
from salus.fhir.primitives import FORMS
from salus.fhir.times import span
from salus.services.read_everything import Found, Rows, Wanted, find_everything, read_found

CHUNK = 64  # records read at once, which is what a streamed answer holds in memory
_SINCE = Parameter("_since", "query", "Only what was recorded at this instant or later.", FORMS["instant"])
_TYPES = Parameter("_type", "query", "Only these types, with commas.", "[A-Z][A-Za-z]{0,63}(,[A-Z][A-Za-z]{0,63})*")


class _Asked(NamedTuple):
    wanted: Wanted
    paging: Paging
    applied: list[tuple[str, str]]


async def everything(call: Call) -> Response:
    """Answer with a page of all that is kept of a patient."""
    check_format(call.request)
    asked = _Asked(_wanted(call), paging(call.request), check_parameters(call.request, ("_since", "_type", *NAMES)))
    found = await call.served.work.run(_find, call, asked)
    base, path = base_of(call), f"Patient/{call.path('id')}/$everything"
    chunks = [found.rows[at : at + CHUNK] for at in range(0, len(found.rows), CHUNK)]
    first = await call.served.work.run(_entries, call, base, chunks[0]) if chunks else []
    head = Head(found.total, links(call, path, asked.applied, found.following))
    return streamed(head, _rest(call, base, first, chunks[1:]))


def _find(call: Call, asked: _Asked) -> Found:
    return find_everything(
        call.organisation, viewer_of(call), call.path("id"), asked.wanted, asked.paging.point, asked.paging.most
    )


async def _rest(call: Call, base: str, first: list[bytes], chunks: Sequence[Rows]) -> AsyncIterator[list[bytes]]:
    yield first
    for chunk in chunks:
        yield await call.served.work.run(_entries, call, base, chunk)


def _entries(call: Call, base: str, rows: Rows) -> list[bytes]:
    shown = read_found(call.organisation, rows)
    return [
        entry(f"{base}/{one.kind}/{named(one.octets).id}", with_meta(one.octets, one.version, one.recorded))
        for one in shown
    ]


def _wanted(call: Call) -> Wanted:
    since, kinds = one_value(call.request, "_since"), call.request.query_params.getlist("_type")
    listed = frozenset(kind for value in kinds for kind in value.split(","))
    if not listed <= resource_types():
        raise BadParameter
    if since is None:
        return Wanted(listed)
    found = span(since) if re.fullmatch(FORMS["instant"], since) else None
    if found is None:
        raise BadParameter
    return Wanted(listed, found[0])


_DEFINITION = "http://hl7.org/fhir/OperationDefinition/Patient-everything"
PROVIDES = (Provided("fhir-everything", "Patient", "everything", _DEFINITION),)
OPERATIONS = (
    Operation(
        "GET",
        "/{org}/fhir/Patient/{id}/$everything",
        "fhir-everything",
        "fhir",
        "All that is kept of a patient, in pages.",
        everything,
        {200: Content(FHIR, words="A Bundle of the type searchset.")},
        Who.ACCOUNT,
        parameters=(ID, *HEADERS, _SINCE, _TYPES, *PARAMETERS, FORMAT),
        problems=PROBLEMS,
        fhir=True,
    ),
)
