"""Properties of the sparse tree and of the store over it, against a plain dictionary and the plain tree."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from salus.merkle.heap import Heap, MemoryBuckets
from salus.merkle.plain import plain_proof, plain_root
from salus.merkle.smt import Proof, verify_absence, verify_membership
from salus.state.overlay import Overlay
from salus.state.store import Store

KEYS = st.integers(0, 60).map(lambda n: b"\x04\x01" + bytes((n % 3,)) * 32 + bytes((n,)))
BATCHES = st.lists(st.dictionaries(KEYS, st.none() | st.binary(max_size=4), max_size=20), max_size=8)
Model = dict[bytes, bytes]


def after(model: Model, batch: dict[bytes, bytes | None]) -> Model:
    return {key: value for key, value in {**model, **batch}.items() if value is not None}


@settings(deadline=None)
@given(BATCHES, st.integers(0, 9), st.lists(st.integers(0, 40), min_size=8, max_size=8))
def test_any_history_gives_the_plain_root_and_undo_takes_it_back(
    batches: list[Model], depth: int, more: list[int]
) -> None:
    heap, model, buckets = Heap(MemoryBuckets(), depth), {}, 1 << depth
    for batch, new in zip(batches, more, strict=False):
        buckets += new
        heap.deepen(buckets)
        root, count = heap.root, heap.count
        undo = heap.update(batch)
        heap.undo(undo)
        assert (heap.root, heap.count) == (root, count)
        heap.update(batch)
        model = after(model, batch)
        assert heap.root == plain_root(model.items())
        assert heap.count == len(model)


@settings(deadline=None)
@given(st.dictionaries(KEYS, st.binary(max_size=4), max_size=40), KEYS, st.integers(0, 9), st.data())
def test_every_proof_verifies_and_every_changed_one_fails(
    model: Model, key: bytes, depth: int, data: st.DataObject
) -> None:
    heap = Heap(MemoryBuckets(), depth)
    heap.update(model)
    proof = heap.prove(key)
    assert proof == plain_proof(model.items(), key)
    value = model.get(key)
    verify = (lambda p: verify_absence(heap.root, key, p)) if value is None else member(heap.root, key, value)
    assert verify(proof)
    assert not verify(Proof((*proof.siblings, data.draw(st.binary(min_size=32, max_size=32))), proof.neighbour))
    if proof.siblings:
        at = data.draw(st.integers(0, len(proof.siblings) - 1))
        bit = data.draw(st.integers(0, 255))
        assert not verify(Proof(changed(proof.siblings, at, bit), proof.neighbour))
        assert not verify(Proof(proof.siblings[:at] + proof.siblings[at + 1 :], proof.neighbour))
        assert not verify(Proof(proof.siblings, (bytes(32), bytes(32))))
    if proof.neighbour:
        assert not verify(Proof(proof.siblings, None))
        bit = data.draw(st.integers(0, 255))
        for half in range(2):
            pair = changed(proof.neighbour, half, bit)
            assert not verify(Proof(proof.siblings, (pair[0], pair[1])))


def member(root: bytes, key: bytes, value: bytes) -> Callable[[Proof], bool]:
    return lambda proof: verify_membership(root, key, value, proof)


def changed(nodes: tuple[bytes, ...], at: int, bit: int) -> tuple[bytes, ...]:
    number = int.from_bytes(nodes[at], "big") ^ 1 << bit
    return (*nodes[:at], number.to_bytes(32, "big"), *nodes[at + 1 :])


ACTIONS = st.sampled_from(["apply", "apply and undo", "checkpoint", "reopen"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ACTIONS, st.dictionaries(KEYS, st.none() | st.binary(max_size=4), max_size=20)), max_size=12))
def test_the_store_on_disk_equals_the_one_in_memory_and_a_dictionary(steps: list[tuple[str, Model]]) -> None:
    with TemporaryDirectory() as folder:
        disk, memory = Store.open(Path(folder), map_size=1 << 16), Store.in_memory()
        model: Model = {}
        durable: Model = {}
        for height, (action, batch) in enumerate(steps):
            for store in (disk, memory):
                if action.startswith("apply"):
                    store.apply(batch)
                if action == "apply and undo":
                    store.undo()
                if action == "checkpoint":
                    store.checkpoint(height)
            if action == "apply":
                model = after(model, batch)
            if action == "checkpoint":
                durable = model
            if action == "reopen":
                disk.close()
                disk = Store.open(Path(folder))
                assert disk.root == plain_root(durable.items())
                for key in {**model, **durable}:  # catch up with the one in memory
                    disk.apply({key: model.get(key)})
            assert disk.root == memory.root == plain_root(model.items())
            assert disk.count == memory.count == len(model)
            assert list(disk.items()) == list(memory.items()) == sorted(model.items())
            for n in range(3):
                prefix = b"\x04\x01" + bytes((n,)) * 32
                wanted = sorted(row for row in model.items() if row[0].startswith(prefix))
                assert disk.scan(prefix) == memory.scan(prefix) == Overlay(disk).scan(prefix) == wanted
        assert disk.check() == memory.check() == []
        disk.close()
