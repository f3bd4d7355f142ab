"""A crash before and after each durable step of a change of custody: the relation is never lost, and ends in one place.

The one thing that may never be: that the former custodian destroyed what the next one does not have.
"""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from faults.first import First
from faults.test_life_faults import PASSPHRASE, Crash, Steps, World, at, found, place_hold, populate
from salus.contracts.accounts import queries as accounts
from salus.fsck.home import fsck_home
from salus.services.accept_custody import accept_custody
from salus.services.actors import Organisation
from salus.services.authorise import own_records
from salus.services.due import due
from salus.services.hold import list_holds
from salus.services.inbox import process_inbox
from salus.services.offer_custody import offer_custody
from salus.vault import keystore
from salus.vault.errors import NoSuchRelation


@pytest.fixture(autouse=True)
def quick_keystores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)


def move(world: World, handle: bytes) -> None:
    """The whole way, gone on with from wherever it is."""
    north, south = world.north, world.story.south
    if accounts.custodian_of(north.ledger.view(), handle) == north.account:
        offer_custody(north, south.account, [handle])
    accept_custody(south)
    due(north)
    process_inbox(south)


def kept(organisation: Organisation, handle: bytes) -> int:
    """How many records the organisation's vault keeps of the relation and opens, -1 for no relation at all."""
    try:
        scope = own_records(organisation, handle, "TREAT", None)
        return len(
            [organisation.vault.read(scope, header.record).octets for header in organisation.vault.headers(scope)]
        )
    except NoSuchRelation:
        return -1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_each_step_of_a_change_of_custody(tmp_path: Path, after: bool, first: First) -> None:
    step, finished = first - first.stride, False
    with found(tmp_path / "sound") as story:
        populate(story)
        handle = World(story).handle
        place_hold(story.north, handle, "case")
    while not finished:
        step += first.stride
        home, steps = Path(shutil.copytree(tmp_path / "sound", tmp_path / str(step))), Steps()
        with at(home) as world:
            assert world.north and world.story.south
            with pytest.MonkeyPatch.context() as patched:
                steps.watch(patched)
                steps.at, steps.after = step, after
                with suppress(Crash):
                    move(world, handle)
        finished = steps.count < step
        with at(home) as world:
            assert world.north and world.story.south  # both resume
            state = world.north.ledger.view()
            keeper = world.north if accounts.custodian_of(state, handle) == world.north.account else world.story.south
            assert kept(keeper, handle) == 3, "whoever is custodian has it, as soon as it is open again"
            move(world, handle)
            north, south = world.north, world.story.south
            assert accounts.custodian_of(south.ledger.view(), handle) == south.account
            assert kept(south, handle) == 3
            assert handle not in north.vault.relations()
            assert [hold.reason for hold in list_holds(south, handle)] == ["case"]
            assert {task.kind for task in north.vault.outbox.next(99)} <= {"accounts"}
            assert {task.kind for task in south.vault.outbox.next(99)} == {"hold"}
            assert [letter.kind for letter in south.exchange.inbox(south.account)] == []
        if finished or step // first.stride % 5 == 0:  # it costs as much as all the rest
            assert fsck_home(home, PASSPHRASE).sound
        shutil.rmtree(home)
    assert step > 15
