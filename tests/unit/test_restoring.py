"""Taking over a snapshot: what CometBFT is answered to each lie, and what the ledger is afterwards."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from pruned_samples import HOUR_MS, more, short_region
from snapshot_samples import (
    NOW_MS,
    SMALL,
    Origin,
    machine_of,
    new_ledger,
    origin,
    reopened,
    restoring,
    send,
    take_over,
)

from salus.client.snapshots import Snapshot
from salus.core.encoding import decode, encode
from salus.core.hashing import T
from salus.fsck.ledger import check_ledger
from salus.fsck.report import Severity
from salus.ledger.consensus.ports import Applied
from salus.ledger.consensus.restoring import FOLDER, Apply, Offer
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.embedded.pruning import prune, to_height
from salus.ledger.errors import EntryGone, HeaderGone, PrunedBlock, PrunedEvent
from salus.machine import export
from salus.machine.errors import Replayed
from salus.machine.execution import event_entry
from salus.machine.export import Chunk, Manifest, export_hash
from salus.merkle.log import Consistency, Inclusion, verify_consistency, verify_inclusion
from salus.merkle.tiles import WIDTH
from salus.state.check import check_folder
from salus.testing.clock import FakeClock


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "CHUNK_BYTES", SMALL)
        yield origin(tmp_path_factory.mktemp("origin") / "ledger", short_region())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_ledger_goes_on_where_the_snapshot_was_taken(made: Origin, tmp_path: Path) -> None:
    assert len(made.chunks) > 5
    folder = take_over(made, tmp_path / "ledger")
    assert names(folder) == ["blocks", "genesis", "lock", "pruned", "state"]
    twin = Path(shutil.copytree(made.folder, tmp_path / "twin"))
    with reopened(twin, made.region) as old, reopened(folder, made.region) as new:
        assert (new.height(), new.status().app_hash) == (made.snapshot.height, made.app_hash)
        assert new.export()[1] == made.chunks
        for number in range(3):
            opened, _ = made.region.open_accounts(2)
            batch = [opened, made.region.grant(made.handles[number])[0]]
            raw = made.region.batch(*batch)
            results = [one.submit(raw).result(30) for one in (old, new)]
            assert results[0].results == results[1].results
            assert [one.code for one in results[0].results] == [0, 0]
            assert old.status().app_hash == new.status().app_hash
            assert old.status().log_entries == new.status().log_entries
    with reopened(folder, made.region) as new, reopened(twin, made.region) as old:
        assert new.status().app_hash == old.status().app_hash != made.app_hash


def test_an_envelope_that_was_executed_before_the_snapshot_is_refused_after_it(made: Origin, tmp_path: Path) -> None:
    with reopened(take_over(made, tmp_path / "ledger"), made.region) as ledger:
        assert send(ledger, made.region, made.used, made.region.grant(made.handles[0])[0]) == [Replayed.code, 0]


def test_what_lies_before_the_beginning_is_said_to_be_gone(made: Origin, tmp_path: Path) -> None:
    height, region = made.snapshot.height, made.region
    folder = take_over(made, tmp_path / "ledger")
    with reopened(folder, region) as ledger:
        entries = ledger.status().log_entries
        gone = ledger.pruned()
        assert gone == (height + 1, 0, entries, height + 1)
        send(ledger, region, region.grant(made.handles[0])[0])
        gone = ledger.pruned()
        assert gone is not None and gone.time == ledger.view().time
        for one in (1, height):
            with pytest.raises(HeaderGone):
                ledger.header(one)
            with pytest.raises(HeaderGone):
                ledger.block(one)
        with pytest.raises(HeaderGone):
            ledger.headers(1, 10, 1 << 20)
        assert ledger.block(height + 1) and ledger.header(height + 1)
        with pytest.raises(PrunedEvent):
            ledger.prove_event(entries - 1)
        assert entries > WIDTH
        with pytest.raises(EntryGone):
            ledger.prove_inclusion(0)
        with pytest.raises(EntryGone):
            ledger.prove_growth(1, entries)
        assert [one.index for one in ledger.events()] == list(range(entries, ledger.status().log_entries))
        last = ledger.status().log_entries
        proof, growth = ledger.prove_event(last - 1), ledger.prove_growth(entries, last)
    before, after = machine_of(made.folder).log, machine_of(folder).log
    assert (before.size, after.size) == (entries, last)
    entry = event_entry(region.network, proof.body)
    assert verify_inclusion(after.root, entry, Inclusion(proof.index, proof.size, proof.path))
    assert verify_consistency(before.root, after.root, Consistency(entries, last, growth))


def test_fsck_of_a_ledger_that_began_so(made: Origin, tmp_path: Path) -> None:
    folder = take_over(made, tmp_path / "ledger")
    for _ in range(2):
        found = check_ledger(folder, lambda *_: None, made.region.genesis_file)
        assert [f.severity for f in found.findings] == [Severity.NOTE], found.findings
        assert found.findings[0].place == f"blocks 1 to {made.snapshot.height}"
        assert check_folder(folder / "state") == []
        with reopened(folder, made.region) as ledger:
            for handle in made.handles * 8:  # over the end of a tile
                send(ledger, made.region, made.region.grant(handle)[0])
    (folder / "state" / "data.mdb").unlink()
    with reopened(folder, made.region) as ledger:
        status = ledger.status()
    assert status.height > made.snapshot.height
    found = check_ledger(folder, lambda *_: None, made.region.genesis_file)
    assert [f.severity for f in found.findings] == [Severity.NOTE], found.findings


def _flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)


@pytest.mark.parametrize("where", ["beginning", "manifest", "chunk"])
def test_fsck_finds_a_changed_beginning(made: Origin, tmp_path: Path, where: str) -> None:
    folder = take_over(made, tmp_path / "ledger")
    place = folder / "pruned" / str(made.snapshot.height + 1)
    path = {"beginning": folder / "blocks", "manifest": place / "manifest.cbor"}.get(where, place / "chunk-000002.cbor")
    _flip(path, 20)
    found = check_ledger(folder, lambda *_: None, made.region.genesis_file).findings
    assert Severity.DAMAGED in [f.severity for f in found]
    assert any(f.file in str(path.relative_to(folder)) for f in found if f.severity is Severity.DAMAGED)


def test_a_state_older_than_the_beginning_is_made_anew(made: Origin, tmp_path: Path) -> None:
    folder = new_ledger(tmp_path / "old", made.region)
    begun = take_over(made, tmp_path / "ledger")
    (begun / "state" / "data.mdb").write_bytes((folder / "state" / "data.mdb").read_bytes())
    with EmbeddedLedger.open(begun, None) as reader:
        assert reader.status().app_hash == made.app_hash
    with reopened(begun, made.region) as ledger:
        assert (ledger.height(), ledger.status().app_hash) == (made.snapshot.height, made.app_hash)


def test_a_ledger_that_began_so_is_pruned_later(made: Origin, tmp_path: Path) -> None:
    folder = take_over(made, tmp_path / "ledger")
    first, hour = made.snapshot.height + 1, NOW_MS + HOUR_MS
    with EmbeddedLedger.open(folder, made.region.node, FakeClock(NOW_MS)) as ledger:
        send(ledger, made.region, made.region.grant(made.handles[0])[0])
    with EmbeddedLedger.open(folder, made.region.node, FakeClock(hour)) as ledger:
        second = more(ledger, made.region, 2, hour)
        status = ledger.status()
    assert prune(folder, made.region.node, to_height(second)).blocks == second - first
    for state in ("kept", "lost"):
        if state == "lost":
            (folder / "state" / "data.mdb").unlink()
        with EmbeddedLedger.open(folder, made.region.node, FakeClock(hour)) as ledger:
            gone, now = ledger.pruned(), ledger.status()
            assert gone is not None and (gone.height, gone.headers) == (second, first)
            assert (now.app_hash, now.log_entries) == (status.app_hash, status.log_entries)
            assert ledger.header(first)
            with pytest.raises(PrunedBlock):
                ledger.block(first)
            with pytest.raises(HeaderGone):
                ledger.block(first - 1)
        found = check_ledger(folder, lambda *_: None, made.region.genesis_file).findings
        assert [f.severity for f in found] == [Severity.NOTE] * 2, found


Lie = Callable[[Origin], tuple[Snapshot, bytes]]


def _head(made: Origin, **changed: object) -> Snapshot:
    head = decode(made.snapshot.metadata, Manifest)
    fields = {name: getattr(head, name) for name in head.__struct_fields__} | changed
    raw = encode(Manifest(**fields))  # type: ignore[arg-type]
    return made.snapshot._replace(metadata=raw, hash=export_hash(made.region.network, raw))


OFFERS: dict[str, tuple[Lie, Offer]] = {
    "another format": (lambda m: (m.snapshot._replace(format=2), m.app_hash), Offer.REJECT_FORMAT),
    "no format": (lambda m: (m.snapshot._replace(format=0), m.app_hash), Offer.REJECT_FORMAT),
    "another hash": (lambda m: (m.snapshot._replace(hash=bytes(32)), m.app_hash), Offer.REJECT_SENDER),
    "no metadata": (lambda m: (m.snapshot._replace(metadata=b""), m.app_hash), Offer.REJECT_SENDER),
    "torn metadata": (
        lambda m: (m.snapshot._replace(metadata=m.snapshot.metadata[:-1]), m.app_hash),
        Offer.REJECT_SENDER,
    ),
    "another height": (lambda m: (m.snapshot._replace(height=m.snapshot.height + 1), m.app_hash), Offer.REJECT_SENDER),
    "fewer chunks": (lambda m: (m.snapshot._replace(chunks=m.snapshot.chunks - 1), m.app_hash), Offer.REJECT_SENDER),
    "more chunks": (lambda m: (m.snapshot._replace(chunks=m.snapshot.chunks + 1), m.app_hash), Offer.REJECT_SENDER),
    "another app hash verified": (lambda m: (m.snapshot, bytes(32)), Offer.REJECT_SENDER),
    "no app hash": (lambda m: (m.snapshot, b""), Offer.REJECT_SENDER),
    "app hash in the manifest": (lambda m: (_head(m, app_hash=bytes(32)), m.app_hash), Offer.REJECT_SENDER),
    "another network": (lambda m: (_head(m, network=bytes(32)), m.app_hash), Offer.REJECT_SENDER),
    "a manifest without chunks": (
        lambda m: (_head(m, chunks=())._replace(chunks=0), m.app_hash),
        Offer.REJECT_SENDER,
    ),
    "a frontier that is none": (lambda m: (_head(m, frontier=b"\x80"), m.app_hash), Offer.REJECT_SENDER),
}


@pytest.mark.parametrize("name", OFFERS)
def test_what_is_answered_to_an_offer(made: Origin, tmp_path: Path, name: str) -> None:
    lie, answer = OFFERS[name]
    folder = new_ledger(tmp_path / "ledger", made.region)
    before = names(folder)
    taking = restoring(folder, made.region)
    assert taking.offer(*lie(made)) == answer
    assert taking.apply(0, made.chunks[0], "peer") == (Apply.ABORT, (), ())
    assert names(folder) == before


def test_a_ledger_with_blocks_takes_nothing_over(made: Origin, tmp_path: Path) -> None:
    folder = new_ledger(tmp_path / "ledger", made.region)
    taking = restoring(folder, made.region, height=1)
    assert taking.offer(made.snapshot, made.app_hash) == Offer.ABORT


def test_a_chunk_before_any_offer_or_beyond_the_last_aborts(made: Origin, tmp_path: Path) -> None:
    taking = restoring(new_ledger(tmp_path / "ledger", made.region), made.region)
    assert taking.apply(0, made.chunks[0], "peer").result == Apply.ABORT
    assert taking.offer(made.snapshot, made.app_hash) == Offer.ACCEPT
    assert taking.apply(len(made.chunks), made.chunks[0], "peer").result == Apply.ABORT
    assert taking.apply(-1, made.chunks[0], "peer").result == Apply.ABORT


@pytest.mark.parametrize("damage", ["flipped", "short", "empty", "another's"])
def test_a_wrong_chunk_is_fetched_again_from_another(made: Origin, tmp_path: Path, damage: str) -> None:
    folder = new_ledger(tmp_path / "ledger", made.region)
    taking = restoring(folder, made.region)
    assert taking.offer(made.snapshot, made.app_hash) == Offer.ACCEPT
    right = made.chunks[1]
    wrong = {"flipped": right[:-1] + bytes((right[-1] ^ 1,)), "short": right[:-1], "empty": b""}
    chunk = wrong.get(damage, made.chunks[2])
    assert taking.apply(1, chunk, "liar") == Applied(Apply.RETRY, (1,), ("liar",))
    assert taking.apply(1, chunk, "") == Applied(Apply.RETRY, (1,), ())
    for index, one in enumerate(made.chunks):
        assert taking.apply(index, one, "honest") == Applied(Apply.ACCEPT)
    with reopened(folder, made.region) as ledger:
        assert ledger.status().app_hash == made.app_hash


def _forged(made: Origin, change: Callable[[list[list[object]]], None]) -> tuple[Snapshot, list[bytes]]:
    """Change the rows of a chunk, and give it a manifest that fits, as a forger would."""
    chunks = list(made.chunks)
    rows = [list(row) for row in decode(chunks[0], Chunk).rows]
    change(rows)
    chunks[0] = encode(Chunk(0, tuple(tuple(row) for row in rows)))  # type: ignore[misc]
    hashes = tuple(T("chunk", made.region.network, chunk) for chunk in chunks)
    return _head(made, chunks=hashes), chunks


def _changed(rows: list[list[object]]) -> None:
    rows[3][2] = bytes(len(rows[3][2]))  # type: ignore[arg-type]


FORGERIES: dict[str, Callable[[list[list[object]]], None]] = {
    "a value changed": _changed,
    "a key left out": lambda rows: rows.pop(2),  # type: ignore[dict-item, return-value]
    "a key put in": lambda rows: rows.insert(1, [0, rows[0][1] + b"\0", b"x"]),  # type: ignore[operator]
    "rows out of order": lambda rows: rows.reverse(),
    "a row twice": lambda rows: rows.insert(1, list(rows[0])),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_state_that_is_not_the_verified_one_is_rejected_with_all_who_sent_it(
    made: Origin, tmp_path: Path, name: str
) -> None:
    folder = new_ledger(tmp_path / "ledger", made.region)
    before = names(folder)
    snapshot, chunks = _forged(made, FORGERIES[name])
    taking = restoring(folder, made.region)
    assert taking.offer(snapshot, made.app_hash) == Offer.ACCEPT
    answers = [taking.apply(index, chunk, f"peer {index % 2}") for index, chunk in enumerate(chunks)]
    assert set(answers[:-1]) == {Applied(Apply.ACCEPT)}
    assert answers[-1] == Applied(Apply.REJECT_SNAPSHOT, (), ("peer 0", "peer 1"))
    assert names(folder) == before
    assert taking.apply(0, chunks[0], "peer 0").result == Apply.ABORT
    assert taking.offer(made.snapshot, made.app_hash) == Offer.ACCEPT
    for index, chunk in enumerate(made.chunks):
        assert taking.apply(index, chunk, "honest") == Applied(Apply.ACCEPT)
    with reopened(folder, made.region) as ledger:
        assert ledger.status().app_hash == made.app_hash


def test_a_time_that_only_the_snapshot_says_is_not_believed(made: Origin, tmp_path: Path) -> None:
    snapshot = _head(made, time=2**52)
    folder = new_ledger(tmp_path / "ledger", made.region)
    taking = restoring(folder, made.region)
    assert taking.offer(snapshot, made.app_hash) == Offer.ACCEPT
    for index, chunk in enumerate(made.chunks):
        assert taking.apply(index, chunk, "liar") == Applied(Apply.ACCEPT)
    with reopened(folder, made.region) as ledger:
        assert ledger.status().time == 0
        assert send(ledger, made.region, made.region.grant(made.handles[0])[0]) == [0]


def test_a_chunk_that_this_disk_lost_begins_the_snapshot_again(made: Origin, tmp_path: Path) -> None:
    folder = new_ledger(tmp_path / "ledger", made.region)
    taking = restoring(folder, made.region)
    assert taking.offer(made.snapshot, made.app_hash) == Offer.ACCEPT
    for index, chunk in enumerate(made.chunks[:-1]):
        assert taking.apply(index, chunk, "peer") == Applied(Apply.ACCEPT)
    _flip(folder / FOLDER / "chunk-000001.cbor", 30)
    assert taking.apply(len(made.chunks) - 1, made.chunks[-1], "peer") == Applied(Apply.RETRY_SNAPSHOT)
    for index, chunk in enumerate(made.chunks):
        assert taking.apply(index, chunk, "peer") == Applied(Apply.ACCEPT)
    with reopened(folder, made.region) as ledger:
        assert ledger.status().app_hash == made.app_hash


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32 - 1))
def test_chunks_in_any_order_doubled_and_damaged_in_between(
    made: Origin, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    note(f"seed {seed}")
    dice = random.Random(seed)
    folder = new_ledger(tmp_path_factory.mktemp("any") / "ledger", made.region)
    taking = restoring(folder, made.region)
    assert taking.offer(made.snapshot, made.app_hash) == Offer.ACCEPT
    left = list(range(len(made.chunks)))
    dice.shuffle(left)
    here: list[int] = []
    while left:
        index = dice.choice(here) if here and dice.random() < 0.2 else left[-1]
        chunk = bytearray(made.chunks[index])
        if dice.random() < 0.3:
            chunk[dice.randrange(len(chunk))] ^= 1 << dice.randrange(8)
            assert taking.apply(index, bytes(chunk), "liar") == Applied(Apply.RETRY, (index,), ("liar",))
            continue
        assert taking.apply(index, bytes(chunk), "honest") == Applied(Apply.ACCEPT)
        if index == left[-1]:
            here.append(left.pop())
    with reopened(folder, made.region) as ledger:
        assert (ledger.height(), ledger.status().app_hash) == (made.snapshot.height, made.app_hash)
        assert send(ledger, made.region, made.used) == [Replayed.code]
