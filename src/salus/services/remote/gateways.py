"""Requests to other servers: signed where they must be, bounded in time and size, their problems as refusals.

A request carries the height up to which its sender has seen the ledger, and an answer the height of who gives it,
in `Salus-Height`: what one side did upon a block is not judged by the other before it has that block too.
"""

import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from salus.client.http import HEIGHT, Answer, Connections
from salus.client.refused import KNOWN, refusal
from salus.client.remote_errors import UnreadableAnswer
from salus.client.signing import sign_request
from salus.core.errors import Refusal
from salus.core.signatures import SigningKey
from salus.services.remote.errors import BadAnswer, GatewayAway, GatewayBusy, GatewayRefuses, NotKeptHere, NotLetIn

ANSWER_S = 30.0
MOST_ANSWER, MOST_PROBLEM = 160 * 1024 * 1024, 64 * 1024  # bytes
UNKNOWN_KEY = 0x8015  # the other has not seen the block with this key yet, or never will
UNDER_WAY = 0x8040  # the same question is being answered at this moment
AGAIN_S = (0.1, 0.4, 1.0)  # pauses before a key that is not known there is tried again
CAUGHT_UP_S, LOOK_S = 20.0, 0.005
_OF_STATUS: dict[int, type[Refusal]] = {
    401: NotLetIn,
    403: NotLetIn,
    404: NotKeptHere,
    429: GatewayBusy,
    503: GatewayBusy,
}


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
        self._height, self._connections = height, Connections(ca, transport)

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
            if answer.code != UNKNOWN_KEY or pause_s is None:
                break
            time.sleep(pause_s)
        raise _refused(answer.status, answer.code)

    def catch_up(self, height: int, within_s: float = CAUGHT_UP_S) -> None:
        """Wait until the own view has reached a height; raise GatewayAway if it does not in time."""
        until = time.monotonic() + within_s
        while self._height() < height:
            if time.monotonic() >= until:
                raise GatewayAway
            time.sleep(LOOK_S)

    def close(self) -> None:
        """Close the connections: whoever asks from now on hears that nobody is there."""
        self._connections.close()

    def _send(
        self, method: str, url: str, body: bytes, media_type: str, key: SigningKey | None, answer_s: float
    ) -> Answer:
        def sign(request: httpx2.Request) -> None:
            if key is not None:
                sign_request(request, self.network, key, body)

        fields = {HEIGHT: str(self._height())} | ({"content-type": media_type} if media_type else {})
        try:
            return self._connections.request(method, url, body, fields, takes_s=answer_s, most=_most, sign=sign)
        except UnreadableAnswer:
            raise BadAnswer from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
            raise GatewayAway from None


def _most(status: int) -> int:
    return MOST_ANSWER if 200 <= status < 300 else MOST_PROBLEM


def _refused(status: int, code: int) -> Refusal:
    if code in KNOWN:
        return refusal(code)
    if code == UNDER_WAY:
        return GatewayBusy()
    if status in _OF_STATUS:
        return _OF_STATUS[status]()
    return GatewayAway() if status >= 500 else GatewayRefuses()
