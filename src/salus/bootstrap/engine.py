"""A ledger as a region uses it: the port, and what commands ask beyond it, whichever engine is behind it."""

from contextlib import AbstractContextManager
from typing import Protocol

from salus.client.ledger import Ledger
from salus.merkle.checkpoint import SignedCheckpoint


class Engine(Ledger, Protocol):
    """The ledger of an open region. What only a node can do raises ReadOnly elsewhere."""

    def witnessed(self) -> bytes:
        """Return the last note that witnesses cosigned; raises ReadOnly where there is none."""
        ...

    def keep_cosigned(self, note: bytes) -> None:
        """Keep a note that witnesses cosigned, durably; raises Malformed unless it is one over this log."""
        ...

    def publish(self) -> SignedCheckpoint:
        """Publish the log as it stands now; return its checkpoint."""
        ...

    def export(self) -> tuple[bytes, list[bytes]]:
        """Return the whole state after the last block as (manifest, chunks)."""
        ...

    def still(self) -> AbstractContextManager[None]:
        """Let nothing be written while the block runs; raises StorageFailed, Unstill."""
        ...

    def close(self) -> None:
        """Let what is under way land, release the folder."""
        ...
