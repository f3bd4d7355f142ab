"""Which engine made the blocks of a closed ledger's folder: the blocks themselves say it."""

from pathlib import Path

from salus.evidence.decided import is_decided
from salus.ledger.consensus.chain import DecidedChain
from salus.ledger.embedded.blockfile import NAME, BlockFile
from salus.ledger.embedded.chain import Chain
from salus.ledger.embedded.files import Files, LocalFiles


def kind_of(folder: Path, files: Files | None = None) -> type[Chain]:
    """Return the kind of chain in `folder`: without blocks the embedded engine's. Raises DamagedFile, Malformed."""
    port = files or LocalFiles()
    if NAME not in port.names(folder):
        return Chain
    blocks = BlockFile(port.open_append(folder / NAME, readonly=True))
    try:
        blocks.scan(0, 0, readonly=True)
        if blocks.base is not None:
            return DecidedChain
        return DecidedChain if blocks.height and is_decided(blocks.header(blocks.height)) else Chain
    finally:
        blocks.close()
