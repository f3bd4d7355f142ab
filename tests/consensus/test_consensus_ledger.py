"""The ledger of a consortium's node behind the `Ledger` port: what it proves, shows, refuses, and survives."""

import errno
import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from consensus.consensus_world import COMMIT, Node
from consensus.kvstore_nodes import until
from salus.client.ledger import StateProof
from salus.core.errors import WrongSignature
from salus.core.genesis import validator_keys
from salus.core.signatures import key_id
from salus.evidence.decided import is_decided
from salus.evidence.header import parse_header, read_block, read_header
from salus.evidence.state import LOG_KEY
from salus.evidence.tip import read_tip
from salus.ledger.consensus import executor, ledger, proving
from salus.ledger.consensus.errors import NothingSigns, NoVotes
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.ledger.embedded.chain import open_chain
from salus.ledger.embedded.files import AppendFile, LocalFiles
from salus.ledger.errors import (
    DamagedFile,
    LedgerLocked,
    LedgerStopped,
    NoLedger,
    NotCovered,
    OtherGenesis,
    ReadOnly,
    StorageFull,
)
from salus.merkle.checkpoint import parse
from salus.merkle.smt import verify_membership
from salus.merkle.tiles import WIDTH
from salus.state.store import Store
from salus.testing.clock import FakeClock
from salus.testing.faults import Plan
from salus.testing.region import START_MS, Region


def check(node: Node, proof: StateProof, height: int) -> None:
    """See that the header of `height` is committed by the founders, and the log's head is proved under it."""
    network, founders = node.region.network, validator_keys(node.region.network, node.region.genesis)
    header = read_header(network, proof.header, founders).header
    assert (header.height, proof.height, header.format) == (height, height, 2)
    assert proof.values[0] is not None
    assert verify_membership(header.app_hash, LOG_KEY, proof.values[0], proof.proofs[0])


def test_a_proof_has_the_committed_header_of_the_next_block(tmp_path: Path) -> None:
    with Node(tmp_path / "l").begin() as node, ThreadPoolExecutor(4) as beside:
        node.block(node.opening())
        asked = beside.submit(node.ledger.prove, [LOG_KEY])
        until(lambda: len(node.ledger._proving._asked) == 1)
        node.block(node.opening())  # under its header the state stands as it was asked for
        first = asked.result(20)
        check(node, first, 2)
        node.block()
        check(node, node.ledger.prove([LOG_KEY]), 3)
        assert node.ledger.prove([LOG_KEY]).values != first.values
        node.block()
        check(node, node.ledger.prove([LOG_KEY]), 4)


def test_a_proof_between_the_two_steps_of_a_block(tmp_path: Path) -> None:
    with Node(tmp_path / "l").begin() as node, ThreadPoolExecutor(4) as beside:
        node.block(node.opening())
        node.show()  # empty: its header covers the state, once the votes are here
        asked = beside.submit(node.ledger.prove, [LOG_KEY])
        node.commit()
        check(node, asked.result(20), 2)
        node.show(node.opening())
        asked = beside.submit(node.ledger.prove, [LOG_KEY])
        until(lambda: len(node.ledger._proving._asked) == 1)
        node.commit()
        node.block()
        check(node, asked.result(20), 4)
        node.show(node.opening())
        node.ledger.export()  # takes it back for a moment
        asked = beside.submit(node.ledger.prove, [LOG_KEY])
        until(lambda: len(node.ledger._commits._changed._waiters) == 1)  # type: ignore[attr-defined]
        node.commit()
        check(node, asked.result(20), 5)


def test_proofs_that_do_not_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "COVERS_S", 0.05)
    monkeypatch.setattr(ledger, "VOTES_S", 0.05)
    with Node(tmp_path / "l").begin() as node:
        with pytest.raises(NotCovered):
            node.ledger.prove([LOG_KEY])  # there is no block
        node.block(node.opening())
        with pytest.raises(NotCovered):
            node.ledger.prove([LOG_KEY])  # nor a second
        node.deciding.away[2] = None
        node.block()
        with pytest.raises(NoVotes):
            node.ledger.prove([LOG_KEY])
        del node.deciding.away[2]
        until(lambda: node.ledger._commits.height == 2)
        check(node, node.ledger.prove([LOG_KEY]), 2)


def test_readers_see_what_is_kept_and_views_stay(tmp_path: Path) -> None:
    with Node(tmp_path / "l").begin() as node:
        node.block(node.opening())
        old = node.ledger.view()
        head, status = old.get(LOG_KEY), node.ledger.status()
        note = parse(node.ledger.checkpoint()).checkpoint
        node.show(node.opening(), step_ms=5000)
        held = node.ledger.view()
        for view in (old, held):
            assert (view.height, view.time, view.get(LOG_KEY)) == (1, START_MS, head)
        assert node.ledger.status() == status and node.ledger.as_of() == START_MS
        assert parse(node.ledger.checkpoint()).checkpoint == note
        assert len(list(node.ledger.events())) == note.size == 2
        node.commit()
        new = node.ledger.view()
        assert (new.height, new.time) == (2, START_MS + 6000) and new.get(LOG_KEY) != head
        assert old.get(LOG_KEY) == held.get(LOG_KEY) == head
        assert node.ledger.as_of() == START_MS + 6000
        del old, held
        gc.collect()


def test_batches_come_back_with_what_became_of_them(tmp_path: Path) -> None:
    with Node(tmp_path / "l").begin() as node:
        heights: list[int] = []
        end = node.ledger.subscribe(heights.append)
        batch = node.opening(2)
        done = node.ledger.submit(batch)
        assert node.sent.batches == [batch]
        node.show(batch)
        assert not done.done() and heights == []
        node.commit()
        result = done.result(0)
        assert (result.code, result.height, [one.code for one in result.results]) == (0, 1, [0]) and heights == [1]
        end()
        node.block()
        assert heights == [1]
    assert node.sent.closed


def test_headers_are_committed_where_the_votes_are_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Node(tmp_path / "l").begin() as node:
        for _ in range(3):
            node.block(node.opening())
        node.deciding.away[4] = None
        node.block()
        until(lambda: node.ledger._commits.height == 3)
        shown = node.ledger.headers(1, 10, 1 << 20)
        assert [is_decided(raw) for raw in shown] == [False, False, False, True]
        assert shown == [node.ledger.header(height) for height in range(1, 5)]
        founders = validator_keys(node.region.network, node.region.genesis)
        for height, raw in enumerate(shown[:3], 1):
            kept = parse_header(node.region.network, read_block(node.ledger.block(height)).header)
            assert read_header(node.region.network, raw, founders).hash == kept.hash
        with pytest.raises(WrongSignature):
            read_header(node.region.network, shown[3], founders)
        with pytest.raises(LookupError):
            node.ledger.header(5)
        monkeypatch.setattr("salus.ledger.consensus.bridges.MAX_HEADER_BYTES", 10)
        assert is_decided(node.ledger.header(1))  # no way leads there: then what is known without


def test_tips_and_notes_need_the_validators_key(tmp_path: Path) -> None:
    region = Region()
    keys = {key_id(region.network, region.node.public): (region.node.public, 1)}
    with Node(tmp_path / "l", region).begin() as node:
        assert read_tip(region.network, node.ledger.tip(), keys).tip.header == region.network
        node.block(node.opening())
        node.clock.advance(60_000)
        tip = read_tip(region.network, node.ledger.tip(), keys).tip
        assert (tip.height, tip.time) == (1, START_MS)  # of the block: more nobody knows
        assert parse(node.ledger.checkpoint()).checkpoint.size == 2
    with Node(tmp_path / "other", region, node=None).begin() as node:
        node.block(node.opening())
        with pytest.raises(NothingSigns):
            node.ledger.tip()
        with pytest.raises(ReadOnly):
            node.ledger.checkpoint()
        with pytest.raises(ReadOnly):
            node.ledger.publish()


def test_the_log_is_published_as_far_as_it_is_kept(tmp_path: Path) -> None:
    tiles = tmp_path / "tiles"
    with Node(tmp_path / "l", tiles=tiles).begin() as node:
        node.block(node.opening(WIDTH + 5))
        size = parse(node.ledger.publish().note().encode()).checkpoint.size
        node.show(node.opening())
        assert node.ledger.publish().checkpoint.size == size
        node.commit()
        assert node.ledger.publish().checkpoint.size > size
    assert (tiles / "checkpoint").is_file()


class Filling(LocalFiles):
    """Files on a disk that is full while it says so."""

    full = False

    def open_append(self, path: Path, readonly: bool = False) -> AppendFile:
        file, disk = super().open_append(path, readonly), self
        append = file.append

        def fill(data: bytes) -> None:
            append(data[: len(data) // 2] if disk.full else data)
            if disk.full:
                raise OSError(errno.ENOSPC, "full")

        file.append = fill  # type: ignore[method-assign]
        return file


def test_a_full_disk_holds_a_block_up_until_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "AGAIN_S", 0.01)
    disk = Filling()
    with Node(tmp_path / "l", files=disk).begin() as node, ThreadPoolExecutor(1) as beside:
        node.block(node.opening())
        node.show(node.opening())
        disk.full = True
        committing = beside.submit(node.handle, COMMIT)
        until(lambda: isinstance(node.ledger.trouble(), StorageFull))
        assert not committing.done() and node.ledger.height() == node.ledger.view().height == 1
        assert node.query("/key", LOG_KEY).code == 0
        disk.full = False
        assert committing.result(20).WhichOneof("value") == "commit"
        assert node.ledger.height() == 2 and node.ledger.trouble() is None
        until(lambda: node.ledger._commits.height == 2)
        node.reopen()
        assert node.ledger.height() == 2


def test_a_ledger_that_is_closed_waits_for_no_disk(tmp_path: Path) -> None:
    disk = Filling()
    node = Node(tmp_path / "l", files=disk, votes=None).begin()
    node.show(node.opening())
    disk.full = True
    with ThreadPoolExecutor(1) as beside:
        committing = beside.submit(node.ledger.application.handle, COMMIT)
        until(lambda: isinstance(node.ledger.trouble(), StorageFull))
        node.ledger.close()
        assert committing.result(20).exception.error.endswith("(0x700a)")
    disk.full = False
    node.open()
    node.begin()
    assert node.ledger.height() == 1
    node.ledger.close()


def test_a_disk_that_cannot_be_cut_back_stops_the_node(tmp_path: Path) -> None:
    plan = Plan(0)
    node = Node(tmp_path / "l", plan=plan, votes=None).begin()
    node.block(node.opening())
    node.show(node.opening())

    class Dead(Plan):
        def due(self) -> bool:
            return True

    plan.__class__ = Dead
    plan.error = OSError(errno.EIO, "planned")
    assert node.ledger.application.handle(COMMIT).WhichOneof("value") == "exception"
    assert isinstance(node.ledger.trouble(), LedgerStopped)
    for ask in (lambda: node.ledger.submit(node.opening()), lambda: node.ledger.prove([LOG_KEY]), node.ledger.export):
        with pytest.raises(LedgerStopped):
            ask()
    plan.__class__, plan.error = Plan, None
    node.ledger.close()
    node.plan = Plan(0)
    node.open()
    assert node.ledger.height() == 1
    node.begin()
    assert node.ledger.height() == 2
    node.ledger.close()


def test_opening_refuses_what_is_not_this_ledger(tmp_path: Path) -> None:
    region = Region()
    node = Node(tmp_path / "l", region).begin()
    node.block(node.opening())
    with pytest.raises(LedgerLocked):
        Node(tmp_path / "l", region)
    node.ledger.close()
    with pytest.raises(OtherGenesis):
        Node(tmp_path / "l", Region("other"))
    with pytest.raises(NoLedger):
        ConsensusLedger.open(tmp_path / "none", region.genesis_file, None, None, None)
    with pytest.raises(DamagedFile):  # an embedded chain believes no header that nobody signed
        open_chain(tmp_path / "l", region.genesis_file, LocalFiles(), lambda _: Store.in_memory())


def test_an_embedded_ledger_is_not_taken_for_a_consortiums(tmp_path: Path) -> None:
    region = Region()
    chain = open_chain(folder(tmp_path / "l"), region.genesis_file, LocalFiles(), Store.open)
    chain.make((), START_MS, region.node)
    chain.close()
    with pytest.raises(DamagedFile, match="another engine"):
        Node(tmp_path / "l", region)


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_reading_alone_changes_no_file(tmp_path: Path) -> None:
    node = Node(tmp_path / "l").begin()
    for _ in range(3):
        node.block(node.opening())
    node.block()
    until(lambda: node.ledger._commits.height == 4)
    status = node.ledger.status()
    node.ledger.close()
    before = {path: path.read_bytes() for path in (tmp_path / "l").iterdir() if path.is_file()}
    with ConsensusLedger.open(tmp_path / "l", node.region.genesis_file, None, None, None, FakeClock()) as reading:
        assert reading.status()._replace(checkpoint_height=0) == status._replace(checkpoint_height=0)
        assert reading.view().height == 4
        check(node, reading.prove([LOG_KEY]), 4)
        for refused in (lambda: reading.submit(b""), reading.tip, reading.save, reading.checkpoint):
            with pytest.raises(ReadOnly):
                refused()
    assert before == {path: path.read_bytes() for path in (tmp_path / "l").iterdir() if path.is_file()}


def test_a_new_ledger_is_given_another_beginning(tmp_path: Path) -> None:
    region = Region()
    first = Node(tmp_path / "first", region).begin()
    first.block(first.opening())
    first.block()
    head = first.ledger.view().get(LOG_KEY)
    first.ledger.close()
    node = Node(tmp_path / "second", region, tiles=tmp_path / "tiles")
    node.deciding, deciding = first.deciding, node.deciding

    def change() -> None:
        (tmp_path / "second/blocks").write_bytes((tmp_path / "first/blocks").read_bytes())

    node.ledger.replace(change)
    assert (node.ledger.height(), node.ledger.view().get(LOG_KEY)) == (2, head)
    node.begin()
    node.clock.advance(10_000)
    node.block(node.opening())
    assert node.ledger.height() == 3 and node.ledger.publish().checkpoint.size == 4
    with pytest.raises(ReadOnly):
        node.ledger.replace(change)  # there are blocks
    node.reopen()
    assert node.ledger.height() == 3
    node.ledger.close()
    assert deciding.height == 0
