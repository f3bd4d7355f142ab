"""The blocks that a real network decided, through the embedded engine and through ABCI in process: one app hash."""

from pathlib import Path
from typing import NamedTuple

import pytest
from command_line import bundle_file

from consensus.consensus_world import Sent
from network.chaos.load import load_of
from network.chaos.members import Four, Node, four_members
from network.networks import salus, until
from salus.cometbft import chain_id
from salus.cometbft.proto import abci_pb2
from salus.cometbft.proto.abci_pb2 import Request
from salus.core.genesis import Genesis, read_genesis
from salus.core.signatures import SigningKey
from salus.evidence.header import Header, parse_header, read_block
from salus.ledger.consensus.chain import proposer_of
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.ledger.embedded.chain import open_chain
from salus.ledger.embedded.files import LocalFiles
from salus.state.store import Store
from salus.testing.deciding import stamp

ACKNOWLEDGED = 60
WRITERS = 6


class Decided(NamedTuple):
    """A block as the members keep it."""

    header: Header
    hash: bytes
    batches: tuple[bytes, ...]


def lives(four: Four, tmp_path: Path) -> None:
    """Let members and a patient do what makes other kinds of envelopes: a claim, a consent, a proposal, a vote."""

    def run(member: str, *arguments: object) -> dict:
        return salus(*arguments, "--home", four.nodes[member].home, "--json").data

    file = bundle_file(tmp_path)
    salus("record", "import", "--as", "south", file, "--home", four.nodes["south"].home)
    (patient,) = run("south", "patient", "list", "--as", "south")
    code = run("south", "patient", "invite", "--as", "south", patient["handle"])["code"]
    claimed = run("south", "patient", "claim", "--as", "alma", "--at-once", code)
    run("south", "patient", "confirm", "--as", "south", patient["handle"], claimed["short_code"])
    run("south", "consent", "grant", "--as", "alma", "--to", "Clinic of the tests", "--days", 30)
    made = run("north", "org", "propose", "parameter", "--as", "north", "session-ms", 7_000_000)
    for member in ("north", "south", "clinic"):
        run(member, "org", "vote", "--as", member, made["proposal"])


def read_blocks(node: Node) -> tuple[list[Decided], bytes]:
    """Return the blocks of a closed home, and the app hash after them."""
    genesis = (node.home / "genesis.cbor").read_bytes()
    ledger = ConsensusLedger.open(node.home / "ledger", genesis, None, None, None)
    try:
        found = []
        for height in range(1, ledger.height() + 1):
            block = read_block(ledger.block(height))
            signed = parse_header(ledger.network, block.header)
            found.append(Decided(signed.header, signed.hash, block.batches))
        return found, ledger.status().app_hash
    finally:
        ledger.close()


def by_embedded(folder: Path, genesis: bytes, blocks: list[Decided]) -> list[bytes]:
    """Return the app hash before each block, and after the last, as the embedded engine comes to it."""
    folder.mkdir()
    chain = open_chain(folder, genesis, LocalFiles(), Store.open)
    try:
        found = [chain.machine.app_hash]
        found += [
            chain.make(block.batches, block.header.time, SigningKey.from_seed(bytes(32))).app_hash for block in blocks
        ]
        return found
    finally:
        chain.close()


def by_abci(folder: Path, genesis: bytes, blocks: list[Decided]) -> list[bytes]:
    """Return the same as an application in process comes to it, by the requests that CometBFT makes."""
    network, founders = read_genesis(genesis)
    ledger = ConsensusLedger.open(folder, genesis, None, Sent(network), None)
    try:
        found = [ledger.application.handle(init_chain(network, founders)).init_chain.app_hash]
        for block in blocks:
            asked = abci_pb2.RequestFinalizeBlock(
                txs=block.batches,
                hash=block.hash,
                height=block.header.height,
                time=stamp(block.header.time),
                proposer_address=proposer_of(block.header),
            )
            shown = ledger.application.handle(Request(finalize_block=asked))
            assert shown.WhichOneof("value") == "finalize_block", shown.exception.error
            found.append(shown.finalize_block.app_hash)
            ledger.application.handle(Request(commit=abci_pb2.RequestCommit()))
        return found
    finally:
        ledger.close()


def init_chain(network: bytes, founders: Genesis) -> Request:
    asked = abci_pb2.RequestInitChain(time=stamp(founders.time), chain_id=chain_id(network), initial_height=1)
    for one in founders.validators:
        asked.validators.add(power=one.power).pub_key.ed25519 = one.public
    return Request(init_chain=asked)


@pytest.mark.timeout(900)
def test_the_blocks_of_a_network_through_every_engine(cometbft: Path, tmp_path: Path) -> None:
    with four_members(cometbft) as four:
        load = load_of(four, 11)
        load.begin(WRITERS)
        lives(four, tmp_path)
        until(lambda: load.count() >= ACKNOWLEDGED, "enough envelopes")
        load.end()
        four.agreed()
        four.stop()
        members = [read_blocks(node) for node in four.nodes.values()]
        genesis = (four.nodes["north"].home / "genesis.cbor").read_bytes()
    blocks, last = max(members, key=lambda found: len(found[0]))
    named = [block.header.app_hash for block in blocks] + [last]
    for theirs, after in members:
        assert theirs == blocks[: len(theirs)]
        assert after == named[len(theirs)]
    assert by_embedded(tmp_path / "embedded", genesis, blocks) == named
    assert by_abci(tmp_path / "abci", genesis, blocks) == named
    assert len(set(named)) > 10
