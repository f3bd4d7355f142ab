"""Versions of the rules: the one in force at a height, the old and the new across it, and software that lacks one."""

import pytest
from machine_world import T0, World, codes, founded, run
from upgrade_world import SOFTWARE, VERSION_2, new_software, one_account, schedule, two_accounts, withdraw

from salus.contracts.governance import errors, events, queries
from salus.contracts.governance.types import Upgrade
from salus.contracts.registry import CONTRACTS, HANDLERS, MESSAGES, PROTECTIVE
from salus.core.errors import Oversized
from salus.machine import versions
from salus.machine.errors import UnknownRules
from salus.machine.machine import Machine
from salus.state.store import Store

OPENED = 1  # the height at which `founded` leaves the machine


def blocks(world: World, at: int) -> list[list[bytes]]:
    """The blocks after the first: a vote for version 2 from `at` on, one that only version 1 carries out, others."""
    region = world.region
    made = [schedule(region, OPENED, 4, at), [one_account(region)], [one_account(region)]]
    while OPENED + len(made) < at:
        made.append([two_accounts(region)])
    return made


def replayed(world: World, made: list[list[bytes]]) -> Machine:
    """Return another machine with the same blocks; the first is that of `founded`."""
    machine = Machine(Store.in_memory())
    machine.init(world.region.genesis_file)
    for block in made:
        run(machine, block)
    return machine


def test_version_one_is_what_this_software_has() -> None:
    assert list(versions.RULES) == [queries.FIRST_RULES] == [1]
    assert versions.RULES[1] == versions.Rules(CONTRACTS, MESSAGES, HANDLERS, PROTECTIVE)
    world = founded(1)
    assert world.machine.rules() is versions.RULES[1]
    assert queries.rules_version(world.machine.store, 2) == (1, 1, "")
    assert queries.upgrades(world.machine.store) == []


def test_the_rule_changes_at_the_height_and_not_before() -> None:
    world = founded(1)
    with new_software():
        results = [run(world.machine, block) for block in blocks(world, at=6)]
        assert codes(results[0]) == [0] * 4
        assert [result.height for result in results] == [2, 3, 4, 5, 6]
        assert codes(results[3]) == [0], "block 5: the old rule"
        assert codes(results[4]) == [Oversized.code], "block 6: the new one"
        applied = [event.message for event in results[2].events]
        assert events.UpgradeScheduled(2, 6, SOFTWARE) in applied
        assert world.machine.rules() is VERSION_2
        assert queries.upgrades(world.machine.store) == [(6, Upgrade(2, SOFTWARE))]
        assert queries.rules_version(world.machine.store, 5) == (1, 1, "")
        assert queries.rules_version(world.machine.store, 6) == (2, 6, SOFTWARE)


def test_empty_blocks_cross_the_height_too() -> None:
    world = founded(1)
    with new_software():
        for block in blocks(world, at=6)[:3]:
            run(world.machine, block)
        before = world.machine.app_hash
        assert [run(world.machine, []).app_hash for _ in range(3)] == [before] * 3, "an empty block changes nothing"
        assert codes(run(world.machine, [two_accounts(world.region)])) == [Oversized.code]


def test_software_that_lacks_the_version_stops_before_the_height_with_nothing_changed() -> None:
    world = founded(1)
    made = blocks(world, at=6)
    for block in made[:4]:
        run(world.machine, block)
    before = world.machine.app_hash, world.machine.height
    words = (
        "The members voted for rules that this software does not know: version 2, from block 6 on (0x000d). "
        "Nothing of that block was executed here. Install Salus 2.0, and start this node again."
    )
    machine, region = world.machine, world.region
    for work in (
        lambda: machine.execute(6, T0, made[4]),
        lambda: machine.execute(6, T0, []),
        lambda: machine.prepare(made[4], 10**6, T0),
        lambda: machine.process(made[4], T0),
        lambda: machine.screen([], T0),
        machine.rules,
    ):
        with pytest.raises(UnknownRules) as stopped:
            work()
        assert (stopped.value.height, stopped.value.version, stopped.value.software) == (6, 2, SOFTWARE)
        assert str(stopped.value) == str(stopped.value.again()) == words
    assert machine.check(two_accounts(region), T0) == UnknownRules.code
    assert (machine.app_hash, machine.height) == before
    machine.checkpoint()
    with new_software():  # the same state, opened by software that knows the version
        again = Machine(machine.store)
        assert (again.app_hash, again.height) == before
        assert codes(run(again, made[4])) == [Oversized.code]


def test_old_software_executes_what_comes_before_as_the_new_does() -> None:
    world = founded(1)
    first = [two_accounts(world.region)]
    made = [first, *blocks(world, at=8)]
    old = replayed(world, made[:6])
    with new_software():
        new = replayed(world, made[:6])
        assert (old.app_hash, old.height) == (new.app_hash, new.height) == (new.app_hash, 6)


def test_a_replay_from_genesis_crosses_the_height_again() -> None:
    world = founded(1)
    made = [[one_account(world.region)], *blocks(world, at=6)]
    with new_software():
        machines = [replayed(world, made) for _ in range(2)]
        assert machines[0].app_hash == machines[1].app_hash
    versions.RULES[2] = versions.RULES[1]  # software that took another rule for version 2 would be seen
    try:
        assert replayed(world, made).app_hash != machines[0].app_hash
    finally:
        del versions.RULES[2]


def test_undo_takes_back_the_block_at_the_height() -> None:
    world = founded(1)
    with new_software():
        made = blocks(world, at=6)
        for block in made[:4]:
            run(world.machine, block)
        before = world.machine.app_hash
        for _ in range(2):
            assert codes(world.machine.execute(6, T0, made[4])) == [Oversized.code]
            world.machine.undo()
            assert (world.machine.app_hash, world.machine.height) == (before, 5)


def test_withdrawn_before_it_acts_nobody_stops() -> None:
    world = founded(1)
    run(world.machine, schedule(world.region, OPENED, 4, 9))
    told: list[object] = []
    for height in range(3, 12):
        block = withdraw(world.region, 4, 7) if height == 5 else [one_account(world.region)]
        told += [event.message for event in run(world.machine, block).events]
    assert events.UpgradeScheduled(2, 9, SOFTWARE) in told and events.UpgradeWithdrawn(2, 9) in told
    assert world.machine.height == 11 and world.machine.rules() is versions.RULES[1]
    assert queries.upgrades(world.machine.store) == []
    assert codes(run(world.machine, [two_accounts(world.region)])) == [0]


def test_a_withdrawal_that_comes_when_it_acts_already_fails() -> None:
    world = founded(1)
    with new_software():
        run(world.machine, schedule(world.region, OPENED, 4, 9))
        for height in range(3, 9):  # the withdrawal is due at 7, and nothing but empty blocks comes before 9
            run(
                world.machine,
                withdraw(world.region, 4, 7) if height == 5 else [one_account(world.region)][: height < 5],
            )
        told = [event.message for event in run(world.machine, [two_accounts(world.region)]).events]
        (failed,) = [event for event in told if isinstance(event, events.ProposalFailed)]
        assert failed.code == errors.NoSuchUpgrade.code
        assert queries.rules_version(world.machine.store, 9) == (2, 9, SOFTWARE)


def test_a_schedule_that_is_decided_too_late_is_none() -> None:
    world = founded(1)
    run(world.machine, schedule(world.region, OPENED, 4, 6))
    for _ in range(3):
        run(world.machine, [])
    result = run(world.machine, [two_accounts(world.region)])
    (failed,) = [event.message for event in result.events if isinstance(event.message, events.ProposalFailed)]
    assert (result.height, failed.code) == (6, errors.UpgradeTooEarly.code)
    assert codes(result) == [0] and world.machine.rules() is versions.RULES[1]


def test_a_later_version_follows_and_an_earlier_one_never_returns() -> None:
    world = founded(1)
    with new_software():
        for block in blocks(world, at=6):
            run(world.machine, block)
        for number, code in ((1, errors.RulesNotNewer.code), (2, errors.RulesNotNewer.code), (3, 0)):
            height = world.machine.height
            result = run(world.machine, schedule(world.region, height, height + 3, height + 9, rules=number)[:1])
            assert codes(result) == [code], number
