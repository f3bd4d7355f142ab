"""Relation: the log, the map and the access log that a custodian keeps for one relation, in memory.

They are rebuilt from the index by a replay and must equal the roots stored there. The log is the
truth; the map (record id -> current leaf) follows from it, and so can be had as it was at any size.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from salus.core.record import RecordId, RelationOpening
from salus.core.types import Digest, Message
from salus.merkle.log import Inclusion, Log
from salus.merkle.map import Map
from salus.merkle.smt import Proof
from salus.vault.errors import NoSuchRecord


class Entry(NamedTuple):
    """One leaf of the log."""

    record: bytes
    version: int
    leaf: bytes


class Place(NamedTuple):
    """Where the current version of a record is."""

    position: int
    version: int


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
        self.entries: list[Entry] = []
        self.places: dict[bytes, Place] = {}
        self.log = Log()
        self.access = Log()
        self._map = Map()
        self._past: tuple[int, Map] | None = None  # the map at an earlier size, for an anchored root

    def append(self, entries: Iterable[Entry]) -> None:
        """Add leaves to the log and make each the current one of its record."""
        changed: dict[bytes, bytes] = {}
        for entry in entries:
            self.places[entry.record] = Place(len(self.entries), entry.version)
            self.entries.append(entry)
            self.log.append(entry.leaf)
            changed[entry.record] = entry.leaf
        if changed:
            self._map.update(changed)

    @property
    def map_root(self) -> bytes:
        """The root of the map of now."""
        return self._map.root

    def place(self, record: bytes) -> Place:
        """Return where the current version of `record` is; raise NoSuchRecord."""
        try:
            return self.places[record]
        except KeyError:
            raise NoSuchRecord from None

    def position(self, record: bytes, version: int | None) -> int:
        """Return the log position of a version of `record`, the current one by default; raise NoSuchRecord."""
        place = self.place(record)
        if version is None or version == place.version:
            return place.position
        for position, entry in enumerate(self.entries):
            if entry.record == record and entry.version == version:
                return position
        raise NoSuchRecord

    def positions(self, size: int) -> dict[bytes, int]:
        """Return record -> position of its current leaf, as of the log's first `size` leaves."""
        if size == len(self.entries):
            return {record: place.position for record, place in self.places.items()}
        return {entry.record: position for position, entry in enumerate(self.entries[:size])}

    def prove(self, position: int, size: int) -> RecordProof:
        """Return the proof that the leaf at `position` is its record's current one in the log of `size`."""
        entry = self.entries[position]
        return RecordProof(
            entry.record,
            entry.leaf,
            self.log.inclusion(position, size),
            self.map_at(size).prove(entry.record),
        )

    def prove_absence(self, record: bytes, size: int) -> Proof:
        """Return the proof that the map at `size` has no such record; raise NoSuchRecord if it has."""
        if record in self.positions(size):
            raise NoSuchRecord
        return self.map_at(size).prove(record)

    def map_at(self, size: int) -> Map:
        """Return the map as it was when the log had `size` leaves."""
        if size == len(self.entries):
            return self._map
        if self._past is None or self._past[0] != size:
            self._past = (size, map_of(self.entries[:size]))
        return self._past[1]

    def open(self, seq: int, salt: bytes) -> RelationOpening:
        """Return the opening of the relation as it is now."""
        return RelationOpening(
            self.handle, seq, salt, self.log.size, self.log.root(), self.map_root, self.access.size, self.access.root()
        )


def map_of(entries: Iterable[Entry]) -> Map:
    """Return the map that follows from the log's `entries`."""
    return Map({entry.record: entry.leaf for entry in entries})


def replay(relation: Relation, entries: Sequence[Entry], access_leaves: Iterable[bytes]) -> Relation:
    """Fill a fresh `relation` from what the index holds, in order."""
    relation.append(entries)
    for leaf in access_leaves:
        relation.access.append(leaf)
    return relation
