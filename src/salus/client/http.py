"""One server over HTTP: connections that are kept, questions that are asked again, answers that are bounded."""

import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import httpx2
import orjson

from salus.client.remote_errors import AnswerLost, BadUpstream, NodeAway, NodeBusy, UnreadableAnswer
from salus.client.tracing import trace_fields

CONNECT_S, READ_S, KEEP_S = 5.0, 15.0, 60.0
WHOLE_S = 600.0  # of an answer from first to last byte: a block of many is large, a drip has no end
PAUSES_S = (0.05, 0.25, 1.0)  # before a question is asked again
MOST_ANSWER = 100 * 1024**2  # above any block
CONNECTIONS = 16


class Answer(NamedTuple):
    """A whole answer; never one that says to come again (429, 5xx)."""

    status: int
    body: bytes

    @property
    def code(self) -> int:
        """The refusal's code in problem details (RFC 9457), 0 where there is none."""
        try:
            found = orjson.loads(self.body)
        except ValueError:
            return 0
        code = found.get("code") if isinstance(found, dict) else None
        return code if isinstance(code, int) else 0


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


def trusting(authority: Path) -> ssl.SSLContext:
    """Return what trusts the certificates of a file in PEM alone; raise BadUpstream."""
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ValueError):
        raise BadUpstream from None


class Server:
    """A client of one server. Safe to use from several threads."""

    def __init__(
        self,
        url: str,
        authority: Path | None = None,
        read_s: float = READ_S,
        most: int = MOST_ANSWER,
        whole_s: float = WHOLE_S,
    ) -> None:
        """`authority` is a file of certificates in PEM to trust alone; without it those of this machine.

        `most` bounds an answer in bytes, `whole_s` in time, beside `read_s` between parts of it. Raises BadUpstream.
        """
        parse_url(url)
        trust: ssl.SSLContext | bool = True if authority is None else trusting(authority)
        self._read_s, self._most, self._whole_s = read_s, most, whole_s
        self._client = httpx2.Client(
            base_url=url.rstrip("/"),
            headers={"accept-encoding": "identity"},
            verify=trust,
            trust_env=False,
            timeout=httpx2.Timeout(read_s, connect=CONNECT_S),
            limits=httpx2.Limits(
                max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=KEEP_S
            ),
        )

    def get(self, path: str, query: dict[str, str] | None = None, wait_s: float = 0.0, tries: int = 3) -> Answer:
        """Ask, which changes nothing, and therefore again where it failed; `wait_s` is how long the server may take.

        Raises NodeAway, NodeBusy, UnreadableAnswer.
        """
        request = self._request("GET", path, query, wait_s=wait_s)
        return self._ask(request, tries)

    def ask(self, path: str, body: bytes, media_type: str, tries: int = 3) -> Answer:
        """Ask by a body; as `get`."""
        return self._ask(self._request("POST", path, None, body, media_type), tries)

    def post(self, path: str, body: bytes, media_type: str, wait_s: float = 0.0) -> Answer:
        """Send once what changes something. Raises NodeAway where nothing was sent, AnswerLost where it may have been,
        NodeBusy, UnreadableAnswer."""
        return self._once(self._request("POST", path, None, body, media_type, wait_s))

    def _once(self, request: httpx2.Request) -> Answer:
        try:
            answer = self._send(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
            raise NodeAway from None
        except httpx2.TransportError:
            raise AnswerLost from None
        if answer.status == 429:
            raise NodeBusy
        if answer.status >= 500:
            raise AnswerLost
        return answer

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send one request once, with these header fields; raises as `post`."""
        request = self._client.build_request(method, path, content=body or None, headers=dict(headers))
        return self._once(request)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _request(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None,
        body: bytes | None = None,
        media_type: str = "",
        wait_s: float = 0.0,
    ) -> httpx2.Request:
        headers = trace_fields() | ({"content-type": media_type} if media_type else {})
        timeout = httpx2.Timeout(self._read_s + wait_s, connect=CONNECT_S)
        return self._client.build_request(method, path, params=query, content=body, headers=headers, timeout=timeout)

    def _ask(self, request: httpx2.Request, tries: int) -> Answer:
        refused: NodeAway | NodeBusy = NodeAway()
        for number in range(tries):
            if number:
                time.sleep(PAUSES_S[min(number, len(PAUSES_S)) - 1])
            try:
                answer = self._send(request)
            except httpx2.TransportError:
                refused = NodeAway()
                continue
            if answer.status < 500 and answer.status != 429:
                return answer
            refused = NodeBusy()
        raise refused

    def _send(self, request: httpx2.Request) -> Answer:
        try:
            answer = self._client.send(request, stream=True)
        except RuntimeError:  # closed in another thread
            raise NodeAway from None
        try:
            parts, room, until = [], self._most, time.monotonic() + self._whole_s
            for part in answer.iter_bytes():
                room -= len(part)
                if room < 0:
                    raise UnreadableAnswer
                if time.monotonic() > until:
                    raise httpx2.ReadTimeout("")
                parts.append(part)
        except httpx2.DecodingError:
            raise UnreadableAnswer from None
        finally:
            answer.close()
        return Answer(answer.status_code, b"".join(parts))
