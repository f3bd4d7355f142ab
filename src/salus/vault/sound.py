"""Sound: whether what an index holds of one relation is what it says: of a check, and of what another handed over."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.record import LeafHeader, RelationOpening, relation_root
from salus.vault.blobs import Blobs
from salus.vault.digests import Digests
from salus.vault.errors import VaultDamaged
from salus.vault.graves import Graves
from salus.vault.index import FILE as INDEX_FILE
from salus.vault.records import SECRETS_BYTES, open_row
from salus.vault.relation import Relation
from salus.vault.relations import read_relation, row_ids, stored_roots

BLOBS_FOLDER = "blobs"
_OPENINGS = text("SELECT seq, opening, root FROM openings WHERE number = :number ORDER BY seq")
_VERSIONS = (
    "SELECT id, record, version, leaf, header, secrets, sealed FROM versions WHERE id >= ? AND id < ? ORDER BY id"
)


class Finding(NamedTuple):
    """Something that is not as it must be: `file` is relative to the vault's folder."""

    file: str
    place: str
    what: str


def check_relation(
    connection: Connection, network: bytes, row: Any, key: bytes | None, blobs: Blobs
) -> Iterator[Finding]:
    """Yield what is wrong with the relation of a row of `relations`; without its key contents are not opened."""
    place = f"relations row {row.number}"
    relation = read_relation(connection, network, Relation(row.relation, row.number, key))
    if stored_roots(relation) != (row.log_size, row.log_root, row.map_root, row.access_size, row.access_root):
        yield Finding(INDEX_FILE, place, "the replay of its logs gives other roots")
    first, digests = row_ids(row.number)[0], Digests(network, row.relation)
    graves = Graves()
    for at, version in enumerate(connection.exec_driver_sql(_VERSIONS, row_ids(row.number))):
        if version.id != first + at:
            yield Finding(INDEX_FILE, f"versions row {first + at}", "missing")
            break
        graves.note(version)
        if version.header:
            yield from _check_version(network, relation, digests, version, blobs)
    yield from (Finding(INDEX_FILE, f"versions row {at}", what) for at, what in graves.wrong())
    for opening in connection.execute(_OPENINGS, {"number": row.number}):
        if opening.opening and not _sound_opening(network, relation, opening):
            yield Finding(INDEX_FILE, f"openings row {row.number}, {opening.seq}", "does not open its root")


def _check_version(network: bytes, relation: Relation, digests: Digests, row: Any, blobs: Blobs) -> Iterator[Finding]:
    place = f"versions row {row.id}"
    try:
        header = decode(row.header, LeafHeader)
    except Malformed:
        yield Finding(INDEX_FILE, place, "the header is malformed")
        return
    if (header.record, header.version) != (row.record, row.version) or len(row.secrets) != SECRETS_BYTES:
        yield Finding(INDEX_FILE, place, "the header is another version's")
        return
    if digests.leaf(row.secrets[:32], row.header) != row.leaf:
        yield Finding(INDEX_FILE, place, "header and salt give another leaf")
    sealed: bytes | None = row.sealed
    if sealed is None:
        path = blobs.path(header.cipher)
        if not path.exists():
            yield Finding(f"{BLOBS_FOLDER}/{path.relative_to(blobs.folder)}", "whole file", "missing")
            return
        try:
            sealed = path.read_bytes()
        except OSError:
            return  # found with the names of all blobs, as is the next
        if sha256(sealed).digest() != header.cipher:
            return
    if relation.key is None:
        return
    try:
        open_row(network, relation.handle, relation.key, header, row.secrets, sealed)
    except VaultDamaged:
        yield Finding(INDEX_FILE, place, "does not open, or has another digest")


def _sound_opening(network: bytes, relation: Relation, row: Any) -> bool:
    try:
        opening = decode(row.opening, RelationOpening)
    except Malformed:
        return False
    if opening.log_size > relation.log.size or opening.access_size > relation.access.size:
        return False
    return (
        relation_root(network, opening) == row.root
        and opening.seq == row.seq
        and opening.relation == relation.handle
        and opening.log_root == relation.log.root(opening.log_size)
        and opening.map_root == relation.map_at(opening.log_size).root
        and opening.access_root == relation.access.root(opening.access_size)
    )
