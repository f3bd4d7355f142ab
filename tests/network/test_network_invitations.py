"""Invitations and applications: what a newcomer and its sponsor hand to one another, over an embedded region."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from salus.bootstrap import MemberSpec, Region, RegionSpec, create_region
from salus.bootstrap.consensus import Peer, read_consensus
from salus.bootstrap.network.errors import BadInvitation
from salus.bootstrap.network.joining import Application, Invitation, admit, invite, join, read_invitation
from salus.bootstrap.network.keyfiles import address
from salus.bootstrap.network.plan import PlannedMember, places
from salus.client.remote_errors import BadUpstream
from salus.contracts.governance import queries as governance
from salus.core.encoding import decode, encode
from salus.core.keys import Role
from salus.core.signatures import SigningKey
from salus.policy.types import OrganisationRole
from salus.services.attest_staff import attest_staff
from salus.services.certificates import make_certificates
from salus.services.vote import vote
from salus.vault import keystore
from salus.vault.keystore import Keystore

SECRET = "a passphrase of the tests"
PEER = Peer("north", "ab" * 20, "127.0.0.1:26656", "http://127.0.0.1:26657", "http://127.0.0.1:8080")
(PLACE,) = places([PlannedMember("west", "West Hospital", ("hospital",))], 27_000, 9_000)


@pytest.fixture
def region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Region]:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)
    member = MemberSpec("North Hospital", "north", (OrganisationRole.HOSPITAL,))
    with create_region(tmp_path / "region", RegionSpec("region", (member,)), SECRET, verifier="off") as made:
        yield made


@pytest.fixture
def invitation(region: Region) -> Invitation:
    genesis, sponsor = b64encode(region.genesis).decode(), region.account("north").hex()
    return Invitation(region.network.hex(), genesis, sponsor, "07" * 16, (PEER,), None, 20_000, one_machine=True)


def test_a_newcomer_is_admitted_with_its_validator_by_one_vote(region: Region, invitation: Invitation) -> None:
    home = region.home.with_name("west")
    raw = join(home, invitation, PLACE, SECRET).read_bytes()
    counted = region.ledger.height() + 7
    account, proposed = admit(region, "north", raw, power=3, effective=counted)
    assert proposed.effective == counted
    assert account == invitation.account and governance.member(region.ledger.view(), account) is None
    north = region.organisation("north")
    vote(north, proposed.proposal)
    while region.ledger.height() < proposed.effective:
        vote_for_nothing(region)
    state = region.ledger.view()
    assert governance.is_active(state, account)
    node = SigningKey.from_seed(Keystore.open(home / "node/keystore.sealed", SECRET).get("node"))
    assert {(one.member, one.power) for one in governance.validators(state) if one.public == node.public} == {
        (account, 3)
    }
    kept = json.loads((home / "cometbft/config/priv_validator_key.json").read_bytes())
    assert kept["address"] == address(node.public).hex().upper()
    said = read_consensus(home)
    assert said is not None and (said.node, said.peers, said.p2p) == ("validator", (PEER,), "127.0.0.1:27000")


def vote_for_nothing(region: Region) -> None:
    """Make a block."""
    attest_staff(region.organisation("north"), f"Somebody {region.ledger.height()}", "clerk")


def test_one_that_wants_no_validator(region: Region, invitation: Invitation) -> None:
    home = region.home.with_name("west")
    application = decode(join(home, invitation, PLACE, SECRET, validator=False).read_bytes(), Application)
    said = read_consensus(home)
    assert application.validator is None and said is not None and said.node == "full"


def test_certificates_to_trust_are_kept_in_the_home(region: Region, invitation: Invitation) -> None:
    home, made = region.home.with_name("west"), make_certificates(region.home, ["127.0.0.1"])
    no_certificates = region.home / "nonsense"
    no_certificates.write_text("no certificates")
    for wrong in (no_certificates, region.home / "missing"):
        with pytest.raises(BadUpstream):
            join(home, invitation, PLACE, SECRET, authority=wrong)
        assert not home.exists()
    join(home, invitation, PLACE, SECRET, authority=made.ca)
    said = read_consensus(home)
    assert said is not None and said.authority(home) == home / "nodes-ca.pem"
    assert (home / "nodes-ca.pem").read_bytes() == made.ca.read_bytes()


def test_invitations_that_are_wrong(invitation: Invitation) -> None:
    raw = msgspec.json.encode(invitation)
    assert read_invitation(raw) == invitation
    said = json.loads(raw)
    wrongs: list[dict[str, object]] = [
        {"network": "00" * 32},
        {"network": ""},
        {"genesis": "AAAA"},
        {"genesis": "?"},
        {"genesis": said["genesis"][:-8]},
        {"nonce": "07"},
        {"sponsor": "0g" * 32},
        {"sponsor": "00"},
        {"peers": []},
        {"trust": {"height": -1, "hash": "00" * 32}},
        {"more": 1},
    ]
    for wrong in wrongs:
        with pytest.raises(BadInvitation):
            read_invitation(json.dumps(said | wrong).encode())
    for text in (b"", b"[]", b"\xff", raw[:-1]):
        with pytest.raises(BadInvitation):
            read_invitation(text)


def test_a_name_that_a_member_has_already_and_no_home_is_begun(region: Region, invitation: Invitation) -> None:
    (north,) = places([PlannedMember("north", "North again", ("hospital",))])
    with pytest.raises(BadInvitation):
        join(region.home.with_name("again"), invitation, north, SECRET)
    assert not region.home.with_name("again").exists()


def test_applications_that_are_wrong(region: Region, invitation: Invitation) -> None:
    raw = join(region.home.with_name("west"), invitation, PLACE, SECRET).read_bytes()
    good = decode(raw, Application)
    assert good.validator is not None
    before = region.ledger.height()
    entry = good.validator
    wrongs = [
        msgspec.structs.replace(good, network=bytes(32)),
        msgspec.structs.replace(good, nonce=bytes(16)),  # another account: nothing is proved for it
        msgspec.structs.replace(good, opening=msgspec.structs.replace(good.opening, sponsor=bytes(32))),
        msgspec.structs.replace(good, validator=msgspec.structs.replace(entry, proof=bytes(64))),
        msgspec.structs.replace(good, validator=msgspec.structs.replace(entry, role=int(Role.GATEWAY))),
        msgspec.structs.replace(good, validator=good.opening.keys[-1]),
    ]
    for wrong in (raw[:-1], b"", b"\xff", raw + b"\x00", *map(encode, wrongs)):
        with pytest.raises(BadInvitation):
            admit(region, "north", wrong)
    assert region.ledger.height() == before, "nothing was written"


def test_only_a_home_of_a_network_invites(region: Region) -> None:
    with pytest.raises(Exception, match="0x6316"):
        invite(region, "north")
