"""Look at the ledger: its status, a block, a proof of one key, an export of its state."""

from pathlib import Path
from typing import NamedTuple, Protocol

from salus.client.ledger import Ledger
from salus.contracts.registry import MESSAGES
from salus.core.encoding import decode, encode
from salus.core.envelope import parse_batch, parse_envelope
from salus.core.errors import Refusal
from salus.evidence.format import FORMAT, Evidence, Kind, StateFact
from salus.evidence.header import parse_header, read_block
from salus.evidence.state import LOG_KEY, LogValue
from salus.services.proofs import own_checkpoint
from salus.vault.files import LocalFiles


class LedgerStatus(NamedTuple):
    """A ledger in numbers."""

    network: bytes
    height: int
    time: int  # of the last block, milliseconds
    log_size: int  # entries


class EnvelopeView(NamedTuple):
    """An envelope of a block: which messages it has and how many signed. What is in them is for the contracts."""

    id: bytes
    messages: tuple[str, ...]
    signers: int


class BlockView(NamedTuple):
    """A block."""

    height: int
    time: int
    app_hash: bytes  # after the block before
    batches: int
    envelopes: tuple[EnvelopeView, ...]
    pruned: bool = False  # only the header is left: nothing is known of batches and envelopes


class Exports(Protocol):
    """A ledger that exports its state."""

    def export(self) -> tuple[bytes, list[bytes]]:
        """Return manifest and chunks, the same bytes on every node."""
        ...


def ledger_status(ledger: Ledger) -> LedgerStatus:
    """Return how far the ledger is."""
    state = ledger.view()
    raw = state.get(LOG_KEY)
    return LedgerStatus(ledger.network, ledger.height(), state.time, 0 if raw is None else decode(raw, LogValue).size)


def inspect_block(ledger: Ledger, height: int) -> BlockView:
    """Return what a block holds; raise LookupError where there is none."""
    gone = ledger.pruned()
    if gone is not None and 0 < height < gone.height:
        left = parse_header(ledger.network, ledger.header(height)).header
        return BlockView(height, left.time, left.app_hash, 0, (), pruned=True)
    block = read_block(ledger.block(height))
    header = parse_header(ledger.network, block.header).header
    envelopes = [
        _envelope(ledger.network, raw)
        for batch in block.batches
        for raw in parse_batch(ledger.network, batch).payload.envelopes
    ]
    return BlockView(height, header.time, header.app_hash, len(block.batches), tuple(envelopes))


def prove_state(ledger: Ledger, key: bytes) -> tuple[bytes, bytes | None]:
    """Return evidence of the present value of a key of the state, or of its absence, and that value.

    The log's head is proved beside it, so that a checkpoint, and witnesses, can speak for it.
    """
    keys = sorted((LOG_KEY, key)) if key != LOG_KEY else [key]
    proof = ledger.prove(keys)
    facts = tuple(StateFact(*row) for row in zip(keys, proof.values, proof.proofs, strict=True))
    log = next(fact.value for fact in facts if fact.key == LOG_KEY)
    checkpoint = None if log is None else own_checkpoint(ledger, decode(log, LogValue))
    kind = int(Kind.STATE_FACT)
    made = Evidence(FORMAT, ledger.network, kind, proof.header, facts, (), checkpoint, None, (), None, None)
    return encode(made), next(fact.value for fact in facts if fact.key == key)


def export_state(ledger: Exports, folder: Path) -> tuple[bytes, int]:
    """Write `manifest.cbor` and `chunk-<number>.cbor` into `folder`; return the manifest and how many chunks."""
    manifest, chunks = ledger.export()
    files = LocalFiles()
    files.create_folder(folder)
    for number, chunk in enumerate(chunks):
        files.write(folder / f"chunk-{number:06d}.cbor", chunk)
    files.write(folder / "manifest.cbor", manifest)
    return manifest, len(chunks)


def _envelope(network: bytes, raw: bytes) -> EnvelopeView:
    try:
        envelope = parse_envelope(network, raw)
    except Refusal:
        return EnvelopeView(bytes(32), ("malformed",), 0)
    names = tuple(_name(number) for number, _ in envelope.payload.messages)
    return EnvelopeView(envelope.id, names, len(envelope.signatures))


def _name(number: int) -> str:
    return MESSAGES[number].__name__ if number in MESSAGES else f"0x{number:04x}"
