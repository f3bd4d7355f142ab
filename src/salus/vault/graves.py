"""Graves: whether what was erased is empty, and what is empty was erased; for a check of a closed vault."""

from collections.abc import Iterator
from typing import Any

from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.record import LeafHeader, Status


class Graves:
    """The versions of one relation, noted in the order of its log."""

    def __init__(self) -> None:
        self._empty: dict[bytes, int] = {}  # record -> last row of it that is empty
        self._full: dict[bytes, int] = {}  # record -> first row of it that says something and is no tombstone
        self._tombstones: dict[bytes, int] = {}
        self._wrong: list[tuple[int, str]] = []

    def note(self, row: Any) -> None:
        """Take a row of `versions`."""
        if row.record in self._tombstones:
            self._wrong.append((row.id, "follows a tombstone"))
        elif not row.header:
            self._empty[row.record] = row.id
            if row.secrets or row.sealed is None or row.sealed:
                self._wrong.append((row.id, "erased, and a part of it is still here"))
        elif _status(row.header) == Status.TOMBSTONE:
            self._tombstones[row.record] = row.id
        else:
            self._full.setdefault(row.record, row.id)

    def wrong(self) -> Iterator[tuple[int, str]]:
        """Yield (row, what is wrong with it)."""
        yield from self._wrong
        for record, row in self._empty.items():
            if record not in self._tombstones:
                yield row, "empty, and no tombstone says that it was erased"
        for record in self._tombstones:
            if record in self._full:
                yield self._full[record], "a version of an erased record is still here"


def _status(header: bytes) -> int:
    try:
        return decode(header, LeafHeader).status
    except Malformed:  # found elsewhere
        return int(Status.CURRENT)
