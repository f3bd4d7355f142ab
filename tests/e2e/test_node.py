"""A node and homes that follow it, each a process of its own: one state; a node that is killed; what is refused."""

import json
import shutil
import signal
from pathlib import Path

import httpx2
import pytest
from command_line import MEMBERS, bundle_file, copied, data, done, found, once, salus
from node_homes import member_home, node_home
from serving_process import served
from test_serve import certificate

from salus.client.remote import RemoteLedger
from salus.client.remote_errors import NodeAway, UntrustedCertificate
from salus.core.genesis import read_genesis
from salus.ledger.errors import NotANode


@pytest.fixture
def region(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return copied(once(tmp_path_factory, "founded", lambda folder: found(folder / "home", *MEMBERS)), tmp_path)


def height(url: str) -> int:
    return int(httpx2.get(f"{url}/ledger/status").json()["height"])


def test_homes_of_members_follow_the_node(region: Path, tmp_path: Path) -> None:
    with served(node_home(region, tmp_path / "node"), verb="node") as node:
        assert node.said["organisations"] == []
        north = member_home(region, tmp_path / "north", "north", node.url)
        clinic = member_home(region, tmp_path / "clinic", "clinic", node.url)
        done("record", "import", "--as", "north", bundle_file(tmp_path), home=north)
        assert len(data("patient", "list", "--as", "north", home=north)) == 1
        with served(north) as one, served(clinic) as other:
            last = height(node.url)
            for server in (one, other):
                assert httpx2.get(f"{server.url}/ready").status_code == 200
                client = RemoteLedger(server.url, read_genesis((region / "genesis.cbor").read_bytes())[0])
                assert read_all(client, last) == read_all(RemoteLedger(node.url, client.network), last)
                assert httpx2.get(f"{server.url}/ledger/genesis").content == (region / "genesis.cbor").read_bytes()
            assert one.end() == (0, "", "")
            assert other.end() == (0, "", "")
        said = data("ledger", "status", home=clinic)
        assert said["height"] >= last
        assert (said["engine"], said["follows"], said["trouble"]) == ("replica", node.url, None)
        assert f"follows      {node.url}" in done("ledger", "status", home=clinic)
        assert node.end() == (0, "", "")
    for home in (tmp_path / "node", north, clinic):
        assert salus("fsck", home=home).status == 0


def read_all(client: RemoteLedger, last: int) -> list[bytes]:
    try:
        return client.blocks(1, last)
    finally:
        client.close()


def test_a_node_that_is_killed_loses_nothing_and_is_followed_again(region: Path, tmp_path: Path) -> None:
    home = node_home(region, tmp_path / "node")
    with served(home, verb="node") as node:
        north = member_home(region, tmp_path / "north", "north", node.url)
        with served(north) as follower:
            done("record", "import", "--as", "north", bundle_file(tmp_path), home=north)  # by the server of the home
            last = height(follower.url)
            node.end(signal.SIGKILL)
            assert httpx2.get(f"{follower.url}/ready").status_code == 200
            assert len(data("patient", "list", "--as", "north", home=north)) == 1
            more = bundle_file(tmp_path, "more.json", "Other", "N-2")
            refused = salus("record", "import", "--as", "north", more, home=north)
            assert refused.status == 4
            assert f"(0x{NodeAway.code:04x})" in refused.err
            again = ("--listen", f"127.0.0.1:{node.said['port']}")
            with served(home, *again, verb="node") as second:
                assert height(second.url) >= last
                done("record", "import", "--as", "north", more, home=north)
                assert len(data("patient", "list", "--as", "north", home=north)) == 2
                assert second.end() == (0, "", "")
            assert follower.end() == (0, "", "")
    for one in (home, north):
        assert salus("fsck", home=one).status == 0


def test_the_node_is_known_by_the_certificates_that_the_home_trusts(region: Path, tmp_path: Path) -> None:
    chain, private = certificate(tmp_path)
    home = node_home(region, tmp_path / "node")
    with served(home, "--certificate", chain, "--key", private, verb="node") as node:
        north = member_home(region, tmp_path / "north", "north", node.url)
        assert node.url.startswith("https://")
        refused = salus("record", "import", "--as", "north", bundle_file(tmp_path), home=north)
        assert refused.status == 4 and f"(0x{UntrustedCertificate.code:04x})" in refused.err
        shutil.copy(chain, north / "ca.pem")
        (north / "upstream.json").write_text(json.dumps({"node": node.url, "ca": "ca.pem"}))
        done("record", "import", "--as", "north", bundle_file(tmp_path), home=north)
        assert node.end() == (0, "", "")


def test_only_a_home_with_the_key_is_a_node(region: Path, tmp_path: Path) -> None:
    north = member_home(region, tmp_path / "north", "north", "http://127.0.0.1:1")
    for command in (("node", "--listen", "127.0.0.1:0"), ("ledger", "prune", "--keep-days", "1")):
        refused = salus(*command, home=north)
        assert (refused.status, refused.line) == (1, f"salus: {NotANode()}")
    (north / "upstream.json").write_text('{"node": "ftp://x"}')
    assert "0x5036" in salus("ledger", "status", home=north).line
    (north / "upstream.json").unlink()
    assert salus("ledger", "status", home=north).line == f"salus: {NotANode()}"
