"""Whether a block holds an envelope."""

from collections.abc import Iterator

from salus.client.ledger import Ledger
from salus.core.envelope import parse_batch, parse_envelope
from salus.core.errors import Refusal
from salus.evidence.header import read_block


def holds(ledger: Ledger, height: int, envelope: bytes) -> bool:
    """Return True if the block of a height is here and holds the envelope of that id."""
    try:
        batches = read_block(ledger.block(height)).batches
    except (LookupError, Refusal):
        return False
    return any(envelope == one for raw in batches for one in _ids(ledger.network, raw))


def _ids(network: bytes, raw: bytes) -> Iterator[bytes]:
    """Yield the ids of a batch's envelopes; what others put beside them may be of no form, and is passed over."""
    try:
        envelopes = parse_batch(network, raw).payload.envelopes
    except Refusal:
        return
    for one in envelopes:
        try:
            yield parse_envelope(network, one).id
        except Refusal:
            continue
