"""One map from refusals to HTTP statuses, and the problem details that say what was refused (RFC 9457).

A refusal's text is fixed, so that nothing of the caller's comes back. FHIR endpoints say the same in an
OperationOutcome (`api.fhir`).
"""

from collections.abc import Mapping

import orjson
from starlette.responses import Response

from salus.api.errors import (
    BodyTooLarge,
    BodyTooSlow,
    CodedBody,
    HeadersTooLarge,
    HeadersTooSlow,
    NoSuchMethod,
    TargetTooLong,
    UnknownHost,
    WrongMediaType,
)
from salus.core.errors import Kind, Refusal

STATUSES: dict[Kind, int] = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.EXHAUSTED: 429,
    Kind.UNAVAILABLE: 503,
}
if STATUSES.keys() != set(Kind):  # a kind without a status stops the import, not a request
    raise ImportError("a kind of refusal has no status")
_OF_HTTP: dict[type[Refusal], int] = {  # where HTTP itself has a status of its own
    NoSuchMethod: 405,
    BodyTooSlow: 408,
    HeadersTooSlow: 408,
    BodyTooLarge: 413,
    TargetTooLong: 414,
    WrongMediaType: 415,
    CodedBody: 415,
    UnknownHost: 421,
    HeadersTooLarge: 431,
}
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1


class Bug(Refusal):
    """Something else than a refusal was raised; the log says where, nobody's data."""

    code, kind, text = 0x8010, Kind.UNAVAILABLE, "A bug in Salus; nothing half-done is kept."


def status_of(refusal: Refusal) -> int:
    """Return the HTTP status of a refusal."""
    return 500 if isinstance(refusal, Bug) else _OF_HTTP.get(type(refusal), STATUSES[refusal.kind])


def headers_of(refusal: Refusal) -> dict[str, str]:
    """Return the header fields that go with a refusal's status."""
    match status_of(refusal):
        case 401:
            return {"WWW-Authenticate": 'Signature realm="salus"'}
        case 415 if isinstance(refusal, CodedBody):  # RFC 9110 section 12.5.3
            return {"Accept-Encoding": "identity"}
        case 429 | 503:
            return {"Retry-After": str(getattr(refusal, "retry_after_s", RETRY_AFTER_S))}
    return {}


def problem(refusal: Refusal, status: int | None = None, more: Mapping[str, int | str] | None = None) -> Response:
    """Return the problem details of a refusal, with its own status or the one that a protocol demands.

    `more` are members beside the usual ones.
    """
    status = status_of(refusal) if status is None else status
    body = {
        "type": f"urn:salus:refusal:{refusal.code:04x}",
        "title": refusal.text,
        "status": status,
        "code": refusal.code,
        **(more or {}),
    }
    return Response(orjson.dumps(body), status, headers_of(refusal), MEDIA_TYPE)
