"""Erasure: what a record was is destroyed; that it was, and is no more, stays provable.

Of each version header, salts, wrapped data key and ciphertext go, the leaf stays; a tombstone follows, a version
that says nothing but that it is one. The relation gets another key, under which the data keys of what stays are
wrapped anew: who finds an erased row in an older copy of a page, or its blob, has no key for it in the vault of now.
"""

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from salus.core.record import Status
from salus.vault.blobs import Blobs
from salus.vault.deposit import Deposit, store
from salus.vault.errors import NoSuchRecord, RelationDestroyed
from salus.vault.keys import KEY_BYTES, unwrap, wrap
from salus.vault.records import Custody, RecordWrite, read_header
from salus.vault.relation import Relation
from salus.vault.relations import Relations, row_ids

NOTHING = "none"  # class of a tombstone
TOMBSTONE = "Tombstone"  # type of a tombstone; no FHIR type has this name
MOVED = "Moved"  # type of the tombstone of a record that was another person's: entered in error, moved
NO_MEDIA = "application/octet-stream"

_SECRETS = "SELECT id, record, secrets, sealed IS NULL FROM versions WHERE id >= ? AND id < ? AND length(secrets) > 0"
_HEADER = "SELECT header FROM versions WHERE id = ?"
_REWRAP = "UPDATE versions SET secrets = ? WHERE id = ?"
_EMPTY = "UPDATE versions SET header = x'', secrets = x'', sealed = x'' WHERE id = ?"
_NO_BLOB = "DELETE FROM blobs WHERE digest = ?"
_NAMES = "SELECT type, value FROM identifiers WHERE target = ?"
_NO_NAME = "DELETE FROM identifiers WHERE type = ? AND target = ?"
_NO_PLACE = "DELETE FROM identifiers WHERE target = ?"


class Erasure(NamedTuple):
    """What is to be erased, when, and the tasks that are put with it. Records erased before are left as they are.

    Where all were erased before, no task is put.
    """

    relation: bytes
    records: Sequence[bytes]
    time: int
    tasks: Sequence[tuple[str, bytes]] = ()
    type: str = TOMBSTONE


class Destroyed(NamedTuple):
    """What an erasure did: the records that are no more, and the blobs whose files nothing names any longer."""

    erased: list["Erased"]
    blobs: list[bytes]  # digests


class Erased(NamedTuple):
    """A record that is no more: the leaf of its last version, and that of its tombstone."""

    record: bytes
    leaf: bytes
    tombstone: bytes


def erase(
    connection: Connection,
    custody: Custody,
    relations: Relations,
    blobs: Blobs,
    erasure: Erasure,
    touched: dict[bytes, Relation],
) -> Destroyed:
    """Erase within a transaction. The files of blobs are the caller's, after it; `Blobs.collect` finds what it left.

    Raises NoSuchRelation, RelationDestroyed, NoSuchRecord.
    """
    relation = relations.load(connection, erasure.relation)
    touched[erasure.relation] = relation
    if relation.key is None:
        raise RelationDestroyed
    if any(record not in relation.current for record in erasure.records):
        raise NoSuchRecord
    doomed = [record for record in dict.fromkeys(erasure.records) if record not in relation.erased]
    last = {record: relation.newest(record)[1] or b"" for record in doomed}
    files = _destroy(connection, relations, relation, doomed) if doomed else []
    writes = [_tombstone(erasure, record) for record in doomed]
    stored = store(
        connection, custody, relations, blobs, Deposit(writes, tasks=erasure.tasks if doomed else ()), touched
    )
    relation.erased |= dict.fromkeys(doomed)
    return Destroyed([Erased(one.record, last[one.record], one.leaf) for one in stored.versions], files)


def _destroy(connection: Connection, relations: Relations, relation: Relation, doomed: Iterable[bytes]) -> list[bytes]:
    """Empty the rows of the doomed, and wrap the data keys of all others under a fresh relation key.

    Returns the digests of blobs that lost their names.
    """
    old, new, gone = relation.key or b"", os.urandom(KEY_BYTES), dict.fromkeys(doomed)
    empty, blobs, rewrapped = [], [], []
    for row_id, record, secrets, is_blob in connection.exec_driver_sql(_SECRETS, row_ids(relation.number)).all():
        if record not in gone:
            rewrapped.append((secrets[:64] + wrap(new, unwrap(old, secrets[64:])), row_id))
            continue
        empty.append((row_id,))
        if is_blob:
            header = connection.exec_driver_sql(_HEADER, (row_id,)).scalar_one()
            blobs.append((read_header(header).cipher,))
    connection.exec_driver_sql(_EMPTY, empty)
    if blobs:
        connection.exec_driver_sql(_NO_BLOB, blobs)
    if rewrapped:
        connection.exec_driver_sql(_REWRAP, rewrapped)
    relations.rekey(connection, relation, new)
    for record in gone:
        _forget_names(connection, f"{relation.handle.hex()}/{record.hex()}")
    return [digest for (digest,) in blobs]


def _forget_names(connection: Connection, place: str) -> None:
    """Remove the identifiers that lead to a record, a patient's own among them."""
    for kind, logical in connection.exec_driver_sql(_NAMES, (place,)).all():
        connection.exec_driver_sql(_NO_NAME, (kind, logical))
    connection.exec_driver_sql(_NO_PLACE, (place,))


def _tombstone(erasure: Erasure, record: bytes) -> RecordWrite:
    return RecordWrite(
        erasure.relation, record, b"", NO_MEDIA, NOTHING, erasure.type, erasure.time, status=int(Status.TOMBSTONE)
    )
