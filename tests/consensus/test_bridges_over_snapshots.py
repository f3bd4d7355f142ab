"""Ledgers that begin with a snapshot where no founder signs any more: what they prove stands by the genesis alone.

Validators, nodes and servers are in process; every block, vote and byte of a snapshot is real.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

from consensus.consensus_world import Node
from consensus.kvstore_nodes import until
from consensus.light_homes import light_client
from consensus.test_light_snapshot import Holder, held
from salus.client.cometbft.rpc import FetchedBlock, Rpc
from salus.client.snapshots import Snapshot
from salus.cometbft.proto.types_pb2 import EvidenceList
from salus.cometbft.validators import validators
from salus.core.genesis import validator_keys
from salus.evidence.header import read_header
from salus.evidence.report import Verdict
from salus.evidence.state import LOG_KEY
from salus.evidence.verify import verify
from salus.fsck.ledger import check_ledger
from salus.fsck.report import Severity
from salus.ledger.consensus.broadcast import Broadcaster
from salus.ledger.consensus.errors import NoBridge
from salus.ledger.consensus.guides import Guides
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.ledger.consensus.restoring import Apply, Offer, Restoring
from salus.ledger.consensus.way import NAME
from salus.ledger.embedded.files import LocalFiles
from salus.ledger.light import LightLedger
from salus.ledger.light.beginning import Beginning
from salus.ledger.light.source import Source
from salus.services.inspect import prove_state
from salus.testing.deciding import Deciding
from salus.testing.region import Region, key

LATER = tuple(key(f"later {number}") for number in range(4))
Opens = Callable[..., LightLedger]


class Status(NamedTuple):
    height: int
    chain_id: str = ""


class Asked:
    """A node of CometBFT over what was decided, as `Rpc` asks it."""

    def __init__(self, deciding: Deciding) -> None:
        self._deciding = deciding
        self.commit, self.validators, self.close = deciding.commit, deciding.validators, deciding.close

    def status(self, tries: int = 2) -> Status:
        return Status(self._deciding.height)

    def block(self, height: int) -> FetchedBlock:
        if height > self._deciding.height:
            raise LookupError(height)
        made = self._deciding.made[height - 1]
        return FetchedBlock(made.commit.block_id.hash, made.header, made.txs, EvidenceList(), made.commit)


class Serving:
    """A member's server over its ledger."""

    def __init__(self, ledger: LightLedger | ConsensusLedger) -> None:
        self._ledger = ledger

    def header(self, height: int) -> bytes:
        return self._ledger.header(height)

    def close(self) -> None:
        """There is no connection."""


class Turning(Node):
    """A validator whose network changes its validators as a test says."""

    def turn(self, powers: Mapping[Any, int]) -> None:
        """Decide a block with a batch that changes powers, 0 removes; they count two heights later."""
        height = self.deciding.decide([self.opening()], self.clock.advance(1000))
        result = self.handle(self.deciding.finalize(height)).finalize_block
        for one, power in powers.items():
            result.validator_updates.add(power=power).pub_key.ed25519 = one.public
        self.deciding.shown(height, result)
        self.commit()


@pytest.fixture
def member(tmp_path: Path) -> Iterator[Turning]:
    """A member since the genesis; every founder has gone, and the last of those who came first as well."""
    region = Region()
    made = Turning(tmp_path / "member", region, validators=[region.node, *LATER])
    made.begin()
    made.block(made.opening())
    for before, then in zip((region.node, *LATER), LATER, strict=False):
        made.turn({before: 0, then: 10})
        made.block()
        made.block(made.opening())
    made.block()
    yield made
    made.ledger.close()


def founders_of(member: Node) -> Any:
    return validators((one.public, one.power) for one in member.region.genesis.validators)


def guides(member: Node, *servers: Serving, nodes: bool = False) -> Guides:
    rpcs = [cast(Rpc, Asked(member.deciding))] if nodes else []
    return Guides(member.region.network, founders_of(member), servers, rpcs)


@pytest.fixture
def light(member: Turning, tmp_path: Path) -> Opens:
    """Open a replica that begins with a snapshot of now."""
    region = member.region
    taken = held(region.network, *member.ledger.export())
    member.block()
    member.block(member.opening())
    member.block()

    def open_(asked: Callable[[], Guides] | None, name: str = "light") -> LightLedger:
        (tmp_path / name).mkdir(exist_ok=True)
        rpc = cast(Rpc, Asked(member.deciding))
        client = light_client(tmp_path / name, region, [rpc])
        source = Source(region.network, founders_of(member), client, [rpc])
        beginning = Beginning(region.network, client, source, [Holder("one", taken)])
        sending = Broadcaster(region.network, [rpc])
        made = LightLedger.open(
            tmp_path / name, region.genesis_file, source, sending, member.clock, beginning=beginning, guides=asked
        )
        until(lambda: made.height() == member.deciding.height)
        return made

    return open_


def stands(ledger: LightLedger | ConsensusLedger, region: Region, heights: range) -> None:
    """See that all headers and the evidence verify by the genesis, and that no founder signed any of them."""
    founders = validator_keys(region.network, region.genesis)
    for height in heights:
        assert read_header(region.network, ledger.header(height), founders).header.height == height
    evidence, _ = prove_state(ledger, LOG_KEY)
    assert verify(evidence, region.genesis_file).verdict is Verdict.UNWITNESSED


def damaged(folder: Path, region: Region) -> list[str]:
    found = check_ledger(folder, lambda *_: None, region.genesis_file).findings
    return [one.file for one in found if one.severity is Severity.DAMAGED]


@pytest.mark.parametrize("nodes", [False, True], ids=["by a server", "by a node"])
def test_a_gateway_that_began_with_a_snapshot(member: Turning, light: Opens, nodes: bool, tmp_path: Path) -> None:
    region = member.region
    with light(None) as ledger:
        gone = ledger.pruned()
        assert gone is not None
        for height in (gone.height, ledger.height()):
            with pytest.raises(NoBridge):
                ledger.header(height)
        with pytest.raises(NoBridge):
            prove_state(ledger, LOG_KEY)
    servers = [] if nodes else [Serving(member.ledger)]
    with light(lambda: guides(member, *servers, nodes=nodes)) as ledger:
        until(lambda: bool(ledger._way.steps))
        stands(ledger, region, range(gone.height, ledger.height() + 1))
        until(lambda: (tmp_path / "light" / NAME).exists())
    with LightLedger.open(tmp_path / "light", region.genesis_file, None, None) as reading:
        stands(reading, region, range(gone.height, reading.height() + 1))
    assert damaged(tmp_path / "light", region) == []
    (tmp_path / "light" / NAME).write_bytes(b"\x00")
    assert damaged(tmp_path / "light", region) == [NAME]


def test_a_gateway_leads_another_one(member: Turning, light: Opens) -> None:
    """Who found the way hands it on: what began in the middle is asked like a member since the genesis."""
    with light(lambda: guides(member, nodes=True), "first") as first:
        until(lambda: bool(first._way.steps))
        with light(lambda: guides(member, Serving(first)), "second") as second:
            until(lambda: bool(second._way.steps))
            gone = second.pruned()
            assert gone is not None and second._way.steps == first._way.steps
            stands(second, member.region, range(gone.height, second.height() + 1))


def test_a_node_that_began_with_a_snapshot(member: Turning, tmp_path: Path) -> None:
    """A member's own node after state sync has the votes from there on, and the way as a gateway has it."""
    region, folder = member.region, tmp_path / "synced"
    manifest, chunks = member.ledger.export()
    listed = held(region.network, manifest, chunks).listed
    until(lambda: member.ledger._commits.height == member.deciding.height)

    synced = Node(folder, region, guides=lambda: guides(member, Serving(member.ledger)))
    synced.ledger.close()
    synced.deciding, synced.opened["votes"] = member.deciding, member.deciding
    synced.open()
    synced.clock.time_ms = member.clock.now_ms()
    try:
        said = Snapshot(listed.height, listed.format, listed.chunks, listed.hash, manifest)
        restoring = Restoring(folder, LocalFiles(), region.network, synced.ledger.height, synced.ledger.replace)
        assert restoring.offer(said, member.deciding.results[said.height - 1].app_hash) is Offer.ACCEPT
        assert {restoring.apply(number, one, "").result for number, one in enumerate(chunks)} == {Apply.ACCEPT}
        member.block(member.opening())
        member.block()
        synced.begin()
        ledger, heights = synced.ledger, range(said.height + 1, member.deciding.height + 1)
        until(lambda: ledger._commits.height == member.deciding.height and (folder / NAME).exists())
        stands(ledger, region, heights)
        synced.reopen()
        stands(synced.ledger, region, heights)
    finally:
        synced.ledger.close()
    assert damaged(folder, region) == []
    with ConsensusLedger.open(folder, region.genesis_file, None, None, None) as reading:
        proved = reading.prove([LOG_KEY]).header
    assert read_header(region.network, proved, validator_keys(region.network, region.genesis)).header.height in heights
    (folder / NAME).unlink()
    with ConsensusLedger.open(folder, region.genesis_file, None, None, None) as reading, pytest.raises(NoBridge):
        reading.prove([LOG_KEY])
