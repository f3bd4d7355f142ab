"""Notes of the node over the log, checked against the log that its blocks give here."""

from threading import Event

from salus.contracts.governance.queries import validators
from salus.core.errors import Malformed
from salus.evidence.format import origin
from salus.ledger.embedded.chain import Chain
from salus.ledger.embedded.subscribers import Subscribers
from salus.ledger.errors import HeaderOfNobody, OtherHistory
from salus.merkle.checkpoint import Checkpoint, NoteKey, SignedCheckpoint, signed_by

GROWS_S = 5.0  # how long the blocks of a note that is ahead are waited for


def check_note(chain: Chain, signed: SignedCheckpoint) -> None:
    """Return if a validator signed the note and it is over this log, as it is or was; called under the chain's lock.

    Raises Malformed (of another network, or still ahead), HeaderOfNobody, OtherHistory.
    """
    name, size, log = origin(chain.network), signed.checkpoint.size, chain.machine.log
    if signed.checkpoint.origin != name or size > log.size:
        raise Malformed
    if not any(signed_by(signed, NoteKey(name, one.public)) for one in validators(chain.machine.store)):
        raise HeaderOfNobody
    if signed.checkpoint != Checkpoint(name, size, log.root_at(size)):
        raise OtherHistory


def wait_for_size(chain: Chain, subscribers: Subscribers, size: int) -> None:
    """Return once the log has that size, or after a while."""
    came = Event()
    end = subscribers.add(lambda _: came.set())
    try:
        while chain.machine.log.size < size and came.wait(GROWS_S):
            came.clear()
    finally:
        end()
