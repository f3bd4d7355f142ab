"""The committed state, in memory and on disk alike."""

from collections.abc import Callable
from pathlib import Path

import pytest

from salus.merkle.plain import plain_root
from salus.merkle.smt import EMPTY, verify_absence, verify_membership
from salus.state.overlay import Overlay
from salus.state.store import Store, merged, tree_depth
from salus.state.tables import StorageFailure, after

Opener = Callable[[], Store]
A = b"\x04\x01" + b"a" * 32


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    made = Store.in_memory() if request.param == "memory" else Store.open(tmp_path / "state", map_size=1 << 16)
    request.addfinalizer(made.close)
    return made


def items(count: int, start: int = 0) -> dict[bytes, bytes]:
    return {A + n.to_bytes(4, "big"): b"value %d" % n for n in range(start, start + count)}


def test_a_new_store_is_empty(store: Store) -> None:
    assert (store.root, store.count, store.height, store.pending_keys) == (EMPTY, 0, 0, 0)
    assert list(store.items()) == store.scan(A) == list(store.table_scan("log")) == []
    assert store.get(b"any") is store.meta(b"any") is store.table_get("log", b"any") is None
    assert store.check() == []


def test_apply_gives_the_root_of_the_plain_tree(store: Store) -> None:
    writes = items(20)
    assert store.apply(writes) == store.root == plain_root(writes.items())
    assert (store.count, store.pending_keys) == (20, 20)
    gone = dict.fromkeys(list(writes)[:5])
    left = dict(list(writes.items())[5:])
    assert store.apply(gone) == plain_root(left.items())
    assert list(store.items()) == store.scan(A) == sorted(left.items())
    assert Overlay(store).scan(A) == sorted(left.items())


def test_an_empty_block_changes_nothing(store: Store) -> None:
    root = store.apply(items(3))
    assert store.apply({}) == root
    assert store.apply({b"nowhere": None}) == root


def test_undo_takes_exactly_the_last_apply_back(store: Store) -> None:
    store.apply(items(30))
    store.checkpoint(1)
    first = store.apply(items(5, start=28))
    before = list(store.items())
    store.apply({**items(9, start=40), A + bytes(4): None, A + b"\x00\x00\x00\x1d": b"changed"})
    store.undo()
    assert store.root == first
    assert list(store.items()) == store.scan(A) == before
    assert store.count == 33
    with pytest.raises(ValueError, match="undo"):
        store.undo()


def test_nothing_is_undone_past_a_checkpoint(store: Store) -> None:
    store.apply(items(2))
    store.checkpoint(1)
    with pytest.raises(ValueError, match="undo"):
        store.undo()


def test_a_checkpoint_keeps_meta_and_rows(store: Store) -> None:
    store.apply(items(3))
    store.checkpoint(7, {b"name": b"1"}, {"log": [(b"b", b"2"), (b"a", b"1"), (b"c", b"3")], "lo": [(b"gb", b"x")]})
    assert (store.height, store.pending_keys, store.meta(b"name")) == (7, 0, b"1")
    assert list(store.table_scan("log")) == [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")]
    assert list(store.table_scan("log", b"b")) == [(b"b", b"2"), (b"c", b"3")]
    assert list(store.table_scan("log", b"a", b"c")) == [(b"a", b"1"), (b"b", b"2")]
    assert list(store.table_scan("lo")) == [(b"gb", b"x")]
    assert (store.table_get("log", b"a"), store.table_get("log", b"x")) == (b"1", None)
    store.checkpoint(8, tables={"log": [(b"b", None), (b"y", None), (b"a", b"new")]}, removed={"log": [(b"c", b"d")]})
    assert (store.height, store.meta(b"name")) == (8, b"1")
    assert list(store.table_scan("log")) == [(b"a", b"new")]
    store.checkpoint(9, tables={"log": [(b"b", b"kept")]}, removed={"log": [(b"a", b"c")], "none": [(b"a", b"b")]})
    assert list(store.table_scan("log")) == [(b"b", b"kept")]


def test_proofs_at_the_current_root(store: Store) -> None:
    store.apply(items(50))
    store.checkpoint(1)
    store.apply({A + bytes(4): None})
    key, gone = A + b"\x00\x00\x00\x07", A + bytes(4)
    assert verify_membership(store.root, key, b"value 7", store.prove(key))
    assert verify_absence(store.root, gone, store.prove(gone))


def test_load_equals_apply(store: Store) -> None:
    wanted = items(300)
    assert store.load(sorted(wanted.items(), reverse=True)) == plain_root(wanted.items())
    assert store.count == store.pending_keys == 300
    assert list(store.items()) == sorted(wanted.items())
    store.apply({A + bytes(4): b"later"})
    store.undo()
    assert store.root == plain_root(wanted.items())
    store.checkpoint(1)
    assert store.check() == []
    with pytest.raises(ValueError, match="empty"):
        store.load([])


def test_load_wants_an_empty_store(store: Store) -> None:
    store.apply({b"k": b"v"})
    with pytest.raises(ValueError, match="empty"):
        store.load([])


def test_the_depth_follows_the_number_of_keys() -> None:
    assert [tree_depth(count, 12) for count in (0, 8191, 8192, 16383, 16384, 1_000_000)] == [12, 12, 13, 13, 14, 19]
    assert [tree_depth(count, 15) for count in (70_000, 40_000, 20_000, 9_000, 8_000)] == [16, 15, 15, 15, 12]
    assert tree_depth(16_384, 15) == 15


def test_a_deeper_and_a_flatter_tree_keep_the_root(store: Store) -> None:
    many = items(33_000)
    root = store.apply(many)
    store.checkpoint(1)  # the heap is rebuilt from depth 12 to 15
    assert store.root == root
    assert store.check() == []
    few = dict(list(many.items())[:1000])
    store.apply(dict.fromkeys(list(many)[1000:]))
    root = store.root
    assert root == plain_root(few.items())
    store.checkpoint(2)
    assert (store.root, store.count) == (root, 1000)
    store.apply({A + bytes(4): None})
    store.undo()
    assert store.root == root
    assert list(store.items()) == sorted(few.items())
    assert store.check() == []


def test_merging_rows_with_writes() -> None:
    stored = [(1, b"a"), (3, b"c"), (5, b"e")]
    assert list(merged(stored, {})) == stored
    assert list(merged([], {2: b"x", 1: None})) == [(2, b"x")]
    writes = {0: b"0", 1: None, 2: None, 3: b"C", 4: b"d", 6: None, 7: b"g"}
    assert list(merged(stored, writes)) == [(0, b"0"), (3, b"C"), (4, b"d"), (5, b"e"), (7, b"g")]


def test_the_first_key_after_a_prefix() -> None:
    assert after(b"ab") == b"ac"
    assert after(b"a\xff\xff") == b"b"
    assert after(b"\xff\xff") is None


def test_a_prefix_of_the_highest_bytes_can_be_scanned(store: Store) -> None:
    prefix = b"\xff" * 34
    store.apply({prefix + b"1": b"x", prefix: b"itself"})
    store.checkpoint(1)
    assert store.scan(prefix) == [(prefix + b"1", b"x")]


def test_a_storage_failure_is_an_operating_system_error() -> None:
    assert issubclass(StorageFailure, OSError)
