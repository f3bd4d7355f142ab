"""A network whose member serves its RPC over TLS: the home itself, a newcomer's node and a light home go on with it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from network.networks import Network, environment, free_ports, free_run, network_of, salus, until
from salus.bootstrap.network.errors import BadRpcCertificate, NodeSilent
from salus.client.cometbft.rpc import Rpc
from salus.client.remote_errors import TlsSpokenThere, UntrustedCertificate

pytestmark = pytest.mark.timeout(900)


def said(home: Path, **changes: object) -> Any:
    """Change a home's consensus.json; return what it says."""
    path = home / "consensus.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))
    return json.loads(path.read_bytes())


@pytest.fixture
def secure(cometbft: Path) -> Iterator[Network]:
    """One member, up, whose blocks come quickly and whose RPC is over TLS."""
    with network_of(1, cometbft) as network:
        home = network.homes[0]
        salus("tls", "--home", home, "--host", "127.0.0.1")
        said(home, heartbeat_ms=400, snapshot_every=20, rpc_certificate="tls/server.pem", rpc_key="tls/server.key")
        network.up()
        yield network


def height(network: Network, member: str) -> int:
    return network.status("--home", network.home(member))["nodes"][0]["height"] or 0


@pytest.mark.long
def test_a_member_newcomers_and_light_homes_over_tls(secure: Network) -> None:
    home = secure.home("north")
    node = secure.status()["nodes"][0]
    assert node["up"] and node["height"], "its own server, keeper and commands ask it by its address"
    secure.run("north", "staff", "add", "--as", "north", "Somebody")
    url = json.loads((home / "consensus.json").read_bytes())["rpc"]
    with pytest.raises(TlsSpokenThere):
        Rpc(f"http://{url}").status()
    with pytest.raises(UntrustedCertificate):
        Rpc(f"https://{url}").status()
    until(lambda: any((home / "ledger/snapshots").glob("*/manifest.cbor")), "a snapshot")
    until(lambda: height(secure, "north") > 45, "blocks after it")
    invitation = secure.folder / "invitation.json"
    secure.run("north", "network", "invite", "--as", "north", "--out", invitation)
    asked = json.loads(invitation.read_bytes())
    assert [peer["rpc"] for peer in asked["peers"]] == [f"https://{url}"] and asked["trust"]["height"] > 40

    west = secure.home("west")
    follows = ("network", "follow", "--home", west, "--unattended", "--json", "--listen", min(free_ports(1)))
    refused = salus(*follows, invitation, status=4)
    assert f"0x{NodeSilent.code:04x}" in refused.err and UntrustedCertificate.text in refused.err
    made = salus(*follows, "--ca", home / "tls/ca.pem", invitation).data
    assert made["begins"] == "snapshot"
    salus("network", "up", "--home", west, "--background", env={**environment(), "PATH": ""})
    assert [node["up"] for node in secure.status("--home", west)["nodes"]] == [True, True]
    salus("network", "stop", "--home", west)

    south, first = secure.home("south"), free_run(10)
    salus(
        *("network", "join", "--home", south, "--invitation", invitation, "--unattended", "--json"),
        *("--first-port", first, "--listen", first + 9, "south:hospital:South of the tests"),
    )
    (south / "ca.pem").write_bytes((home / "tls/ca.pem").read_bytes())
    said(south, ca="ca.pem")
    salus("network", "up", "--home", south, "--background", env=environment(secure.program))
    until(lambda: height(secure, "south") > 45, "the newcomer's height")
    status = secure.run("south", "ledger", "status", "--json").data
    assert status["pruned"] is not None, "CometBFT verified a snapshot by what it asked over TLS"
    until(lambda: (south / "ledger/bridge").exists(), "what leads there from the genesis")


def test_a_certificate_that_does_not_serve_is_said_before_anything_starts(one: Network) -> None:
    home = one.homes[0]
    said(home, rpc_certificate="tls/server.pem", rpc_key="tls/server.key")
    refused = salus("network", "up", "--home", home, env=environment(one.program), status=None)
    assert refused.status != 0 and f"0x{BadRpcCertificate.code:04x}" in refused.err
    assert not (home / "logs").exists() or not any((home / "logs").glob("*.log"))
