"""Conditional read, https://hl7.org/fhir/R4/http.html#cread: nothing is sent that the client has already."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response

from salus.api.fhir.searchset import PRIVATE
from salus.api.operation import FHIR


def conditional(request: Request, octets: bytes, version: str, recorded_ms: int | None) -> Response:
    """Return a resource with its ETag, and Last-Modified where its time is known; 304 where the client has it."""
    headers = {"ETag": f'W/"{version}"', **PRIVATE}
    if recorded_ms is not None:
        headers["Last-Modified"] = format_datetime(_second(recorded_ms), usegmt=True)
    if _has(request, version, recorded_ms):
        return Response(status_code=304, headers=headers)
    return Response(octets, headers=headers, media_type=FHIR)


def _has(request: Request, version: str, recorded_ms: int | None) -> bool:
    """Return whether the client has the version: If-None-Match goes before If-Modified-Since."""
    tags = [
        tag.strip().removeprefix("W/") for line in request.headers.getlist("if-none-match") for tag in line.split(",")
    ]
    if tags:
        return f'"{version}"' in tags or "*" in tags
    since = request.headers.get("if-modified-since")
    if since is None or recorded_ms is None:
        return False
    try:
        return _second(recorded_ms) <= parsedate_to_datetime(since).replace(tzinfo=UTC)
    except (ValueError, TypeError):
        return False


def _second(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms // 1000, UTC)
