"""Relations: the index's relations brought into memory when asked for, the least used forgotten."""

import os
from collections import OrderedDict

from sqlalchemy import Connection, text

from salus.core.hashing import T
from salus.merkle.log import Log
from salus.merkle.map import Map
from salus.vault.errors import NoSuchRelation, VaultDamaged
from salus.vault.keys import KEY_BYTES, unwrap, wrap
from salus.vault.relation import Relation, replay
from salus.vault.schema import POSITION_BITS

MAX_RELATIONS = 2048  # in memory at once; a leaf takes about 400 bytes

_FIND = text("SELECT * FROM relations WHERE relation = :relation")
_CREATE = (
    "INSERT INTO relations (number, relation, wrapped_key, log_size, log_root, map_root, access_size, access_root,"
    " changed) VALUES (?, ?, ?, 0, ?, ?, 0, ?, 0)"
)
_LAST = "SELECT coalesce(max(number), 0) FROM relations"
_ENTRIES = "SELECT record, version, leaf, length(header) FROM versions WHERE id >= ? AND id < ? ORDER BY id"
_ACCESS = "SELECT salt, entry FROM access WHERE id >= ? AND id < ? ORDER BY id"
_SAVE = (
    "UPDATE relations SET log_size = ?, log_root = ?, map_root = ?, access_size = ?, access_root = ?, changed = 1"
    " WHERE number = ?"
)
_REKEY = "UPDATE relations SET wrapped_key = ? WHERE number = ?"


class Relations:
    """A cache of relations over the index. Not thread-safe: the vault holds its lock.

    A relation that a failed transaction changed must be forgotten (`forget`); the index still has it right.
    """

    def __init__(self, network: bytes, wrapping: bytes) -> None:
        self._network = network
        self._wrapping = wrapping
        self._cache: OrderedDict[bytes, Relation] = OrderedDict()

    def load(self, connection: Connection, handle: bytes) -> Relation:
        """Return the relation; raise NoSuchRelation, or VaultDamaged if its replay gives other roots than stored."""
        found = self._cache.get(handle)
        if found is not None:
            self._cache.move_to_end(handle)
            return found
        row = connection.execute(_FIND, {"relation": handle}).one_or_none()
        if row is None:
            raise NoSuchRelation
        key = None if row.wrapped_key is None else unwrap(self._wrapping, row.wrapped_key)
        relation = read_relation(connection, self._network, Relation(handle, row.number, key))
        if stored_roots(relation) != (row.log_size, row.log_root, row.map_root, row.access_size, row.access_root):
            raise VaultDamaged
        self._keep(relation)
        return relation

    def load_or_create(self, connection: Connection, handle: bytes) -> Relation:
        """Return the relation, made with a fresh key if there is none; stored when the transaction commits."""
        try:
            return self.load(connection, handle)
        except NoSuchRelation:
            number = connection.exec_driver_sql(_LAST).scalar_one() + 1
            relation = Relation(handle, number, os.urandom(KEY_BYTES))
            empty = Log().root()
            wrapped = wrap(self._wrapping, relation.key or b"")
            row = (number, handle, wrapped, empty, Map().root, empty)
            connection.exec_driver_sql(_CREATE, row)
            self._keep(relation)
            return relation

    def save(self, connection: Connection, relations: list[Relation]) -> None:
        """Write the roots of changed relations within the transaction."""
        rows = [(*stored_roots(relation), relation.number) for relation in relations]
        if rows:
            connection.exec_driver_sql(_SAVE, rows)

    def rekey(self, connection: Connection, relation: Relation, key: bytes) -> None:
        """Put another relation key in the place of the old one, within the transaction; data keys are the caller's."""
        relation.key = key
        connection.exec_driver_sql(_REKEY, (wrap(self._wrapping, key), relation.number))

    def forget(self, handle: bytes) -> None:
        """Drop a relation from memory."""
        self._cache.pop(handle, None)

    def _keep(self, relation: Relation) -> None:
        self._cache[relation.handle] = relation
        if len(self._cache) > MAX_RELATIONS:
            self._cache.popitem(last=False)


def read_relation(connection: Connection, network: bytes, relation: Relation) -> Relation:
    """Fill a fresh `relation` from its rows, in order."""
    first, last = row_ids(relation.number)
    found = connection.exec_driver_sql(_ENTRIES, (first, last)).all()
    relation.erased = {record: None for record, _, _, header in found if not header}
    entries = [(record, version, leaf) for record, version, leaf, _ in found]
    rows = connection.exec_driver_sql(_ACCESS, (first, last))
    return replay(relation, entries, [access_leaf(network, relation.handle, salt, entry) for salt, entry in rows])


def stored_roots(relation: Relation) -> tuple[int, bytes, bytes, int, bytes]:
    """Return the columns log_size, log_root, map_root, access_size, access_root."""
    log, access = relation.log, relation.access
    return log.size, log.root(), relation.map_root, access.size, access.root()


def row_ids(number: int) -> tuple[int, int]:
    """Return the first id of a relation's rows and the one after its last possible."""
    return number << POSITION_BITS, (number + 1) << POSITION_BITS


def access_leaf(network: bytes, handle: bytes, salt: bytes, entry: bytes) -> bytes:
    """Return the leaf of an access log entry; `salt` is 32 fresh random bytes."""
    return T("access", network, handle, salt, entry)
