"""Where a ledger began that took a state from elsewhere: after which block, with which state.

Of that block its height and the app hash after it are known, since a light client verified both, and nothing
else: not its time, nor its header's hash.
"""

from typing import Annotated

from msgspec import Meta

from salus.core.types import Digest, Height, Id, Message

FORMAT = 1
UNKNOWN = bytes(32)  # stands for the hash of the last block before


class Base(Message, frozen=True):
    """What stands at the beginning of the block file."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    network: Id
    height: Annotated[int, Meta(ge=1, le=2**53 - 1)]  # of the last block that is not here
    app_hash: Digest  # after it
    entries: Height  # of the log after it
    export: Digest  # export_hash of the state that was taken in
