"""Other versions of CometBFT that are known: `make cometbft COMETBFT=v0.38.26` builds one for these tests."""

import os
from pathlib import Path

import pytest

from network.networks import Network, network_of, until

TOOLS = Path(__file__).parents[2] / ".tools/bin"
pytestmark = pytest.mark.timeout(900)


def built(version: str) -> Path:
    program = TOOLS / f"cometbft-{version}"
    if not os.access(program, os.X_OK):
        pytest.skip(f"no CometBFT {version} here: `make cometbft COMETBFT={version}` builds it where Go is")
    return program


def goes_on(network: Network, member: str) -> None:
    """Let a member propose something, and see that all nodes have one app hash."""
    network.run(member, "org", "propose", "parameter", "--as", member, "session-ms", 7_000_000)

    def agreed() -> bool:
        found = network.status()
        nodes = found["nodes"]
        return all(node["up"] for node in nodes) and (len(nodes) == 1 or found["agree"] is True)

    until(agreed, "one app hash")


@pytest.mark.parametrize("version", ["v0.38.26", "v0.40.0"])
def test_a_network_of_another_version(cometbft: Path, version: str) -> None:
    with network_of(1, built(version)) as network:
        network.up()
        goes_on(network, "north")
        assert network.down() == 0


def test_a_member_changes_its_version_and_goes_on(cometbft: Path) -> None:
    """From one to the next by ending it, and starting the other over what the first left."""
    with network_of(1, built("v0.38.26")) as network:
        for version in ("v0.38.26", "v0.39.4", "v0.40.0"):
            network.program = built(version)
            network.up()
            goes_on(network, "north")
            assert network.down() == 0
