"""The peers of a home: cards that members hand over, and what `salus network peers` and `admit` make of them."""

import json
from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec import structs

from network.networks import salus
from salus.bootstrap.consensus import MOST_MEMBERS, ConsensusFile, Peer, read_consensus, write_consensus
from salus.bootstrap.network import joining
from salus.bootstrap.network.config import config_toml
from salus.bootstrap.network.errors import BadPeerCard, NoConsensusHome, NoSuchPeer, PeerClash
from salus.bootstrap.network.joining import Application, Invitation, admit, join
from salus.bootstrap.network.keyfiles import node_id
from salus.bootstrap.network.peers import add_peer, own_card, read_card, remove_peer, write_card
from salus.bootstrap.network.plan import PlannedMember, places, usual
from salus.bootstrap.network.together import found_network
from salus.core.encoding import decode
from salus.core.genesis import founder_id, read_genesis
from salus.vault import keystore

SECRET = "a passphrase of the tests"
WEST = Peer("west", "cd" * 20, "west.example:26656", "http://west.example:26657", "https://west.example")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One of two homes that were founded in this process: north, which knows south."""
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)
    return found_network(tmp_path / "two", "consortium", usual(2), lambda _: SECRET)[0]


def known(home: Path) -> tuple[Peer, ...]:
    found = read_consensus(home)
    assert found is not None
    return found.peers


def test_a_card_is_what_the_others_have_of_a_home(home: Path) -> None:
    (south,) = known(home)
    assert own_card(home.with_name("south")) == south == read_card(write_card(south))
    (place,) = places([PlannedMember("west", "West", ("hospital",), "west.example", url="https://west.example")])
    said = ConsensusFile("west", p2p=place.p2p, rpc=place.rpc, external=place.dialled, url=place.url)
    write_consensus(home, said)
    assert own_card(home) == structs.replace(WEST, node=node_id(home)), "reached by what others dial, not by 0.0.0.0"
    write_consensus(home, structs.replace(said, node="light"))
    with pytest.raises(NoConsensusHome):
        own_card(home)


@pytest.mark.parametrize(
    "change", [{"node": "cd"}, {"name": ""}, {"p2p": "west"}, {"rpc": "ftp://west:1"}, {"more": 1}, {"rpc": None}]
)
def test_a_card_that_is_not_of_its_form(change: dict[str, Any]) -> None:
    with pytest.raises(BadPeerCard):
        read_card(json.dumps(json.loads(write_card(WEST)) | change).encode())


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", write_card(WEST)[:-3]])
def test_bytes_that_are_no_card(raw: bytes) -> None:
    with pytest.raises(BadPeerCard):
        read_card(raw)


def test_a_peer_is_added_moved_and_taken_out(home: Path) -> None:
    (south,) = known(home)
    said = add_peer(home, WEST)
    assert known(home) == (south, WEST) == said.peers
    assert f"{WEST.node}@west.example:26656" in config_toml(said, Path("/run/abci.sock"))
    moved = structs.replace(south, p2p="south.example:26656")
    add_peer(home, moved)
    assert known(home) == (moved, WEST), "in its place"
    add_peer(home, moved)
    assert known(home) == (moved, WEST)
    assert remove_peer(home, "south").peers == (WEST,) == known(home)
    with pytest.raises(NoSuchPeer):
        remove_peer(home, "south")


def test_a_peer_that_clashes_changes_nothing(home: Path) -> None:
    (south,) = known(home)
    before = (home / "consensus.json").read_bytes()
    for wrong in (
        structs.replace(WEST, name="south"),
        structs.replace(WEST, node=south.node),
        structs.replace(WEST, name="north"),
        structs.replace(WEST, node=node_id(home)),
    ):
        with pytest.raises(PeerClash):
            add_peer(home, wrong)
    assert (home / "consensus.json").read_bytes() == before
    said = read_consensus(home)
    assert said is not None
    full = tuple(structs.replace(WEST, name=f"west-{n}", node=f"{n:040x}") for n in range(MOST_MEMBERS))
    write_consensus(home, structs.replace(said, peers=full))
    with pytest.raises(PeerClash):
        add_peer(home, WEST)
    add_peer(home, structs.replace(full[3], p2p="moved.example:26656"))
    with pytest.raises(NoConsensusHome):
        add_peer(home.parent, WEST)


def test_who_admits_has_the_newcomers_node_among_its_peers(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = (home / "genesis.cbor").read_bytes()
    network, document = read_genesis(raw)
    account = founder_id(document.founders[0])
    invitation = Invitation(
        network.hex(), b64encode(raw).decode(), account.hex(), "07" * 16, (own_card(home),), None, 20_000, True
    )
    (place,) = places([PlannedMember("west", "West", ("hospital",), "west.example")])
    newcomer = home.with_name("west")
    application = join(newcomer, invitation, place, SECRET).read_bytes()
    card = read_card((newcomer / "peer.json").read_bytes())
    assert card == own_card(newcomer) == Peer(*structs.astuple(decode(application, Application).card))
    assert (card.p2p, card.rpc) == ("west.example:26656", "http://west.example:26657")

    backer = SimpleNamespace(account=account, gateway=None, carrier=SimpleNamespace(submit_now=lambda _: None))
    region = SimpleNamespace(
        home=home, network=network, organisation=lambda _: backer, ledger=SimpleNamespace(now=lambda: 0)
    )
    sent: list[str] = []
    builder = SimpleNamespace(build=lambda *_: sent.append("opened") or SimpleNamespace(raw=b""))
    monkeypatch.setattr(joining, "EnvelopeBuilder", lambda *_, **__: builder)
    monkeypatch.setattr(joining, "propose", lambda *_: sent.append("proposed"))
    before = known(home)
    admit(cast(Any, region), "north", application)
    assert known(home) == (*before, card) and sent == ["opened", "proposed"]
    remove_peer(home, "west")
    add_peer(home, structs.replace(WEST, name="west"))
    with pytest.raises(PeerClash):
        admit(cast(Any, region), "north", application)
    assert sent == ["opened", "proposed"], "refused before anything was sent"


def test_the_command(home: Path, tmp_path: Path) -> None:
    card = tmp_path / "west.json"
    card.write_bytes(write_card(WEST))
    (south,) = known(home)
    listed = salus("network", "peers", "--home", home, "--add", card, "--json").data
    assert [one["name"] for one in listed["peers"]] == ["south", "west"] and listed["changed"] is True
    shown = salus("network", "peers", "--home", home).out
    assert WEST.node in shown and "south" in shown and "begun anew" not in shown
    salus("network", "peers", "--home", home, "--remove", "west", "--card", tmp_path / "own.json")
    assert known(home) == (south,) and read_card((tmp_path / "own.json").read_bytes()) == own_card(home)
    refused = salus("network", "peers", "--home", home, "--remove", "west", status=1)
    assert "0x6343" in refused.err
    card.write_text("{}")
    assert "0x6341" in salus("network", "peers", "--home", home, "--add", card, status=2).err
    assert "0x6316" in salus("network", "peers", "--home", tmp_path, status=1).err
