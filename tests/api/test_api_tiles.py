"""The published log over HTTP: what a node serves is what lies in its folder, and proves itself to who fetches it."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from api_world import World

from e2e.story_region import take_in
from salus.client.published import DamagedTiles, NotPublished
from salus.client.published_http import ServedLog
from salus.merkle.checkpoint import parse
from salus.merkle.tiles import TileName, tile_names
from salus.services.audit import audit


@pytest.fixture
def tiles(served: World) -> Iterator[Path]:
    take_in(served.story.region.organisation("north"), "Nobody", "N-1")
    served.story.region.ledger.publish()
    yield served.story.region.home / "ledger/tiles"


def through(world: World) -> httpx2.Client:
    """A client that reaches the application, as over a network."""
    return httpx2.Client(transport=httpx2.MockTransport(lambda request: _answer(world.send(request))))


def _answer(answer: httpx2.Response) -> httpx2.Response:
    return httpx2.Response(answer.status_code, content=answer.content, headers=answer.headers)


def test_the_checkpoint_is_the_published_one_and_may_change(served: World, tiles: Path) -> None:
    answer = served.call("GET", "/checkpoint")
    assert (answer.status_code, answer.content) == (200, (tiles / "checkpoint").read_bytes())
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert parse(answer.content).checkpoint.size > 0


def test_every_file_is_served_as_it_lies_there(served: World, tiles: Path) -> None:
    size = parse((tiles / "checkpoint").read_bytes()).checkpoint.size
    for name in tile_names(0, size):
        answer = served.call("GET", f"/{name.path()}")
        assert (answer.status_code, answer.content) == (200, (tiles / name.path()).read_bytes())
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "no-cache"  # all are partial here


def test_a_partial_tile_is_answered_out_of_the_full_one(served: World, tiles: Path) -> None:
    full = bytes(range(256)) * 32
    (tiles / "tile/5").mkdir(parents=True)
    (tiles / "tile/5/000").write_bytes(full)
    answer = served.call("GET", "/tile/5/000")
    assert answer.content == full and "immutable" in answer.headers["cache-control"]
    assert served.call("GET", "/tile/5/000.p/3").content == full[:96]


@pytest.mark.parametrize(
    "path",
    [
        "/tile/9/000",
        "/tile/0/999",
        "/tile/0/000.p/0",
        "/tile/0/000.p/256",
        "/tile/0/0",
        "/tile/%2e%2e/%2e%2e/genesis",
        "/tile/entries/%2e%2e/%2e%2e/lock",
        "/tile//etc/passwd",
        "/tile/0/" + "x" * 3000,
    ],
)
def test_nothing_else_is_served(served: World, tiles: Path, path: str) -> None:
    assert served.refused("GET", path) == (404, 0x8070)


def test_a_reader_far_away_proves_it_all(served: World, tiles: Path) -> None:
    with ServedLog("http://salus.test/", through(served)) as log:
        found = audit(log, served.story.region.genesis, ())
        assert found.damages == () or list(found.damages) == []
        size = found.signed.checkpoint.size
        assert log.prefix(size - 1, found.signed.checkpoint)[1] != ()


def test_a_tile_that_is_changed_on_its_way_is_found(served: World, tiles: Path) -> None:
    size = parse((tiles / "checkpoint").read_bytes()).checkpoint.size
    path = tiles / TileName(0, 0, size).path()
    raw = bytearray(path.read_bytes())
    raw[0] ^= 1
    path.write_bytes(bytes(raw))
    with ServedLog("http://salus.test", through(served)) as log:
        assert list(audit(log, served.story.region.genesis, ()).damages) != []


def test_nobody_there_is_said_so(served: World) -> None:
    def away(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("away")

    transport = httpx2.MockTransport(away)
    with ServedLog("http://salus.test", httpx2.Client(transport=transport)) as log, pytest.raises(NotPublished):
        log.checkpoint()
    endless = httpx2.Response(200, content=bytes(300_000))
    with ServedLog("http://salus.test", httpx2.Client(transport=httpx2.MockTransport(lambda _: endless))) as log:
        with pytest.raises(NotPublished):
            log.checkpoint()
        with pytest.raises(DamagedTiles):
            log.entry(0, 1)
