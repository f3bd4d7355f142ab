"""What can be wrong with a network's home or machine: one helpful line each, and nothing half done."""

import json
import os
import stat
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET, socket

import pytest

from network.networks import Network, Ran, environment, network_of, salus
from salus.bootstrap.consensus import SOCKET, ConsensusFile, read_consensus, socket_path, write_consensus


def refused(network: Network, code: int, *more: object, program: Path | None = None, status: int = 1) -> str:
    """Bring the first home up, which fails with the code; return its one line."""
    home = network.homes[0]
    env = environment(program or network.program)
    ran = salus("network", "up", "--home", home, "--json", *more, env=env, status=status)
    assert_line(ran, code)
    assert not network.processes(home)
    return ran.err


def assert_line(ran: Ran, code: int) -> None:
    assert ran.err.count("\n") == 1 and f"0x{code:04x}" in ran.err, ran
    assert ran.out == ""


def changed(home: Path, **fields: object) -> None:
    """Change what the consensus.json of a home says."""
    said = json.loads((home / "consensus.json").read_bytes())
    (home / "consensus.json").write_text(json.dumps(said | fields))


def program(path: Path, said: str) -> Path:
    """Make a program that says this is its version."""
    path.write_text(f"#!/bin/sh\necho {said}\n")
    path.chmod(0o755)
    return path


def test_a_second_start_of_a_home_that_is_up(one: Network) -> None:
    home = one.homes[0]
    one.up("--home", home)
    before = one.processes(home)
    ran = salus("network", "up", "--home", home, env=environment(one.program), status=1)
    assert_line(ran, 0x6317)
    assert one.processes(home) == before, "the first is not disturbed"
    assert one.down() == 0


def test_in_the_background_until_it_is_stopped(one: Network) -> None:
    home, env = one.homes[0], environment(one.program)
    made = salus("network", "up", "--home", home, "--background", "--json", env=env)
    assert [member["name"] for member in made.data["up"]] == ["north"]
    assert len(one.processes(home)) == 2
    assert_line(salus("network", "up", "--home", home, "--background", "--json", env=env, status=1), 0x6317)
    assert salus("network", "stop", "--home", home, "--json").data == {"ended": ["north"]}
    assert one.processes(home) == []
    assert_line(salus("network", "stop", "--home", home, status=4), 0x634C)


def test_people_are_told_at_once_what_is_started(one: Network) -> None:
    home, env = one.homes[0], environment(one.program)
    out = salus("network", "up", "--home", home, "--background", env=env).out.splitlines()
    assert out[0] == "Starting north; up to two minutes." and out[1].startswith("1 of 1 are up;")
    assert salus("network", "stop", "--home", home).out == "Ended: north.\n"


def test_a_command_needs_the_node_that_is_down(one: Network) -> None:
    ran = one.run("north", "org", "propose", "parameter", "--as", "north", "session-ms", 7_000_000, status=4)
    assert_line(ran, 0x6318)


@pytest.mark.parametrize("which", ["p2p", "rpc", "metrics", "listen"])
def test_a_port_that_another_process_has(one: Network, which: str) -> None:
    said = read_consensus(one.homes[0])
    assert said is not None
    address = getattr(said, which)
    with socket() as taken:
        taken.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # a test before had nodes there
        taken.bind(("127.0.0.1", int(address.rpartition(":")[2])))
        taken.listen()
        assert address in refused(one, 0x6319, status=4)


def test_no_cometbft(one: Network, tmp_path: Path) -> None:
    assert "make cometbft" in refused(one, 0x6312, program=tmp_path / "absent", status=4)
    text = tmp_path / "text"
    text.write_text("no program")
    refused(one, 0x6312, program=text, status=4)


@pytest.mark.parametrize(("said", "shown"), [("0.37.4", "0.37.4"), ("1.0.1", "1.0.1"), ("what", "unreadable")])
def test_a_cometbft_that_was_not_tested(one: Network, tmp_path: Path, said: str, shown: str) -> None:
    line = refused(one, 0x6313, program=program(tmp_path / "cometbft", said))
    assert f"found: {shown}" in line and "0.39.4" in line


def test_a_passphrase_that_nobody_will_be_asked_for(one: Network) -> None:
    (one.homes[0] / "passphrase").unlink()
    line = refused(one, 0x6330, status=2)
    assert "SALUS_PASSPHRASE_FILE=FILE salus network up" in line and "umask 077" in line


def test_a_file_of_the_passphrase_that_cannot_be_read(one: Network, tmp_path: Path) -> None:
    for absent in (tmp_path / "absent", tmp_path):
        env = environment(one.program) | {"SALUS_PASSPHRASE_FILE": str(absent)}
        assert_line(salus("network", "up", "--home", one.homes[0], "--json", env=env, status=2), 0x6102)


def test_cometbft_of_another_network(one: Network) -> None:
    genesis = one.homes[0] / "cometbft/config/genesis.json"
    said = json.loads(genesis.read_bytes())
    genesis.write_text(json.dumps(said | {"chain_id": "salus-" + 40 * "0"}))
    refused(one, 0x631A)
    genesis.unlink()
    refused(one, 0x631A)


def test_a_home_with_the_genesis_of_another(one: Network, cometbft: Path) -> None:
    with network_of(1, cometbft) as other:
        genesis = (other.homes[0] / "genesis.cbor").read_bytes()
    (one.homes[0] / "genesis.cbor").write_bytes(genesis)
    refused(one, 0x631A)


def test_a_validator_whose_last_signature_is_forgotten(one: Network) -> None:
    state = one.homes[0] / "cometbft/signed/priv_validator_state.json"
    kept = state.read_bytes()
    state.unlink()
    assert "sign twice" in refused(one, 0x631B)
    state.write_bytes(kept)
    one.up("--home", one.homes[0])
    assert one.down() == 0


def test_a_consensus_file_that_is_not_of_its_form(one: Network) -> None:
    home = one.homes[0]
    for fields in ({"p2p": "nowhere"}, {"unknown": 1}, {"node": "seed"}, {"engine": "embedded"}, {"rpc": None}):
        before = (home / "consensus.json").read_bytes()
        changed(home, **fields)
        refused(one, 0x6310, status=2)
        (home / "consensus.json").write_bytes(before)
    (home / "consensus.json").write_bytes(b"\xff{")
    refused(one, 0x6310, status=2)


def test_no_home_of_a_network(tmp_path: Path) -> None:
    for command in ("up", "status", "stop"):
        assert_line(salus("network", command, "--folder", tmp_path, status=1), 0x6316)
        assert_line(salus("network", command, "--home", tmp_path, status=1), 0x6316)


def test_a_folder_that_is_taken(one: Network, tmp_path: Path) -> None:
    before = sorted(path.name for path in one.folder.rglob("*"))
    assert_line(salus("network", "init", "--folder", one.folder, "--unattended", status=1), 0x6314)
    assert before == sorted(path.name for path in one.folder.rglob("*"))


def described(**more: object) -> dict[str, object]:
    return {"slug": "a", "name": "A", "roles": ["clinic"]} | more


BAD: dict[str, tuple[int, object]] = {
    "no list": (0x6315, {}),
    "nobody": (0x6315, []),
    "a role that is none": (0x6315, [described(roles=["nobody"])]),
    "a page of a server": (0x6315, [described(slug="ledger")]),
    "a field that is none": (0x6315, [described(port=1)]),
    "a port that is none": (0x6315, [described(p2p=70_000)]),
    "figures at a port of another": (0x6315, [described(), described(slug="b", name="B", metrics=26_657)]),
    "figures at the port of a server": (0x6315, [described(metrics=8080)]),
    "two of a short name": (0x6324, [described(), described(name="B")]),
    "two of a name": (0x6324, [described(), described(slug="b", name="a")]),
    "two at a port": (0x6325, [described(), described(slug="b", name="B", p2p=26_656)]),
    "one port twice": (0x6325, [described(rpc=26_656)]),
    "one of another machine": (0x6326, [described(), described(slug="b", name="B", host="b.example")]),
}


@pytest.mark.parametrize(("code", "members"), BAD.values(), ids=BAD)
def test_members_that_cannot_found_a_network(tmp_path: Path, code: int, members: object) -> None:
    file = tmp_path / "members.json"
    file.write_text(json.dumps(members))
    status = 1 if code in (0x6324, 0x6325) else 2
    ran = salus("network", "init", "--from", file, "--folder", tmp_path / "new", "--unattended", status=status)
    assert_line(ran, code)
    assert not (tmp_path / "new").exists()


def test_one_region_as_before_is_not_for_a_network(one: Network, tmp_path: Path) -> None:
    split = one.run("north", "home", "split", "--to", tmp_path / "parts", "--node", "http://127.0.0.1:1", status=1)
    assert_line(split, 0x6303)


def test_the_socket_stands_in_a_private_folder_where_the_home_is_deep(tmp_path: Path, monkeypatch) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr("salus.bootstrap.consensus.gettempdir", lambda: str(tmp_path))
    write_consensus(deep, ConsensusFile("north"))
    found = socket_path(deep)
    assert found.parent == tmp_path / f"salus-{os.geteuid()}" and len(os.fsencode(found)) <= 107
    assert stat.S_IMODE(found.parent.stat().st_mode) == 0o700
    assert socket_path(deep) == found and socket_path(Path("/h")) == Path("/h") / SOCKET
    found.parent.chmod(0o770)
    with pytest.raises(Exception, match="0x6311"):
        socket_path(deep)
    found.parent.rmdir()
    found.parent.symlink_to(tmp_path)
    with pytest.raises(Exception, match="0x6311"):
        socket_path(deep)


def test_members_of_other_machines_are_not_brought_up_together(tmp_path: Path, cometbft: Path) -> None:
    members = [
        {"slug": slug, "name": slug, "roles": ["hospital"], "host": f"{slug}.example"} for slug in ("east", "west")
    ]
    file = tmp_path / "members.json"
    file.write_text(json.dumps(members))
    folder = tmp_path / "apart"
    salus("network", "init", "--from", file, "--folder", folder, "--unattended")
    assert_line(salus("network", "up", "--folder", folder, env=environment(cometbft), status=1), 0x631F)
    east = read_consensus(folder / "east")
    assert east is not None and not east.one_machine
    assert (east.p2p, east.external, east.url) == ("0.0.0.0:26656", "east.example:26656", "http://east.example:8080")
    assert [(peer.p2p, peer.rpc) for peer in east.peers] == [("west.example:26656", "http://west.example:26657")]
