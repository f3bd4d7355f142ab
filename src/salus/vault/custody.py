"""Custody: everything a vault keeps of one relation, out of it, into the next custodian's, and destroyed.

A copy is of the newest anchored root and nothing beyond it, so that the ledger says whether it is whole; what was read
since is told apart. Data keys come wrapped under the relation's key, and are wrapped under a fresh one where they
arrive. It is the one thing with which keys leave a vault, sealed to whom the ledger names as the next custodian.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Annotated

from msgspec import Meta
from sqlalchemy import Connection

from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.record import RecordId, RelationOpening
from salus.core.types import Count, Digest, Height, Id, Message, Salt
from salus.vault.blobs import INLINE_BYTES, Blobs
from salus.vault.errors import CopyDamaged, NotSettled, RelationKept, VaultDamaged
from salus.vault.keys import unwrap, wrap
from salus.vault.outbox import drop_tasks, put_tasks
from salus.vault.records import read_header
from salus.vault.relation import Relation
from salus.vault.relations import Relations, access_leaf, row_ids
from salus.vault.schema import ANCHORED
from salus.vault.scope import Scope
from salus.vault.sound import check_relation

_VERSIONS = "SELECT record, version, leaf, header, secrets, sealed FROM versions WHERE id >= ? AND id < ? ORDER BY id"
_ACCESS = "SELECT salt, entry FROM access WHERE id >= ? AND id < ? ORDER BY id"
_OPENINGS = "SELECT seq, opening, root, height FROM openings WHERE number = ? AND state = ? ORDER BY seq"
_DIRECTIVES = "SELECT directive, sealed_part FROM directives WHERE number = ? ORDER BY directive"
_PLACES = "SELECT type, system, value, target FROM identifiers WHERE target >= ? AND target < ? ORDER BY 1, 2, 3"
_NAMES = "SELECT type, system, value, target FROM identifiers WHERE type = ? AND target = ? ORDER BY 1, 2, 3"
_ROW = "SELECT * FROM relations WHERE number = ?"
_EXISTS = "SELECT 1 FROM relations WHERE relation = ?"
_BLOBS = "SELECT digest FROM blobs WHERE id >= ? AND id < ?"
_UNCHANGED = "UPDATE relations SET changed = 0 WHERE number = ?"
_PUT_VERSION = "INSERT INTO versions (id, record, version, leaf, header, secrets, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)"
_PUT_ACCESS = "INSERT INTO access (id, salt, entry) VALUES (?, ?, ?)"
_PUT_OPENING = "INSERT INTO openings (number, seq, opening, root, state, height) VALUES (?, ?, ?, ?, ?, ?)"
_PUT_DIRECTIVE = "INSERT INTO directives (directive, number, sealed_part) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_PUT_BLOB = "INSERT INTO blobs (digest, id) VALUES (?, ?) ON CONFLICT DO NOTHING"
_PUT_NAME = "INSERT INTO identifiers (type, system, value, target) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_BY_ID = ("versions", "access", "blobs")  # rows by relation number and position
_BY_NUMBER = ("openings", "directives", "places", "placed", "relations")
_NO_NAME = "DELETE FROM identifiers WHERE type = ? AND system = ? AND value = ?"

Words = Annotated[str, Meta(max_length=4096)]
Name = tuple[Words, Words, Words, Words]  # (type, system, value, target), as in `identifiers`


class CopiedVersion(Message, frozen=True):
    """A row of `versions`, a blob's bytes in its place; of an erased version the leaf alone."""

    record: RecordId
    version: Count
    leaf: Digest
    header: bytes
    secrets: bytes
    sealed: bytes


class RelationCopy(Message, frozen=True):
    """All of a relation, with the key that opens it. Its repr shows the handle only."""

    relation: Id
    key: Digest
    versions: tuple[CopiedVersion, ...]
    access: tuple[tuple[Salt, bytes], ...]
    openings: tuple[tuple[Count, bytes, Digest, Height | None], ...]  # (seq, opening, root, height)
    directives: tuple[tuple[Id, bytes], ...]
    names: tuple[Name, ...]

    def __repr__(self) -> str:
        return f"RelationCopy({self.relation.hex()})"


def copy_out(connection: Connection, scope: Scope, relation: Relation, blobs: Blobs) -> RelationCopy:
    """Return the relation as of its newest anchored root. Raises OutOfScope, NotSettled."""
    openings = connection.exec_driver_sql(_OPENINGS, (relation.number, ANCHORED)).all()
    opening = _opening(openings[-1].opening) if openings else None
    if opening is None or relation.key is None or opening.log_size != relation.log.size:
        raise NotSettled
    ids = row_ids(relation.number)
    versions = []
    for record, version, leaf, header, secrets, sealed in connection.exec_driver_sql(_VERSIONS, ids):
        if header:
            scope.require(read_header(header))
        whole = blobs.get(read_header(header).cipher) if sealed is None else sealed
        versions.append(CopiedVersion(record, version, leaf, header, secrets, whole))
    access = connection.exec_driver_sql(_ACCESS, ids).all()[: opening.access_size]
    directives = connection.exec_driver_sql(_DIRECTIVES, (relation.number,)).all()
    return RelationCopy(
        relation.handle,
        relation.key,
        tuple(versions),
        tuple((salt, entry) for salt, entry in access),
        tuple((row.seq, row.opening, row.root, row.height) for row in openings),
        tuple((directive, part) for directive, part in directives),
        tuple(_names(connection, relation.handle)),
    )


def take_in(
    connection: Connection,
    network: bytes,
    relations: Relations,
    blobs: Blobs,
    copy: RelationCopy,
    root: bytes,
    touched: dict[bytes, Relation],
) -> list[bytes]:
    """Store a copy within a transaction and prove it to be what `root` on the ledger commits to.

    Returns the digests of the blobs that were written. Raises RelationKept, CopyDamaged.
    """
    if connection.exec_driver_sql(_EXISTS, (copy.relation,)).one_or_none() is not None:
        raise RelationKept
    _check_form(copy, root)
    relation = relations.load_or_create(connection, copy.relation)
    touched[copy.relation] = relation
    written = _put_versions(connection, relation, blobs, copy)
    first = row_ids(relation.number)[0]
    rows = [(first + at, salt, entry) for at, (salt, entry) in enumerate(copy.access)]
    _many(connection, _PUT_ACCESS, rows)
    relation.access.extend(access_leaf(network, copy.relation, salt, entry) for salt, entry in copy.access)
    _many(connection, _PUT_OPENING, [(relation.number, *row[:3], ANCHORED, row[3]) for row in copy.openings])
    _many(connection, _PUT_DIRECTIVE, [(directive, relation.number, part) for directive, part in copy.directives])
    _put_names(connection, copy)
    relations.save(connection, [relation])
    connection.exec_driver_sql(_UNCHANGED, (relation.number,))
    row = connection.exec_driver_sql(_ROW, (relation.number,)).one()
    if next(check_relation(connection, network, row, relation.key, blobs), None) is not None:
        raise CopyDamaged
    return written


def surrender(
    connection: Connection,
    relations: Relations,
    handle: bytes,
    tasks: Iterable[tuple[str, bytes]],
    done: Iterable[int],
) -> list[bytes]:
    """Delete all of a relation within a transaction, and put the tasks that say so in the place of those done.

    Returns the blobs it named.

    Raises NoSuchRelation.
    """
    relation = relations.load(connection, handle)
    ids = row_ids(relation.number)
    doomed = [digest for (digest,) in connection.exec_driver_sql(_BLOBS, ids)]
    for kind, system, value, _ in _names(connection, handle):
        connection.exec_driver_sql(_NO_NAME, (kind, system, value))
    for table in _BY_ID:
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE id >= ? AND id < ?", ids)
    for table in _BY_NUMBER:
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE number = ?", (relation.number,))
    put_tasks(connection, tasks)
    drop_tasks(connection, done)
    return doomed


def _opening(raw: bytes) -> RelationOpening | None:
    try:
        return decode(raw, RelationOpening)
    except Malformed:  # an adopted root has none
        return None


def _check_form(copy: RelationCopy, root: bytes) -> None:
    """Raise CopyDamaged unless the copy is of the opening of `root`, all of it and nothing beyond."""
    seqs = [seq for seq, _, _, _ in copy.openings]
    newest = _opening(copy.openings[-1][1]) if copy.openings else None
    if newest is None or copy.openings[-1][2] != root or seqs != sorted(dict.fromkeys(seqs)):
        raise CopyDamaged
    if (newest.log_size, newest.access_size) != (len(copy.versions), len(copy.access)):
        raise CopyDamaged


def _put_versions(connection: Connection, relation: Relation, blobs: Blobs, copy: RelationCopy) -> list[bytes]:
    """Store the versions, their data keys wrapped under the relation's new key; return the blobs written."""
    first, new = row_ids(relation.number)[0], relation.key or b""
    rows: list[tuple[object, ...]] = []
    named: list[tuple[bytes, int]] = []
    for at, one in enumerate(copy.versions):
        secrets, sealed = one.secrets, one.sealed
        if one.header:
            try:
                secrets = secrets[:64] + wrap(new, unwrap(copy.key, secrets[64:]))
                cipher = read_header(one.header).cipher
            except VaultDamaged:
                raise CopyDamaged from None
            if sha256(sealed).digest() != cipher:  # before a file is named by it
                raise CopyDamaged
            if len(sealed) >= INLINE_BYTES:
                blobs.put(cipher, sealed)  # durable before the index can name it
                named.append((cipher, first + at))
        else:
            relation.erased[one.record] = None
        blob = bool(one.header) and len(sealed) >= INLINE_BYTES
        rows.append((first + at, one.record, one.version, one.leaf, one.header, secrets, None if blob else sealed))
    _many(connection, _PUT_VERSION, rows)
    _many(connection, _PUT_BLOB, named)
    relation.append((one.record, one.version, one.leaf) for one in copy.versions)
    return [digest for digest, _ in named]


def _names(connection: Connection, handle: bytes) -> list[tuple[str, str, str, str]]:
    """Return the identifiers that lead to the relation's records: their places, then what leads to these."""
    start = handle.hex()
    places = [tuple(row) for row in connection.exec_driver_sql(_PLACES, (start + "/", start + "0"))]
    others: list[tuple[str, str, str, str]] = []
    for kind, logical in dict.fromkeys((kind, value) for kind, _, value, _ in places):
        others += [tuple(row) for row in connection.exec_driver_sql(_NAMES, (kind, logical))]
    return [*places, *others]


def _put_names(connection: Connection, copy: RelationCopy) -> None:
    """Let identifiers lead to the relation where they lead to nothing yet: what the vault knows stays as it is."""
    start, new = copy.relation.hex() + "/", dict[tuple[str, str], bool]()
    for kind, system, value, target in copy.names:
        if target.startswith(start):
            new[kind, value] = connection.exec_driver_sql(_PUT_NAME, (kind, system, value, target)).rowcount == 1
    rows = [row for row in copy.names if not row[3].startswith(start) and new.get((row[0], row[3]))]
    _many(connection, _PUT_NAME, rows)


def _many(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        connection.exec_driver_sql(statement, list(rows))
