"""A home's heartbeat follows a vote on STALE_MS down when its node is brought up, and is warned about until then."""

from pathlib import Path

import pytest

from consensus.consensus_world import Node
from salus.bootstrap.consensus import ConsensusFile, read_consensus, write_consensus
from salus.bootstrap.heartbeat import follow_vote, heartbeat_for, is_slow
from salus.bootstrap.network.member import Member
from salus.bootstrap.network.plan import usual
from salus.bootstrap.network.together import found_network
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.testing.region import Region
from salus.vault import keystore


def state_with(home: Path, stale_ms: int) -> None:
    """Leave a ledger in a home whose state says STALE_MS, as an orderly end does."""
    region = Region(parameters=[(Parameter.STALE_MS, stale_ms)])
    with Node(home / "ledger", region).begin() as node:
        node.block(node.opening())


def test_the_limit_is_half_and_what_is_written_a_third() -> None:
    assert not is_slow(20_000, 40_000) and is_slow(20_000, 39_999)
    lowest, highest = BOUNDS[Parameter.STALE_MS].lowest, BOUNDS[Parameter.STALE_MS].highest
    assert [heartbeat_for(stale) for stale in (lowest, 45_000, highest)] == [333, 15_000, 20_000]


def test_a_vote_down_lowers_the_heartbeat_and_a_vote_up_raises_none(tmp_path: Path) -> None:
    said = ConsensusFile(name="north", p2p="127.0.0.1:7")
    write_consensus(tmp_path, said)
    assert follow_vote(tmp_path, said) is said, "nothing is known yet"
    state_with(tmp_path, 30_000)
    lowered = follow_vote(tmp_path, said)
    assert (lowered.heartbeat_ms, lowered.p2p) == (10_000, said.p2p) and read_consensus(tmp_path) == lowered
    assert follow_vote(tmp_path, lowered) is lowered
    quick = ConsensusFile(name="north", heartbeat_ms=400)
    assert follow_vote(tmp_path, quick) is quick and read_consensus(tmp_path) == lowered


def test_a_state_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    said = ConsensusFile(name="north")
    (tmp_path / "ledger/state").mkdir(parents=True)
    (tmp_path / "ledger/state/data.mdb").write_bytes(b"rotten" * 4096)
    assert follow_vote(tmp_path, said) is said


def test_the_member_that_is_brought_up_writes_the_lower_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)
    (home,) = found_network(tmp_path / "one", "consortium", usual(1), lambda _: "a passphrase of the tests")
    state_with(home, 9_000)
    member = Member(home, Path("/bin/false"))
    try:
        assert member.consensus.heartbeat_ms == 3_000 and read_consensus(home) == member.consensus
        settings = (home / "cometbft/config/config.toml").read_text()
        assert 'create_empty_blocks_interval = "3000ms"' in settings
    finally:
        member.close()
