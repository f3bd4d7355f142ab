"""The embedded engine: one process, one writer, group commit into a block file. Not a consensus.

It is tamper-evident: blocks are hash-linked and signed, and the log's checkpoints can be witnessed;
but whoever runs it could rewrite it all, from the start.
"""

from salus.ledger.embedded.clock import Clock, SystemClock
from salus.ledger.embedded.ledger import EmbeddedLedger

__all__ = ["Clock", "EmbeddedLedger", "SystemClock"]
