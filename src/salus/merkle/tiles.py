"""A log in tiles of 256, as C2SP tlog-tiles cuts it: enough to prove anything without hashing it all.

A tile of level 0 is 256 leaves, one of level n roots of complete subtrees of 256^n leaves. The last of
each level is partial until 256 are there. The node's own tables keep entries at level 0 (32 bytes
each); the published files keep leaves there, and the entries in bundles beside them.
https://c2sp.org/tlog-tiles
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import NamedTuple

from salus.core.errors import Malformed
from salus.merkle.log import INNER, Nodes, leaf_hash

WIDTH_BITS = 8
WIDTH = 1 << WIDTH_BITS
ENTRIES = -1  # stands for a level: bundles of entries
ENTRY_BYTES = 32
_LENGTH = ENTRY_BYTES.to_bytes(2, "big")
_FOLDER = "tile"

Tiles = Callable[[int, int], bytes]  # (level, index) -> what the tile holds, 32 bytes each


class TileName(NamedTuple):
    """One published file: a tile, or with level ENTRIES a bundle; partial where `width` is below 256."""

    level: int
    number: int
    width: int

    def path(self) -> str:
        """Return where it is published, relative to the log's folder."""
        digits = f"{self.number:03}"
        groups = f"{digits:0>{-(-len(digits) // 3) * 3}}"
        parts = [groups[at : at + 3] for at in range(0, len(groups), 3)]
        number = "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:])
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"{_FOLDER}/{'entries' if self.level == ENTRIES else self.level}/{number}{partial}"

    def full(self) -> "TileName":
        """Return the name it has once it is full."""
        return self._replace(width=WIDTH)


def tile_name(path: str) -> TileName | None:
    """Return the name whose path this is; None where it is no file of a log's."""
    parts = path.split("/")
    if len(parts) < 3 or parts[0] != _FOLDER:
        return None
    width = WIDTH
    if parts[-2].endswith(".p") and parts[-1].isdecimal():
        width = int(parts.pop())
        parts[-1] = parts[-1].removesuffix(".p")
    level = ENTRIES if parts[1] == "entries" else int(parts[1]) if parts[1].isdecimal() else WIDTH
    digits = "".join(part.removeprefix("x") for part in parts[2:])
    name = TileName(level, int(digits) if digits.isdecimal() else 0, width)
    return name if level < 64 and 0 < width <= WIDTH and name.path() == path else None


def tile_names(older: int, newer: int) -> Iterator[TileName]:
    """Yield the files of a log of `newer` entries that it did not have when it had `older`; children come first."""
    for level in (ENTRIES, *range(64)):
        height = max(level, 0) * WIDTH_BITS
        before, now = older >> height, newer >> height
        if not now:
            return
        if before == now:
            continue
        for index in range(before // WIDTH, now // WIDTH):
            yield TileName(level, index, WIDTH)
        if now % WIDTH:
            yield TileName(level, now // WIDTH, now % WIDTH)


def bundle(entries: bytes) -> bytes:
    """Return the bundle of entries of 32 bytes: each after its length, two bytes, big-endian."""
    return b"".join(_LENGTH + entries[at : at + ENTRY_BYTES] for at in range(0, len(entries), ENTRY_BYTES))


def read_bundle(raw: bytes) -> list[bytes]:
    """Return the entries of a bundle; raises Malformed where one is anything but 32 bytes: nothing else is public."""
    step = len(_LENGTH) + ENTRY_BYTES
    if len(raw) % step or any(raw[at : at + 2] != _LENGTH for at in range(0, len(raw), step)):
        raise Malformed
    return [raw[at + 2 : at + step] for at in range(0, len(raw), step)]


def nodes_of(tiles: Tiles, *, entries: bool = True) -> Nodes:
    """Return the nodes of the log in `tiles`; each tile is read once for the life of the result.

    At level 0 they hold entries, or the leaves where `entries` is false.
    """
    read: dict[tuple[int, int], list[bytes]] = {}

    def hashes(level: int, index: int) -> list[bytes]:
        found = read.get((level, index))
        if found is None:
            raw = tiles(level, index)
            found = [raw[at : at + 32] for at in range(0, len(raw), 32)]
            if level == 0 and entries:
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
        return row_root(row)

    return node


def row_root(row: list[bytes]) -> bytes:
    """Return the root over nodes of one level, a power of two of them: of a full tile, the hash in the one above."""
    while len(row) > 1:
        row = [sha256(INNER + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]
