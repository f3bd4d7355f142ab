"""A Bundle of what was found, https://hl7.org/fhir/R4/bundle.html#searchset, streamed entry by entry."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import NamedTuple

import orjson
from starlette.responses import Response, StreamingResponse

from salus.api.operation import FHIR

PRIVATE = {"Cache-Control": "private, no-cache"}  # whose answer depends on who asks


class Head(NamedTuple):
    """What stands before the entries."""

    total: int
    links: Sequence[dict[str, str]]


def entry(full_url: str, resource: bytes, mode: str = "match") -> bytes:
    """Return an entry of a resource, whose JSON is taken as it is."""
    url = orjson.dumps(full_url)
    return b'{"fullUrl":%b,"resource":%b,"search":{"mode":"%b"}}' % (url, resource, mode.encode())


def outcome_entry(outcome: dict[str, object]) -> bytes:
    """Return an entry that tells of something beside the matches; it counts as none."""
    return orjson.dumps({"resource": outcome, "search": {"mode": "outcome"}})


def searchset(head: Head, entries: Iterable[bytes]) -> Response:
    """Return a Bundle of a page that is in memory."""
    listed = list(entries)
    middle = b',"entry":[' + b",".join(listed) + b"]}" if listed else b"}"
    return Response(_open(head) + middle, headers=PRIVATE, media_type=FHIR)


def streamed(head: Head, chunks: AsyncIterator[list[bytes]]) -> Response:
    """Return a Bundle whose entries come in chunks; where reading one fails the answer is cut, and seen to be."""
    return StreamingResponse(_stream(head, chunks), headers=PRIVATE, media_type=FHIR)


async def _stream(head: Head, chunks: AsyncIterator[list[bytes]]) -> AsyncIterator[bytes]:
    yield _open(head)
    between = b',"entry":['
    async for chunk in chunks:
        if chunk:
            yield between + b",".join(chunk)
            between = b","
    yield b"]}" if between == b"," else b"}"


def _open(head: Head) -> bytes:
    made = {"resourceType": "Bundle", "type": "searchset", "total": head.total, "link": list(head.links)}
    return orjson.dumps(made)[:-1]
