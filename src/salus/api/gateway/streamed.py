"""Send an answer, and know whether the peer took all of it."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as TookTooLong

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from salus.api.operation import CBOR, MIB
from salus.api.recent import Answer
from salus.services.remote.exchange import LETTER

CHUNK_BYTES = 64 * 1024
FIRST_S, MIB_S = 10.0, 4.0  # a peer has ten seconds, and four more for each MiB


def time_s(answer: Answer) -> float:
    """Return how long a peer may take for an answer."""
    return FIRST_S + len(answer.body) / MIB * MIB_S


class Handed:
    """Between the thread that made an answer and waits, and the event loop that sends it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._taken: Future[bool] = Future()
        self.answer: asyncio.Future[Answer] = self._loop.create_future()

    def hand_over(self, kind: str, body: bytes) -> bool:
        """Have the loop send a letter; True once the peer has taken all of it. Called in the thread."""
        answer = Answer(kind, body)
        try:
            self._loop.call_soon_threadsafe(self._offer, answer)
            return self._taken.result(time_s(answer) + FIRST_S)
        except (TookTooLong, CancelledError, RuntimeError):  # RuntimeError: the loop has ended
            return False

    def taken(self, whole: bool) -> None:
        """Say whether the peer took it; the first word counts."""
        if not self._taken.done():
            self._taken.set_result(whole)

    def _offer(self, answer: Answer) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)


class Streamed(Response):
    """A letter as the body of an answer. Whoever waits is told at the end, also when nothing could be sent."""

    def __init__(self, answer: Answer, fields: Mapping[str, str], handed: Handed | None = None) -> None:
        length = {"content-length": str(len(answer.body)), LETTER: answer.kind}
        super().__init__(None, headers=length | dict(fields), media_type=CBOR)
        self._answer, self._handed = answer, handed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it in chunks, no faster than the peer takes them."""
        whole, gone = False, asyncio.ensure_future(_gone(receive))
        try:
            async with asyncio.timeout(time_s(self._answer)):
                whole = await self._send(send, gone)
        except (TimeoutError, OSError):
            whole = False  # the connection is closed, since less came than was announced
        finally:
            gone.cancel()
            if self._handed is not None:
                self._handed.taken(whole)

    async def _send(self, send: Send, gone: "asyncio.Future[None]") -> bool:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = self._answer.body
        for at in range(0, len(body), CHUNK_BYTES):
            if gone.done():
                return False
            await send({"type": "http.response.body", "body": body[at : at + CHUNK_BYTES], "more_body": True})
        await asyncio.sleep(0)  # lets a peer that went away be noticed
        whole = not gone.done()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return whole


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
