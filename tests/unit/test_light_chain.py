"""A chain of committed headers: what it takes in, and what it refuses by name; ways over changes of the validators."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from consensus.consensus_world import Node
from salus.cometbft.proto.types_pb2 import Commit, Header
from salus.cometbft.reading import read
from salus.cometbft.validators import validator_set
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, Refusal
from salus.evidence.committed import Committed, committed
from salus.evidence.header import Block, read_block, read_header
from salus.ledger.consensus.bridges import bridged
from salus.ledger.consensus.commitfile import Step
from salus.ledger.consensus.errors import NoBridge, OtherEngine
from salus.ledger.embedded.chain import GENESIS, open_kind
from salus.ledger.embedded.files import LocalFiles
from salus.ledger.errors import (
    DamagedFile,
    HeaderOfNobody,
    OtherBatches,
    OtherHistory,
    OtherState,
    TimeWentBack,
    TwoHeaders,
)
from salus.ledger.light.chain import CommittedChain
from salus.state.store import Store
from salus.testing.region import START_MS
from vectors.committed_chain import Chain, members, signed, stamp, validator_key
from vectors.consortium import trusting
from vectors.fixed import NETWORK, fixed

MINUTE_MS = 60_000


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A validator in process with some blocks; its `deciding` made their headers and votes."""
    made = Node(tmp_path / "validator").begin()
    for number in range(4):
        envelope, _ = made.region.open_accounts(1, START_MS + 10 * MINUTE_MS)
        made.block(*([made.region.batch(envelope, not_after=START_MS + 9 * MINUTE_MS)] if number % 2 else []))
    yield made
    made.ledger.close()


def block(node: Node, height: int, **changes: object) -> bytes:
    """The block of a height as a replica takes it; with `changes` of its header, signed anew by its validators."""
    one = node.deciding.made[height - 1]
    header, commit = one.header, one.commit
    if changes:
        header = Header()
        header.CopyFrom(one.header)
        for name, value in changes.items():
            if name == "time":
                header.time.CopyFrom(value)  # type: ignore[arg-type]
            elif name == "previous":
                header.last_block_id.hash = value  # type: ignore[assignment]
            else:
                setattr(header, name, value)
        commit = signed(header, ["node"], keys={"node": node.region.node})
    raw = committed(node.region.network, [(header, commit, validator_set(one.members))])
    return encode(Block(raw, one.txs))


def chain(folder: Path, node: Node) -> CommittedChain:
    """Open the chain in `folder`."""
    folder.mkdir(exist_ok=True)
    (folder / GENESIS).write_bytes(node.region.genesis_file)
    return open_kind(CommittedChain, folder, node.region.genesis_file, LocalFiles(), Store.open)


def taken(folder: Path, node: Node, upto: int) -> CommittedChain:
    made = chain(folder, node)
    for height in range(made.height + 1, upto + 1):
        made.take(block(node, height), lambda _: None)
    return made


def test_blocks_are_taken_in_and_found_again(node: Node, tmp_path: Path) -> None:
    covered: list[int] = []
    made = chain(tmp_path / "replica", node)
    for height in range(1, 5):
        made.take(block(node, height), lambda header: covered.append(header.header.height))
    assert covered == [1, 2, 3, 4] and made.machine.app_hash == node.ledger.status().app_hash
    hashes = [made.header_hash(height) for height in range(1, 5)]
    assert hashes == [one.commit.block_id.hash for one in node.deciding.made]
    made.close()
    again = chain(tmp_path / "replica", node)  # nothing but the blocks is on the disk
    assert (again.height, again.machine.app_hash) == (4, node.ledger.status().app_hash)
    again.close()


def test_what_is_not_taken_in(node: Node, tmp_path: Path) -> None:
    made = taken(tmp_path / "replica", node, 2)
    good = read_block(block(node, 3))
    before = node.deciding.made[1].header.time
    forged = bytearray(good.header)
    forged[forged.rindex(b"\x22\x40") + 9] ^= 1
    strangers = Chain(node.region.network)
    refused: list[tuple[bytes, type[Refusal]]] = [
        (encode(replace(good, header=bytes(forged))), HeaderOfNobody),
        (encode(Block(strangers.header(3), ())), HeaderOfNobody),
        (encode(Block(strangers.header(2, 3), ())), Malformed),
        (node.ledger._chain.blocks.read(3), OtherEngine),
        (block(node, 2, consensus_hash=fixed("x")), TwoHeaders),
        (block(node, 2), OtherHistory),
        (block(node, 4), OtherHistory),
        (block(node, 3, previous=fixed("x")), OtherHistory),
        (block(node, 3, time=stamp((before.seconds - 1) * 10**9)), TimeWentBack),
        (encode(replace(read_block(block(node, 4)), header=good.header)), OtherBatches),
        (block(node, 3, app_hash=fixed("x")), OtherState),
    ]
    for number, (raw, refusal) in enumerate(refused):
        with pytest.raises(refusal) as caught:
            made.take(raw, lambda _: None)
        assert caught.type is refusal, number
        assert made.height == 2
    made.take(block(node, 3), lambda _: None)
    made.close()


def test_a_header_whose_votes_were_changed_on_the_disk(node: Node, tmp_path: Path) -> None:
    taken(tmp_path / "replica", node, 4).close()
    path = tmp_path / "replica/blocks"
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"\x22\x40") + 9] ^= 1
    path.write_bytes(raw)
    with pytest.raises(DamagedFile):
        chain(tmp_path / "replica", node)


def turning(height: int) -> dict[str, int]:
    """Every third height one validator goes and another comes."""
    return {f"v{height // 3 + at}": 10 + at for at in range(4)}


def test_ways_over_changes_of_the_validators() -> None:
    made = Chain(NETWORK, powers=turning)

    def step(height: int) -> Step:
        return Step(*decode(made.header(height), Committed).steps[0])

    founders = members(turning(1))
    trusted = trusting(NETWORK, {validator_key(name): power for name, power in turning(1).items()})
    lengths = []
    for height in random.Random(7).sample(range(1, 60), 25):
        raw = bridged(NETWORK, founders, step, 1, height)
        assert read_header(NETWORK, raw, trusted).header.height == height
        lengths.append(len(decode(raw, Committed).steps))
    assert min(lengths) == 1 and max(lengths) > 3
    with pytest.raises(NoBridge):
        bridged(NETWORK, members({"w1": 1, "w2": 1}), step, 1, 50)


def test_the_votes_of_a_step_are_as_they_were_kept() -> None:
    made = Chain(NETWORK)
    raw = bridged(NETWORK, members(turning(1) | {"a": 1000}), lambda h: Step(*made_step(made, h)), 1, 9)
    assert read(decode(raw, Committed).steps[0][1], Commit) == made.block(9)[1]


def made_step(made: Chain, height: int) -> tuple[bytes, bytes, bytes]:
    return decode(made.header(height), Committed).steps[0]
