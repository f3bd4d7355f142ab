"""HTTP to other servers: connections that are kept, questions that are asked again, answers that are bounded."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, urlencode, urlsplit

import httpx2
import orjson

from salus.client.remote_errors import AnswerLost, BadUpstream, NodeAway, NodeBusy, TlsFailed, UnreadableAnswer
from salus.client.tls import Authority, away, refuse_plain, trusting
from salus.client.tracing import trace_fields

CONNECT_S, READ_S, KEEP_S = 5.0, 15.0, 60.0
WHOLE_S = 600.0  # of an answer from first to last byte: a block of many is large, a drip has no end
PAUSES_S = (0.05, 0.25, 1.0)  # before a question is asked again
MOST_ANSWER = 100 * 1024**2  # above any block
CONNECTIONS = 64
HEIGHT = "Salus-Height"  # how far the ledger was seen by who asks or answers


class Answer(NamedTuple):
    """A whole answer. Its repr shows no body."""

    status: int
    body: bytes
    fields: Mapping[str, str] = {}  # of the header, names in lower case

    @property
    def code(self) -> int:
        """The refusal's code in problem details (RFC 9457), 0 where there is none."""
        try:
            found = orjson.loads(self.body)
        except ValueError:
            return 0
        code = found.get("code") if isinstance(found, dict) else None
        return code if isinstance(code, int) else 0

    @property
    def height(self) -> int:
        """The height of the ledger as the server had seen it, 0 where it did not say."""
        said = self.fields.get(HEIGHT.lower(), "")
        return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else 0

    def __repr__(self) -> str:
        return f"Answer({self.status})"


def parse_url(url: str) -> SplitResult:
    """Return the parts of a server's address; raise BadUpstream unless it is http or https, and only an address."""
    try:
        parts = urlsplit(url)
        sound = parts.port is None or parts.port > 0
    except ValueError:
        raise BadUpstream from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or not sound:
        raise BadUpstream
    return parts


class Connections:
    """Connections to any servers, made at first use. Thread-safe.

    `authority` is a file of certificates in PEM to trust alone; without it those of this machine.
    """

    def __init__(self, authority: Authority = None, transport: httpx2.BaseTransport | None = None) -> None:
        self._authority, self._transport = authority, transport
        self._made: httpx2.Client | None = None
        self._making, self._ended = threading.Lock(), False

    def request(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        fields: Mapping[str, str] | None = None,
        *,
        takes_s: float = READ_S,
        most: Callable[[int], int] = lambda status: MOST_ANSWER,
        whole_s: float = WHOLE_S,
        sign: Callable[[httpx2.Request], None] = lambda request: None,
    ) -> Answer:
        """Send one request once, signed by `sign`. `most` bounds an answer in bytes, by its status, `whole_s`
        in time, beside `takes_s` between parts of it.

        Raises UnreadableAnswer for one that is larger, BadUpstream; and httpx2.HTTPError, httpx2.InvalidURL, OSError.
        """
        client = self.open()
        named = trace_fields() | dict(fields or {})
        timeout = httpx2.Timeout(takes_s, connect=CONNECT_S)
        request = client.build_request(method, url, content=body or None, headers=named, timeout=timeout)
        sign(request)
        try:
            answer = client.send(request, stream=True)
        except RuntimeError:  # closed in another thread
            raise httpx2.ConnectError("closed") from None
        try:
            return Answer(answer.status_code, _bounded(answer, most(answer.status_code), whole_s), answer.headers)
        finally:
            answer.close()
            stream = answer.extensions.get("network_stream")
            if self._ended and stream is not None:
                stream.close()  # one that was opened while another thread closed the others is in no pool

    def close(self) -> None:
        """Let go of the connections: no request is sent any more, whoever may still wait to ask again."""
        with self._making:
            self._ended = True
            if self._made is not None:
                self._made.close()
            self._made = None

    def open(self) -> httpx2.Client:
        """Return what sends, made at first use: reading the certificates that are trusted takes a while.

        Raises BadUpstream where the file of certificates cannot be read, httpx2.ConnectError once it was closed.
        """
        with self._making:
            if self._ended:  # by another thread, while this one waited to ask again
                raise httpx2.ConnectError("closed")
            if self._made is None:
                self._made = httpx2.Client(
                    headers={"accept-encoding": "identity"},
                    verify=trusting(self._authority),
                    trust_env=False,
                    transport=self._transport,
                    limits=httpx2.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEEP_S),
                )
            return self._made


def _bounded(answer: httpx2.Response, most: int, whole_s: float) -> bytes:
    parts, room, until = [], most, time.monotonic() + whole_s
    for part in answer.iter_raw():
        room -= len(part)
        if room < 0:
            raise UnreadableAnswer
        if time.monotonic() > until:
            raise httpx2.ReadTimeout("")
        parts.append(part)
    return b"".join(parts)


class Server:
    """A client of one server, the ledger's node or a gateway. Safe to use from several threads."""

    def __init__(
        self,
        url: str,
        authority: Authority = None,
        read_s: float = READ_S,
        most: int = MOST_ANSWER,
        whole_s: float = WHOLE_S,
    ) -> None:
        """`authority` as of `Connections`; `read_s`, `most` and `whole_s` bound each answer. Raises BadUpstream."""
        parse_url(url)
        self._url, self._connections = url.rstrip("/"), Connections(authority)
        self._read_s, self._most, self._whole_s = read_s, most, whole_s
        self._connections.open()

    def get(self, path: str, query: dict[str, str] | None = None, wait_s: float = 0.0, tries: int = 3) -> Answer:
        """Ask, which changes nothing, and therefore again where it failed; `wait_s` is how long the server may take.

        Raises NodeAway, NodeBusy, UnreadableAnswer. Where TLS is why, the NodeAway is a TlsFailed.
        """
        asked = f"?{urlencode(query)}" if query else ""
        return self._ask(lambda: self._send("GET", path + asked, wait_s=wait_s), tries)

    def ask(self, path: str, body: bytes, media_type: str, tries: int = 3) -> Answer:
        """Ask by a body; as `get`."""
        return self._ask(lambda: self._send("POST", path, body, {"content-type": media_type}), tries)

    def post(self, path: str, body: bytes, media_type: str, wait_s: float = 0.0) -> Answer:
        """Send once what changes something. Raises NodeAway where nothing was sent, AnswerLost where it may have been,
        NodeBusy, UnreadableAnswer."""
        return self.send("POST", path, body, {"content-type": media_type}, wait_s)

    def send(self, method: str, path: str, body: bytes, fields: Mapping[str, str], wait_s: float = 0.0) -> Answer:
        """Send one request once, with these header fields; raises as `post`."""
        try:
            answer = self._send(method, path, body, fields, wait_s)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise away(error) from None
        except httpx2.TransportError:
            raise AnswerLost from None
        if answer.status == 429:
            raise NodeBusy
        if answer.status >= 500:
            raise AnswerLost
        return answer

    def close(self) -> None:
        """Let go of the connections."""
        self._connections.close()

    def _send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        fields: Mapping[str, str] | None = None,
        wait_s: float = 0.0,
    ) -> Answer:
        answer = self._connections.request(
            method,
            self._url + path,
            body,
            fields,
            takes_s=self._read_s + wait_s,
            most=lambda status: self._most,
            whole_s=self._whole_s,
        )
        refuse_plain(self._url, answer.status, answer.body)
        return answer

    def _ask(self, send: Callable[[], Answer], tries: int) -> Answer:
        refused: NodeAway | NodeBusy = NodeAway()
        for number in range(tries):
            if number:
                time.sleep(PAUSES_S[min(number, len(PAUSES_S)) - 1])
            try:
                answer = send()
            except httpx2.TransportError as error:
                refused = away(error)
                if isinstance(refused, TlsFailed):  # it would be the same again
                    break
                continue
            if answer.status < 500 and answer.status != 429:
                return answer
            refused = NodeBusy()
        raise refused
