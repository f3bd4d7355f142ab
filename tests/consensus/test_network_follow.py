"""`salus network follow`: a home made by command that follows a real node, and each wrong input by its name."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from consensus.kvstore_nodes import free_ports, until
from consensus.light_homes import Relay, relayed
from consensus.one_validator import Member, one_member
from consensus.test_light_replica import lie_chain, lie_header, lie_signature, lie_validators, send
from e2e.command_line import Result, salus
from salus.bootstrap import open_region
from salus.bootstrap.consensus import Peer, Trust, read_consensus
from salus.bootstrap.network.errors import (
    BadInvitation,
    NodeNotBelieved,
    NodeOfOtherChain,
    NodeSilent,
    NodeTwice,
    NotAGenesis,
    NothingToTrust,
)
from salus.bootstrap.network.joining import Application, Invitation
from salus.client.cometbft.rpc import Rpc
from salus.client.light.errors import InvalidHeader, NotConfirmed, OtherTrusted, TrustExpired, WrongChain
from salus.client.remote_errors import BadUpstream, NoTlsThere, UnreadableAnswer
from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.ledger.light import LightLedger
from salus.services.certificates import make_certificates
from salus.testing.region import Region
from salus.vault import keystore

SECRET = "a passphrase for tests"
OTHER_ID = "cd" * 20


@pytest.fixture(scope="module")
def member() -> Iterator[Member]:
    with one_member() as one:
        one.open()
        one.start()
        send(one, one.ledger, 2)
        send(one, one.ledger)
        yield one


@pytest.fixture
def second(member: Member) -> Iterator[Relay]:
    """The same node under another id: a second one, as far as anybody can tell."""
    with relayed(member.url) as relay:
        relay.change = renamed
        yield relay


def renamed(method: str, _: dict[str, Any], result: Any) -> Any:
    if method == "status":
        result["node_info"]["id"] = OTHER_ID
    return result


def then(change: Any) -> Any:
    """Another node that also lies."""
    return lambda method, params, result: change(method, params, renamed(method, params, result))


def trusted(member: Member, height: int = 2) -> Trust:
    rpc = Rpc(member.url)
    try:
        return Trust(height, rpc.block(height).hash.hex())
    finally:
        rpc.close()


def vouched(trust: Trust) -> tuple[object, ...]:
    return ("--trust-height", trust.height, "--trust-hash", trust.hash)


def genesis(folder: Path, region: Region) -> Path:
    (folder / "genesis.cbor").write_bytes(region.genesis_file)
    return folder / "genesis.cbor"


def invitation(folder: Path, member: Member, *peers: Peer, trust: Trust | None = None) -> Path:
    region = member.region
    made = Invitation(
        region.network.hex(),
        b64encode(region.genesis_file).decode(),
        "11" * 32,
        "07" * 16,
        peers,
        trust or trusted(member),
        9_000,
        one_machine=False,
    )
    (folder / "invitation.json").write_bytes(msgspec.json.encode(made))
    return folder / "invitation.json"


def refused(result: Result, refusal: type[Refusal], *words: str) -> None:
    """Check that a command failed by name in one line, and that it left nothing."""
    assert result.out == "" and f"0x{refusal.code:04x}" in result.line, result
    assert all(word in result.line for word in words), result


def follow(home: Path, *arguments: object) -> Result:
    return salus("network", "follow", *arguments, home=home)


def test_a_home_of_a_genesis_follows(member: Member, second: Relay, tmp_path: Path) -> None:
    home, trust = tmp_path / "home", trusted(member)
    made = follow(
        home,
        genesis(tmp_path, member.region),
        *("--rpc", member.url, "--rpc", second.url + "/", "--network", member.region.network.hex()),
        *vouched(trust),
        *("--server", "http://127.0.0.1:9", "--listen", 8123, "--json"),
    )
    assert (made.status, made.err) == (0, "")
    assert made.data == {
        "home": str(home),
        "network": member.region.network.hex(),
        "trust_height": 2,
        "trust_hash": trust.hash,
        "confirmed_by": 2,
        "begins": "genesis",
        "away": [],
        "application": None,
    }
    said = read_consensus(home)
    assert said is not None and (said.node, said.name, said.listen) == ("light", "gateway", "127.0.0.1:8123")
    assert said.trust == trust
    assert [(peer.rpc, peer.p2p, peer.url) for peer in said.peers] == [
        (member.url, None, "http://127.0.0.1:9"),
        (second.url, None, None),
    ]
    assert (said.peers[1].node, len({peer.name for peer in said.peers})) == (OTHER_ID, 2)
    with open_region(home, SECRET) as region:
        assert isinstance(region.ledger, LightLedger) and member.ledger is not None
        until(lambda: region.ledger.height() == member.ledger.height())  # type: ignore[union-attr]


def test_a_newcomer_of_an_invitation(
    member: Member, second: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)
    home, (port,) = tmp_path / "home", free_ports(1)
    peers = (
        Peer("one", "ab" * 20, "127.0.0.1:1", member.url, "http://127.0.0.1:9"),
        Peer("two", "ba" * 20, "127.0.0.1:2", f"http://127.0.0.1:{port}"),
        Peer("three", "bb" * 20, "127.0.0.1:3", second.url),
    )
    refused(follow(home, invitation(tmp_path, member, *peers[:2])), NotConfirmed)
    file = invitation(tmp_path, member, *peers)
    made = follow(home, file, "west:hospital:West Hospital", "--unattended", "--json")
    assert (made.status, made.err) == (0, "")
    assert (made.data["confirmed_by"], made.data["away"]) == (2, [peers[1].rpc])
    said = read_consensus(home)
    assert said is not None and (said.name, said.node, said.peers) == ("west", "light", peers)
    assert (said.trust, said.heartbeat_ms) == (trusted(member), 9_000)
    application = decode((home / "application.cbor").read_bytes(), Application)
    assert application.validator is None and application.opening.name == "West Hospital"
    assert not (home / "node").exists() and not (home / "cometbft").exists()
    with open_region(home, (home / "passphrase").read_text().strip()) as region:
        assert region.organisations() == ("west",)
        until(lambda: region.ledger.height() == member.ledger.height())  # type: ignore[union-attr]


def test_nodes_that_are_named_take_the_place_of_the_invitations(member: Member, second: Relay, tmp_path: Path) -> None:
    rpc = Rpc(member.url)
    own = rpc.status().node_id
    rpc.close()
    invited = Peer("one", own, "one.example:26656", "http://one.example:26657", "https://one.example")
    file = invitation(tmp_path, member, invited)
    made = follow(tmp_path / "home", file, "--rpc", member.url, "--rpc", second.url)
    assert (made.status, made.err) == (0, "") and "2 nodes show it" in made.out
    assert f"salus network up --home {tmp_path / 'home'}" in made.out
    said = read_consensus(tmp_path / "home")
    assert said is not None
    assert said.peers[0] == msgspec.structs.replace(invited, rpc=member.url)
    assert said.peers[1].node == OTHER_ID


def test_certificates_to_trust_go_with_the_home(member: Member, tmp_path: Path) -> None:
    file, made = genesis(tmp_path, member.region), make_certificates(tmp_path / "tls-of-another", ("localhost",))
    asked = ("--rpc", member.url, *vouched(trusted(member)))
    refused(follow(tmp_path / "home", file, *asked, "--ca", file), BadUpstream)
    assert not (tmp_path / "home").exists()
    assert follow(tmp_path / "home", file, *asked, "--ca", made.ca).status == 0
    said = read_consensus(tmp_path / "home")
    assert said is not None
    kept = said.authority(tmp_path / "home")
    assert kept == tmp_path / "home/nodes-ca.pem" and kept.read_bytes() == made.ca.read_bytes()


def test_files_that_are_nothing_to_follow(member: Member, tmp_path: Path) -> None:
    home, bad = tmp_path / "home", tmp_path / "bad"
    good = invitation(tmp_path, member, Peer("one", "ab" * 20, "127.0.0.1:1", member.url))
    wrong = json.dumps(json.loads(good.read_bytes()) | {"network": "00" * 32}).encode()
    for raw, refusal in (
        (b"", NotAGenesis),
        (b"no genesis", NotAGenesis),
        (member.region.genesis_file[:-1], NotAGenesis),
        (b"{}", BadInvitation),
        (wrong, BadInvitation),
    ):
        bad.write_bytes(raw)
        refused(follow(home, bad, "--rpc", member.url), refusal)
    refused(follow(home, good, "one:hospital:One", "--unattended"), BadInvitation)
    assert not home.exists()


def test_words_that_do_not_fit(member: Member, tmp_path: Path) -> None:
    home, file = tmp_path / "home", genesis(tmp_path, member.region)
    rpc = ("--rpc", member.url)
    for arguments, words in (
        ((), "give --rpc"),
        ((*rpc, "--trust-height", 2), "give --trust-height and --trust-hash"),
        ((*rpc, "--trust-hash", "00" * 32), "give --trust-height and --trust-hash"),
        ((*rpc, "--trust-height", 0, "--trust-hash", "00" * 32), "--trust-height"),
        ((*rpc, "--trust-height", 2, "--trust-hash", "0g"), "64 hex digits"),
        ((*rpc, "--network", "00" * 32), "another network"),
        ((*rpc, "west:hospital:West"), "needs an invitation"),
        ((*rpc, "--server", "http://a:1", "--server", "http://b:1"), "no more of --server"),
        (("--rpc", "ftp://a"), "http://HOST:PORT"),
    ):
        made = follow(home, file, *arguments)
        assert made.status == 2 and words in made.err and made.out == "", made
    assert not home.exists()
    home.mkdir()
    (home / "something").write_bytes(b"")
    made = follow(home, file, *rpc)
    assert made.status == 2 and "is not empty" in made.line


def test_nodes_that_are_not_those(member: Member, second: Relay, tmp_path: Path) -> None:
    home, file, trust = tmp_path / "home", genesis(tmp_path, member.region), vouched(trusted(member))
    (port,) = free_ports(1)
    dead = f"http://127.0.0.1:{port}"
    refused(follow(home, file, "--rpc", member.url, "--rpc", dead, *trust), NodeSilent, dead)
    refused(follow(home, file, "--rpc", member.url, "--rpc", member.url, *trust), NodeTwice, member.url)
    peers = (Peer("one", "ab" * 20, "127.0.0.1:1", dead),)
    refused(follow(home, invitation(tmp_path, member, *peers)), NodeSilent, dead)
    other = Region(name="another")
    refused(follow(home, genesis(tmp_path, other), "--rpc", member.url, *trust), NodeOfOtherChain, member.url)
    assert not home.exists()


def test_where_tls_is_why_nobody_answers_it_is_said(member: Member, tmp_path: Path) -> None:
    home, file, trust = tmp_path / "home", genesis(tmp_path, member.region), vouched(trusted(member))
    secure = member.url.replace("http:", "https:")
    made = follow(home, file, "--rpc", member.url, "--rpc", secure, *trust)
    refused(made, NodeSilent, secure, NoTlsThere.text)
    peers = (Peer("one", "ab" * 20, "127.0.0.1:1", "http://127.0.0.1:9"), Peer("two", "cd" * 20, None, secure))
    refused(follow(home, invitation(tmp_path, member, *peers)), NodeSilent, secure, NoTlsThere.text)
    assert not home.exists()


def test_headers_that_are_not_to_be_trusted(member: Member, second: Relay, tmp_path: Path) -> None:
    home, file, good = tmp_path / "home", genesis(tmp_path, member.region), trusted(member)
    both = ("--rpc", member.url, "--rpc", second.url)
    wrong = Trust(2, "00" * 32)
    refused(follow(home, file, *both, *vouched(wrong)), NodeNotBelieved, member.url, OtherTrusted.text)
    refused(follow(home, file, *both, *vouched(Trust(10**6, good.hash))), NothingToTrust)
    refused(follow(home, file, *both), TrustExpired)  # the genesis of the tests is old
    for lie, why in (
        (lie_header, OtherTrusted),
        (lie_signature, InvalidHeader),
        (lie_validators, InvalidHeader),
        (lie_chain, (WrongChain, OtherTrusted)),
    ):
        second.change = then(lie)
        made = follow(home, file, *both, *vouched(good))
        refused(made, NodeNotBelieved, second.url)
        assert any(one.text in made.line for one in (why if isinstance(why, tuple) else (why,))), made
    second.change = then(no_commit)
    refused(follow(home, file, *both, *vouched(good)), NotConfirmed)
    second.change = then(lambda method, params, result: [] if method == "commit" else result)
    refused(follow(home, file, *both, *vouched(good)), NodeNotBelieved, second.url, UnreadableAnswer.text)
    assert not home.exists()


def no_commit(method: str, _: dict[str, Any], result: Any) -> Any:
    """The answer of one that has no such block."""
    if method == "commit":
        code, words = -32603, "height 2 must be less than or equal to the current blockchain height 1"
        return json.dumps(
            {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": "Internal error", "data": words}}
        ).encode()
    return result
