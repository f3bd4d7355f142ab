"""Names under which a checkpoint keeps what lies beside the tree: those of ours begin with a zero byte."""

from typing import NamedTuple

HEIGHT = b"\x00height"  # 8 bytes, big-endian
SHAPE = b"\x00shape"  # of the tree: depth (1 byte), split (4, big-endian)
ROOT = b"\x00root"
LOG = b"\x00log"  # frontier of the event log (`merkle.log`)
LOG_BASE = b"\x00log-base"  # frontier of a log whose older entries are elsewhere, as it was when it came
LOG_TABLE = "log"  # tiles of the event log (`state.events`)

DEEPEST = 26  # more levels would be 4 GiB of nodes: a deeper tree is damage
MIN_DEPTH = 12  # of a tree that is still empty


class Shape(NamedTuple):
    """How the tree is cut into buckets (`merkle.heap`)."""

    depth: int
    split: int

    def encode(self) -> bytes:
        """Return what stands under `SHAPE`."""
        return bytes((self.depth,)) + self.split.to_bytes(4, "big")


def shape(raw: bytes | None) -> Shape | None:
    """Return what stands under `SHAPE`: nothing there is the shape of an empty tree; None where it is damaged."""
    if raw is None:
        return Shape(MIN_DEPTH, 0)
    if len(raw) != 5:
        return None
    found = Shape(raw[0], int.from_bytes(raw[1:], "big"))
    return found if found.depth <= DEEPEST and found.split < 1 << found.depth else None


def buckets_for(count: int) -> int:
    """Return how many buckets a tree of so many keys is cut into at least: two keys to a bucket."""
    return max(1 << MIN_DEPTH, count // 2)


def shape_for(count: int) -> Shape:
    """Return the shape of a new tree for so many keys."""
    buckets = buckets_for(count)
    depth = buckets.bit_length() - 1
    return Shape(depth, buckets - (1 << depth))
