"""What the explorer keeps of a ledger that it reads: nothing that cannot be read again."""

from salus.api.explorer.index import Chronicle, EnvelopeIndex
from salus.api.explorer.parsed import Blocks
from salus.api.explorer.tail import Tail
from salus.api.explorer.traced import Traces
from salus.client.ledger import Ledger


class Reading:
    """One ledger as the explorer reads it. `close` it before the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.blocks, self.traces = Blocks(ledger), Traces(ledger)
        self.envelopes, self.chronicle = EnvelopeIndex(ledger), Chronicle(ledger)
        self.tail = Tail(ledger, self.blocks)

    def close(self) -> None:
        """End what reads, and the streams of who watches."""
        self.tail.close()
        self.envelopes.close()
        self.chronicle.reader.close()
