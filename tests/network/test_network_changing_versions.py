"""From one version of CometBFT to the next, over what the first left."""

from pathlib import Path

import pytest

from network.networks import Network, network_of, until

VERSIONS = ("v0.38.26", "v0.39.4", "v0.40.0")
pytestmark = [pytest.mark.timeout(900), pytest.mark.long]


def goes_on(network: Network) -> None:
    """Let the member propose something, and see that its node has taken it in."""
    made = network.run("north", "org", "propose", "parameter", "--as", "north", "session-ms", 7_000_000, "--json")
    assert made.data["proposal"]
    until(lambda: all(node["up"] and node["served"] for node in network.status()["nodes"]), "a node that answers")


def test_a_member_changes_its_version_and_goes_on(other_versions: dict[str, Path]) -> None:
    missing = [version for version in VERSIONS if version not in other_versions]
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}; `make cometbft COMETBFT={missing[0]}` builds one")
    with network_of(1, other_versions[VERSIONS[0]]) as network:
        heights = []
        for version in VERSIONS:
            network.program = other_versions[version]
            network.up()
            goes_on(network)
            heights.append(network.status()["nodes"][0]["height"])
            assert network.down() == 0
        assert heights == sorted(set(heights))
