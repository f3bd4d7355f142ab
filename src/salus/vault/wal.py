"""Which pages stand in SQLite's write-ahead log: a reader takes them from there, whatever the file itself holds.

https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

import struct
from pathlib import Path

_HEADER, _FRAME = 32, 24  # bytes
_MAGIC, _BIG_ENDIAN = 0x377F0682, 1
_MASK = 0xFFFFFFFF
Sums = tuple[int, int]


def pages_in_log(path: Path) -> frozenset[int]:
    """Return the numbers, from 1, of the pages that the log at `path` holds of transactions that were committed."""
    raw = path.read_bytes() if path.exists() else b""
    if len(raw) < _HEADER:
        return frozenset()
    magic, _, size, _, salts, *sums = struct.unpack(">IIII8sII", raw[:_HEADER])
    order = ">" if magic & _BIG_ENDIAN else "<"
    before = _sums(order, raw[:24], (0, 0))
    if magic & ~_BIG_ENDIAN != _MAGIC or size == 0 or before != tuple(sums):
        return frozenset()
    committed: set[int] = set()
    waiting: set[int] = set()
    for at in range(_HEADER, len(raw) - _FRAME - size + 1, _FRAME + size):
        page, commits, salted, *sums = struct.unpack(">II8sII", raw[at : at + _FRAME])
        before = _sums(order, raw[at + _FRAME : at + _FRAME + size], _sums(order, raw[at : at + 8], before))
        if salted != salts or before != tuple(sums):  # from here on the log is of an earlier round, or torn
            break
        waiting.add(page)
        if commits:
            committed |= waiting
            waiting.clear()
    return frozenset(committed)


def _sums(order: str, raw: bytes, sums: Sums) -> Sums:
    first, second = sums
    words = struct.unpack(f"{order}{len(raw) // 4}I", raw)
    for one, two in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & _MASK
        second = (second + two + first) & _MASK
    return first, second
