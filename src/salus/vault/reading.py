"""Reading: headers, octets and proofs of one relation, always through a scope."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from salus.core.record import LeafHeader, RelationOpening
from salus.vault.blobs import Blobs
from salus.vault.errors import NoSuchRecord, RecordErased, RelationDestroyed, VaultDamaged
from salus.vault.records import open_row, read_header
from salus.vault.relation import RecordProof, Relation
from salus.vault.relations import row_ids
from salus.vault.scope import Scope

_HEADERS = "SELECT id, header FROM versions WHERE id >= ? AND id < ? ORDER BY id"
_ROW = "SELECT leaf, header, secrets, sealed FROM versions WHERE id = ?"
_PROVEN = "SELECT header, secrets FROM versions WHERE id = ?"
_ACCESS = "SELECT salt, entry FROM access WHERE id >= ? AND id < ? ORDER BY id"


class ReadRecord(NamedTuple):
    """A record version as it was deposited."""

    header: LeafHeader
    octets: bytes


class ProvenRecord(NamedTuple):
    """A record version with what opens its leaf and content digest, and its way to the relation's root."""

    header: LeafHeader
    salt: bytes  # of the leaf
    content_salt: bytes
    proof: RecordProof


class Proven(NamedTuple):
    """Records under one opening; `height` is None while no block holds its root."""

    opening: RelationOpening
    root: bytes
    height: int | None
    records: tuple[ProvenRecord, ...]


def current_headers(
    connection: Connection, scope: Scope, relation: Relation, size: int | None = None
) -> Iterator[LeafHeader]:
    """Yield the header of each record's current version that the scope allows, in the order of the log.

    With `size` what was current when the log had that many leaves, but for what was erased since.
    """
    first, last = row_ids(relation.number)
    current = relation.current if size is None else relation.positions(size)
    for row_id, raw in connection.exec_driver_sql(_HEADERS, (first, last if size is None else first + size)):
        position = row_id - first
        if current[relation.records[position]] != position or not raw:
            continue
        header = read_header(raw)
        if scope.allows(header):
            yield header


def all_leaves(connection: Connection, scope: Scope, relation: Relation) -> list[bytes]:
    """Return every leaf of the log, in order; raise OutOfScope unless the scope allows each version."""
    first, last = row_ids(relation.number)
    for _, raw in connection.exec_driver_sql(_HEADERS, (first, last)):
        if raw:  # of an erased version the leaf alone is left
            scope.require(read_header(raw))
    return list(relation.leaves)


def read_octets(
    connection: Connection, network: bytes, scope: Scope, relation: Relation, blobs: Blobs, position: int
) -> ReadRecord:
    """Return the version at `position`. Raises OutOfScope, RecordErased, RelationDestroyed, VaultDamaged."""
    row = connection.exec_driver_sql(_ROW, (row_ids(relation.number)[0] + position,)).one_or_none()
    if row is None or row.leaf != relation.leaves[position]:
        raise VaultDamaged
    if not row.header:
        raise RecordErased
    header = read_header(row.header)
    scope.require(header)
    if relation.key is None:
        raise RelationDestroyed
    sealed = blobs.get(header.cipher) if row.sealed is None else row.sealed
    return ReadRecord(header, open_row(network, relation.handle, relation.key, header, row.secrets, sealed))


def prove_records(
    connection: Connection, scope: Scope, relation: Relation, records: list[bytes], size: int
) -> tuple[ProvenRecord, ...]:
    """Return the proofs of records as they were in the log of `size`. Raises NoSuchRecord, RecordErased, OutOfScope."""
    positions = relation.positions(size)
    first = row_ids(relation.number)[0]
    proven = []
    for record in records:
        if record not in positions:
            raise NoSuchRecord
        position = positions[record]
        row = connection.exec_driver_sql(_PROVEN, (first + position,)).one()
        if not row.header:
            raise RecordErased
        header = read_header(row.header)
        scope.require(header)
        proof = relation.prove(position, size)
        proven.append(ProvenRecord(header, row.secrets[:32], row.secrets[32:64], proof))
    return tuple(proven)


def access_entries(connection: Connection, relation: Relation) -> list[tuple[bytes, bytes]]:
    """Return (salt, entry) of each access log entry, in order."""
    rows = connection.exec_driver_sql(_ACCESS, row_ids(relation.number))
    return [(row.salt, row.entry) for row in rows]
