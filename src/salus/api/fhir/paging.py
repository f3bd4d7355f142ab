"""Pages of a Bundle, https://hl7.org/fhir/R4/http.html#paging: how many, and where the next begins."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request

from salus.api.errors import BadParameter
from salus.api.fhir.negotiation import one_value
from salus.api.operation import Call, Parameter
from salus.services.read_everything import Point

COUNT, MOST = 100, 500
_POINT = r"([0-9]{1,10})\.([0-9]{1,10}(?:-[0-9]{1,10}){0,63})"
_COUNT = re.compile("[0-9]{1,9}")
SUMMARIES = ("count", "false")
PARAMETERS = (
    Parameter(
        "_count", "query", f"Entries of a page: {COUNT} where absent, {MOST} at most; 0 counts only.", "[0-9]{1,9}"
    ),
    Parameter("_page", "query", "Where the page begins, as the link `next` says it.", _POINT),
    Parameter("_summary", "query", "`count`: the total alone.", "count|false"),
)
NAMES = tuple(one.name for one in PARAMETERS)


class Paging(NamedTuple):
    """What of a result is asked for; `most` 0: the total alone."""

    most: int
    point: Point


def paging(request: Request) -> Paging:
    """Return the page that is asked for; raise BadParameter."""
    count, summary, page = (one_value(request, name) for name in ("_count", "_summary", "_page"))
    if (count is not None and not _COUNT.fullmatch(count)) or (summary is not None and summary not in SUMMARIES):
        raise BadParameter
    point = Point()
    if page is not None:
        found = re.fullmatch(_POINT, page)
        if found is None:
            raise BadParameter
        point = Point(int(found[1]), tuple(map(int, found[2].split("-"))))
    return Paging(0 if summary == "count" else min(MOST, COUNT if count is None else int(count)), point)


def base_of(call: Call) -> str:
    """Return the address of the organisation's FHIR base, at the host that the signed request names."""
    return f"{call.request.url.scheme}://{call.request.headers['host']}/{call.path('org')}/fhir"


def links(call: Call, path: str, applied: Sequence[tuple[str, str]], following: Point | None) -> list[dict[str, str]]:
    """Return the links of a page: what was applied, and the page after it."""
    address = f"{base_of(call)}/{path}"
    made = [{"relation": "self", "url": _with(address, applied)}]
    if following is not None:
        page = f"{following.before}.{'-'.join(map(str, following.sizes))}"
        rest = [(name, value) for name, value in applied if name != "_page"]
        made.append({"relation": "next", "url": _with(address, [*rest, ("_page", page)])})
    return made


def _with(address: str, query: Iterable[tuple[str, str]]) -> str:
    text = urlencode(list(query))
    return f"{address}?{text}" if text else address
