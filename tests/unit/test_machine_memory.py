"""What is remembered of batches, envelopes and signatures: bounded, and never of one for another."""

import pytest
from machine_world import T0, codes, founded, run

from salus.core.errors import WrongSignature
from salus.machine import admission
from salus.machine.memory import Memory


def test_memory_keeps_the_newest_half_at_least_and_no_more_than_its_capacity() -> None:
    memory: Memory[int, str] = Memory(8)
    for number in range(50):
        memory.put(number, str(number))
        assert len(memory) <= 8
        assert [memory.get(one) for one in range(max(0, number - 3), number + 1)] == [
            str(one) for one in range(max(0, number - 3), number + 1)
        ]
    assert memory.get(0) is None
    memory.drop(49)
    assert memory.get(49) is None
    memory.drop(49)


def test_batches_are_remembered_up_to_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    world = founded(3)
    raws = [world.region.batch(world.region.grant(handle)[0]) for handle in world.handles[:3]]
    gate = world.machine._gate
    monkeypatch.setattr(admission, "BATCH_BYTES", gate._batches_bytes + len(raws[0]))
    first = gate.parse(raws[0])
    assert gate.parse(raws[0]) is first
    gate.parse(raws[1])
    assert gate.parse(raws[0]) is first
    gate.parse(raws[2])  # the two before were too much already
    assert gate.parse(raws[0]) is not first


def test_nothing_is_left_of_a_batch_that_was_executed() -> None:
    world = founded(1)
    gate = world.machine._gate
    batch = world.region.batch(world.region.grant(world.handles[0])[0])
    assert world.machine.check(batch, T0) == 0
    assert batch in gate._batches and len(gate._carried) == 1
    assert codes(run(world.machine, [batch])) == [0]
    assert (gate._batches, gate._batches_bytes, len(gate._carried), len(gate._envelopes)) == ({}, 0, 0, 0)


def test_an_envelope_is_remembered_until_it_is_executed() -> None:
    world = founded(1)
    raw = world.region.grant(world.handles[0])[0]
    batch = world.region.batch(raw)
    admitted = world.machine.admit(batch, T0)
    assert admitted.batch is not None
    (envelope,) = world.machine.read(admitted.batch)
    assert world.machine.read(admitted.batch)[0] is envelope
    assert codes(run(world.machine, [batch])) == [0]
    assert world.machine.read(admitted.batch)[0] is not envelope


def test_what_is_verified_ahead_changes_no_answer() -> None:
    world = founded(1)
    raw = world.region.grant(world.handles[0])[0]
    bad = raw[:-1] + bytes((raw[-1] ^ 1,))
    for one, left in ((bad, 1), (raw, 0)):
        admitted = world.machine.admit(world.region.batch(one), T0)
        assert admitted.batch is not None
        envelopes = world.machine.read(admitted.batch)
        for signed in world.machine.signed(envelopes, T0):
            world.machine.verify(signed)
        assert len(world.machine.signed(envelopes, T0)) == left  # a bad one is never remembered
    assert codes(run(world.machine, [world.region.batch(bad)])) == [WrongSignature.code]
    assert codes(run(world.machine, [world.region.batch(raw)])) == [0]
