"""Check what leads from the genesis to the first block of a ledger that begins with a snapshot."""

from collections.abc import Iterator
from pathlib import Path

from salus.core.errors import Refusal
from salus.evidence.header import SignedHeader, Validators, read_header
from salus.fsck.report import Finding

BRIDGE = "bridge"
AGAIN = "remove it, and it is fetched again when the ledger is opened"


class Bridge:
    """The file in a ledger's folder, if there is one; asked block by block."""

    def __init__(self, folder: Path, network: bytes, founders: Validators) -> None:
        self._end: SignedHeader | None = None
        self._found: list[Finding] = []
        path = folder / BRIDGE
        if not path.exists():
            return
        try:
            self._end = read_header(network, path.read_bytes(), founders)
        except OSError as error:
            self._found.append(Finding(BRIDGE, "whole file", f"cannot be read: {error.strerror}"))
        except Refusal as refusal:
            what = f"the genesis does not lead over it: {refusal.text} {AGAIN.capitalize()}."
            self._found.append(Finding(BRIDGE, "whole file", what))

    def check(self, block: SignedHeader) -> Iterator[Finding]:
        """Yield what is wrong where the file leads to this block's height."""
        end = self._end
        if end is not None and end.header.height == block.header.height and end.hash != block.hash:
            yield Finding(BRIDGE, "its last header", f"another than that of block {block.header.height}: {AGAIN}")

    def rest(self) -> Iterator[Finding]:
        """Yield what is wrong with the file itself."""
        yield from self._found
