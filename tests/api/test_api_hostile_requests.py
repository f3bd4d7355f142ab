"""Bytes that are no request, or one that means two things: each is refused, and the next in line is served."""

import gc
import json
import logging
from collections.abc import Iterator

import pytest
from api_sockets import GET, HOST, Running, answer, everything, running, status, statuses

from salus.api.limits import Limits

JSON_FIELD = b"Content-Type: application/json\r\n"
LIMITS = Limits(head_s=5, keep_alive_s=0.3)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(LIMITS) as made:
        yield made


def request(*lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


FAST = b"GET /fast HTTP/1.1"
ECHO = b"POST /echo HTTP/1.1"
MALFORMED = {
    "nonsense": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no version": b"GET /fast\r\n\r\n",
    "http 0.9": request(b"GET /fast HTTP/0.9", b"Host: 127.0.0.1"),
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "http 3": request(b"GET /fast HTTP/3.0", b"Host: 127.0.0.1"),
    "unknown method": request(b"FETCH /fast HTTP/1.1", b"Host: 127.0.0.1"),
    "lower-case method": request(b"get /fast HTTP/1.1", b"Host: 127.0.0.1"),
    "no host": request(FAST),
    "two hosts": request(FAST, b"Host: 127.0.0.1", b"Host: evil.test"),
    "the same host twice": request(FAST, b"Host: 127.0.0.1", b"host: 127.0.0.1"),
    "absolute target": request(b"GET http://127.0.0.1/fast HTTP/1.1", b"Host: 127.0.0.1"),
    "another's absolute target": request(b"GET http://evil.test/fast HTTP/1.1", b"Host: 127.0.0.1"),
    "asterisk": request(b"OPTIONS * HTTP/1.1", b"Host: 127.0.0.1"),
    "connect": request(b"CONNECT evil.test:443 HTTP/1.1", b"Host: evil.test:443"),
    "space in the target": request(b"GET /fa st HTTP/1.1", b"Host: 127.0.0.1"),
    "letters beyond ascii in the target": request(b"GET /\xff\xfe HTTP/1.1", b"Host: 127.0.0.1"),
    "nul in a field": request(FAST, b"Host: 127.0.0.1", b"X: a\x00b"),
    "return in a field": request(FAST, b"Host: 127.0.0.1", b"X: a\rb"),
    "folded field": request(FAST, b"Host: 127.0.0.1", b"X: a", b" b"),
    "space before the colon": request(FAST, b"Host : 127.0.0.1"),
    "field without name": request(FAST, b"Host: 127.0.0.1", b": a"),
    "bare newlines": b"GET /fast HTTP/1.1\nHost: 127.0.0.1\n\n",
    "length and chunks": request(ECHO, b"Host: 127.0.0.1", b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "chunks and length": request(ECHO, b"Host: 127.0.0.1", b"Transfer-Encoding: chunked", b"Content-Length: 5"),
    "two lengths": request(ECHO, b"Host: 127.0.0.1", b"Content-Length: 5", b"Content-Length: 6"),
    "a list of lengths": request(ECHO, b"Host: 127.0.0.1", b"Content-Length: 5, 5"),
    "length below zero": request(ECHO, b"Host: 127.0.0.1", b"Content-Length: -1"),
    "length with a sign": request(ECHO, b"Host: 127.0.0.1", b"Content-Length: +5"),
    "length that overflows": request(ECHO, b"Host: 127.0.0.1", b"Content-Length: 18446744073709551617"),
    "chunks not last": request(ECHO, b"Host: 127.0.0.1", b"Transfer-Encoding: chunked, gzip"),
    "chunks hidden": request(ECHO, b"Host: 127.0.0.1", b"Transfer-Encoding: xchunked"),
    "chunk size that is none": request(ECHO, HOST[:-2], JSON_FIELD[:-2], b"Transfer-Encoding: chunked", body=b"zz\r\n"),
    "chunk size that overflows": request(
        ECHO, HOST[:-2], JSON_FIELD[:-2], b"Transfer-Encoding: chunked", body=b"f" * 17 + b"\r\n"
    ),
    "chunk longer than it says": request(
        ECHO, HOST[:-2], JSON_FIELD[:-2], b"Transfer-Encoding: chunked", body=b"2\r\n{}x\r\n0\r\n\r\n"
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_requests_are_refused_by_name(server: Running, name: str) -> None:
    found = server.exchange(MALFORMED[name])
    assert statuses(found) == [400], found
    assert b'"code":32794' in found and b"application/problem+json" in found and b"connection: close" in found
    assert b"evil" not in found


def test_a_body_that_ends_in_something_else_leaves_nothing_behind(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for name in ("chunk size that is none", "chunk longer than it says"):
            server.exchange(MALFORMED[name])
        assert any(server.ask(GET) and server.guard.places.under_way == 0 for _ in range(500))
        gc.collect()  # a task that failed says so when it is cleaned up
    assert [one.name for one in caplog.records if one.name == "asyncio" and one.levelno > logging.DEBUG] == []


def test_nothing_behind_a_malformed_request_is_served(server: Running) -> None:
    smuggled = request(ECHO, b"Host: 127.0.0.1", b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n")
    assert statuses(server.exchange(smuggled + GET)) == [400]


def test_nothing_behind_a_last_request_is_served(server: Running) -> None:
    last = request(FAST, b"Host: 127.0.0.1", b"Connection: close")
    assert statuses(server.exchange(last + GET)) == [200]


@pytest.mark.parametrize(
    ("sent", "outcome", "code"),
    [
        (request(b"GET /" + b"a" * 8_300 + b" HTTP/1.1", b"Host: 127.0.0.1"), 414, 0x801D),
        (request(b"GET /?" + b"a" * 500_000 + b" HTTP/1.1", b"Host: 127.0.0.1"), 414, 0x801D),
        (request(FAST, b"Host: 127.0.0.1", b"X: " + b"a" * 70_000), 431, 0x801B),
        (request(FAST, b"Host: 127.0.0.1", *[b"X: 1"] * 101), 431, 0x801B),
        (b"GET /fast HTTP/1.1\r\nX: " + b"a" * 1_000_000, 431, 0x801B),
        (b"GET /fast HTTP/1.1\r\n" + b"a" * 1_000_000, 431, 0x801B),
    ],
)
def test_huge_heads_are_refused(server: Running, sent: bytes, outcome: int, code: int) -> None:
    found = server.exchange(sent)
    assert (status(found), f'"code":{code}'.encode() in found) == (outcome, True)


def test_a_trailer_never_becomes_a_header_field(server: Running) -> None:
    server.gate.fields.clear()
    head = request(ECHO, HOST[:-2], JSON_FIELD[:-2], b"Transfer-Encoding: chunked")
    found = server.exchange(head + b"2\r\n{}\r\n0\r\nSignature: forged\r\nHost: evil.test\r\n\r\n")
    assert statuses(found) == [200]
    (fields,) = server.gate.fields
    assert [name for name, _ in fields] == [b"host", b"content-type", b"transfer-encoding"]


def test_trailers_without_end_are_refused(server: Running) -> None:
    head = request(ECHO, HOST[:-2], JSON_FIELD[:-2], b"Transfer-Encoding: chunked")
    found = server.exchange(head + b"2\r\n{}\r\n0\r\n" + b"X: 1\r\n" * 200)
    assert status(found) in (0, 431)


def test_http_1_0_is_answered_and_ends(server: Running) -> None:
    found = server.exchange(b"GET /fast HTTP/1.0\r\n\r\n")
    assert statuses(found) == [200] and b"connection: close" in found and found.endswith(b"fast")


def test_a_request_to_change_the_protocol_is_answered_in_this_one(server: Running) -> None:
    for to in (b"h2c", b"websocket"):
        found = server.exchange(request(FAST, b"Host: 127.0.0.1", b"Connection: Upgrade", b"Upgrade: " + to))
        assert statuses(found) == [200]


@pytest.mark.parametrize(
    "path", [b"/fast/", b"//fast", b"/../fast", b"/%2e%2e/fast", b"/fast%00", b"/fast;a=b", b"/%ff"]
)
def test_a_path_that_is_nearly_one_is_none(server: Running, path: bytes) -> None:
    found = server.exchange(request(b"GET " + path + b" HTTP/1.1", b"Host: 127.0.0.1"))
    assert statuses(found) == [404] and b"\r\nlocation:" not in found.lower()


def test_another_method_is_told_which_there_is(server: Running) -> None:
    found = server.ask(request(b"DELETE /fast HTTP/1.1", b"Host: 127.0.0.1"))
    assert status(found) == 405 and b"allow: GET, HEAD" in found.replace(b"HEAD, GET", b"GET, HEAD")


@pytest.mark.parametrize(
    ("sent", "outcome", "code"),
    [
        (request(b"GET /org/fhir/Patient HTTP/1.1", b"Host: evil.test"), 421, "800f"),
        (request(b"GET /org/fhir/Patient HTTP/1.1", b"Host: 127.0.0.1", b"Origin: null"), 403, "800e"),
        (request(b"GET /org/fhir/Patient?a=" + b"b" * 9_000 + b" HTTP/1.1", b"Host: 127.0.0.1"), 414, "801d"),
        (request(b"GET /org/fhir HTTP/1.1", b"Host: 127.0.0.1", *[b"X: 1"] * 101), 431, "801b"),
        (request(b"POST /org/fhir HTTP/1.1", b"Host: 127.0.0.1", b"Content-Length: 5, 5"), 400, "801a"),
        (b"GET /org/fhir/Patient HTTP/1.1\r\nHost: 127.0.0.1\r\n", 408, "801c"),
    ],
)
def test_what_is_refused_before_an_operation_says_so_in_fhir_under_its_paths(
    server: Running, sent: bytes, outcome: int, code: str
) -> None:
    head, _, body = server.exchange(sent).partition(b"\r\n\r\n")
    assert (status(head), b"content-type: application/fhir+json" in head) == (outcome, True)
    said = json.loads(body)
    assert said["resourceType"] == "OperationOutcome"
    assert said["issue"][0]["details"]["coding"][0]["code"] == code


def test_what_comes_after_a_fhir_request_is_not_answered_as_one(server: Running) -> None:
    with server.connect() as peer:
        peer.sendall(request(b"GET /org/fhir HTTP/1.1", b"Host: 127.0.0.1"))
        assert b"application/fhir+json" in answer(peer)
        peer.sendall(b"\x16\x03\r\n\r\n")
        found = everything(peer)
    assert status(found) == 400 and b"application/problem+json" in found


def test_the_head_of_a_stream_without_end_ends(server: Running) -> None:
    found = server.exchange(request(b"HEAD /endless HTTP/1.1", b"Host: 127.0.0.1", b"Connection: close"))
    assert status(found) == 200 and found.endswith(b"\r\n\r\n")
    assert b"content-type: text/plain" in found
    assert any(server.ask(GET) and server.guard.places.under_way == 0 for _ in range(500))


@pytest.mark.parametrize(("coding", "outcome"), [(b"gzip", 415), (b"identity, br", 415), (b"Identity", 200)])
def test_a_coded_body_is_refused_by_name(server: Running, coding: bytes, outcome: int) -> None:
    coded = b"Content-Encoding: " + coding
    found = server.ask(request(ECHO, HOST[:-2], JSON_FIELD[:-2], coded, b"Content-Length: 2", body=b"{}"))
    assert status(found) == outcome
    if outcome == 415:
        assert b'"code":32807' in found and b"accept-encoding: identity" in found.lower()


def test_a_bug_shows_nobodys_data(server: Running, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        found = server.ask(request(b"GET /broken HTTP/1.1", b"Host: 127.0.0.1"))
    assert status(found) == 500 and b'"code":32784' in found
    assert b"canary" not in found and "canary" not in caplog.text
    assert [(one.operation, one.kind) for one in caplog.records if one.name == "salus.api"] == [("broken", "KeyError")]


# Pages of other origins.


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ((b"Host: 127.0.0.1", b"Origin: http://127.0.0.1"), 200),
        ((b"Host: 127.0.0.1:9", b"Origin: http://127.0.0.1:9"), 200),
        ((b"Host: 127.0.0.1", b"Origin: http://evil.test"), 403),
        ((b"Host: 127.0.0.1", b"Origin: http://127.0.0.1.evil.test"), 403),
        ((b"Host: 127.0.0.1", b"Origin: http://127.0.0.1:9"), 403),
        ((b"Host: 127.0.0.1", b"Origin: null"), 403),
        ((b"Host: 127.0.0.1", b"Origin: "), 403),
        ((b"Host: 127.0.0.1", b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Mode: no-cors"), 403),
        ((b"Host: 127.0.0.1", b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Mode: navigate"), 200),
        ((b"Host: 127.0.0.1", b"Sec-Fetch-Site: same-origin", b"Sec-Fetch-Mode: cors"), 200),
        ((b"Host: 127.0.0.1", b"Origin: http://127.0.0.1", b"Origin: http://evil.test"), 400),
        ((b"Host: evil.test",), 421),
        ((b"Host: 127.0.0.1.evil.test",), 421),
        ((b"Host: localhost.evil.test:80",), 421),
        ((b"Host: evil.test\\@127.0.0.1",), 421),
        ((b"Host: [::1]:80",), 200),
        ((b"Host: localhost",), 200),
    ],
)
def test_only_pages_of_its_own_reach_it(server: Running, fields: tuple[bytes, ...], outcome: int) -> None:
    found = server.ask(request(FAST, *fields))
    assert status(found) == outcome
    assert b"access-control" not in found.lower() and b"evil" not in found


@pytest.mark.parametrize("path", [b"/fast", b"/none", b"/broken"])
def test_each_answer_tells_browsers_what_it_is_not_for(server: Running, path: bytes) -> None:
    found = server.ask(request(b"GET " + path + b" HTTP/1.1", b"Host: 127.0.0.1")).lower()
    for field in (
        b"x-content-type-options: nosniff",
        b"referrer-policy: no-referrer",
        b"content-security-policy: default-src 'none'; frame-ancestors 'none'",
        b"cross-origin-resource-policy: same-origin",
        b"cache-control: no-store",
    ):
        assert found.count(field) == 1
    assert b"server:" not in found and b"strict-transport" not in found
