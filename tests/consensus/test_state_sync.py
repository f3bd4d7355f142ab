"""State sync between applications in process: the very requests of CometBFT, snapshots taken by a real process."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consensus.consensus_world import Node
from salus.cometbft.proto import abci_pb2
from salus.cometbft.proto.abci_pb2 import Request
from salus.core.encoding import decode
from salus.core.genesis import validator_keys
from salus.evidence.header import parse_header, read_header
from salus.fsck.ledger import check_ledger
from salus.fsck.report import Severity
from salus.ledger.consensus.restoring import Apply, Offer
from salus.ledger.consensus.snapshots import KEPT_BLOCKS, Snapshots
from salus.ledger.consensus.syncing import Keeping, StateSync, state_sync
from salus.ledger.embedded.files import LocalFiles
from salus.ledger.errors import HeaderGone, StateDamaged
from salus.machine.base import UNKNOWN
from salus.machine.errors import Replayed
from salus.machine.export import Manifest
from salus.testing.region import Region

WAIT_S = 60.0
COMMITTED = b"\x83\x02"  # how such a header begins


def node(folder: Path, region: Region, keeping: Keeping, like: Node | None = None) -> Node:
    made = Node(folder, region, snapshots=state_sync(keeping))
    if like is not None:
        made.ledger.close()
        made.deciding, made.opened["votes"] = like.deciding, like.deciding
        made.open()
    return made


def listed(one: Node, most: int = 1) -> list[abci_pb2.Snapshot]:
    """Return what the node offers, once there are so many."""
    until = time.monotonic() + WAIT_S
    while True:
        found = list(one.handle(Request(list_snapshots=abci_pb2.RequestListSnapshots())).list_snapshots.snapshots)
        if len(found) >= most or time.monotonic() > until:
            return found
        time.sleep(0.05)


def chunk_of(one: Node, snapshot: abci_pb2.Snapshot, index: int) -> bytes:
    asked = abci_pb2.RequestLoadSnapshotChunk(height=snapshot.height, format=snapshot.format, chunk=index)
    return one.handle(Request(load_snapshot_chunk=asked)).load_snapshot_chunk.chunk


def offer(one: Node, snapshot: abci_pb2.Snapshot, app_hash: bytes) -> int:
    asked = abci_pb2.RequestOfferSnapshot(snapshot=snapshot, app_hash=app_hash)
    return one.handle(Request(offer_snapshot=asked)).offer_snapshot.result


def apply(one: Node, index: int, chunk: bytes, sender: str = "peer") -> abci_pb2.ResponseApplySnapshotChunk:
    asked = abci_pb2.RequestApplySnapshotChunk(index=index, chunk=chunk, sender=sender)
    return one.handle(Request(apply_snapshot_chunk=asked)).apply_snapshot_chunk


def blocks(one: Node, number: int, handles: list[bytes]) -> None:
    for _ in range(number):
        until = one.clock.now_ms() + 60_000
        one.block(one.region.batch(*[one.region.grant(h, until)[0] for h in handles], not_after=until))


@pytest.fixture
def source(tmp_path: Path) -> Iterator[tuple[Node, list[bytes]]]:
    with node(tmp_path / "source", Region(), Keeping(every=4, snapshots=2)).begin() as one:
        opened, handles = one.region.open_accounts(5)
        one.block(one.region.batch(opened))
        blocks(one, 3, handles)
        assert [snapshot.height for snapshot in listed(one)] == [4]  # the next is taken once it is done
        yield one, handles


def synced(source: Node, folder: Path) -> tuple[Node, abci_pb2.Snapshot]:
    """Return a node that began with the newest snapshot of `source`."""
    (snapshot, *_) = listed(source)
    new = node(folder, source.region, Keeping(), source)
    new.clock.time_ms = source.clock.now_ms()
    app_hash = source.deciding.results[snapshot.height - 1].app_hash
    assert offer(new, snapshot, app_hash) == Offer.ACCEPT
    for index in range(snapshot.chunks):
        assert apply(new, index, chunk_of(source, snapshot, index)).result == Apply.ACCEPT
    info = new.handle(Request(info=abci_pb2.RequestInfo())).info
    assert (info.last_block_height, info.last_block_app_hash) == (snapshot.height, app_hash)
    return new, snapshot


def test_a_new_node_begins_with_a_snapshot_and_goes_on(source: tuple[Node, list[bytes]], tmp_path: Path) -> None:
    old, handles = source
    used = old.region.grant(handles[0])[0]
    old.block(old.region.batch(used))
    blocks(old, 3, handles)
    assert [one.height for one in listed(old, 2)] == [8, 4]
    blocks(old, 1, handles)
    new, snapshot = synced(old, tmp_path / "new")
    with new:
        assert snapshot.height == 8
        new.begin()  # CometBFT shows what came after
        for _ in range(3):
            until = old.clock.now_ms() + 60_000
            old.block(old.region.batch(used, old.region.grant(handles[1], until)[0], not_after=until))
            new.begin()
            assert new.ledger.status().app_hash == old.ledger.status().app_hash
            assert new.ledger.height() == old.ledger.height()
        with pytest.raises(HeaderGone):
            new.ledger.header(8)
        first = parse_header(new.region.network, new.ledger._decided_header(9))
        assert first.header.previous == UNKNOWN
        assert new.ledger.block(10) == old.ledger.block(10)
        wait_for(lambda: new.ledger.header(9)[:2] == COMMITTED)
        trusted = validator_keys(new.region.network, new.region.genesis)
        shown = read_header(new.region.network, new.ledger.header(9), trusted)
        assert (shown.hash, shown.header.previous) == (first.hash, old.deciding.made[7].commit.block_id.hash)
        wait_for(lambda: listed(old)[0].height == 12)  # a process that is being started would hold locks
        new.reopen()
        assert new.ledger.status().app_hash == old.ledger.status().app_hash
    found = check_ledger(tmp_path / "new", lambda *_: None, old.region.genesis_file).findings
    assert not [one for one in found if one.severity is Severity.DAMAGED], "votes for its first block are no damage"


def test_nodes_take_the_same_snapshots_whatever_their_checkpoints(
    source: tuple[Node, list[bytes]], tmp_path: Path
) -> None:
    old, handles = source
    with node(tmp_path / "other", old.region, Keeping(every=4), old) as other:
        other.begin()
        other.ledger.save()
        first = listed(other)
        assert first == listed(old)
        head = decode(first[0].metadata, Manifest)
        assert (head.height, head.app_hash) == (4, old.deciding.results[3].app_hash)
        blocks(old, 4, handles)
        other.reopen()
        other.begin()
        assert listed(other, 2) == listed(old, 2)


def test_only_the_newest_are_kept_and_chunks_of_others_are_not_found(source: tuple[Node, list[bytes]]) -> None:
    old, handles = source
    (first,) = listed(old)
    for _ in range(2):
        blocks(old, 4, handles)
        wait_for(lambda: listed(old)[0].height == old.deciding.height)
    assert [one.height for one in listed(old, 2)] == [12, 8]
    assert chunk_of(old, first, 0) == b""
    newest = listed(old)[0]
    assert chunk_of(old, newest, 0)
    assert chunk_of(old, newest, newest.chunks) == b""
    newest.format = 2
    assert chunk_of(old, newest, 0) == b""


def test_a_chunk_that_rotted_is_not_passed_on(source: tuple[Node, list[bytes]]) -> None:
    old, _ = source
    (snapshot,) = listed(old)
    path = old.folder / "snapshots" / "4" / "chunk-000000.cbor"
    raw = bytearray(path.read_bytes())
    raw[100] ^= 1
    path.write_bytes(raw)
    assert chunk_of(old, snapshot, 0) == b""
    assert listed(old, 0) == []


def test_a_node_with_blocks_aborts_a_state_sync(source: tuple[Node, list[bytes]]) -> None:
    old, _ = source
    (snapshot,) = listed(old)
    assert offer(old, snapshot, old.deciding.results[3].app_hash) == Offer.ABORT
    assert apply(old, 0, chunk_of(old, snapshot, 0)).result == Apply.ABORT


def test_lies_come_back_as_abci_names_them(source: tuple[Node, list[bytes]], tmp_path: Path) -> None:
    old, _ = source
    (snapshot,) = listed(old)
    app_hash = old.deciding.results[3].app_hash
    with node(tmp_path / "new", old.region, Keeping(), old) as new:
        assert offer(new, snapshot, bytes(32)) == abci_pb2.ResponseOfferSnapshot.REJECT_SENDER
        assert offer(new, snapshot, app_hash) == abci_pb2.ResponseOfferSnapshot.ACCEPT
        answer = apply(new, 0, b"lie", "liar")
        assert answer.result == abci_pb2.ResponseApplySnapshotChunk.RETRY
        assert (list(answer.refetch_chunks), list(answer.reject_senders)) == ([0], ["liar"])
        snapshot.format = 7
        assert offer(new, snapshot, app_hash) == abci_pb2.ResponseOfferSnapshot.REJECT_FORMAT
        assert new.ledger.height() == 0


def test_a_state_that_rotted_on_disk_stops_the_node(source: tuple[Node, list[bytes]]) -> None:
    old, handles = source
    listed(old)
    old.ledger.save()
    (account, value) = next(row for row in old.ledger._chain.machine.store.items() if row[0][:2] == b"\x02\x04")
    assert len(account) > 2
    path = old.folder / "state" / "data.mdb"
    raw = path.read_bytes()
    with path.open("r+b") as file:  # every copy of it: LMDB keeps older pages
        at = raw.find(value)
        while at >= 0:
            file.seek(at + len(value) - 1)
            file.write(bytes((value[-1] ^ 1,)))
            at = raw.find(value, at + 1)
    blocks(old, 4, handles)
    wait_for(lambda: old.ledger.trouble() is not None)
    trouble = old.ledger.trouble()
    assert isinstance(trouble, StateDamaged)
    old.deciding.decide((), old.clock.advance(1000))
    answer = old.ledger.application.handle(old.deciding.finalize(old.deciding.height))
    assert answer.exception.error == str(StateDamaged())
    old.ledger.close()
    with pytest.raises(StateDamaged):
        old.open()
    (old.folder / "damaged").unlink()
    old.open()
    assert [one.height for one in listed(old)] == [4]


def test_how_far_back_cometbft_keeps_its_blocks(source: tuple[Node, list[bytes]], tmp_path: Path) -> None:
    old, _ = source
    listed(old)
    taken = Snapshots(old.folder, LocalFiles(), old.region.network)
    none = Snapshots(tmp_path / "none", LocalFiles(), old.region.network)

    def retained(snapshots: Snapshots, blocks: int | None, height: int, collected: int) -> int:
        return StateSync(snapshots, None, Keeping(blocks=blocks)).retain_height(height, collected)  # type: ignore[arg-type]

    assert retained(taken, None, 10**6, 10**6) == 0
    assert retained(taken, 100, 50, 50) == 0
    assert retained(taken, 100, 102, 102) == 2
    assert retained(taken, 100, 102, 1) == 1
    assert retained(taken, 100, 10**6, 10**6) == 4  # whoever begins with the oldest snapshot needs what follows it
    assert retained(none, 100, 10**6, 10**6) == 0
    assert Keeping(blocks=KEPT_BLOCKS).blocks == 100_000


def test_snapshots_are_taken_while_blocks_go_on(source: tuple[Node, list[bytes]], tmp_path: Path) -> None:
    old, handles = source
    blocks(old, 20, handles)
    newest = listed(old)[0]
    app_hash = old.deciding.results[newest.height - 1].app_hash
    assert decode(newest.metadata, Manifest).app_hash == app_hash
    new, _ = synced(old, tmp_path / "new")
    with new:
        new.begin()
        assert new.ledger.status().app_hash == old.ledger.status().app_hash


def test_an_envelope_of_before_the_snapshot_is_refused_by_the_synced_node(
    source: tuple[Node, list[bytes]], tmp_path: Path
) -> None:
    old, handles = source
    until = old.clock.now_ms() + 300_000
    used = old.region.grant(handles[0], until)[0]
    old.block(old.region.batch(used, not_after=until))
    blocks(old, 3, handles)
    wait_for(lambda: listed(old)[0].height == 8)
    new, _ = synced(old, tmp_path / "new")
    with new:
        seen = []
        new.ledger._executor._told = new.ledger._executor._told._replace(kept=seen.append)
        until = old.clock.now_ms() + 60_000
        old.block(old.region.batch(used, old.region.grant(handles[1], until)[0], not_after=until))
        new.begin()
        assert [[one.code for one in batch.outcomes] for batch in seen[-1].batches] == [[Replayed.code, 0]]


def wait_for(done: Callable[[], bool]) -> None:
    """Wait until it is so; what is tested after is no time."""
    until = time.monotonic() + WAIT_S
    while not done() and time.monotonic() < until:
        time.sleep(0.05)
    assert done()
