"""The packed heap against the plain tree, at every depth."""

from random import Random

import pytest

from salus.merkle.heap import Heap, MemoryBuckets, regroup, split_entries
from salus.merkle.map import Map
from salus.merkle.plain import plain_proof, plain_root
from salus.merkle.smt import EMPTY, verify_absence, verify_membership


def keys(count: int, start: int = 0) -> list[bytes]:
    return [b"%d" % n for n in range(start, start + count)]


@pytest.mark.parametrize("depth", [0, 1, 3, 8])
def test_equals_the_plain_tree_step_by_step(depth: int) -> None:
    random = Random(depth)
    heap = Heap(MemoryBuckets(), depth)
    model: dict[bytes, bytes] = {}
    for _ in range(40):
        writes = {
            key: None if random.random() < 0.45 else random.randbytes(4)
            for key in random.sample(keys(50), random.randrange(12))
        }
        before = heap.root, heap.count
        undo = heap.update(writes)
        heap.undo(undo)
        assert (heap.root, heap.count) == before
        heap.update(writes)
        for key, value in writes.items():
            model.pop(key, None)
            if value is not None:
                model[key] = value
        assert heap.root == plain_root(model.items())
        assert heap.count == len(model)
        for key in keys(50):
            proof = heap.prove(key)
            assert proof == plain_proof(model.items(), key)
            if key in model:
                assert verify_membership(heap.root, key, model[key], proof)
            else:
                assert verify_absence(heap.root, key, proof)


def test_an_empty_heap() -> None:
    for depth in (0, 5):
        heap = Heap(MemoryBuckets(), depth)
        assert (heap.root, heap.count) == (EMPTY, 0)
        assert verify_absence(heap.root, b"any", heap.prove(b"any"))
        heap.update({b"any": None})
        assert heap.root == EMPTY


def test_deleting_all_leaves_gives_the_empty_tree_again() -> None:
    buckets = MemoryBuckets()
    heap = Heap(buckets, 6)
    heap.update(dict.fromkeys(keys(300), b"x"))
    heap.update(dict.fromkeys(keys(300)))
    assert heap.root == EMPTY
    assert buckets.filled == {}


def test_deepening_bucket_by_bucket_keeps_root_and_proofs() -> None:
    random = Random(7)
    buckets = MemoryBuckets()
    heap = Heap(buckets)
    model: dict[bytes, bytes] = {}
    for number in range(1, 75):
        heap.deepen(number)
        assert (1 << heap.depth) + heap.split == number
        writes = {
            key: None if random.random() < 0.4 else random.randbytes(4) for key in random.sample(keys(150), number % 9)
        }
        before = heap.root, heap.count
        heap.undo(heap.update(writes))
        assert (heap.root, heap.count) == before
        heap.update(writes)
        model = {key: value for key, value in (model | writes).items() if value is not None}
        assert (heap.root, heap.count) == (plain_root(model.items()), len(model))
        for key in keys(20, start=number):
            assert heap.prove(key) == plain_proof(model.items(), key)
        reopened = Heap.open(buckets, heap.depth, buckets.filled.items(), heap.split)
        assert (reopened.root, reopened.count) == (heap.root, heap.count)
        entries = sorted(entry for bucket in buckets.filled.values() for entry in split_entries(bucket))
        assert dict(regroup(entries, heap.depth, heap.split)) == buckets.filled
    heap.deepen(10)  # never fewer
    assert (1 << heap.depth) + heap.split == 74


@pytest.mark.parametrize("depth", [0, 1, 4, 9])
def test_regrouping_and_opening_keep_the_root(depth: int) -> None:
    buckets = MemoryBuckets()
    heap = Heap(buckets, 4)
    items = {key: b"v" + key for key in keys(500)}
    heap.update(items)
    entries = [entry for _, bucket in sorted(buckets.filled.items()) for entry in split_entries(bucket)]
    other = MemoryBuckets(regroup(entries, depth))
    reopened = Heap.open(other, depth, other.filled.items())
    assert reopened.root == heap.root == plain_root(items.items())
    assert reopened.count == 500
    for key in keys(30, start=490):
        assert reopened.prove(key) == plain_proof(items.items(), key)


def test_regrouping_nothing_is_nothing() -> None:
    assert list(regroup([], 4)) == []


def test_a_wrong_depth_or_bucket_is_refused() -> None:
    for depth in (-1, 33):
        with pytest.raises(ValueError, match="depth"):
            Heap(MemoryBuckets(), depth)
    for split in (-1, 4):
        with pytest.raises(ValueError, match="depth"):
            Heap(MemoryBuckets(), 2, split)
    for filled in ((3, bytes(128)), (8, bytes(128)), (4, bytes(32)), (4, bytes(129)), (4, b"")):
        with pytest.raises(ValueError, match="bucket"):
            Heap.open(MemoryBuckets(), 2, [filled])
    for number in (4, 10, 3, 16):  # with one of four buckets split there are 5 to 9
        with pytest.raises(ValueError, match="bucket"):
            Heap.open(MemoryBuckets(), 2, [(number, bytes(128))], 1)


def test_a_map_grows_and_shrinks_with_the_same_root() -> None:
    model: dict[bytes, bytes] = {}
    tree = Map()
    for start in range(0, 600, 50):
        writes = {key: b"leaf" + key for key in keys(50, start)}
        model |= writes
        assert tree.update(writes) == plain_root(model.items()) == tree.root
    assert tree.count == 600
    assert Map(model).root == tree.root
    for start in range(0, 600, 50):
        for key in keys(50, start):
            del model[key]
        assert tree.update(dict.fromkeys(keys(50, start))) == plain_root(model.items())
        assert tree.prove(b"599") == plain_proof(model.items(), b"599")
    assert (tree.root, tree.count) == (EMPTY, 0) == (Map().root, 0)


@pytest.mark.parametrize("before", [0, 1, 200, 256, 257])
@pytest.mark.parametrize("added", [1, 55, 56, 57, 300])
def test_a_map_takes_in_many_at_once(before: int, added: int) -> None:
    model = {n.to_bytes(2, "big"): bytes((n % 256,)) for n in range(before)}
    tree = Map(model)
    batch = {n.to_bytes(2, "big"): b"new" for n in range(before - before // 3, before - before // 3 + added)}
    model |= batch
    assert tree.update(batch) == plain_root(model.items()) == Map(model).root
    assert tree.count == len(model)
    assert tree.update(dict.fromkeys(model)) == EMPTY
