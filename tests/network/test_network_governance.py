"""Four validators in processes of their own: what members vote acts on all of them, and who cannot follow stops.

One network for all tests here, in their order: parameter, suspension, upgrade, validators.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from network.networks import Network, environment, network_of, salus, until
from salus.bootstrap.consensus import read_consensus, write_consensus
from salus.bootstrap.keys import OrganisationKeys, keys_of
from salus.bootstrap.layout import keystore_path, organisation_file
from salus.client.cometbft.rpc import Rpc
from salus.client.envelopes import NUMBERS
from salus.cometbft.validators import address
from salus.contracts.accounts.keys import person_key
from salus.contracts.accounts.messages import OpenAccounts
from salus.contracts.governance.keys import emergency_key, parameter_key, upgrade_key
from salus.contracts.governance.messages import EmergencySuspend
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.types import Emergency, Upgrade, Value
from salus.core.encoding import decode
from salus.core.envelope import seal_batch, seal_envelope
from salus.core.genesis import read_genesis
from salus.core.hashing import object_id
from salus.core.signatures import SigningKey
from salus.core.types import Message
from salus.vault.keystore import Keystore

TESTS = Path(__file__).parents[1]
NEW_SOFTWARE = os.pathsep.join((str(TESTS / "network/second_rules"), str(TESTS)))
SLUGS = ("north", "south", "clinic", "regulator")
LIFE_MS = 300_000
pytestmark = [pytest.mark.timeout(900), pytest.mark.long]  # machines of tests are shared


class Members:
    """A network whose members are kept each by a process of its own, so that they can have other software."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.kept = {slug: Network(network.folder, network.program) for slug in SLUGS}
        self.genesis = (network.folder / "genesis.cbor").read_bytes()
        self.id, _ = read_genesis(self.genesis)

    def up(self, *slugs: str) -> None:
        for slug in slugs:
            self.kept[slug].up("--home", self.network.home(slug))

    def down(self, *slugs: str) -> None:
        for slug in slugs:
            assert self.kept[slug].down() == 0

    def clear(self) -> None:
        for one in self.kept.values():
            one.clear()

    def account(self, slug: str) -> bytes:
        return organisation_file(self.network.home(slug), slug).account

    def keys(self, slug: str) -> OrganisationKeys:
        home = self.network.home(slug)
        words = next(home.glob("*passphrase*")).read_text().strip()
        return keys_of(Keystore.open(keystore_path(home, slug), words))

    def rpc(self, slug: str) -> Rpc:
        said = read_consensus(self.network.home(slug))
        assert said is not None and said.own_rpc is not None
        return Rpc(said.own_rpc)

    def height(self, slug: str = "north") -> int:
        rpc = self.rpc(slug)
        try:
            return rpc.status().height
        finally:
            rpc.close()

    def value(self, slug: str, key: bytes) -> bytes | None:
        rpc = self.rpc(slug)
        try:
            return rpc.abci_query("/key", key).value or None
        finally:
            rpc.close()

    def everywhere(self, key: bytes, *slugs: str) -> bytes:
        """Wait until all have the same value of a state key."""

        def look() -> bytes | None:
            values = [self.value(slug, key) for slug in slugs or SLUGS]
            return values[0] if len(set(values)) == 1 else None

        found: bytes = until(look, "the same value in every state")
        return found

    def send(
        self, member: str, signers: list[tuple[bytes, SigningKey]], message: Message, nonce: bytes | None = None
    ) -> None:
        """Carry a message by a member's gateway through its CometBFT, and wait until it is in a block."""
        rpc, carrier = self.rpc(member), self.keys(member).gateway
        try:
            now = rpc.commit()[0].time.ToMilliseconds()
            envelope = seal_envelope(
                self.id, nonce or os.urandom(16), now + LIFE_MS, signers, [(NUMBERS[type(message)], message)]
            )
            batch = seal_batch(self.id, os.urandom(16), now + LIFE_MS, self.account(member), carrier, [envelope])
            before = rpc.status().height
            assert rpc.broadcast(batch).code == 0
            until(
                lambda: any(batch in rpc.block(at).txs for at in range(before, rpc.status().height + 1)),
                "the batch in a block",
            )
        finally:
            rpc.close()

    def tick(self, height: int) -> None:
        """Let blocks pass, each with an account that is opened; the last of them comes after `height` was reached."""
        account, gateway = self.account("south"), self.keys("south").gateway
        while True:
            due = self.height("south") < height
            self.send("south", [(account, gateway)], OpenAccounts(account, 1))
            if not due:
                return

    def decided(self, *proposal: object, voters: tuple[str, ...] = ("north", "south", "clinic")) -> int:
        """Propose at north, vote, and let blocks pass until one that holds something has counted the votes.

        Returns the height from which they were to be counted.
        """
        effective = self.height() + 14
        made = self.network.run(
            "north", "org", "propose", *proposal, "--as", "north", "--effective", effective, "--json"
        ).data
        for slug in voters:
            self.network.run(slug, "org", "vote", "--as", slug, made["proposal"])
        self.tick(effective)
        reached = self.height("south")
        until(lambda: self.height("north") >= reached, "the same blocks at north")
        return effective


@pytest.fixture(scope="module")
def members(cometbft: Path) -> Iterator[Members]:
    with network_of(4, cometbft) as network:
        made = Members(network)
        try:
            made.up(*SLUGS)
            until(lambda: made.height() >= 2, "the first blocks")
            yield made
        finally:
            made.clear()


def test_a_parameter_is_the_same_on_all_four(members: Members) -> None:
    members.decided("parameter", "session-ms", 7_200_000)
    raw = members.everywhere(parameter_key(Parameter.SESSION_MS))
    assert decode(raw, Value).value == 7_200_000


def test_an_emergency_suspension_counts_on_all_and_changes_no_validator(members: Members) -> None:
    target, by = members.account("clinic"), tuple(sorted(members.account(slug) for slug in ("north", "south")))
    signers = []
    for slug in ("north", "south"):
        account = members.account(slug)
        signers += [(account, key) for key in members.keys(slug).administration[:2]]
    ordered = sorted(signers, key=lambda one: (one[0], one[1].id(members.id)))
    members.send("regulator", ordered, EmergencySuspend(target, True, True, by))
    entry = decode(members.everywhere(emergency_key(target)), Emergency)
    assert entry.spent == by and entry.recipient_until > 0
    listed = members.network.run("regulator", "org", "list", "--json").data
    (suspended,) = [one for one in listed if one["account"] == target.hex()]
    assert suspended["emergency"][0] == suspended["emergency"][1] > 0
    rpc = members.rpc("north")
    assert len(rpc.validators().validators) == 4
    rpc.close()
    members.tick(members.height("south") + 3)
    signed = votes_of(members, "south")
    assert address(node_key(members, "clinic")) in signed, "it goes on to validate"
    members.decided("state", target.hex(), "active")  # a vote ends it; the suspended member votes too
    assert members.value("north", emergency_key(target)) is None


def node_key(members: Members, slug: str) -> bytes:
    """Return the public key of a member's validator, by the state."""
    listed = members.network.run("north", "org", "validators", "--json").data
    own = [bytes.fromhex(one["public"]) for one in listed if one["account"] == members.account(slug).hex()]
    assert len(own) == 1
    return own[0]


def votes_of(members: Members, slug: str) -> set[bytes]:
    """Return the addresses of who signed one of the last blocks."""
    rpc = members.rpc(slug)
    try:
        last = rpc.status().height
        commits = [rpc.commit(height)[1] for height in range(max(1, last - 3), last)]
    finally:
        rpc.close()
    return {one.validator_address for commit in commits for one in commit.signatures if one.signature}


def test_an_upgrade_is_crossed_and_one_with_old_software_stops_and_comes_back(
    members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = members.height() + 60
    members.decided("upgrade", 2, at, "Salus 2.0")
    assert decode(members.everywhere(upgrade_key(at)), Upgrade) == Upgrade(2, "Salus 2.0")
    said = members.network.run("clinic", "ledger", "status").out
    assert f"to version 2 from block {at} on: install Salus 2.0 before that" in said
    with monkeypatch.context() as patched:  # one after the other, while the others decide
        patched.setenv("PYTHONPATH", NEW_SOFTWARE)
        for slug in ("north", "south", "regulator"):
            members.down(slug)
            members.up(slug)
    opened = two_accounts(members)
    assert all(members.everywhere(person_key(handle)) for handle in opened), "the old rule"
    members.tick(at + 1)
    assert members.height("north") > at, "three of four cross it"

    def stopped() -> bool:
        words = members.network.run("clinic", "ledger", "status", status=None)
        return "executes nothing more: install Salus 2.0" in words.out

    until(stopped, "the old software to say that it stops")
    log = (members.network.home("clinic") / "logs/salus.log").read_text()
    assert f"version 2, from block {at} on" in log and "Install Salus 2.0" in log
    said = members.network.run("clinic", "ledger", "status", "--json").data
    assert (said["height"], said["rules"], said["rules_known"]) == (at - 1, 2, False)
    refused = two_accounts(members)
    assert [members.value("north", person_key(handle)) for handle in refused] == [None, None], "the new rule"
    members.down("clinic")
    with monkeypatch.context() as patched:
        patched.setenv("PYTHONPATH", NEW_SOFTWARE)
        members.up("clinic")
    target = members.height("north")
    until(lambda: members.height("clinic") >= target, "the clinic to catch up")
    members.tick(members.height("south") + 2)
    found = until(lambda: agreed(members), "one app hash")
    assert found["agree"] is True


def agreed(members: Members) -> dict | None:
    found = members.network.status()
    return found if found["agree"] and all(node["up"] for node in found["nodes"]) else None


def two_accounts(members: Members) -> list[bytes]:
    """Ask for two accounts at once; return their handles, whether or not they were opened."""
    nonce, account = os.urandom(16), members.account("south")
    members.send("south", [(account, members.keys("south").gateway)], OpenAccounts(account, 2), nonce)
    return [object_id("handle", members.id, account, nonce, 0, n) for n in range(2)]


def test_a_validators_key_is_rotated_to_a_signer_and_voted_out(
    members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The regulator's key moves to a signer of its own; its old key is removed by the same vote."""
    monkeypatch.setenv("PYTHONPATH", NEW_SOFTWARE)
    home, own = members.network.home("regulator"), members.network.folder / "signer"
    words = members.network.folder / "words"
    words.write_text("words of the signer")
    own_environment = environment() | {"SALUS_PASSPHRASE_FILE": str(words)}
    genesis = ("--genesis", members.network.folder / "genesis.cbor")
    salus("signer", "new", *genesis, "--home", own, env=own_environment)
    entry, account = members.network.folder / "entry", members.account("regulator").hex()
    salus("signer", "entry", *genesis, "--account", account, "--out", entry, "--home", own, env=own_environment)
    old = node_key(members, "regulator")
    effective = members.decided("validator", account, "--entry", entry, "--power", 1, "--replaces", old.hex())
    new = node_key(members, "regulator")
    assert new != old
    rpc = members.rpc("north")
    acted = next(height for height in range(effective, rpc.status().height + 1) if rpc.block(height).txs)
    until(lambda: rpc.status().height > acted + 2, "two blocks more")
    before, after = ({one.pub_key.ed25519 for one in rpc.validators(acted + n).validators} for n in (1, 2))
    rpc.close()
    assert old in before and new not in before
    assert new in after and old not in after, "two blocks after the one that counted the votes"

    # The regulator's node signs nothing now; it is given the signer, and its old key is put away.
    members.down("regulator")
    said = read_consensus(home)
    assert said is not None
    listening = Path("/tmp") / f"salus-{os.getpid()}-{effective}.sock"
    write_consensus(home, msgspec.structs.replace(said, signer=f"unix://{listening}"))
    (home / "cometbft/config/priv_validator_key.json").unlink()
    (home / "node/keystore.sealed").unlink()
    with (members.network.folder / "signer.log").open("wb") as log:
        signing = subprocess.Popen(
            [sys.executable, "-m", "salus", "signer", "serve", "--home", own, "--listen", f"unix://{listening}"],
            stdout=log, stderr=log, env=own_environment,
        )  # fmt: skip
    try:
        members.up("regulator")

        def signs() -> bool:
            members.tick(members.height("south") + 1)
            return address(new) in votes_of(members, "north")

        until(signs, "a block that the signer's key signed")
        assert address(old) not in votes_of(members, "north")
        members.decided("validator", account, "--key", new.hex(), "--power", 0)
        members.tick(members.height("south") + 3)
        rpc = members.rpc("north")
        assert len(rpc.validators().validators) == 3
        rpc.close()
        members.tick(members.height("south") + 2)
        until(lambda: members.height("regulator") >= members.height("north") - 1, "it follows, without a vote")
        until(lambda: agreed(members), "one app hash")
    finally:
        members.down("regulator")
        signing.terminate()
        assert signing.wait(30) == 0
        listening.unlink(missing_ok=True)
    shown = salus("signer", "status", "--home", own, "--json", env=own_environment).data
    assert shown["height"] > effective and shown["public"] == new.hex()
