"""Relation: the log, the map and the access log that a custodian keeps for one relation, in memory.

They are rebuilt from the index by a replay and must equal the roots stored there. The log is the
truth; the map (record id -> current leaf) follows from it, and so can be had as it was at any size.
"""

from collections.abc import Iterable

from salus.core.record import RecordId
from salus.core.types import Digest, Message
from salus.merkle.log import Inclusion, Log
from salus.merkle.map import Map
from salus.merkle.smt import Proof
from salus.vault.errors import NoSuchRecord


class RecordProof(Message, frozen=True):
    """That a leaf is the current one of its record, and stands in the log, under a relation's opening."""

    record: RecordId
    leaf: Digest
    inclusion: Inclusion  # in the log of the opening's size
    membership: Proof  # in the map of the opening


class Relation:
    """One relation. Not thread-safe; what it holds is as durable as the index it was read from."""

    def __init__(self, handle: bytes, number: int, key: bytes | None) -> None:
        self.handle = handle
        self.number = number  # in the index
        self.key = key  # unwrapped relation key; None once destroyed
        # Columns of the log, by position: three lists of atoms keep the collector out of the way.
        self.records: list[bytes] = []
        self.versions: list[int] = []
        self.leaves: list[bytes] = []
        self.current: dict[bytes, int] = {}  # record -> position of its current version
        self.erased: dict[bytes, None] = {}  # records whose current version is a tombstone
        self.log = Log()
        self.access = Log()
        self._map = Map()
        self._past: tuple[int, Map] | None = None  # the map at an earlier size, for an anchored root

    def append(self, entries: Iterable[tuple[bytes, int, bytes]]) -> None:
        """Add (record, version, leaf) to the log and make each the current one of its record."""
        changed: dict[bytes, bytes] = {}
        for record, version, leaf in entries:
            self.current[record] = len(self.leaves)
            self.records.append(record)
            self.versions.append(version)
            self.leaves.append(leaf)
            changed[record] = leaf
        self.log.extend(self.leaves[self.log.size :])
        if changed:
            self._map.update(changed)

    @property
    def map_root(self) -> bytes:
        """The root of the map of now."""
        return self._map.root

    def newest(self, record: bytes) -> tuple[int, bytes | None]:
        """Return version and leaf of a record's current version; (0, None) if there is none."""
        position = self.current.get(record)
        return (0, None) if position is None else (self.versions[position], self.leaves[position])

    def position(self, record: bytes, version: int | None) -> int:
        """Return the log position of a version of `record`, the current one by default; raise NoSuchRecord."""
        current = self.current.get(record)
        if current is None:
            raise NoSuchRecord
        if version is None or version == self.versions[current]:
            return current
        for position in range(current):
            if self.records[position] == record and self.versions[position] == version:
                return position
        raise NoSuchRecord

    def positions(self, size: int) -> dict[bytes, int]:
        """Return record -> position of its current leaf, as of the log's first `size` leaves."""
        if size == len(self.leaves):
            return self.current
        return {record: position for position, record in enumerate(self.records[:size])}

    def prove(self, position: int, size: int) -> RecordProof:
        """Return the proof that the leaf at `position` is its record's current one in the log of `size`."""
        record = self.records[position]
        inclusion = self.log.inclusion(position, size)
        return RecordProof(record, self.leaves[position], inclusion, self.map_at(size).prove(record))

    def prove_absence(self, record: bytes, size: int) -> Proof:
        """Return the proof that the map at `size` has no such record; raise NoSuchRecord if it has."""
        if record in self.positions(size):
            raise NoSuchRecord
        return self.map_at(size).prove(record)

    def map_at(self, size: int) -> Map:
        """Return the map as it was when the log had `size` leaves."""
        if size == len(self.leaves):
            return self._map
        if self._past is None or self._past[0] != size:
            # Later leaves of a record overwrite earlier ones.
            self._past = (size, Map(dict(zip(self.records[:size], self.leaves[:size], strict=True))))
        return self._past[1]


def replay(relation: Relation, entries: Iterable[tuple[bytes, int, bytes]], access_leaves: Iterable[bytes]) -> Relation:
    """Fill a fresh `relation` from what the index holds, in order."""
    relation.append(entries)
    relation.access.extend(access_leaves)
    return relation
