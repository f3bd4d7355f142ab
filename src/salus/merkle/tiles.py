"""A log in tiles of 256, as C2SP tlog-tiles cuts it: enough to prove anything without hashing it all.

A tile of level 0 holds entries (32 bytes each), one of level n roots of complete subtrees of 256^n
leaves. Entry tiles are full once 256 are there; the last of each level grows until then.
https://c2sp.org/tlog-tiles
"""

from collections.abc import Callable
from hashlib import sha256

from salus.merkle.log import INNER, Nodes, leaf_hash

WIDTH_BITS = 8
WIDTH = 1 << WIDTH_BITS

Tiles = Callable[[int, int], bytes]  # (level, index) -> what the tile holds, 32 bytes each


def nodes_of(tiles: Tiles) -> Nodes:
    """Return the nodes of the log in `tiles`; each tile is read once for the life of the result."""
    read: dict[tuple[int, int], list[bytes]] = {}

    def hashes(level: int, index: int) -> list[bytes]:
        found = read.get((level, index))
        if found is None:
            raw = tiles(level, index)
            found = [raw[at : at + 32] for at in range(0, len(raw), 32)]
            if level == 0:
                found = [leaf_hash(entry) for entry in found]
            read[level, index] = found
        return found

    def node(level: int, index: int) -> bytes:
        height = level % WIDTH_BITS
        first = index << height
        start = first % WIDTH
        row = hashes(level // WIDTH_BITS, first // WIDTH)[start : start + (1 << height)]
        if len(row) != 1 << height:
            raise ValueError("the log is shorter")
        while len(row) > 1:
            row = [sha256(INNER + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
        return row[0]

    return node
