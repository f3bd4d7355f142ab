"""The committed state, in memory and on disk alike."""

from collections.abc import Callable
from pathlib import Path

import pytest

from salus.merkle.plain import plain_root
from salus.merkle.smt import EMPTY, verify_absence, verify_membership
from salus.state.names import Shape, buckets_for, shape, shape_for
from salus.state.overlay import Overlay
from salus.state.store import Store, merged
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


def test_the_shape_follows_the_number_of_keys() -> None:
    assert [buckets_for(count) for count in (0, 8193, 8194, 1_000_000)] == [4096, 4096, 4097, 500_000]
    assert [shape_for(count) for count in (0, 8194, 16_384, 1 << 20)] == [(12, 0), (12, 1), (13, 0), (19, 0)]
    for some in (Shape(12, 0), Shape(13, 8191), Shape(26, 1)):
        assert shape(some.encode()) == some
    for wrong in (b"", b"\x0c", Shape(27, 0).encode(), Shape(12, 4096).encode(), Shape(12, 0).encode() + b"\x00"):
        assert shape(wrong) is None
    assert shape(None) == Shape(12, 0)


def test_the_tree_deepens_by_as_many_buckets_as_new_keys_need(store: Store) -> None:
    wanted: dict[bytes, bytes] = {}
    for height, count in enumerate((8_000, 1_000, 3, 7_000, 2_000), start=1):
        wanted |= items(count, start=len(wanted))
        store.apply(items(count, start=len(wanted) - count))
        store.checkpoint(height)
        heap = store._heap
        assert (1 << heap.depth) + heap.split == buckets_for(store.count)
        assert store.root == plain_root(wanted.items())
        assert store.check() == []
    assert (heap.depth, heap.split) == (13, 809)
    for key in (A + bytes(4), A + b"none"):
        proof = store.prove(key)
        assert (
            verify_membership(store.root, key, wanted[key], proof)
            if key in wanted
            else verify_absence(store.root, key, proof)
        )


def test_blocks_go_on_while_a_checkpoint_is_written(store: Store) -> None:
    store.checkpoint(0, {b"room": bytes(1 << 22)})  # that the map is large enough
    first, second = items(9_000), items(2_000, start=8_000) | {A + bytes(4): b"changed"}
    store.apply(first)
    changes = store.seal(1, {b"name": b"x"}, {"log": [(b"k", b"v")]})
    assert (store.pending_keys, store.height, store.get(A + bytes(4))) == (0, 0, b"value 0")
    with pytest.raises(ValueError, match="undo"):
        store.undo()
    root = store.root
    store.apply({A + bytes(4): None, A + b"later": b"undone"})
    store.undo()
    assert (store.root, store.get(A + bytes(4))) == (root, b"value 0")
    store.apply(second)
    store.write(changes)
    wanted = first | second
    assert store.root == plain_root(wanted.items()) and list(store.items()) == sorted(wanted.items())
    with pytest.raises(ValueError, match="under way"):
        store.seal(2)
    store.settle(written=True)
    assert (store.height, store.meta(b"name"), store.table_get("log", b"k")) == (1, b"x", b"v")
    assert store.pending_keys == 2_001 and list(store.items()) == sorted(wanted.items()) == store.scan(A)
    assert store.check() == []
    store.checkpoint(2)
    assert store.check() == [] and store.root == plain_root(wanted.items())


def test_a_sealed_checkpoint_that_failed_is_pending_again(store: Store) -> None:
    store.apply(items(100) | {A + b"gone": b"x"})
    store.seal(1)
    store.apply({A + bytes(4): b"newer", A + b"gone": None})
    store.settle(written=False)
    wanted = items(100) | {A + bytes(4): b"newer"}
    assert (store.height, store.pending_keys) == (0, 103)  # the last block's two apart
    store.undo()
    assert store.get(A + bytes(4)) == b"value 0" and store.get(A + b"gone") == b"x"
    store.apply({A + bytes(4): b"newer", A + b"gone": None})
    store.checkpoint(2)
    assert list(store.items()) == sorted(wanted.items()) and store.check() == []


def test_a_deeper_and_an_emptier_tree_keep_the_root(store: Store) -> None:
    many = items(33_000)
    root = store.apply(many)
    store.checkpoint(1)  # the tree deepens from 4,096 buckets to 16,500
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
