"""Deposit: many writes over several relations as one transaction, all or nothing."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from salus.core.errors import Malformed
from salus.vault.blobs import Blobs
from salus.vault.errors import AlreadyImported, RecordErased, RelationDestroyed, VersionConflict
from salus.vault.index import driver
from salus.vault.outbox import put_tasks
from salus.vault.records import Custody, Randomness, RecordWrite, SealedWrite, Sealer
from salus.vault.relation import Relation
from salus.vault.relations import Relations, row_ids
from salus.vault.shared import Identifier, SharedResource, put_shared

ID_BYTES = 32

_INSERT = "INSERT INTO versions (id, record, version, leaf, header, secrets, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)"
_BLOB = "INSERT INTO blobs (digest, id) VALUES (?, ?)"
_IMPORTED = text("SELECT records FROM imports WHERE digest = :digest")
_IMPORT = text("INSERT INTO imports (digest, records) VALUES (:digest, :records)")


class Deposit(NamedTuple):
    """What is stored together. `imported` is the digest of the bundle it came from: it is taken in once."""

    writes: Sequence[RecordWrite] = ()
    shared: Sequence[SharedResource] = ()
    identifiers: Sequence[Identifier] = ()
    tasks: Sequence[tuple[str, bytes]] = ()
    imported: bytes | None = None


class Deposited(NamedTuple):
    """One stored version."""

    relation: bytes
    record: bytes
    version: int
    leaf: bytes


class DepositResult(NamedTuple):
    """The stored versions in the order of the writes, and the version of each shared resource."""

    versions: tuple[Deposited, ...]
    shared: tuple[int, ...]


def store(
    connection: Connection,
    custody: Custody,
    relations: Relations,
    blobs: Blobs,
    deposit: Deposit,
    touched: dict[bytes, Relation],
) -> DepositResult:
    """Write `deposit` within a transaction. Every relation it changes in memory is put into `touched` first."""
    if deposit.imported is not None:
        if connection.execute(_IMPORTED, {"digest": deposit.imported}).one_or_none() is not None:
            raise AlreadyImported
        connection.execute(_IMPORT, {"digest": deposit.imported, "records": len(deposit.writes)})
    fresh = Randomness(len(deposit.writes))
    rows: list[tuple[object, ...]] = []
    blob_rows: list[tuple[bytes, int]] = []
    stored: dict[int, Deposited] = {}
    for handle, numbered in _by_relation(deposit.writes).items():
        relation = relations.load_or_create(connection, handle)
        touched[handle] = relation
        if relation.key is None:
            raise RelationDestroyed
        first = row_ids(relation.number)[0] + len(relation.leaves)
        sealed = _seal_all(custody, relation, relation.key, numbered, fresh)
        for at, ((number, _), (row, blob)) in enumerate(zip(numbered, sealed, strict=True)):
            if blob is not None:
                blobs.put(*blob)  # durable before the index can name it
                blob_rows.append((blob[0], first + at))
            rows.append((first + at, *row))
            stored[number] = Deposited(handle, row.record, row.version, row.leaf)
        relation.append((row.record, row.version, row.leaf) for row, _ in sealed)
    if rows:
        driver(connection).executemany(_INSERT, rows)
    if blob_rows:
        connection.exec_driver_sql(_BLOB, blob_rows)
    relations.save(connection, list(touched.values()))
    put_tasks(connection, deposit.tasks)
    versions = put_shared(connection, deposit.shared, deposit.identifiers)
    return DepositResult(tuple(stored[number] for number in range(len(stored))), tuple(versions))


def _by_relation(writes: Iterable[RecordWrite]) -> dict[bytes, list[tuple[int, RecordWrite]]]:
    """Group the writes by relation, each with its place among all; raise Malformed."""
    groups: dict[bytes, list[tuple[int, RecordWrite]]] = {}
    for number, write in enumerate(writes):
        if len(write.relation) != ID_BYTES:
            raise Malformed
        groups.setdefault(write.relation, []).append((number, write))
    return groups


def _seal_all(
    custody: Custody, relation: Relation, key: bytes, numbered: list[tuple[int, RecordWrite]], fresh: Randomness
) -> list[SealedWrite]:
    """Seal the writes to one relation, in order; raise RecordErased, VersionConflict before any is stored."""
    sealer = Sealer(custody, relation.handle, key, fresh)
    newest: dict[bytes, tuple[int, bytes | None]] = {}
    sealed = []
    for _, write in numbered:
        if write.record in relation.erased:
            raise RecordErased
        version, previous = newest.get(write.record) or relation.newest(write.record)
        if write.expected is not None and write.expected != version:
            raise VersionConflict
        done = sealer.seal(write, version + 1, previous)
        newest[write.record] = (version + 1, done.row.leaf)
        sealed.append(done)
    return sealed
