"""One envelope over a connection: the short way answers as the usual one does, within the same limits, and is taken."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic

import pytest
from api_sockets import WAIT_S, answer, everything, status, statuses

from e2e.story_region import Story, found
from salus.api import body as body_reading
from salus.api import posts
from salus.api.gateway.quick import Quick
from salus.api.guard import SignedGuard
from salus.api.limits import Limits
from salus.api.listening import bind
from salus.api.server import Listening, make_server
from salus.bootstrap.serving import serving
from salus.client.envelopes import EnvelopeBuilder
from salus.client.submission import Submitted
from salus.contracts.accounts.messages import OpenAccounts
from salus.core.encoding import decode
from salus.vault import keystore

HEALTH = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
ONE = Limits(address_rate=0.001, address_burst=1)


@dataclass
class Line:
    """A served region on a socket, and how many requests went the short way."""

    story: Story
    port: int
    guard: SignedGuard
    short: list[str]

    def envelope(self) -> bytes:
        """Build one that opens an account."""
        return self.story.north.build(OpenAccounts(self.story.north.account, 1)).raw

    def post(self, body: bytes, *fields: str, path: str = "/north/envelopes", media_type: str = "cose") -> bytes:
        """Return a request."""
        usual = (f"Host: 127.0.0.1:{self.port}", f"Content-Type: application/{media_type}")
        named = {field.partition(":")[0] for field in fields}
        lines = [*fields, *(one for one in usual if one.partition(":")[0] not in named), f"Content-Length: {len(body)}"]
        return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode() + body

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), WAIT_S)

    def ask(self, sent: bytes) -> bytes:
        """Send one request; return the one answer."""
        with self.connect() as peer:
            peer.sendall(sent)
            return answer(peer)

    def counted(self, told: int) -> bool:
        """Wait until a post of this status was counted and nothing is under way."""
        wanted = f'salus_requests_total{{operation="postEnvelopes",status="{told}"}} 1.0'.encode()
        page = f"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode()
        until = monotonic() + WAIT_S
        while monotonic() < until:
            said = self.ask(page)  # asking is under way itself
            if wanted in said and b"salus_requests_under_way 1.0" in said:
                break
        else:
            return False
        while self.guard.places.under_way and monotonic() < until:
            pass  # until the last asking gave its place back
        return (self.guard.places.under_way, self.guard.places.bytes_held) == (0, 0)


@contextmanager
def line(story: Story, limits: Limits | None = None) -> Iterator[Line]:
    limits, started, short = limits or Limits(), Event(), list[str]()
    bound = bind(Listening(port=0))
    guard, begin = SignedGuard(lambda: bound.authorities, limits=limits), Quick.begin

    def counting(self: Quick, scope: dict[str, str], body: bytes, reply: object) -> None:
        short.append(scope["path"])
        begin(self, scope, body, reply)

    with pytest.MonkeyPatch.context() as patch, serving(story.region, guard) as app:
        patch.setattr(Quick, "begin", counting)
        server = make_server(app, bound.listening, started.set, limits)
        thread = Thread(target=server.run, args=([bound.socket],), daemon=True)
        thread.start()
        assert started.wait(WAIT_S)
        try:
            yield Line(story, bound.listening.port, guard, short)
        finally:
            server.should_exit = True
            thread.join(WAIT_S)
            assert not thread.is_alive()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keystore, "MEMORY_KIB", 128)
        patch.setattr(keystore, "ITERATIONS", 1)
        with found(tmp_path_factory.mktemp("short") / "home") as made:
            yield made


@pytest.fixture(scope="module")
def served(story: Story) -> Iterator[Line]:
    with line(story) as made:
        yield made


def told(found: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """Return the first line, the header fields and the body of an answer."""
    head, _, body = found.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    fields = dict(one.lower().split(b": ", 1) for one in lines)
    assert len(fields) == len(lines) and fields[b"date"]
    return first, {name: value for name, value in fields.items() if name not in (b"date", b"content-length")}, body


def outcome(found: bytes) -> int:
    """Return the code of the one envelope that was answered."""
    (one,) = decode(told(found)[2], Submitted).outcomes
    return one.code


def test_an_envelope_lands(served: Line) -> None:
    before = len(served.short)
    assert outcome(served.ask(served.post(served.envelope()))) == 0
    assert len(served.short) == before + 1


@pytest.mark.parametrize(
    ("case", "wanted"),
    [
        ("good", 200),
        ("malformed", 400),
        ("expired", 410),
        ("forged", 401),
        ("nobody's", 404),
        ("host", 421),
        ("page", 403),
    ],
)
def test_the_short_way_answers_as_the_usual_one(served: Line, case: str, wanted: int) -> None:
    north, now = served.story.north, served.story.region.ledger.now()
    late = EnvelopeBuilder(north.network, lambda: now - 1, 1)
    answers, before = [], len(served.short)
    for more in ((), ("Accept: application/cbor",)):  # with a wish for a form it is the usual way
        body = served.envelope()
        sent = {
            "good": lambda: served.post(body, *more),
            "malformed": lambda: served.post(b"\x00", *more),
            "expired": lambda: served.post(
                late.build([(north.account, north.gateway)], OpenAccounts(north.account, 1)).raw, *more
            ),
            "forged": lambda: served.post(body[:-1] + bytes((body[-1] ^ 1,)), *more),
            "nobody's": lambda: served.post(body, *more, path="/nowhere/envelopes"),
            "host": lambda: served.post(body, "Host: elsewhere.example", *more),
            "page": lambda: served.post(body, "Origin: http://elsewhere.example", *more),
        }[case]()
        found = served.ask(sent)
        assert status(found) == wanted
        first, fields, got = told(found)
        answers.append((first, fields, outcome(found) if case == "good" else got))
    assert answers[0] == answers[1]
    assert len(served.short) == before + 1


@pytest.mark.parametrize(
    ("fields", "other"),
    [
        (("Accept: application/json",), {}),
        (("traceparent: 00-" + "1" * 32 + "-" + "2" * 16 + "-01",), {}),
        (("Salus-Height: 0",), {}),
        (("Connection: Upgrade", "Upgrade: h2c"), {}),
        ((), {"path": "/north/claims"}),
        ((), {"path": "//envelopes"}),
        ((), {"path": "/north/north/envelopes"}),
        ((), {"media_type": "cbor"}),
        ((), {"media_type": "cose; a=b"}),
    ],
)
def test_no_other_request_goes_the_short_way(served: Line, fields: tuple[str, ...], other: dict[str, str]) -> None:
    before = len(served.short)
    found = served.ask(served.post(served.envelope(), *fields, **other))
    assert status(found) in (200, 400, 404)
    assert len(served.short) == before


def test_who_asks_before_the_body_goes_the_usual_way(served: Line) -> None:
    before = len(served.short)
    with served.connect() as peer:
        peer.sendall(served.post(served.envelope(), "Expect: 100-continue", "Connection: close"))
        assert statuses(everything(peer)) == [100, 200]
    assert len(served.short) == before


def test_a_larger_body_goes_the_usual_way(served: Line) -> None:
    before = len(served.short)
    assert status(served.ask(served.post(bytes(65_537)))) == 400
    assert len(served.short) == before
    assert status(served.ask(served.post(bytes(65_536)))) == 400


def test_a_body_that_comes_in_two_pieces_goes_the_usual_way(served: Line) -> None:
    sent, before = served.post(served.envelope()), len(served.short)
    with served.connect() as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.sendall(sent[:-10])
        until = monotonic() + WAIT_S
        while not served.guard.places.under_way and monotonic() < until:
            pass  # until the first piece was taken in
        peer.sendall(sent[-10:])
        assert outcome(answer(peer)) == 0
    assert len(served.short) == before


def test_requests_one_behind_another_are_answered_in_their_order(served: Line) -> None:
    before = len(served.short)
    good, bad = served.post(served.envelope()), served.post(b"\x00")
    last = served.post(served.envelope(), "Connection: close")
    with served.connect() as peer:
        peer.sendall(bad + good + HEALTH + bad + good + last)
        found = everything(peer)
    assert statuses(found) == [400, 200, 200, 400, 200, 200]
    assert found.count(b"connection: close") == 1
    assert len(served.short) == before + 5


def test_a_connection_stays_open_unless_it_is_to_end(served: Line) -> None:
    with served.connect() as peer:
        for _ in range(3):
            peer.sendall(served.post(served.envelope()))
            assert b"connection: close" not in answer(peer)
        old = served.post(served.envelope()).replace(b"HTTP/1.1", b"HTTP/1.0")
        peer.sendall(old)
        found = everything(peer)
    assert statuses(found) == [200] and b"connection: close" in found


@contextmanager
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Hold groups of posts; give what is set once one is held. They go on when the block ends."""
    carried, come, go = posts._carried, Event(), Event()

    def waiting(*given: object) -> object:
        come.set()
        assert go.wait(WAIT_S)
        return carried(*given)

    monkeypatch.setattr(posts, "_carried", waiting)
    try:
        yield come
    finally:
        go.set()


def test_a_peer_that_goes_away_leaves_nothing(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    with line(story) as made:
        with held(monkeypatch) as come, made.connect() as peer:
            peer.sendall(made.post(made.envelope()))
            assert come.wait(WAIT_S)
            peer.close()
            assert status(made.ask(HEALTH)) == 200  # served after it went
        assert made.counted(0) and made.short == ["/north/envelopes"]


def test_a_request_behind_another_whose_body_does_not_come_is_refused(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_reading, "FIRST_S", 0.3)
    with line(story) as made, made.connect() as peer:
        with held(monkeypatch) as come:
            peer.sendall(made.post(made.envelope()) + made.post(made.envelope())[:-1])
            assert come.wait(WAIT_S)
        assert statuses(everything(peer)) == [200, 408]


def test_what_follows_that_is_no_request_ends_the_connection_without_an_answer(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    with line(story) as made:
        with held(monkeypatch) as come, made.connect() as peer:
            peer.sendall(made.post(made.envelope()))
            assert come.wait(WAIT_S)
            peer.sendall(b"\x00\x01\r\n\r\n")
            assert everything(peer) == b""
        assert made.counted(0)


def test_the_end_of_the_server_waits_for_the_answer(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    got = []
    with line(story) as made:
        peer = made.connect()
        with held(monkeypatch) as come:
            peer.sendall(made.post(made.envelope()))
            assert come.wait(WAIT_S)
            reader = Thread(target=lambda: got.append(everything(peer)))
            reader.start()
    reader.join(WAIT_S)
    peer.close()
    assert statuses(got[0]) == [200]


def test_the_limits_are_the_same(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    with line(story, ONE) as made:
        assert status(made.ask(made.post(made.envelope()))) == 200
        refused = made.ask(made.post(made.envelope()))
        assert status(refused) == 429 and int(told(refused)[1][b"retry-after"]) > 1
        assert made.short == ["/north/envelopes"] * 2
    with (
        line(story, Limits(under_way_of_address=1)) as made,
        held(monkeypatch) as come,
        made.connect() as peer,
    ):
        peer.sendall(made.post(made.envelope()))
        assert come.wait(WAIT_S)
        assert status(made.ask(made.post(made.envelope()))) == 429


def test_behind_a_proxy_its_word_counts(story: Story) -> None:
    limits = Limits(address_rate=0.001, address_burst=1, proxies=("127.0.0.1",))
    with line(story, limits) as made:
        for last, wanted in ((1, 400), (2, 400), (2, 429)):
            found = made.ask(made.post(b"\x00", f"X-Forwarded-For: 192.0.2.{last}", "X-Forwarded-Proto: https"))
            assert status(found) == wanted
            assert told(found)[1][b"strict-transport-security"] == b"max-age=31536000"
        assert len(made.short) == 3


def test_a_bug_says_nothing_of_what_it_met(
    story: Story, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*given: object) -> object:
        raise KeyError("canary-of-a-person")

    monkeypatch.setattr(posts, "_carried", broken)
    with line(story) as made:
        found = made.ask(made.post(made.envelope()))
        assert status(found) == 500 and b"canary" not in found and made.counted(500)
    assert [(one.kind, one.operation) for one in caplog.records if one.name == "salus.api"] == [
        ("KeyError", "postEnvelopes")
    ]
    assert "canary" not in caplog.text
