"""The event log: sizes, roots, undo, checkpoints and proofs over stored and pending tiles."""

from hashlib import sha256
from random import Random

import pytest

from salus.merkle.log import EMPTY_ROOT, Log, verify_consistency, verify_inclusion
from salus.state.events import EventLog
from salus.state.store import Store

ENTRIES = [sha256(b"event %d" % n).digest() for n in range(1400)]


def checkpoint(store: Store, log: EventLog) -> None:
    store.checkpoint(store.height + 1, log.meta(), {"log": log.rows()})
    log.saved()


def test_an_empty_log() -> None:
    log = EventLog(Store.in_memory())
    assert (log.size, log.root, log.rows()) == (0, EMPTY_ROOT, [])
    assert log.append([]) == (0, EMPTY_ROOT)


@pytest.mark.parametrize("seed", range(6))
def test_equals_a_log_in_memory_over_checkpoints_and_undo(seed: int) -> None:
    random = Random(seed)
    store = Store.in_memory()
    log, model = EventLog(store), Log()
    while model.size < len(ENTRIES):
        batch = ENTRIES[model.size : model.size + random.choice((1, 7, 255, 256, 300))]
        if random.random() < 0.3:
            before = log.size, log.root, log.rows()
            log.append([bytes(32)] * random.choice((1, 300)))
            log.undo()
            assert (log.size, log.root, log.rows()) == before, f"seed {seed}"
            with pytest.raises(ValueError, match="undo"):
                log.undo()
        for entry in batch:
            model.append(entry)
        assert log.append(batch) == (model.size, model.root()), f"seed {seed}"
        if random.random() < 0.4:
            checkpoint(store, log)
            assert log.rows() == []
        if random.random() < 0.2:
            checkpoint(store, log)
            log = EventLog(store)
        for _ in range(5):
            index = random.randrange(model.size)
            size = random.randrange(index, model.size) + 1
            assert log.inclusion(index, size) == model.inclusion(index, size), f"seed {seed}"
            assert verify_inclusion(model.root(size), ENTRIES[index], log.inclusion(index, size))
            assert log.entry(index) == ENTRIES[index]
            proof = log.consistency(index + 1, size)
            assert verify_consistency(log.root_at(index + 1), model.root(size), proof), f"seed {seed}"
    checkpoint(store, log)
    assert store.check() == []


def test_the_stored_tiles() -> None:
    store = Store.in_memory()
    log = EventLog(store)
    log.append(ENTRIES[:600])
    checkpoint(store, log)
    log.append(ENTRIES[600:800])
    checkpoint(store, log)
    rows = dict(store.table_scan("log"))
    assert list(rows) == [
        bytes((level,)) + n.to_bytes(8, "big") for level, n in ((0, 0), (0, 1), (0, 2), (0, 3), (1, 0))
    ]
    tile = b"".join(ENTRIES[512:768])
    assert rows[b"\x00" + (2).to_bytes(8, "big")] == tile
    assert rows[b"\x01" + bytes(8)] == b"".join(Log(ENTRIES[n : n + 256]).root() for n in (0, 256, 512))


def test_nothing_is_undone_past_a_checkpoint() -> None:
    store = Store.in_memory()
    log = EventLog(store)
    log.append(ENTRIES[:3])
    checkpoint(store, log)
    with pytest.raises(ValueError, match="undo"):
        log.undo()


def test_what_the_log_does_not_hold() -> None:
    log = EventLog(Store.in_memory())
    log.append(ENTRIES[:5])
    for index in (-1, 5):
        with pytest.raises(ValueError, match="index"):
            log.entry(index)
    for wrong in (lambda: log.inclusion(0, 6), lambda: log.consistency(1, 6), lambda: log.root_at(-1)):
        with pytest.raises(ValueError, match="size"):
            wrong()
    assert log.root_at(0) == EMPTY_ROOT
    assert log.tile(3, 0) == b""


def test_what_is_appended_while_a_checkpoint_is_written_stays() -> None:
    for size, more in ((0, 300), (600, 1), (511, 257), (600, 0), (256, 512)):
        store = Store.in_memory()
        log, model = EventLog(store), Log(ENTRIES[: size + 100 + more])
        log.append(ENTRIES[:size])
        checkpoint(store, log)
        log.append(ENTRIES[size : size + 100])
        changes = store.seal(2, log.meta(), {"log": log.rows()})
        if more:
            log.append([bytes(32)] * 300)
            store.write(changes)
            store.settle(written=True)
            log.saved()
            log.undo()
            log.append(ENTRIES[size + 100 : size + 100 + more])
        else:
            store.write(changes)
            store.settle(written=True)
            log.saved()
        assert (log.size, log.root) == (model.size, model.root())
        assert EventLog(store).size == size + 100
        for index in range(0, model.size, 37):
            assert log.inclusion(index, model.size) == model.inclusion(index, model.size)
        checkpoint(store, log)
        assert store.check() == []
        assert EventLog(store).root == model.root()
