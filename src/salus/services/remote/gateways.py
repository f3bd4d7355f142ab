"""Requests to other servers: signed where they must be, bounded in time and size, their problems as refusals.

A request carries the height up to which its sender has seen the ledger, and an answer the height of who gives it,
in `Salus-Height`: what one side did upon a block is not judged by the other before it has that block too.
"""

import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import httpx2
import orjson

from salus.client.refused import KNOWN, refusal
from salus.client.signing import sign_request
from salus.client.tracing import trace_fields
from salus.core.errors import Refusal
from salus.core.signatures import SigningKey
from salus.services.remote.errors import BadAnswer, GatewayAway, GatewayBusy, GatewayRefuses, NotKeptHere, NotLetIn

HEIGHT = "Salus-Height"
CONNECT_S, ANSWER_S = 3.0, 30.0
MOST_ANSWER, MOST_PROBLEM = 160 * 1024 * 1024, 64 * 1024  # bytes
UNKNOWN_KEY = 0x8015  # the other has not seen the block with this key yet, or never will
AGAIN_S = (0.1, 0.4, 1.0)  # pauses before a key that is not known there is tried again
CAUGHT_UP_S, LOOK_S = 20.0, 0.005
_OF_STATUS: dict[int, type[Refusal]] = {
    401: NotLetIn,
    403: NotLetIn,
    404: NotKeptHere,
    429: GatewayBusy,
    503: GatewayBusy,
}


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    body: bytes
    height: int  # of the ledger as the server had seen it, 0 where it did not say

    def __repr__(self) -> str:
        return f"Answer({self.status})"


class Gateways:
    """An HTTP client for the servers of one network; `height` is that of the own view. Thread-safe."""

    def __init__(
        self,
        network: bytes,
        height: Callable[[], int],
        ca: Path | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.network = network
        self._height, self._ca, self._transport = height, ca, transport
        self._made: httpx2.Client | None = None
        self._making = threading.Lock()

    def ask(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        media_type: str = "",
        *,
        key: SigningKey | None = None,
        answer_s: float = ANSWER_S,
    ) -> Answer:
        """Send a request, signed by `key` where one is given; return the answer of a request that succeeded.

        Raises GatewayAway, GatewayBusy, NotLetIn, NotKeptHere, GatewayRefuses, BadAnswer, and the ledger's refusals.
        """
        for pause_s in (*AGAIN_S, None):
            answer = self._send(method, url, body, media_type, key, answer_s)
            if 200 <= answer.status < 300:
                return answer
            code = _code(answer.body)
            if code != UNKNOWN_KEY or pause_s is None:
                break
            time.sleep(pause_s)
        raise _refused(answer.status, code)

    def catch_up(self, height: int, within_s: float = CAUGHT_UP_S) -> None:
        """Wait until the own view has reached a height; raise GatewayAway if it does not in time."""
        until = time.monotonic() + within_s
        while self._height() < height:
            if time.monotonic() >= until:
                raise GatewayAway
            time.sleep(LOOK_S)

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        with self._making:
            if self._made is not None:
                self._made.close()
            self._made = None

    def _client(self) -> httpx2.Client:
        """Return the client, made at first use: reading the certificates that are trusted takes a while."""
        with self._making:
            if self._made is None:
                self._made = httpx2.Client(
                    verify=ssl.create_default_context(cafile=self._ca),
                    limits=httpx2.Limits(max_connections=64, keepalive_expiry=60),
                    headers={"accept-encoding": "identity"},
                    transport=self._transport,
                    trust_env=False,
                )
            return self._made

    def _send(
        self, method: str, url: str, body: bytes, media_type: str, key: SigningKey | None, answer_s: float
    ) -> Answer:
        headers = {HEIGHT: str(self._height())} | trace_fields() | ({"content-type": media_type} if media_type else {})
        timeout = httpx2.Timeout(answer_s, connect=CONNECT_S)
        try:
            client = self._client()
            request = client.build_request(method, url, content=body, headers=headers, timeout=timeout)
            if key is not None:
                sign_request(request, self.network, key, body)
            response = client.send(request, stream=True)
            try:
                most = MOST_ANSWER if response.is_success else MOST_PROBLEM
                return Answer(response.status_code, _bounded(response, most), _height_of(response))
            finally:
                response.close()
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
            raise GatewayAway from None


def _bounded(response: httpx2.Response, most: int) -> bytes:
    parts, room = [], most
    for part in response.iter_raw():
        room -= len(part)
        if room < 0:
            raise BadAnswer
        parts.append(part)
    return b"".join(parts)


def _height_of(response: httpx2.Response) -> int:
    said = response.headers.get(HEIGHT, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else 0


def _code(body: bytes) -> int:
    """Return the code of a refusal's problem details, 0 where there is none."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return 0
    code = found.get("code") if isinstance(found, dict) else None
    return code if isinstance(code, int) else 0


def _refused(status: int, code: int) -> Refusal:
    if code in KNOWN:
        return refusal(code)
    if status in _OF_STATUS:
        return _OF_STATUS[status]()
    return GatewayAway() if status >= 500 else GatewayRefuses()
