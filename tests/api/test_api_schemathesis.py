"""What the OpenAPI document says of every operation, against a real server: schemathesis makes the requests.

Operations come from `bootstrap.serving`, so that each later one is covered. Each is asked twice: signed by a member,
and by nobody.
"""

from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import pytest
import requests
import schemathesis
import schemathesis_fit  # noqa: F401 - before schemathesis draws anything
from hostile import Hostile, corpus_of
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from requests.auth import AuthBase
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from e2e.story_region import Story, ask, clinician, found, give_wallet, grant_laboratory, take_in
from salus.api.explorer import tail
from salus.api.guard import SignedGuard
from salus.api.limits import Limits
from salus.api.listening import bind
from salus.api.openapi import document
from salus.api.server import Listening, make_server
from salus.bootstrap.serving import OPERATIONS, serving
from salus.client.signing import signature_headers

WAIT_S = 20.0
EXAMPLES = 10  # of each operation
MANY = Limits(address_rate=1e6, address_burst=1e6, person_rate=1e6, person_burst=1e6, member_rate=1e6, member_burst=1e6)
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BINARY = ("application/cbor", "application/cose", "application/octet-stream", "text/plain")
BODIES: list[bytes] = [b"\x80", b"{}"]  # true ones, once the region is founded


def hostile_bytes(media_type: str) -> st.SearchStrategy[bytes]:
    """Bodies of a media type that the document describes by words alone."""
    return st.randoms(use_true_random=False).map(
        lambda random: Hostile(random, BODIES, ["north", "00" * 32]).body(media_type, 100_000)
    )


for media_type in BINARY:
    schemathesis.openapi.media_type(media_type, hostile_bytes(media_type))


class Signed(AuthBase):
    """Signs each request as a member."""

    def __init__(self, story: Story) -> None:
        self._network, self._key = story.region.network, story.north.gateway

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        raw = body if isinstance(body, bytes) else str(body).encode()
        made = signature_headers(self._network, self._key, str(request.method), str(request.url), raw)
        request.headers.update(made)
        return request


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Story]]:
    """The stories' region on a real port."""
    from salus.vault import keystore

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keystore, "MEMORY_KIB", 128)
        patch.setattr(keystore, "ITERATIONS", 1)
        patch.setattr(tail, "LIFE_S", 0.0)  # streams, which else go on as long as somebody listens
        bound, up = bind(Listening(port=0)), Event()
        guard = SignedGuard(lambda: bound.authorities, limits=MANY)
        with found(tmp_path_factory.mktemp("served") / "home") as story, serving(story.region, guard) as app:
            handle = take_in(story.north, "Alma", "N-1")
            grant_laboratory(story, give_wallet(story, story.north, handle, "alma"), handle)
            ask(story, handle, clinician(story))
            letters = [one.body for one in story.north.exchange.inbox(story.north.account)]
            BODIES[:] = [*letters, *corpus_of(letters)]
            server = make_server(app, bound.listening, up.set, MANY)
            thread = Thread(target=server.run, args=([bound.socket],), daemon=True)
            thread.start()
            assert up.wait(WAIT_S)
            yield bound.url, story
            server.should_exit = True
            thread.join(WAIT_S)
            assert not thread.is_alive()


CONFIG = schemathesis.Config.from_dict(
    {"phases": {"coverage": {"enabled": False}}}
)  # minutes, for each half-legal value
SCHEMA = schemathesis.openapi.from_dict(document(OPERATIONS, "0"), config=CONFIG)


@SCHEMA.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Let most paths name an organisation that is there."""
    if path_parameters and "org" in path_parameters and len(str(path_parameters["org"])) % 4:
        path_parameters["org"] = "north"
    return path_parameters


@SCHEMA.hook
def map_query(context: Any, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """Let nobody poll for long."""
    return {**(query or {}), "wait_ms": "0"} if context.operation.path == "/ledger/tip" else query


@SCHEMA.hook
def map_headers(context: Any, headers: dict[str, Any] | None) -> dict[str, Any] | None:
    """Let nobody have the server wait for a height to come."""
    return {**headers, "Salus-Height": "1"} if headers and "Salus-Height" in headers else headers


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_answers_as_its_document_says(case: schemathesis.Case, served: tuple[str, Story]) -> None:
    url, story = served
    for auth in (Signed(story), None):
        answer = case.call(base_url=url, auth=auth, timeout=WAIT_S)
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        case.validate_response(answer, checks=CHECKS)


def test_every_operation_is_in_it() -> None:
    named = {one.ok().definition.raw["operationId"] for one in SCHEMA.get_all_operations()}
    assert named == {operation.name for operation in OPERATIONS if operation.in_document}
