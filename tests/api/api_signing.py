"""Requests signed in every way that the client library does not: for the tests of what is refused."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from api_world import HOST, World
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from starlette.responses import Response

from e2e.story_region import found
from salus.api.app import make_app
from salus.api.guard import SignedGuard
from salus.api.limits import Limits
from salus.api.operation import JSON, Call, Content, Operation, Who
from salus.api.work import Work
from salus.bootstrap.serving import served as made_served
from salus.client.signing import COVERED, DIGEST, TAG, Ed25519
from salus.core.signatures import SigningKey

NOW_S = 1_790_000_000
NONCE = "nonce-of-a-test-00"


async def _who(call: Call) -> Response:
    return Response(call.caller.account.hex() if call.caller else "nobody", media_type="text/plain")


def operation(path: str, who: Who, method: str = "POST", **fields: Any) -> Operation:
    """An operation that answers who called it."""
    takes = (Content(JSON),) if method == "POST" else ()
    return Operation(method, path, path.strip("/"), "test", "", _who, {200: None}, who, takes=takes, **fields)


OPERATIONS = (
    operation("/anyone", Who.ANYONE),
    operation("/account", Who.ACCOUNT),
    operation("/member", Who.MEMBER),
    operation("/{org}/itself", Who.ITSELF),
    operation("/read", Who.ACCOUNT, "GET"),
    operation("/dear", Who.ANYONE, "GET", cost=5),
)


class WallClock:
    """Seconds since 1970, and of a clock that never goes back, as set."""

    def __init__(self) -> None:
        self.now_s = float(NOW_S)
        self.monotonic_s = 100.0


@dataclass(frozen=True, slots=True)
class Guarded(World):
    """A region behind operations of the tests, with the guard and its clocks."""

    guard: SignedGuard
    clock: WallClock


@contextmanager
def guarded_world(home: Path, limits: Limits | None = None, operations: Sequence[Operation] = OPERATIONS) -> Iterator:
    """Found the stories' region and serve operations of the tests over it."""
    with found(home) as story:
        work, clock = Work(), WallClock()
        guard = make_guard(clock, limits)
        app = make_app(made_served(story.region, work), operations, guard)
        yield Guarded(story, app, guard, clock)
        work.close()


def make_guard(clock: WallClock, limits: Limits | None = None, floor: Path | None = None) -> SignedGuard:
    """A guard by clocks of the test."""
    return SignedGuard(
        lambda: frozenset((HOST,)), lambda: clock.now_s, limits, floor, monotonic_s=lambda: clock.monotonic_s
    )


class _Key(HTTPSignatureKeyResolver):
    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> SigningKey:
        return self._key


def signed(
    network: bytes,
    key: SigningKey,
    path: str = "/member",
    body: bytes = b"{}",
    *,
    method: str = "POST",
    host: str = HOST,
    created_s: int = NOW_S,
    covered: Sequence[str] | None = None,
    prepared: Callable[[httpx2.Request], None] = lambda request: None,
    **given: Any,
) -> httpx2.Request:
    """Return a signed request; `given` replaces what the library is told, `prepared` changes it before it is signed."""
    headers = {"content-type": JSON} if body else {}
    request = httpx2.Request(method, f"http://{host}{path}", content=body, headers=headers)
    prepared(request)
    wanted = (*COVERED, DIGEST) if body else COVERED
    arguments = {
        "key_id": key.id(network).hex(),
        "created": datetime.fromtimestamp(created_s, UTC),
        "nonce": NONCE,
        "tag": TAG,
        "covered_component_ids": wanted if covered is None else covered,
        "body": body or None,
    }
    signer = HTTPMessageSigner(signature_algorithm=Ed25519, key_resolver=_Key(key))
    signer.sign(request, **(arguments | given))
    return request


def again(request: httpx2.Request, method: str = "", url: str = "", body: bytes | None = None) -> httpx2.Request:
    """The same header fields with another method, target or body; the body's length is its own."""
    content = request.content if body is None else body
    made = httpx2.Request(method or request.method, url or request.url, content=content)
    lengths = ("content-length", "host")
    made.headers = httpx2.Headers(
        [*((n, v) for n, v in request.headers.raw if n.decode().lower() not in lengths), *_own(made, lengths)]
    )
    return made


def _own(request: httpx2.Request, names: Sequence[str]) -> list[tuple[bytes, bytes]]:
    return [(n, v) for n, v in request.headers.raw if n.decode().lower() in names]
