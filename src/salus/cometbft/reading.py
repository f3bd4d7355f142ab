"""Reading CometBFT's messages from strangers: one encoding each, and every part that must be there."""

from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from salus.cometbft.hashing import encoded
from salus.cometbft.proto.types_pb2 import BlockID
from salus.core.errors import Malformed

M = TypeVar("M", bound=Message)
NO_TIME = -62_135_596_800  # seconds of the year 1, which an absent vote has for its time
_BILLION = 1_000_000_000


def read(raw: bytes, kind: type[M]) -> M:
    """Return the message in `raw`; raise Malformed unless `raw` is the encoding that `encoded` makes of it."""
    message = kind()
    try:
        message.ParseFromString(raw)
    except DecodeError:
        raise Malformed from None
    message.DiscardUnknownFields()
    if encoded(message) != raw:
        raise Malformed
    return message


def instant(time: Timestamp) -> int:
    """Return nanoseconds since 1970; raise Malformed where they are not whole nanoseconds of the years 1 to 9999."""
    if not (NO_TIME <= time.seconds < 253_402_300_800 and 0 <= time.nanos < _BILLION):
        raise Malformed
    return time.seconds * _BILLION + time.nanos


def milliseconds(time: Timestamp) -> int:
    """Return block time as the machine has it: milliseconds since 1970, rounded down. Raises Malformed before 1970."""
    whole = instant(time) // 1_000_000
    if whole < 0:
        raise Malformed
    return whole


def is_complete(block: BlockID) -> bool:
    """True if `block` names a block, and not none."""
    parts = block.part_set_header
    return len(block.hash) == 32 and parts.total > 0 and len(parts.hash) == 32


def is_nil(block: BlockID) -> bool:
    """True if `block` names no block."""
    parts = block.part_set_header
    return not (block.hash or parts.total or parts.hash)
