"""A newcomer joins a network that runs: invited, admitted by vote, and a validator from then on."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from network.networks import Network, environment, free_ports, free_run, network_of, salus, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.long]
ROOM_BLOCKS = 80  # in which a vote is cast: half a minute at this heartbeat; commands start slowly on a busy machine


@pytest.fixture
def running(cometbft: Path) -> Iterator[Network]:
    """One member, up, whose blocks come quickly."""
    with network_of(1, cometbft) as network:
        said = network.homes[0] / "consensus.json"
        said.write_text(json.dumps(json.loads(said.read_bytes()) | {"heartbeat_ms": 400, "snapshot_every": 20}))
        network.up()
        yield network


def invited(network: Network) -> Path:
    file = network.folder / "invitation.json"
    made = network.run("north", "network", "invite", "--as", "north", "--out", file, "--json").data
    assert made["network"] == network.run("north", "ledger", "status", "--json").data["network"]
    return file


def joined(network: Network, invitation: Path, *more: object, slug: str = "south", status: int = 0) -> object:
    first = free_run(10)
    return salus(
        *("network", "join", "--home", network.home(slug), "--invitation", invitation, "--unattended", "--json"),
        *("--first-port", first, "--listen", first + 9, *more, f"{slug}:hospital:South of the tests"),
        status=status,
    )


def height(network: Network, member: str) -> int:
    return network.status("--home", network.home(member))["nodes"][0]["height"] or 0


def bring_up(network: Network, member: str) -> None:
    salus("network", "up", "--home", network.home(member), "--background", env=environment(network.program))


def admitted(network: Network) -> None:
    """Let the one member open the account, propose and vote, and wait until the newcomer signs blocks."""
    application = network.home("south") / "application.cbor"
    effective = ("--effective", height(network, "north") + ROOM_BLOCKS)
    made = network.run("north", "network", "admit", "--as", "north", *effective, application, "--json").data
    network.run("north", "org", "vote", "--as", "north", made["proposal"])
    own = network.run("south", "network", "peers", "--card", network.folder / "south.json", "--json").data
    assert [one["name"] for one in own["peers"]] == ["north"]
    listed = network.run("north", "network", "peers", "--json").data["peers"]
    assert listed == [json.loads((network.folder / "south.json").read_bytes())]
    assert json.loads((network.home("south") / "peer.json").read_bytes()) == listed[0]
    until(lambda: height(network, "north") >= made["effective_height"], "the height of the vote's effect")
    network.run("north", "staff", "add", "--as", "north", "Somebody")  # blocks without a batch change nothing

    def signs() -> bool:
        found = network.status()
        return found["power"] == 2 and [node["power"] for node in found["nodes"]] == [1, 1]

    until(signs, "the vote's effect")


def test_a_newcomer_fetches_all_blocks_and_becomes_a_validator(running: Network) -> None:
    joined(running, invited(running))
    bring_up(running, "south")
    until(lambda: height(running, "south") > 1, "blocks at the newcomer")
    assert running.status()["power"] == 1
    admitted(running)
    names = {one["name"] for one in running.run("south", "org", "list", "--json").data}
    assert names == {"North of the tests", "South of the tests"}
    running.run("south", "org", "propose", "parameter", "--as", "south", "session-ms", 7_000_000)
    found = running.status()
    assert found["agree"] is True and all(node["up"] for node in found["nodes"])


def test_a_newcomer_begins_with_a_snapshot(running: Network) -> None:
    until(lambda: any((running.home("north") / "ledger/snapshots").glob("*/*")), "a snapshot")
    until(lambda: height(running, "north") > 45, "blocks after it")
    invitation = invited(running)
    assert json.loads(invitation.read_bytes())["trust"]["height"] > 40
    joined(running, invitation)
    bring_up(running, "south")
    until(lambda: height(running, "south") > 45, "the newcomer's height")
    status = running.run("south", "ledger", "status", "--json").data
    assert status["pruned"] is not None, "it has no block from before the snapshot"
    admitted(running)
    assert running.status()["agree"] is True


def test_a_newcomer_without_a_node_begins_with_a_snapshot_and_is_admitted(running: Network) -> None:
    until(lambda: any((running.home("north") / "ledger/snapshots").glob("*/manifest.cbor")), "a snapshot")
    until(lambda: height(running, "north") > 25, "the block after it")
    home = running.home("west")
    made = salus(
        *("network", "follow", "--home", home, "--unattended", "--json", "--listen", min(free_ports(1))),
        *(invited(running), "west:hospital:West of the tests"),
    ).data
    assert made["begins"] == "snapshot" and made["trust_height"] % 20 == 1
    salus("network", "up", "--home", home, "--background", env={**environment(), "PATH": ""})  # no CometBFT is needed
    status = running.run("west", "ledger", "status", "--json").data
    assert status["pruned"] is not None and status["trouble"] is None
    assert [node["up"] for node in running.status("--home", home)["nodes"]] == [True, True]
    proposed = running.run("north", "network", "admit", "--as", "north", home / "application.cbor", "--json").data
    running.run("north", "org", "vote", "--as", "north", proposed["proposal"])
    until(lambda: height(running, "north") >= proposed["effective_height"], "the height of the vote's effect")
    running.run("north", "staff", "add", "--as", "north", "Somebody")
    names = lambda: {one["name"] for one in running.run("west", "org", "list", "--json").data}  # noqa: E731
    until(lambda: names() == {"North of the tests", "West of the tests"}, "the vote's effect at the newcomer")
    running.run("west", "org", "propose", "parameter", "--as", "west", "session-ms", 7_000_000)
    salus("network", "stop", "--home", home)
    assert running.run("west", "fsck").status == 0
