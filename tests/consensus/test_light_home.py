"""A home whose consensus.json says that it has no validator: opened, read, and refused by name."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from consensus.kvstore_nodes import until
from consensus.one_validator import Member, one_member
from consensus.test_light_replica import send
from salus.api.operate.consortium import consortium_metrics
from salus.bootstrap import open_region
from salus.bootstrap.consensus import ConsensusFile, Peer, Trust, write_consensus
from salus.bootstrap.layout import GENESIS
from salus.bootstrap.watching import consortium_watch
from salus.client.cometbft.rpc import Rpc
from salus.client.light.errors import DamagedTrust, NoNodes, TrustExpired
from salus.evidence.state import LOG_KEY
from salus.fsck.home import fsck_home
from salus.ledger.light import LightLedger


@pytest.fixture
def member() -> Iterator[Member]:
    with one_member() as one:
        one.open()
        one.start()
        send(one, one.ledger, 2)
        yield one


def light_home(home: Path, member: Member, *, trusting: bool = True, nodes: bool = True) -> ConsensusFile:
    """Make a home that follows the member's node."""
    rpc = Rpc(member.url)
    hash_of_second = rpc.block(2).hash.hex()
    rpc.close()
    said = ConsensusFile(
        name="gateway",
        node="light",
        peers=(Peer("one", "ab" * 20, "127.0.0.1:1", member.url),) if nodes else (),
        trust=Trust(2, hash_of_second, period_s=86_400 * 30) if trusting else None,
    )
    home.mkdir()
    (home / GENESIS).write_bytes(member.region.genesis_file)
    write_consensus(home, said)
    return said


def test_a_home_that_follows_the_network(member: Member, tmp_path: Path) -> None:
    home = tmp_path / "home"
    light_home(home, member)
    with open_region(home, "a passphrase for tests") as region:
        assert isinstance(region.ledger, LightLedger) and member.ledger is not None
        until(lambda: region.ledger.height() == member.ledger.height())  # type: ignore[union-attr]
        assert region.ledger.view().get(LOG_KEY) == member.ledger.view().get(LOG_KEY)
        height = send(member, region.ledger)
        watch = consortium_watch(region)
        assert watch is not None
        found = watch.figures()
        watch.close()
        assert (found.engine, found.cometbft, found.stopped, found.power) == (None, None, 0, 1)
        assert found.sending is not None and ("taken" in {answer for _, answer, _ in found.sending.answers})
        assert {one.name for one in consortium_metrics(found)} >= {"salus_block_age_seconds", "salus_batches_sent"}
        assert watch.unready() is None
    with open_region(home, "a passphrase for tests", read_only=True) as region:
        assert region.ledger.height() >= height
    assert [one for one in fsck_home(home, None).findings if one.severity.name != "NOTE"] == []


def test_a_genesis_older_than_the_trust_period_asks_for_a_newer_header(member: Member, tmp_path: Path) -> None:
    home = tmp_path / "home"
    light_home(home, member, trusting=False)
    with open_region(home, "a passphrase for tests") as region:
        assert isinstance(region.ledger.trouble(), TrustExpired) and region.ledger.height() == 0


def test_homes_that_cannot_follow(member: Member, tmp_path: Path) -> None:
    light_home(tmp_path / "alone", member, nodes=False)
    with pytest.raises(NoNodes):
        open_region(tmp_path / "alone", "a passphrase for tests")
    said = light_home(tmp_path / "damaged", member)
    (tmp_path / "damaged/ledger").mkdir()
    (tmp_path / "damaged/ledger/trusted").write_bytes(b"no trust")
    with pytest.raises(DamagedTrust):
        open_region(tmp_path / "damaged", "a passphrase for tests")
    assert msgspec.structs.replace(said, trust=None).trust is None
