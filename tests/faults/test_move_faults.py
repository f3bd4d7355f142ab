"""A move of a record, interrupted before and after every durable step: it was never begun, or it is done in the end."""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from e2e.story_region import PASSPHRASE, SYSTEM, found, take_in
from faults.first import First
from faults.test_life_faults import Crash, Steps, at, populate, quick_keystores
from salus.contracts.records import queries as records
from salus.core.record import Status
from salus.fsck.home import fsck_home
from salus.services.access_log import What, list_reads
from salus.services.authorise import for_decision, own_shared
from salus.services.inbox import process_inbox
from salus.services.move import MOVES, move_record, move_tasks
from salus.services.notify import changes_of, list_notices
from salus.services.patients import find_patient
from salus.services.petition_letters import Change
from salus.vault.erasure import MOVED

__all__ = ["quick_keystores"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_each_durable_step_of_a_move(tmp_path: Path, after: bool, first: First) -> None:
    with found(tmp_path / "sound") as story:
        populate(story)
        take_in(story.north, "Berta", "N-2")
    step, finished = first - first.stride, False
    while not finished:
        step += first.stride
        home, steps = Path(shutil.copytree(tmp_path / "sound", tmp_path / str(step))), Steps()
        with at(home) as world:
            wrong, right = (find_patient(world.north, SYSTEM, value) for value in ("N-1", "N-2"))
            assert wrong is not None and right is not None
            vault, scope = world.north.vault, for_decision(world.north, wrong)
            record = next(h.record for h in vault.headers(scope) if len(vault.read(scope, h.record).octets) > 70_000)
            with pytest.MonkeyPatch.context() as patched:
                steps.watch(patched)
                steps.at, steps.after = step, after
                with suppress(Crash):
                    move_record(world.north, wrong, record, right)
        finished = steps.count < step
        with at(home) as world:
            _whole_or_not_begun(world, wrong, right, record)
        assert fsck_home(home, PASSPHRASE).sound
        shutil.rmtree(home)
    assert step > 8


def _whole_or_not_begun(world, wrong: bytes, right: bytes, record: bytes) -> None:
    north = world.north
    (left,) = (h for h in north.vault.headers(for_decision(north, wrong)) if h.record == record)
    there = [h for h in north.vault.headers(for_decision(north, right)) if h.record == record]
    reads = [[e.what for e in list_reads(north, for_decision(north, one))] for one in (wrong, right)]
    process_inbox(world.story.clinic)
    told = set(changes_of(list_notices(world.story.clinic)).values())
    assert move_tasks(north) == []
    if left.status == Status.CURRENT:
        assert (there, told, reads[1].count(What.MOVED_HERE)) == ([], set(), 0)
        return
    assert (left.type, left.status, len(there), told) == (MOVED, Status.TOMBSTONE, 1, {Change.MOVED})
    assert reads[0].count(What.MOVED_AWAY) == reads[1].count(What.MOVED_HERE) == 1
    state = world.story.region.ledger.view()
    moves = [
        records.move(state, wrong, bytes.fromhex(name)) for name in north.vault.shared.names(own_shared(north), MOVES)
    ]
    assert len(moves) == 1 and moves[0] is not None
