"""Check the headers that a replica's light client trusts against the blocks that were taken in."""

from collections.abc import Iterator
from pathlib import Path

from salus.client.light import Kept
from salus.core.errors import Refusal
from salus.evidence.header import SignedHeader
from salus.fsck.report import Finding, Severity
from salus.vault.files import LocalFiles

TRUSTED = "trusted"


class TrustedHeaders:
    """The file in a ledger's folder, if there is one; asked block by block."""

    def __init__(self, folder: Path, network: bytes) -> None:
        self._hashes: dict[int, bytes] = {}
        self._found: list[Finding] = []
        try:
            kept = Kept(folder / TRUSTED, network, LocalFiles())
        except Refusal as refusal:
            self._found.append(Finding(TRUSTED, "whole file", f"cannot be read: {refusal.text}"))
            return
        self._hashes = {block.height: block.hash for block in kept.blocks}
        if kept.attack is not None:
            what = "holds two headers of one height that validators signed: the network has forked"
            self._found.append(Finding(TRUSTED, "attack", what, Severity.NOTE))

    def check(self, block: SignedHeader) -> Iterator[Finding]:
        """Yield what is wrong with the trusted header of a block's height."""
        if self._hashes.get(block.header.height, block.hash) != block.hash:
            yield Finding(TRUSTED, f"height {block.header.height}", "another header than the block's")

    def rest(self) -> Iterator[Finding]:
        """Yield what is wrong with the file itself."""
        yield from self._found
