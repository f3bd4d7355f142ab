"""An approval of a merge on its way to the custodian, to the byte: sealed, since it names two handles together."""

from typing import Annotated

from msgspec import Meta

from salus.core.hashing import T
from salus.core.types import Id, Message


class ApprovalLetter(Message, frozen=True):
    """A signed approval (`core.approval`); `sealed` opens under info T("approval-letter", relation)."""

    relation: Id  # the side that approves
    sealed: Annotated[bytes, Meta(max_length=8 * 1024)]


def approval_info(network: bytes, relation: bytes) -> bytes:
    """Return what the seal of an approval's letter is bound to."""
    return T("approval-letter", network, relation)
