"""Requests signed by RFC 9421: what the server takes, and each way in which it does not."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from api_world import HOST, World
from starlette.responses import Response

from e2e.story_region import found
from salus.api.app import make_app
from salus.api.guard import SignedGuard
from salus.api.operation import JSON, Call, Content, Operation, Who
from salus.api.work import Work
from salus.bootstrap.serving import served as made_served
from salus.client.signing import sign_request
from salus.core.signatures import SigningKey


async def _echo(call: Call) -> Response:
    assert call.caller is not None
    return Response(call.caller.account.hex(), media_type="text/plain")


def _operation(path: str, who: Who) -> Operation:
    content = Content(JSON)
    return Operation("POST", path, path.strip("/"), "test", "", _echo, {200: None}, who, takes=(content,))


OPERATIONS = (
    _operation("/account", Who.ACCOUNT),
    _operation("/member", Who.MEMBER),
    _operation("/{org}/itself", Who.ITSELF),
)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[World]:
    with found(tmp_path / "home") as story:
        work = Work()
        app = make_app(made_served(story.region, work), OPERATIONS, SignedGuard(lambda: frozenset((HOST,))))
        yield World(story, app)
        work.close()


def signed(world: World, key: SigningKey, path: str = "/member", body: bytes = b"{}") -> httpx2.Request:
    request = httpx2.Request("POST", f"http://{HOST}{path}", content=body, headers={"content-type": JSON})
    sign_request(request, world.story.region.network, key, body)
    return request


def test_a_member_is_known_by_its_gateway_key(guarded: World) -> None:
    north = guarded.story.region.organisation("north")
    assert guarded.send(signed(guarded, north.gateway)).text == north.account.hex()


def test_an_unsigned_request_is_refused(guarded: World) -> None:
    answer = guarded.call("POST", "/member", b"{}", JSON)
    assert (answer.status_code, answer.json()["code"]) == (401, 0x8008)
    assert answer.headers["www-authenticate"].startswith("Signature")


def test_one_that_came_before_is_refused(guarded: World) -> None:
    request = signed(guarded, guarded.story.region.organisation("north").gateway)
    assert guarded.send(request).status_code == 200
    again = httpx2.Request("POST", request.url, content=b"{}", headers=request.headers)
    assert guarded.send(again).json()["code"] == 0x8018


def test_one_for_another_host_is_refused(guarded: World) -> None:
    north = guarded.story.region.organisation("north")
    request = httpx2.Request("POST", "http://192.0.2.1/member", content=b"{}", headers={"content-type": JSON})
    sign_request(request, guarded.story.region.network, north.gateway, b"{}")
    assert guarded.send(request).json()["code"] == 0x8013


def test_another_body_is_refused(guarded: World) -> None:
    request = signed(guarded, guarded.story.region.organisation("north").gateway)
    other = httpx2.Request("POST", request.url, content=b"[]", headers=request.headers)
    assert guarded.send(other).json()["code"] == 0x8017


def test_another_organisation_may_not_act_as_the_one_of_the_path(guarded: World) -> None:
    region = guarded.story.region
    request = signed(guarded, region.organisation("south").gateway, "/north/itself")
    assert (guarded.send(request).status_code, guarded.send(request).json()["code"]) == (403, 0x8018)
    assert guarded.send(signed(guarded, region.organisation("north").gateway, "/north/itself")).status_code == 200


def test_a_key_that_the_ledger_does_not_list_is_refused(guarded: World) -> None:
    assert guarded.send(signed(guarded, SigningKey.from_seed(bytes(32)))).json()["code"] == 0x8015
