"""What other servers answer, as refusals; keys they do not know yet; answers without end."""

from collections.abc import Callable

import httpx2
import orjson
import pytest

from salus.contracts.accounts.errors import NotInvited
from salus.core.errors import Refusal
from salus.core.signatures import SigningKey
from salus.services.remote import gateways
from salus.services.remote.errors import BadAnswer, GatewayAway, GatewayBusy, GatewayRefuses, NotKeptHere, NotLetIn
from salus.services.remote.gateways import Gateways

NETWORK, URL = b"N" * 32, "https://north.example/north"


def client(answer: Callable[[httpx2.Request], httpx2.Response], height: int = 7) -> Gateways:
    return Gateways(NETWORK, lambda: height, transport=httpx2.MockTransport(answer))


def answered(status: int, body: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None) -> httpx2.Response:
    """Return an answer that is still to be read, as one of a server."""
    return httpx2.Response(status, content=iter([body]), headers=headers)


def problem(status: int, code: int) -> httpx2.Response:
    return answered(status, orjson.dumps({"code": code}))


def test_a_request_says_how_far_its_sender_has_seen_and_so_does_the_answer() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return answered(200, b"x", [(b"Salus-Height", b"9")])

    made = client(answer).ask("POST", URL, b"body", "application/cbor", key=SigningKey.from_seed(bytes(32)))
    assert (made.status, made.body, made.height) == (200, b"x", 9)
    (request,) = seen
    assert (request.headers["salus-height"], request.headers["content-type"]) == ("7", "application/cbor")
    assert 'tag="salus/1"' in request.headers["signature-input"] and "content-digest" in request.headers


@pytest.mark.parametrize(
    ("status", "code", "refusal"),
    [
        (401, 0x8013, NotLetIn),
        (403, 0x8009, NotLetIn),
        (404, 0x621C, NotKeptHere),
        (429, 0x621D, GatewayBusy),
        (503, 0x8039, GatewayBusy),
        (409, 0x8040, GatewayBusy),
        (409, 0x601B, GatewayRefuses),
        (500, 0x8010, GatewayAway),
        (502, 0, GatewayAway),
        (400, 0x8007, GatewayRefuses),
        (413, 0x8003, GatewayRefuses),
        (307, 0, GatewayRefuses),
        (403, NotInvited.code, NotInvited),
    ],
)
def test_problems_are_refusals(status: int, code: int, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        client(lambda _: problem(status, code)).ask("GET", URL)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"code":"x"}', b'{"code":null}'])
def test_a_problem_without_a_code_counts_by_its_status(body: bytes) -> None:
    with pytest.raises(NotLetIn):
        client(lambda _: answered(403, body)).ask("GET", URL)


def test_a_key_that_is_not_known_yet_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "AGAIN_S", (0.0, 0.0))
    left = [problem(401, 0x8015), answered(204)]
    assert client(lambda _: left.pop(0)).ask("GET", URL, key=SigningKey.from_seed(bytes(32))).status == 204
    never = [problem(401, 0x8015) for _ in range(5)]
    with pytest.raises(NotLetIn):
        client(lambda _: never.pop()).ask("GET", URL)
    assert len(never) == 2


def test_a_server_that_is_not_there() -> None:
    def lost(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody")

    with pytest.raises(GatewayAway):
        client(lost).ask("GET", URL)
    with pytest.raises(GatewayAway):
        client(lost).ask("GET", "not a url")


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "MOST_ANSWER", 1000)
    monkeypatch.setattr(gateways, "MOST_PROBLEM", 10)
    assert len(client(lambda _: answered(200, b"x" * 1000)).ask("GET", URL).body) == 1000
    for status, size in ((200, 1001), (400, 11)):
        with pytest.raises(BadAnswer):
            client(lambda _, s=status, n=size: answered(s, b"x" * n)).ask("GET", URL)


@pytest.mark.parametrize("said", ["", "x", "-1", "1" * 16, "٣"])
def test_a_height_that_is_none_counts_as_zero(said: str) -> None:
    answer = answered(204, b"", [(b"Salus-Height", said.encode())])
    assert client(lambda _: answer).ask("GET", URL).height == 0


def test_waiting_for_a_height_ends() -> None:
    client(lambda _: answered(204)).catch_up(7)
    with pytest.raises(GatewayAway):
        client(lambda _: answered(204)).catch_up(8, within_s=0.0)
