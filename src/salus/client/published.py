"""Read a published log by its static files alone: no node, no trust. https://c2sp.org/tlog-tiles

A copy of the folder does as well as the original: what its files say is checked against the signed
checkpoint, and a checkpoint against others.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from salus.core.errors import Kind, Malformed, Refusal
from salus.merkle.checkpoint import Checkpoint, SignedCheckpoint, parse
from salus.merkle.log import EMPTY_ROOT, Consistency, Nodes, consistency, leaf_hash, root_at, verify_consistency
from salus.merkle.tiles import ENTRIES, WIDTH, WIDTH_BITS, TileName, nodes_of, read_bundle, row_root, tile_names

CHECKPOINT = "checkpoint"


class NotPublished(Refusal):
    code, kind, text = 0x5020, Kind.NOT_FOUND, "There is no published log in this folder, or no checkpoint in it."


class DamagedTiles(Refusal):
    code, kind, text = 0x5021, Kind.CONFLICT, "The published files do not give the root that their checkpoint signs."


class Damage(NamedTuple):
    """A published file that is not as the log demands; `place` is within it."""

    file: str
    place: str
    what: str


class PublishedLog:
    """The files of one log in a folder. Reads only, and each time anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def checkpoint(self) -> SignedCheckpoint:
        """Return the checkpoint, its signatures unverified; raise NotPublished, Malformed."""
        note = self._read(CHECKPOINT)
        if note is None:
            raise NotPublished
        return parse(note)

    def nodes(self, size: int) -> Nodes:
        """Return the nodes of the log of `size`, as the files say; they raise DamagedTiles where one is missing."""

        def tile(level: int, index: int) -> bytes:
            count = (size >> level * WIDTH_BITS) - index * WIDTH
            return self._hashes(TileName(level, index, min(count, WIDTH)))

        return nodes_of(tile, entries=False)

    def prefix(self, size: int, newer: Checkpoint) -> tuple[bytes, tuple[bytes, ...]]:
        """Return the root that the log under `newer` had at `size`, and the proof that it grew from there.

        It is proved by `newer` whatever the files say; DamagedTiles where they cannot prove one.
        """
        if size == 0:
            return EMPTY_ROOT, ()
        nodes = self.nodes(newer.size)
        try:
            root, path = root_at(nodes, size), consistency(nodes, size, newer.size).path
        except ValueError:
            raise DamagedTiles from None
        if not verify_consistency(root, newer.root, Consistency(size, newer.size, path)):
            raise DamagedTiles
        return root, path

    def entry(self, index: int, size: int) -> bytes:
        """Return an entry of the log of `size` as its bundle says; raise DamagedTiles."""
        width = min(size - index // WIDTH * WIDTH, WIDTH)
        try:
            return read_bundle(self._raw(TileName(ENTRIES, index // WIDTH, width)))[index % WIDTH]
        except (Malformed, IndexError):
            raise DamagedTiles from None

    def damages(self, signed: Checkpoint) -> Iterator[Damage]:
        """Check every file that the log of a checkpoint needs; yield each place where one is not as it must be."""
        roots: dict[int, list[bytes | None]] = {}  # level -> of the full tiles below it, None where one is broken
        sound = True
        for name in tile_names(0, signed.size):
            if name.level == ENTRIES:
                continue  # checked with the tile of its leaves
            bundled = name._replace(level=ENTRIES)
            rows = {each: self._row(each) for each in ((bundled, name) if name.level == 0 else (name,))}
            row = rows[name]
            below = rows.get(bundled) if name.level == 0 else roots[name.level][name.number * WIDTH :]
            found = [each for part, read in rows.items() for each in _unread(part, read)] or list(
                _differences(name, row, below)
            )
            sound = sound and not found
            yield from found
            if name.width == WIDTH:
                whole = None if isinstance(row, str) or len(row) != WIDTH else row_root(row)
                roots.setdefault(name.level + 1, []).append(whole)
        if sound and root_at(self.nodes(signed.size), signed.size) != signed.root:
            yield Damage(CHECKPOINT, "root", "not the root that the tiles give")

    def _row(self, name: TileName) -> list[bytes] | str:
        """Return the hashes in a file, of a bundle those of its entries; or what is wrong with it."""
        try:
            raw = self._raw(name)
            row = list(map(leaf_hash, read_bundle(raw))) if name.level == ENTRIES else _cut(raw)
        except DamagedTiles:
            return "missing"
        except Malformed:
            return "not a bundle of entries of 32 bytes"
        return row if len(row) == name.width and all(len(node) == 32 for node in row) else "not of its width"

    def _hashes(self, name: TileName) -> bytes:
        return self._raw(name)[: name.width * 32]

    def raw(self, name: TileName) -> bytes | None:
        """Return a file, None where there is none; of a partial one the full one serves, by the first part of it."""
        for path in (name.path(), name.full().path()):
            raw = self._read(path)
            if raw is not None:
                step = 34 if name.level == ENTRIES else 32
                return raw if path == name.path() else raw[: name.width * step]
        return None

    def _raw(self, name: TileName) -> bytes:
        raw = self.raw(name)
        if raw is None:
            raise DamagedTiles
        return raw

    def _read(self, path: str) -> bytes | None:
        """Return a file of the log by its path, None where there is none."""
        try:
            return (self.folder / path).read_bytes()
        except OSError:
            return None


def _unread(name: TileName, row: list[bytes] | str) -> Iterator[Damage]:
    if isinstance(row, str):
        yield Damage(name.path(), "whole file", row)


def _differences(
    name: TileName, row: list[bytes] | str, below: Sequence[bytes | None] | str | None
) -> Iterator[Damage]:
    """Yield where a row is not the hashes of what lies below it."""
    for at, (found, demanded) in enumerate(zip(row, below or (), strict=False)):
        if demanded is not None and found != demanded:
            yield Damage(name.path(), f"hash {at}", "not the hash of what lies below it")


def _cut(raw: bytes) -> list[bytes]:
    return [raw[at : at + 32] for at in range(0, len(raw), 32)]
