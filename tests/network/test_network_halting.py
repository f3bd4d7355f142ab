"""Real nodes that halt: one whose state differs, one that fails at a block. Keeper, `status` and `/ready` say so."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from network.networks import Network, environment, get, network_of, salus, until
from salus.bootstrap.consensus import ConsensusFile, read_consensus, write_consensus
from salus.bootstrap.network.halts import (
    ApplicationStopped,
    HomeDamaged,
    NeverRecovered,
    RulesMissing,
    StateDiffers,
    read_halt,
)
from salus.bootstrap.network.keeping import Keeper
from salus.bootstrap.network.member import Member, serving_command
from salus.cli.status import NO

pytestmark = pytest.mark.timeout(900)
TESTS = Path(__file__).parents[1]
VICTIM, AT = "clinic", 6  # the block at which it goes wrong


def serving(home: Path, said: ConsensusFile) -> Sequence[str]:
    """Return the command that serves a home, with faults where its environment names some."""
    command = serving_command(home, said)
    return (sys.executable, "-m", "network.chaos.serving", *command[3:]) if home.name == VICTIM else command


def member(network: Network, home: Path, faults: str) -> Member:
    variables: Mapping[str, str] = environment() | {"PYTHONPATH": _python_path(), "CHAOS_FAULTS": faults}
    return Member(home, network.program, environment=variables, serving=serving)


def _python_path(*first: str) -> str:
    return os.pathsep.join([*first, str(TESTS), *filter(None, (os.environ.get("PYTHONPATH"),))])


@contextmanager
def up(network: Network, faults: str, *names: str) -> Iterator[dict[str, Member]]:
    """Keep the members of these names, or all, up in this process, one of them with faults."""
    made = {home.name: member(network, home, faults) for home in network.homes if home.name in (names or (home.name,))}
    keeper = Keeper(list(made.values()))
    keeper.start()
    try:
        yield made
    finally:
        keeper.close()


@pytest.fixture
def four(cometbft: Path) -> Iterator[Network]:
    with network_of(4, cometbft) as network:
        for home in network.homes:
            beat_fast(home)
        yield network


def beat_fast(home: Path) -> None:
    said = read_consensus(home)
    assert said is not None
    write_consensus(home, msgspec.structs.replace(said, heartbeat_ms=1_000))


def status_of(network: Network, name: str) -> dict[str, Any]:
    ran = salus("network", "status", "--json", "--folder", network.folder, status=1)
    return next(node for node in ran.data["nodes"] if node["name"] == name)


def ready(of: Member) -> dict[str, Any] | None:
    with suppress(httpx2.HTTPError):
        found: dict[str, Any] = get(f"http://{of.consensus.listen}/ready").json()
        return found
    return None


@pytest.mark.long
def test_a_node_whose_state_differs_is_given_up_and_says_why(four: Network) -> None:
    with up(four, f"other-hash={AT}") as members:
        victim = members[VICTIM]
        assert victim.cometbft is not None
        until(lambda: victim.halting.given_up, "the halt")
        found = read_halt(victim.home)
        assert found is not None and found.code == StateDiffers.code and "wrong Block.Header.AppHash" in found.cause
        until(lambda: not victim.cometbft.alive(), "the end of its CometBFT")
        starts, height = victim.cometbft.starts, members["north"]._rpc.status().height
        until(lambda: members["north"]._rpc.status().height > height + 3, "blocks of the others")
        assert not victim.healthy() and victim.cometbft.starts == starts
        answer = ready(victim)
        assert answer is not None and (answer["code"], answer["status"]) == (StateDiffers.code, 503)
        assert get(f"http://{victim.consensus.listen}/health").json() == {"status": "ok"}
        node = status_of(four, VICTIM)
        assert "ledger reset" in node["halted"] and "(0x6344)" in node["halted"] and node["up"] is False
        shown = salus("network", "status", "--folder", four.folder, status=1).out
        assert "halted" in shown and f"{VICTIM}: The others decided" in shown
        assert all(one.healthy() for name, one in members.items() if name != VICTIM)
    with up(four, f"other-hash={AT}") as members:  # brought up anew it comes to the same: what it wrote is replayed
        until(lambda: members[VICTIM].halting.given_up, "the halt again")
        assert read_halt(members[VICTIM].home) is not None
        until(members["north"].healthy, "the others")


def test_a_damaged_home_is_not_brought_up_and_the_reason_is_said_at_once(one: Network) -> None:
    (home,) = one.homes
    (home / "ledger").mkdir(exist_ok=True)
    (home / "ledger/damaged").write_bytes(b"")
    refused = salus("network", "up", "--home", home, env=environment(one.program), status=NO)
    assert "(0x6345)" in refused.err and "ledger reset" in refused.err
    found = read_halt(home)
    assert found is not None and found.code == HomeDamaged.code and "0x7062" in found.cause
    shown = salus("network", "status", "--home", home, "--own", status=1).out
    assert "halted" in shown and "(0x6345)" in shown


@pytest.mark.long
def test_a_node_that_fails_at_a_block_is_begun_anew_and_then_given_up(four: Network) -> None:
    with up(four, f"fail={AT}") as members:
        victim = members[VICTIM]
        assert victim.application is not None
        until(lambda: victim.halting.halt is not None, "the first stop")
        found = victim.halting.halt
        assert found is not None and found.code in (ApplicationStopped.code, NeverRecovered.code)
        until(lambda: victim.halting.given_up, "the last stop")
        found = read_halt(victim.home)
        assert found is not None and found.code == NeverRecovered.code and "RuntimeError" in found.cause
        assert victim.application.starts == 3
    with up(four, "accept") as members:  # the program is mended
        until(lambda: all(one.healthy() for one in members.values()), "all well")
        until(lambda: members[VICTIM]._rpc.status().height > AT + 2, "its blocks go on")
        assert read_halt(members[VICTIM].home) is None


def height_of(network: Network) -> int:
    found: int = network.status()["nodes"][0]["height"]
    return found


@pytest.mark.long
def test_a_node_without_the_voted_rules_stands_still_until_its_program_has_them(
    one: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home,) = one.homes
    one.up()
    effective = height_of(one) + 10
    at = effective + 20
    upgrade = ("upgrade", 2, at, "Salus 2.0", "--as", "north", "--effective", effective)
    made = one.run("north", "org", "propose", *upgrade, "--json").data
    one.run("north", "org", "vote", "--as", "north", made["proposal"])
    for value in range(7_000_000, 7_000_100):  # a block that holds something counts the votes
        counts = height_of(one) >= effective
        one.run("north", "org", "propose", "parameter", "--as", "north", "session-ms", value)
        if counts:
            break
    assert f"from block {at} on: install Salus 2.0" in one.run("north", "ledger", "status").out
    assert one.down() == 0
    beat_fast(home)  # only now: machines of tests are slow
    one.up()
    found = until(lambda: read_halt(home), "the halt")
    assert (found.code, found.height) == (RulesMissing.code, at - 1)
    assert f"version 2, from block {at} on" in found.cause and "Install Salus 2.0" in found.cause
    server = until(lambda: (left := one.processes(home))[1:] == [] and left, "the end of its CometBFT")
    assert one.processes(home) == server, "the Salus server stays"
    (node,) = one.status()["nodes"]
    assert node["halted"] == str(found) and node["up"] is False
    assert one.run("north", "ledger", "status", "--json").data["height"] == at - 1, "what is there is read"
    said = read_consensus(home)
    assert said is not None
    answer = get(f"http://{said.listen}/ready")
    assert answer.status_code == 503 and "Install Salus 2.0" in answer.json()["why"]
    assert one.down() == 0

    refused = salus("network", "up", "--home", home, env=environment(one.program), status=NO)
    assert "(0x634a)" in refused.err and "Install Salus 2.0" in refused.err
    shown = salus("network", "status", "--home", home, "--own", status=NO).out
    assert "halted" in shown and "Install Salus 2.0" in shown

    monkeypatch.setenv("PYTHONPATH", _python_path(str(TESTS / "network/second_rules")))  # the program that has them
    one.up()
    until(lambda: height_of(one) > at + 2, "blocks under the new rules")
    assert read_halt(home) is None and one.status()["nodes"][0]["halted"] is None
    assert one.down() == 0
