"""What must hold of every network once it is healed, whatever was done to it; asked of the closed homes themselves."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from network.chaos.load import Load
from network.chaos.members import Four, Node, fsck
from salus.client.ledger import Pruned
from salus.contracts.accounts.events import AccountsOpened
from salus.core.encoding import decode, decode_plain, encode
from salus.core.envelope import parse_batch, parse_envelope
from salus.evidence.header import parse_header, read_block
from salus.ledger.consensus.ledger import ConsensusLedger

OPENED = 0x0205  # the event AccountsOpened


@dataclass
class Ledger:
    """What a closed member's ledger holds."""

    name: str
    height: int
    app_hash: bytes
    pruned: Pruned | None
    blocks: dict[int, bytes]  # hash of the header by height
    places: dict[bytes, list[int]]  # envelope id -> heights of the blocks that hold it
    opened: list[bytes]  # accounts, as often as the log says that they were opened


def read_ledger(node: Node) -> Ledger:
    """Read a closed home's ledger."""
    genesis = (node.home / "genesis.cbor").read_bytes()
    ledger = ConsensusLedger.open(node.home / "ledger", genesis, None, None, None)
    try:
        pruned, status = ledger.pruned(), ledger.status()
        found = Ledger(node.name, status.height, status.app_hash, pruned, {}, {}, [])
        for height in range(1 if pruned is None else pruned.height, status.height + 1):
            block = read_block(ledger.block(height))
            found.blocks[height] = parse_header(ledger.network, block.header).hash
            for raw in block.batches:
                for envelope in parse_batch(ledger.network, raw).payload.envelopes:
                    found.places.setdefault(parse_envelope(ledger.network, envelope).id, []).append(height)
        for event in ledger.events(0 if pruned is None else pruned.entries):
            if event.body:
                number, _, _, said = decode_plain(event.body)
                if number == OPENED:
                    found.opened += decode(encode(said), AccountsOpened).handles
        return found
    finally:
        ledger.close()


def audit(four: Four, load: Load) -> str:
    """Fail unless the closed network is sound, of one history, and has all that was acknowledged, once; say so."""
    nodes = list(four.nodes.values())
    with ThreadPoolExecutor(2) as pool:
        for node, words in zip(nodes, pool.map(fsck, nodes), strict=True):
            assert not words, f"{node.name}: {words}"
    ledgers = [read_ledger(node) for node in nodes]
    one_history(ledgers)
    for ledger in ledgers:
        nothing_lost(ledger, load)
        nothing_twice(ledger, load)
    whole = [ledger for ledger in ledgers if ledger.pruned is None]
    assert whole, "nobody has all blocks"
    executed = len(whole[0].opened)
    return (
        f"height {min(ledger.height for ledger in ledgers)}, {len(load.sent)} sent, {len(load.acknowledged)} "
        f"acknowledged, {executed} executed"
    )


def one_history(ledgers: list[Ledger]) -> None:
    """No two members have different blocks of one height; equal heights have equal states."""
    known: dict[int, bytes] = {}
    states: dict[int, bytes] = {}
    for ledger in ledgers:
        for height, digest in ledger.blocks.items():
            assert known.setdefault(height, digest) == digest, f"a fork at {height}: {ledger.name}"
        assert states.setdefault(ledger.height, ledger.app_hash) == ledger.app_hash, ledger.name


def nothing_lost(ledger: Ledger, load: Load) -> None:
    """Each acknowledged envelope is in the block that was named, or, where the block is pruned here, was."""
    first = 1 if ledger.pruned is None else ledger.pruned.height
    for key, height in load.acknowledged.items():
        heights = ledger.places.get(key, [])
        if height and height < first:
            continue
        assert heights or ledger.pruned is not None, f"{ledger.name} lost an acknowledged envelope of height {height}"
        assert not height or height in heights, f"{ledger.name}: not in block {height} but in {heights}"
        assert not height or load.sent[key].handle in ledger.opened, f"{ledger.name}: acknowledged and not executed"


def nothing_twice(ledger: Ledger, load: Load) -> None:
    """No account was opened twice, and none by an envelope that no block holds."""
    assert len(set(ledger.opened)) == len(ledger.opened), f"{ledger.name} executed an envelope twice"
    by_handle = {sent.handle: sent.id for sent in load.sent.values()}
    for handle in ledger.opened:
        assert handle in by_handle, f"{ledger.name} opened an account that nobody asked for"
        assert by_handle[handle] in ledger.places, f"{ledger.name} executed what no block holds"
