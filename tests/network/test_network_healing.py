"""A member's node whose state is damaged stops, and heals from the others; one from a backup follows and signs not."""

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from network.networks import Network, network_of, salus, until
from salus.bootstrap.consensus import read_consensus
from salus.client.cometbft.rpc import Rpc
from salus.ledger.errors import StateDamaged
from salus.state.store import Store

pytestmark = [pytest.mark.timeout(1200), pytest.mark.long]  # each test ends and starts twelve processes, some twice
FAST = {"heartbeat_ms": 400, "snapshot_every": 10}


@pytest.fixture(scope="module")
def network(cometbft: Path) -> Iterator[Network]:
    """Four members whose blocks come quickly; three of them decide without the fourth."""
    with network_of(4, cometbft) as network:
        for home in network.homes:
            said = home / "consensus.json"
            said.write_text(json.dumps(json.loads(said.read_bytes()) | FAST))
        network.up()
        yield network


def heights(network: Network) -> dict[str, int]:
    ran = salus("network", "status", "--json", "--folder", network.folder, status=None)
    assert ran.out, ran
    return {node["name"]: node["height"] or 0 for node in ran.data["nodes"]}


def trusted(network: Network, member: str) -> tuple[int, str]:
    """Return height and hash of the newest block of a member, as CometBFT says them."""
    said = read_consensus(network.home(member))
    assert said is not None and said.own_rpc is not None
    rpc = Rpc(said.own_rpc)
    try:
        header, commit = rpc.commit(None)
        return header.height, commit.block_id.hash.hex()
    finally:
        rpc.close()


def damage(home: Path) -> None:
    """Change a value of the state on disk, under a tree that does not know of it."""
    store = Store.open(home / "ledger" / "state")
    (key, value) = next(row for row in store.items() if row[0][:1] == b"\x01" and row[1])
    store.close()
    path = home / "ledger" / "state" / "data.mdb"
    raw = path.read_bytes()
    assert value in raw
    path.write_bytes(raw.replace(key + value, key + value[:-1] + bytes((value[-1] ^ 1,))))


def test_a_node_is_wiped_and_heals_by_state_sync(network: Network) -> None:
    until(lambda: min(heights(network).values()) > 25, "some blocks")
    until(lambda: any((network.home("north") / "ledger/snapshots").glob("*/manifest.cbor")), "a snapshot")
    height, digest = trusted(network, "north")
    home = network.home("clinic")
    before = sorted(path.name for path in (home / "node").iterdir())
    signed = home / "cometbft/signed/priv_validator_state.json"
    network.run("clinic", "ledger", "reset", "--yes", status=4)  # it runs
    network.down()
    kept = signed.read_bytes()
    network.run("clinic", "ledger", "reset", "--yes", "--trust-height", height, "--trust-hash", digest)
    assert not (home / "ledger/blocks").exists()
    assert signed.read_bytes() == kept and sorted(path.name for path in (home / "node").iterdir()) == before
    network.up()
    healed(network, "clinic", height + 15)
    assert network.run("north", "ledger", "status", "--json").data["pruned"] is None
    network.run("clinic", "org", "propose", "parameter", "--as", "clinic", "session-ms", 7_000_000)


def healed(network: Network, member: str, goal: int) -> None:
    """Wait until all are at a height, and see that the member began with a snapshot and agrees."""
    until(lambda: min(heights(network).values()) > goal, "all of them far ahead")
    assert network.status()["agree"] is True
    assert network.run(member, "ledger", "status", "--json").data["pruned"]["headers"] > 10


def test_a_node_whose_state_was_tampered_with_stops_and_heals(network: Network) -> None:
    home, before = network.home("regulator"), max(heights(network).values())
    assert network.down() == 0
    damage(home)
    network.up()
    until((home / "ledger/damaged").exists, "the damage found, at the next snapshot")
    until(lambda: f'"code":{StateDamaged.code}' in (home / "logs/salus.log").read_text(), "its reason")
    until(lambda: heights(network)["north"] > before + 30, "the others, which go on")
    assert network.status()["nodes"][2]["up"] is False
    height, digest = trusted(network, "north")
    assert network.down() == 0
    network.run("regulator", "ledger", "reset", "--yes", "--trust-height", height, "--trust-hash", digest)
    network.up()
    healed(network, "regulator", height + 15)


def test_a_member_from_a_backup_follows_and_signs_nothing(network: Network) -> None:
    home, backup = network.home("south"), network.folder / "backup-of-south"
    said = network.run("south", "home", "backup", backup, "--json").data
    assert said["height"] > 0
    height, digest = trusted(network, "north")
    assert network.down() == 0
    passphrase = (home / "passphrase").read_bytes()
    rmtree(home)
    trust = ("--trust-height", height, "--trust-hash", digest)
    assert salus("home", "restore", backup, home, "--json", *trust).data["signs"] is False
    (home / "passphrase").write_bytes(passphrase)
    (home / "passphrase").chmod(0o600)
    network.up()
    healed(network, "south", height + 15)
    assert {node["name"]: node["power"] for node in network.status()["nodes"]}["south"] == 0
    assert len(network.run("south", "org", "list", "--json").data) == 4
