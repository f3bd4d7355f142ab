"""Events of a CometBFT node, over a websocket. https://docs.cometbft.com/v0.38/core/subscription"""

from collections.abc import Iterator
from contextlib import ExitStack
from socket import create_connection
from types import TracebackType
from typing import NamedTuple

import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from salus.client.cometbft.calls import parse, read, refused, request
from salus.client.cometbft.errors import SubscriptionEnded
from salus.client.cometbft.forms import Name, Whole
from salus.client.http import CONNECT_S, Server, parse_url
from salus.client.remote_errors import NodeAway, NodeBusy, TlsSpokenThere, UnreadableAnswer
from salus.client.tls import Authority, away, trusting

NEW_HEADER = "tm.event='NewBlockHeader'"
ACKNOWLEDGED = b"{}"  # the first event may come before it
MOST_EVENT = 16 * 1024**2
MOST_ANSWER = 64 * 1024  # to who asks why there is no websocket
CLOSING_S = 1.0
SILENCE_S = 20.0  # after which the node is asked whether it is there, and for how long an answer is waited for


class Event(NamedTuple):
    """What happened: nothing of it is checked."""

    type: str  # as "tendermint/event/NewBlockHeader"
    value: bytes  # its JSON
    tags: dict[str, list[str]]  # as "tm.event", "tx.hash", "tx.height"


class _Data(msgspec.Struct, frozen=True):
    type: Name
    value: msgspec.Raw


class _Event(msgspec.Struct, frozen=True):
    data: _Data
    events: dict[str, list[str]] | None = None


class _HeightOnly(msgspec.Struct, frozen=True):
    height: Whole


class _NewHeader(msgspec.Struct, frozen=True):
    header: _HeightOnly


class Subscription:
    """A context manager, and what iterates over events. One thread reads; `close` may be called from any."""

    def __init__(self, url: str, query: str, authority: Authority = None) -> None:
        """Subscribe; `authority` as of `Rpc`.

        Raises BadUpstream, NodeAway (a TlsFailed where TLS is why), SubscriptionEnded, UnreadableAnswer.
        """
        with ExitStack() as undone:
            self._connection = _connect(undone, url, authority)
            try:
                self._connection.send(request("subscribe", {"query": query}).decode())
            except (WebSocketException, OSError):
                raise NodeAway from None
            answer = self._receive(CONNECT_S)
            if answer is None:
                raise SubscriptionEnded
            self._early = None if answer == ACKNOWLEDGED else answer
            self._open = undone.pop_all()

    def next(self, timeout_s: float | None = None) -> Event | None:
        """Return the next event, None where none came in that time, or earlier.

        Raises NodeAway once the connection is over, SubscriptionEnded where the node ended it, UnreadableAnswer.
        """
        raw, self._early = self._early, None
        if raw is None:
            raw = self._receive(timeout_s)
        if raw is None or raw == ACKNOWLEDGED:
            return None
        found = read(raw, _Event)
        return Event(found.data.type, bytes(found.data.value), found.events or {})

    def __iter__(self) -> Iterator[Event]:
        """Yield events until it ends; raises as `next`."""
        while True:
            event = self.next()
            if event is not None:
                yield event

    def close(self) -> None:
        """End it; a thread that waits for an event gets NodeAway."""
        self._open.close()

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self, timeout_s: float | None) -> bytes | None:
        try:
            raw = self._connection.recv(timeout_s)
        except TimeoutError:
            return None
        except (WebSocketException, OSError):
            raise NodeAway from None
        response = parse(raw)
        if response.error is not None:
            refusal = refused(response.error)
            raise refusal if isinstance(refusal, NodeBusy) else SubscriptionEnded
        return bytes(response.result)


def new_height(event: Event) -> int:
    """Return the height that an event of `NEW_HEADER` tells; raise UnreadableAnswer."""
    if event.type != "tendermint/event/NewBlockHeader":
        raise UnreadableAnswer
    return read(event.value, _NewHeader).header.height


def _connect(open_: ExitStack, url: str, authority: Authority) -> ClientConnection:
    parts = parse_url(url)
    secure = parts.scheme == "https"
    address = f"{'wss' if secure else 'ws'}://{parts.netloc}{parts.path.rstrip('/')}/websocket"
    context = trusting(authority) if secure else None
    try:
        # A socket of our own, since that is never led elsewhere by a redirect.
        end = parts.hostname or "", parts.port or (443 if secure else 80)
        taken = open_.enter_context(create_connection(end, CONNECT_S))
        return open_.enter_context(
            connect(
                address,
                sock=taken,
                ssl=context,
                compression=None,
                proxy=None,
                open_timeout=CONNECT_S,
                close_timeout=CLOSING_S,
                ping_interval=SILENCE_S,
                ping_timeout=SILENCE_S,
                max_size=MOST_EVENT,
            )
        )
    except WebSocketException:
        raise (NodeAway() if secure else _why(url)) from None
    except (OSError, ValueError) as error:
        raise away(error) from None


def _why(url: str) -> NodeAway:
    """Return why a server gives no websocket in clear: where it speaks TLS, it says so to who asks as usual."""
    server = Server(url, None, CONNECT_S, MOST_ANSWER, CONNECT_S)
    try:
        server.get("/", tries=1)
    except TlsSpokenThere as spoken:
        return spoken
    except (NodeAway, NodeBusy, UnreadableAnswer):
        pass
    finally:
        server.close()
    return NodeAway()
