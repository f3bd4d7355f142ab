"""One HTTP/1.1 connection, bounded: its heads in size and time, its answers in how long a peer may take none of them.

uvicorn's protocol (RFC 9112) bounds neither a connection that sends nothing, nor a head that trickles or never ends,
nor a body that goes on after its request was refused, nor a peer that does not read; and it takes trailer fields for
header fields. What is refused here is answered in problem details, where nothing else is being answered; then it ends.
"""

import asyncio
from asyncio import AbstractEventLoop, TimerHandle, Transport
from collections.abc import Callable
from functools import partial
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from salus.api.admission import PeerGone, counted_address
from salus.api.door import Door
from salus.api.errors import (
    HeadersTooLarge,
    HeadersTooSlow,
    MalformedRequest,
    TargetTooLong,
    TooManyConnections,
)
from salus.api.fence import ALWAYS
from salus.api.fhir.outcome import refused_at
from salus.api.short import Short, lines
from salus.core.errors import Refusal

MOST_TARGET, MOST_HEAD, MOST_FIELDS = 8_192, 65_536, 100  # bytes, bytes, number
MOST_WAITING = 32  # requests sent before the one in front was answered (RFC 9112 section 9.3.2)
_CLOSE = b"connection: close\r\n\r\n"  # the end of a connection's last head
LINGER_S, MOST_LINGERING = 2.0, 4_194_304  # what still comes after the last answer is read and let go, so far


class BoundedConnection(HttpToolsProtocol):
    """A connection of a server's door."""

    def __init__(self, door: Door, short: Short | None, **given: Any) -> None:
        super().__init__(**given)
        self._door, self._short = door, short
        self._held: Any = None  # the application, of a request that goes the short way if it comes whole
        self._timers: dict[str, TimerHandle] = {}
        self._in_body = False
        self._head = self._fields = self._field_bytes = 0
        self._ended = False  # the last answer was given; what still comes is let go
        self._let_go = self._unsent = 0  # bytes, since it ended
        self._why: Refusal | None = None
        self.url = b""

    # What the transport calls.

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Let it in, and wait for its first head."""
        super().connection_made(transport)
        try:
            self._door.enter(self, counted_address(self.client[0]) if self.client else "")
        except TooManyConnections as refusal:
            self._ended = True
            transport.write(_answer(refusal))
            transport.close()
            return
        self._after_s("head", self._door.limits.head_s, self._head_too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._door.leave(self)
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what came, within the bounds."""
        if self._ended:
            self._let_go += len(data)
            if self._let_go > MOST_LINGERING:
                self.transport.abort()
            return
        if not self._in_body:
            self._head += len(data)
        super().data_received(data)
        if self._held is not None:
            app, self._held = self._held, None
            self._begin(self.cycle, app)
        if self._in_body or not self._head or self._ended:
            return
        if self._head > MOST_HEAD:
            self._refuse(HeadersTooLarge())
        elif "head" not in self._timers:
            self._after_s("head", self._door.limits.head_s, self._head_too_slow)

    def pause_writing(self) -> None:
        """The peer takes less than there is: it has some time to take more."""
        super().pause_writing()
        self._after_s("stalled", self._door.limits.stalled_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It took some."""
        super().resume_writing()
        self._stop("stalled")

    # What the parser calls. An error raised here comes back to `send_400_response`.

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        super().on_url(url)
        if len(self.url) > MOST_TARGET:
            self._raise(TargetTooLong())

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head; trailer fields are let go (RFC 9110 section 6.5.1)."""
        self._fields += 1
        self._field_bytes += len(name) + len(value)
        if self._fields > MOST_FIELDS or self._field_bytes > MOST_HEAD:
            self._raise(HeadersTooLarge())
        if not self._in_body:
            super().on_header(name, value)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._fields = self._field_bytes = 0
        if len(self.pipeline) >= MOST_WAITING:
            self._raise(MalformedRequest())

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        version, hosts = self.parser.get_http_version(), [name for name, _ in self.headers].count(b"host")
        if version not in ("1.0", "1.1") or hosts > 1 or (hosts == 0 and version == "1.1"):
            self._raise(MalformedRequest())  # RFC 9112 section 3.2
        if not self.url.startswith(b"/"):
            self._raise(MalformedRequest())  # we are nobody's proxy
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before and self.parser.should_upgrade():
            self.cycle.keep_alive = False
        self._in_body = True
        self._stop("head")
        self._door.busy(self)

    def on_message_complete(self) -> None:
        """The request came whole; a head may follow."""
        super().on_message_complete()
        self._in_body, self._head, self.url = False, 0, b""
        if self._held is not None and self._short is not None:
            self._held = None
            self._begin_short(self._short, self.cycle)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Begin to answer a request: when its head is here, or after those that were sent before it."""
        head: Any = cycle.scope
        if self._short is None or self.flow.write_paused or not self._short.takes(head):
            self._begin(cycle, app)
        elif not cycle.more_body:
            self._begin_short(self._short, cycle)
        elif not self._in_body:
            self._held = app
        else:
            self._begin(cycle, app)

    def _begin_short(self, short: Short, cycle: RequestResponseCycle) -> None:
        head: Any = cycle.scope
        short.begin(head, bytes(cycle.body), partial(self._reply, cycle))

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Begin to answer a request the usual way."""
        self._bind(cycle)
        super()._start_asgi_task(cycle, app)

    def _reply(self, cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> bool:
        """Write a whole answer; return False where nobody takes it any more."""
        if cycle.disconnected or self.transport.is_closing():
            return False
        usual, end = lines(self.server_state.default_headers), b"\r\n" if cycle.keep_alive else _CLOSE
        self.transport.write(b"".join((STATUS_LINE[status], usual, head, end, body)))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.end()
        self.on_response_complete()
        return True

    def _bind(self, cycle: RequestResponseCycle) -> None:
        """Let a request's answer end in good order, and its making end where nobody takes it."""
        send = cycle.send

        async def sending(message: ASGISendEvent) -> None:
            if cycle.disconnected or self.transport.is_closing():
                cycle.disconnected = True  # or uvicorn would answer that nothing was answered
                raise PeerGone
            await send(message)
            if message["type"] == "http.response.body" and message.get("more_body", False):
                await asyncio.sleep(0)  # others have their turn, and it is noticed where the peer has gone

        cycle.send = sending  # type: ignore[method-assign]
        cycle.transport = _Ending(self)  # type: ignore[assignment]

    # How it ends.

    def on_response_complete(self) -> None:
        """Wait for the next request; where the rest of this one is still to come, it is not wanted any more."""
        if self._ended:
            self.pipeline.clear()
        super().on_response_complete()
        if self._ended:
            self._unset_keepalive_if_required()
        elif not self.pipeline and self.cycle.response_complete:
            if self._in_body:
                self.end()
            else:
                self._door.idle(self)

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser does not take."""
        self._refuse(self._why or MalformedRequest())

    def timeout_keep_alive_handler(self) -> None:
        """End a connection on which no further request came."""
        self.end()

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing to say: a request to change the protocol is answered in this one (RFC 9110 section 7.8)."""

    def evict(self) -> None:
        """End it for another's sake."""
        self.transport.abort()

    def end(self) -> None:
        """End it once what was written is sent. What still comes is let go: closing over it would take the answer."""
        if self._ended or self.transport.is_closing():
            return
        self._ended = True
        self._stop("head")
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        self._unsent = self.transport.get_write_buffer_size()
        if not self._in_body:
            self.transport.close()
        elif self.transport.can_write_eof():
            self.transport.write_eof()
        if self._in_body or self._unsent:
            self._after_s("end", self._door.limits.stalled_s if self._unsent else LINGER_S, self._see_to_the_end)

    def _see_to_the_end(self) -> None:
        """Cut it off, unless the peer took some of what was written since it was looked at last."""
        left = self.transport.get_write_buffer_size()
        if not 0 < left < self._unsent:
            self.transport.abort()
            return
        self._unsent = left
        self._after_s("end", self._door.limits.stalled_s, self._see_to_the_end)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer with a refusal where nothing is being answered; end the connection."""
        running = self.cycle
        if running is not None and not running.response_complete:
            if self.pipeline or running.response_started or not running.more_body:
                self.transport.abort()  # an answer is under way, into which nothing may be written
                return
            running.disconnected = True  # its body ended in something that is none
            running.message_event.set()
        self.transport.write(_answer(refusal, self.url))
        self._in_body = True  # whatever comes now is read and let go
        self.end()

    def _head_too_slow(self) -> None:
        if self.flow.read_paused:  # it may be here already, behind a request that takes its time
            self._after_s("head", self._door.limits.head_s, self._head_too_slow)
        elif self._head:
            self._refuse(HeadersTooSlow())
        else:
            self.evict()

    def _raise(self, refusal: Refusal) -> None:
        self._why = refusal
        raise refusal

    def _after_s(self, name: str, seconds: float, then: Callable[[], object]) -> None:
        self._stop(name)

        def due() -> None:
            self._timers.pop(name, None)
            then()

        self._timers[name] = self.loop.call_later(seconds, due)

    def _stop(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()


class _Ending:
    """The transport as a request's answer sees it: closing it ends the connection in good order."""

    def __init__(self, connection: BoundedConnection) -> None:
        self._connection = connection
        self.write = connection.transport.write
        self.is_closing = connection.transport.is_closing

    def close(self) -> None:
        self._connection.end()


def _answer(refusal: Refusal, target: bytes = b"") -> bytes:
    """Return a whole answer to a request for `target`, as far as that came."""
    made = refused_at(target[:MOST_TARGET].decode("latin-1"), refusal)
    head = lines([*made.raw_headers, *ALWAYS, (b"cache-control", b"no-store")])
    return b"".join((STATUS_LINE[made.status_code], head, _CLOSE, bytes(made.body)))


def connections(door: Door, short: Short | None = None) -> Callable[..., BoundedConnection]:
    """Return what makes the connections of a server, as uvicorn asks for it."""

    def make(*, _loop: AbstractEventLoop | None = None, **given: Any) -> BoundedConnection:
        return BoundedConnection(door, short, _loop=_loop, **given)

    return make
