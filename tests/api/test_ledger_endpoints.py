"""The ledger's endpoints, through the client that others use: the ledger's own answers, and each refusal."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx2
import pytest
from ledger_world import WAIT_S, application, fill, node
from starlette.applications import Starlette

from salus.client.checked import CheckedLedger
from salus.client.ledger import BatchResult
from salus.client.remote import RemoteLedger
from salus.client.remote_errors import AnswerLost, BadUpstream, NodeAway, NodeRefused, PrunedThere
from salus.core.encoding import encode
from salus.core.errors import Malformed, WrongSignature
from salus.evidence.header import parse_header
from salus.evidence.state import LOG_KEY
from salus.evidence.tip import read_tip
from salus.ledger.embedded import EmbeddedLedger
from salus.machine.errors import Replayed
from salus.merkle.smt import verify_membership
from salus.testing.clock import FakeClock
from salus.testing.region import Region, key
from unit import pruned_samples


@pytest.fixture
def region() -> Region:
    return Region()


@pytest.fixture
def both(tmp_path: Path, region: Region) -> Iterator[tuple[EmbeddedLedger, RemoteLedger]]:
    with node(tmp_path / "l", region) as (ledger, url):
        client = RemoteLedger(url, region.network)
        yield ledger, client
        client.close()


def validators(region: Region) -> dict[bytes, tuple[bytes, int]]:
    return {region.node.id(region.network): (region.node.public, 1)}


def test_every_reading_answer_is_the_ledgers_own(both: tuple[EmbeddedLedger, RemoteLedger], region: Region) -> None:
    ledger, client = both
    (handle, _) = fill(ledger, region)
    proof = client.prove([LOG_KEY])
    assert proof == ledger.prove([LOG_KEY])
    assert verify_membership(parse_header(region.network, proof.header).header.app_hash, LOG_KEY, *_fact(proof))
    last = ledger.height()
    assert client.genesis() == region.genesis_file
    assert client.blocks(1) == [ledger.block(height) for height in range(1, last + 1)]
    assert client.blocks(2, 1) == [ledger.block(2)]
    assert client.blocks(last + 1) == []
    size = len(ledger.block(1)) + len(ledger.block(2))
    assert [len(ledger.blocks(1, 9, room)) for room in (1, size - 1, size, size + 1)] == [1, 1, 2, 2]
    assert client.headers(1) == [ledger.header(height) for height in range(1, last + 1)]
    assert (client.block(1), client.header(1)) == (ledger.block(1), ledger.header(1))
    assert list(client.events()) == list(ledger.events())
    assert list(client.events(1, handle)) == list(ledger.events(1, handle)) != []
    assert client.prove_event(1) == ledger.prove_event(1)
    assert client.prove_event(0, 2) == ledger.prove_event(0, 2)
    assert client.prove_growth(1, 4) == ledger.prove_growth(1, 4)
    assert client.note() == ledger.checkpoint()
    assert client.pruned() is None


def _fact(proof):
    return proof.values[0], proof.proofs[0]


def test_what_is_not_there_is_a_look_up_error(both: tuple[EmbeddedLedger, RemoteLedger], region: Region) -> None:
    ledger, client = both
    fill(ledger, region, 1)
    for missing in (
        lambda: client.block(0),
        lambda: client.block(99),
        lambda: client.header(99),
        lambda: client.prove_event(99),
        lambda: client.prove_growth(0, 1),
        lambda: client.prove_growth(1, 99),
        lambda: client.start_file("manifest.cbor"),
        lambda: client.blocks(0),
    ):
        with pytest.raises(LookupError):
            missing()
    with pytest.raises(NodeRefused):
        client.prove([])
    with pytest.raises(NodeRefused):
        client.prove([bytes(300)])


def test_a_tip_is_signed_by_the_node_and_names_the_newest_header(
    both: tuple[EmbeddedLedger, RemoteLedger], region: Region
) -> None:
    ledger, client = both
    before = read_tip(region.network, client.tip(), validators(region)).tip
    assert (before.height, before.header) == (0, region.network)
    fill(ledger, region)
    ledger.prove([LOG_KEY])
    tip = read_tip(region.network, client.tip(), validators(region)).tip
    assert tip.height == ledger.height()
    assert tip.header == parse_header(region.network, ledger.header(tip.height)).hash
    assert tip.time == ledger.now()
    stranger = key("stranger")
    with pytest.raises(WrongSignature):
        read_tip(region.network, client.tip(), {stranger.id(region.network): (stranger.public, 1)})
    with pytest.raises(Malformed):
        read_tip(bytes(32), client.tip(), validators(region))
    with pytest.raises(Malformed):
        read_tip(region.network, ledger.header(1), validators(region))


def test_a_tip_is_waited_for(both: tuple[EmbeddedLedger, RemoteLedger], region: Region) -> None:
    ledger, client = both
    asked = Event()
    subscribe = ledger.subscribe

    def seen(told):
        asked.set()
        return subscribe(told)

    ledger.subscribe = seen  # type: ignore[method-assign]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.tip, 0, 25_000)
        assert asked.wait(WAIT_S)
        assert not waiting.done()
        fill(ledger, region, 1)
        assert read_tip(region.network, waiting.result(WAIT_S), validators(region)).tip.height >= 1
    height = ledger.height()
    assert read_tip(region.network, client.tip(height + 5, 25_000), validators(region)).tip.height >= height  # at once
    assert read_tip(region.network, client.tip(wait_ms=0), validators(region)).tip.height >= height


def test_a_batch_is_answered_once_it_is_durable_and_never_executed_twice(
    both: tuple[EmbeddedLedger, RemoteLedger], region: Region
) -> None:
    ledger, client = both
    batch = region.batch(region.open_accounts(1)[0], b"garbage")
    first = client.submit(batch)
    assert [one.code for one in first.results] == [0, Malformed.code]
    assert client.submit(batch) == first  # remembered
    assert ledger.submit(batch).result(WAIT_S).code == Replayed.code
    with pytest.raises(NodeRefused):
        client.submit(b"\x00")


def test_a_lost_answer_is_found_by_asking(both: tuple[EmbeddedLedger, RemoteLedger], region: Region) -> None:
    _, client = both
    sent: list[BatchResult] = []
    post = client._server.post

    def losing(*arguments: object) -> object:
        answer = post(*arguments)  # type: ignore[arg-type]
        if not sent:
            sent.append(answer)  # type: ignore[arg-type]
            raise AnswerLost
        return answer

    client._server.post = losing  # type: ignore[method-assign]
    result = client.submit(region.batch(region.open_accounts(1)[0]))
    assert (result.code, [one.code for one in result.results]) == (0, [0])


@pytest.fixture
def app(tmp_path: Path, region: Region) -> Iterator[Starlette]:
    with (
        EmbeddedLedger.create(tmp_path / "l", region.genesis_file, region.node, FakeClock()) as ledger,
        application(ledger, region.genesis_file) as made,
    ):
        yield made


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/ledger/tip?after=x", 400, 0x8007),
        ("/ledger/tip?wait_ms=25001", 400, 0x8007),
        ("/ledger/blocks", 400, 0x8007),
        ("/ledger/blocks?from=-1", 400, 0x8007),
        ("/ledger/blocks?from=99999999999999999", 400, 0x8007),
        ("/ledger/blocks/%D9%A3", 400, 0x8007),
        ("/ledger/blocks/1", 404, 0x8020),
        ("/ledger/headers/0", 404, 0x8020),
        ("/ledger/log/0", 404, 0x8021),
        ("/ledger/growth?older=1&newer=1", 404, 0x8021),
        ("/ledger/events?subject=AB", 400, 0x8007),
        ("/ledger/batches/00", 400, 0x8007),
        (f"/ledger/batches/{'00' * 32}", 404, 0x8022),
        ("/ledger/export/point", 404, 0x8023),
        ("/ledger/export/..%2Fgenesis", 404, 0x800B),
        ("/ledger/export/genesis", 404, 0x8023),
        (f"/ledger/snapshots/{'00' * 32}", 404, 0x8029),
        (f"/ledger/snapshots/{'00' * 32}/0", 404, 0x8029),
        ("/ledger/snapshots/AB", 400, 0x8007),
        (f"/ledger/snapshots/{'00' * 32}/-1", 404, 0x8029),
    ],
)
def test_each_bad_question_is_refused(app: Starlette, path: str, status: int, code: int) -> None:
    answer = _call(app, httpx2.Request("GET", f"http://node{path}"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("body", [b"", b"\xff", encode([1]), encode([b"a"])[:-1], encode([])])
def test_keys_that_are_none_are_refused(app: Starlette, body: bytes) -> None:
    request = httpx2.Request("POST", "http://node/ledger/proofs", content=body)
    request.headers["content-type"] = "application/cbor"
    assert (_call(app, request).status_code, _call(app, request).json()["code"]) == (400, Malformed.code)


def test_the_status_says_how_far_it_is(app: Starlette, region: Region) -> None:
    found = _call(app, httpx2.Request("GET", "http://node/ledger/status")).json()
    assert found == {
        "network": region.network.hex(),
        "height": 0,
        "time": region.genesis.time,
        "as_of": region.genesis.time,
        "log_size": 0,
        "pruned": 0,
        "follows": True,
    }


def _call(app: Starlette, request: httpx2.Request) -> httpx2.Response:
    async def sent() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as client:
            return await client.send(request)

    return asyncio.run(sent())


def test_a_pruned_node_says_so_and_gives_what_it_begins_with(tmp_path: Path) -> None:
    region, folder = pruned_samples.short_region(), tmp_path / "l"
    first = pruned_samples.fill(folder, region)
    pruned_samples.pruned(folder, region, first)
    with node(folder, region, FakeClock(pruned_samples.NOW_MS)) as (ledger, url):
        client = RemoteLedger(url, region.network)
        assert client.pruned() == ledger.pruned()
        with pytest.raises(PrunedThere):
            client.block(1)
        with pytest.raises(PrunedThere):
            client.prove_event(0)
        with pytest.raises(PrunedThere):
            client.blocks(1)
        assert client.headers(1)[: first - 1] == [ledger.header(height) for height in range(1, first)]
        for name in ("point", "manifest.cbor", "entries", "chunk-000000.cbor"):
            assert client.start_file(name) == ledger.start_file(name)
        client.close()


def test_a_light_reader_believes_proofs_over_http(both: tuple[EmbeddedLedger, RemoteLedger], region: Region) -> None:
    ledger, client = both
    fill(ledger, region)
    light = CheckedLedger(client, region.genesis_file)
    assert light.value(LOG_KEY) == ledger.view().get(LOG_KEY)


def test_a_node_that_is_away_is_named(region: Region) -> None:
    client = RemoteLedger("http://127.0.0.1:1", region.network)
    for asked in (client.genesis, client.tip, lambda: client.submit(b"")):
        with pytest.raises(NodeAway):
            asked()
    client.close()
    for wrong in ("", "ftp://x", "http://", "http://x?a=b", "node:8080"):
        with pytest.raises(BadUpstream):
            RemoteLedger(wrong, region.network)
    with pytest.raises(BadUpstream):
        RemoteLedger("https://x", region.network, Path("/nowhere.pem"))
