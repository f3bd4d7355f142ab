"""What is written for CometBFT and for machines, as text: nothing of it needs CometBFT."""

import json
import os
import re
import shutil
import subprocess
import threading
import tomllib
from base64 import b64decode
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from salus.bootstrap.consensus import BadConsensus, ConsensusFile, Peer, Trust, read_consensus, write_consensus
from salus.bootstrap.copies import back_up, restore
from salus.bootstrap.network.config import config_toml
from salus.bootstrap.network.errors import BadRpcCertificate
from salus.bootstrap.network.founding import heartbeat_ms
from salus.bootstrap.network.halts import GIVEN_UP
from salus.bootstrap.network.keeping import homes_in
from salus.bootstrap.network.keyfiles import address, node_id, refresh
from salus.bootstrap.network.member import trusting_of
from salus.bootstrap.network.peers import own_card
from salus.bootstrap.network.plan import read_members, usual
from salus.bootstrap.network.status import NetworkStatus, NodeStatus, network_status
from salus.bootstrap.network.together import found_network
from salus.cli.network_status import row, state, summary
from salus.cli.status import NO, USAGE, status_of
from salus.client.remote_errors import NoTlsThere
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.core.errors import Refusal
from salus.core.genesis import read_genesis
from salus.services.certificates import make_certificates
from salus.vault import keystore
from salus.vault.keystore import Keystore

ROOT = Path(__file__).parents[2]
SECRET = "a passphrase of the tests"


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, ...]:
    """Four homes, founded in this process."""
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)
    return found_network(tmp_path / "four", "consortium", usual(4), lambda home: SECRET)


def said(home: Path) -> ConsensusFile:
    found = read_consensus(home)
    assert found is not None
    return found


def settings(consensus: ConsensusFile) -> dict[str, Any]:
    return tomllib.loads(config_toml(consensus, Path("/run/salus/abci.sock")))


def test_a_backup_beside_the_homes_is_none_of_them(homes: tuple[Path, ...]) -> None:
    backup = homes[0].parent / "backup-of-north"
    assert back_up(homes[0], backup, nullcontext(False)).height == 0, "it was never up"
    assert read_consensus(backup) == read_consensus(homes[0])
    assert homes_in(homes[0].parent) == tuple(sorted(homes))
    assert restore(backup, homes[0].parent / "again", "").signs is False
    assert set(homes_in(homes[0].parent)) == {*homes, homes[0].parent / "again"}


def test_all_homes_are_of_one_network_and_none_has_anothers_key(homes: tuple[Path, ...]) -> None:
    genesis = {(home / "genesis.cbor").read_bytes() for home in (*homes, homes[0].parent)}
    assert len(genesis) == 1
    network, document = read_genesis(genesis.pop())
    assert [(v.founder, v.power) for v in document.validators] == [(0, 1), (1, 1), (2, 1), (3, 1)]
    assert len({(home / "cometbft/config/genesis.json").read_bytes() for home in homes}) == 1
    assert json.loads((homes[0] / "cometbft/config/genesis.json").read_bytes())["chain_id"] == (
        f"salus-{network.hex()[:40]}"
    )
    for at, home in enumerate(homes):
        kept = json.loads((home / "cometbft/config/priv_validator_key.json").read_bytes())
        pair = b64decode(kept["priv_key"]["value"])
        assert pair[32:] == b64decode(kept["pub_key"]["value"]) == document.validators[at].public
        assert bytes.fromhex(kept["address"]) == address(pair[32:])
        assert pair[:32] == Keystore.open(home / "node/keystore.sealed", SECRET).get("node")
        for path in (home / "cometbft").rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path
        others = {other.name for other in homes} - {home.name}
        assert {peer.name: peer.node for peer in said(home).peers} == {
            other.name: node_id(other) for other in homes if other.name in others
        }
        assert [path.parent.name for path in home.glob("organisations/*/keystore.sealed")] == [home.name]


def test_every_address_is_of_this_machine_and_its_own(homes: tuple[Path, ...]) -> None:
    addresses = [getattr(said(home), name) for home in homes for name in ("p2p", "rpc", "metrics", "listen")]
    assert len(set(addresses)) == 16 and all(one.startswith("127.0.0.1:") for one in addresses)
    assert addresses[:4] == ["127.0.0.1:26656", "127.0.0.1:26657", "127.0.0.1:26660", "127.0.0.1:8080"]
    assert addresses[4:8] == ["127.0.0.1:26666", "127.0.0.1:26667", "127.0.0.1:26670", "127.0.0.1:8081"]


def test_the_settings_of_cometbft(homes: tuple[Path, ...]) -> None:
    found = settings(said(homes[1]))
    assert found["proxy_app"] == "unix:///run/salus/abci.sock" and found["abci"] == "socket"
    assert found["priv_validator_state_file"] == "signed/priv_validator_state.json"
    assert "priv_validator_laddr" not in found
    p2p, consensus = found["p2p"], found["consensus"]
    assert (p2p["pex"], p2p["addr_book_strict"], p2p["allow_duplicate_ip"]) == (False, False, True)
    others = [f"{node_id(home)}@{said(home).p2p}" for at, home in enumerate(homes) if at != 1]
    assert p2p["persistent_peers"] == ",".join(others)
    assert 100 <= int(consensus["timeout_commit"].removesuffix("ms")) <= 300
    assert consensus["create_empty_blocks"] is False
    assert found["tx_index"] == {"indexer": "null"}
    assert found["mempool"]["max_tx_bytes"] == 1024**2 < found["mempool"]["max_txs_bytes"]
    assert found["rpc"]["max_body_bytes"] > 4 * 1024**2 // 3, "a batch in base64 fits"
    assert found["p2p"]["send_rate"] > 5_120_000 and found["instrumentation"]["prometheus"] is True
    assert found["statesync"] == {"enable": False}


def test_settings_on_a_machine_of_ones_own_with_a_signer_and_an_invitation() -> None:
    peer = Peer("south", "ab" * 20, "south.example:26656", "http://south.example:26657")
    outside, trust = "west.example:26656", Trust(41, "cd" * 32)
    consensus = ConsensusFile("west", peers=(peer,), signer="unix:///run/s.sock", trust=trust, external=outside)
    found = settings(consensus)
    assert found["priv_validator_laddr"] == "unix:///run/s.sock"
    assert found["p2p"]["allow_duplicate_ip"] is False and found["p2p"]["external_address"] == outside
    sync = found["statesync"]
    assert (sync["enable"], sync["trust_height"], sync["trust_hash"]) == (True, 41, "cd" * 32)
    assert sync["rpc_servers"].split(",") == ["http://south.example:26657"] * 2, "one to ask, one to compare with"


def test_an_rpc_over_tls(homes: tuple[Path, ...]) -> None:
    home = homes[0]
    assert "tls_cert_file" not in settings(said(home))["rpc"] and own_card(home).rpc.startswith("http://")
    made = make_certificates(home, ["127.0.0.1"])
    secure = replace(said(home), rpc_certificate="tls/server.pem", rpc_key=str(made.key))
    write_consensus(home, secure)
    found = settings(secure)["rpc"]
    assert (home / "cometbft/config" / found["tls_cert_file"]).resolve() == made.certificate.resolve()
    assert found["tls_key_file"] == str(made.key), "a path that begins with / stays"
    assert secure.own_rpc == own_card(home).rpc == f"https://{secure.rpc}"
    write_consensus(home, replace(secure, external="north.example:26656"))
    assert own_card(home).rpc == f"https://north.example:{secure.rpc.rpartition(':')[2]}"
    genesis = (home / "genesis.cbor").read_bytes()
    refresh(home, secure, genesis)
    other = make_certificates(home / "other", ["127.0.0.1"])
    (home / "nonsense").write_text("no key")
    for key in (str(other.key), "missing", "nonsense"):
        with pytest.raises(BadRpcCertificate):
            refresh(home, replace(secure, rpc_key=key), genesis)
    whole = replace(secure, certificate="tls/server.pem", key="tls/server.key")
    write_consensus(home, whole)
    assert read_consensus(home) == whole
    for half in ("rpc_certificate", "rpc_key", "certificate", "key"):
        write_consensus(home, replace(whole, **{half: None}))
        with pytest.raises(BadConsensus):
            read_consensus(home)


def test_the_status_says_where_tls_is_why_a_node_is_not_heard(homes: tuple[Path, ...]) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        peer = Peer("south", "ab" * 20, None, f"https://127.0.0.1:{server.server_port}")
        write_consensus(homes[0], ConsensusFile("north", node="light", peers=(peer,)))
        found = network_status([homes[0]])
        server.shutdown()
    assert [(node.name, node.up, node.warning) for node in found.nodes] == [
        ("north", False, None),
        ("south", False, NoTlsThere.text),
    ]


def test_cometbft_trusts_the_authorities_of_the_home() -> None:
    assert trusting_of(None, None) is None and trusting_of({"A": "b"}, None) == {"A": "b"}
    assert trusting_of({"A": "b"}, Path("/home/ca.pem")) == {"A": "b", "SSL_CERT_FILE": "/home/ca.pem"}
    whole = trusting_of(None, Path("/home/ca.pem"))
    assert whole is not None and whole["PATH"] == os.environ["PATH"]


def test_the_heartbeat_comes_before_the_state_is_stale() -> None:
    bounds = BOUNDS[Parameter.STALE_MS]
    assert heartbeat_ms(()) == 20_000 < bounds.default / 2
    for stale in (bounds.lowest, 5_000, bounds.highest):
        assert 200 <= heartbeat_ms([(Parameter.STALE_MS, stale)]) < stale / 2


def test_consensus_files_are_closed_and_come_back_as_they_were(tmp_path: Path) -> None:
    assert read_consensus(tmp_path) is None
    consensus = ConsensusFile("north", node="full", ca="ca.pem", one_machine=True, names=("north.example",))
    write_consensus(tmp_path, consensus)
    assert (
        said(tmp_path) == consensus and json.loads((tmp_path / "consensus.json").read_bytes())["engine"] == "cometbft"
    )
    light = ConsensusFile("east", node="light", peers=(Peer("a", "0" * 40, "a:1", "http://a:2"),))
    assert (light.own_rpc, light.rpcs, light.has_node) == (None, ("http://a:2",), False)
    for wrong in (
        "{}",
        '{"name": "A"}',
        '{"name": "a", "peers": [{}]}',
        '{"name": "a", "trust": {"height": 0}}',
        "[]",
        "",
    ):
        (tmp_path / "consensus.json").write_text(wrong)
        with pytest.raises(BadConsensus):
            read_consensus(tmp_path)


def test_members_of_a_file_that_the_containers_use() -> None:
    places = read_members((ROOT / "deploy/containers/members.json").read_bytes())
    assert [place.dialled for place in places] == [
        f"{name}:26656" for name in ("north", "south", "clinic", "regulator")
    ]
    assert {place.p2p for place in places} == {"0.0.0.0:26656"} and {place.metrics for place in places} == {
        "127.0.0.1:26660"
    }
    assert places[0].url == "http://north:8080"


def test_the_table_and_its_last_line() -> None:
    up = NodeStatus("north", "/h", True, True, True, "http://n", False, 9, "ab" * 32, 1500, 3, 1, "0.39.4", "0.1.0")
    away = NodeStatus("south", None, None, False, False, "http://s")
    assert row(up) == ("north", "up", 9, "ab" * 6, "1.5 s", 3, 1, "0.39.4", "http://n")
    assert row(away) == ("south", "down", "-", "-", "-", "-", "-", "-", "http://s")
    assert [state(one) for one in (up, away)] == ["up", "down"]
    line = summary(NetworkStatus("salus-00", 9, True, 4, (up, away)))
    assert (
        line == "1 of 2 answer; same app hash at height 9; validators' power 1 of 4 answers, 3 decide. Chain salus-00"
    )
    assert "DIFFERENT APP HASHES" in summary(NetworkStatus(None, 9, False, 4, (up,)))


UNIT = ROOT / "deploy/systemd/salus-network@.service"


def test_the_unit_ends_the_keeper_alone_and_waits_for_it() -> None:
    lines = [line for line in UNIT.read_text().splitlines() if line and line[0] not in "#["]
    given = dict(line.split("=", 1) for line in lines if not line.startswith("Environment="))
    assert given["ExecStart"] == "/opt/salus/bin/salus network up --home /var/lib/salus/%i"
    assert (given["Restart"], given["RestartPreventExitStatus"]) == ("on-failure", f"{NO} {USAGE}")
    assert given["KillMode"] == "mixed" and int(given["TimeoutStopSec"].removesuffix("s")) > 60
    assert given["LoadCredential"].startswith("passphrase:") and given["UMask"] == "0077"
    assert "Environment=SALUS_PASSPHRASE_FILE=%d/passphrase" in lines
    assert {"NoNewPrivileges", "ProtectSystem", "PrivateTmp", "LimitCORE"} <= set(given)


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")
    salus = tmp_path / "salus"
    salus.write_text("#!/bin/sh\n")
    salus.chmod(0o755)
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/salus/bin/salus", str(salus)))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_image_and_containers_say_what_the_unit_says() -> None:
    image = (ROOT / "deploy/containers/Dockerfile").read_text()
    makefile = (ROOT / "Makefile").read_text()
    (built,) = re.findall(r"^ARG COMETBFT=(\S+)", image, re.M)
    assert f"COMETBFT ?= {built}\n" in makefile, "one version everywhere"
    assert re.search(r"^USER salus$", image, re.M) and "--require-hashes" in image
    compose = (ROOT / "deploy/containers/compose.yaml").read_text()
    for member in json.loads((ROOT / "deploy/containers/members.json").read_bytes()):
        assert f'volumes: ["{member["slug"]}:/var/lib/salus/home"]' in compose
    assert "cap_drop: [ALL]" in compose and "stop_grace_period: 2m" in compose


def descendants(kind: type[Refusal]) -> set[type[Refusal]]:
    return {kind}.union(*map(descendants, kind.__subclasses__()))


def test_the_page_says_with_which_status_each_refusal_ends() -> None:
    every = {refusal.code: refusal for refusal in descendants(Refusal) if hasattr(refusal, "code")}
    rows = re.findall(r"^\| (.*`0x.*) \| ([0-9]+) \|$", (ROOT / "docs/operate/consortium.md").read_text(), re.M)
    told = {int(code, 16): int(status) for words, status in rows for code in re.findall(r"0x[0-9a-f]{4}", words)}
    assert len(told) > 14
    assert told == {code: NO if code in GIVEN_UP else status_of(every[code].__new__(every[code])) for code in told}
