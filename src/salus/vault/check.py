"""Check: read a closed vault, recompute everything in it, name each place that is wrong.

Nothing is written. A finding names a file and a place in it, never a person, record or value.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from salus.core.encoding import decode
from salus.core.errors import Malformed, Refusal
from salus.core.record import LeafHeader, RelationOpening, relation_root
from salus.vault.blobs import Blobs, digest_of
from salus.vault.digests import Digests
from salus.vault.errors import UnknownSchema, VaultDamaged, VaultInUse, WrongVaultKey
from salus.vault.files import TEMPORARY, Files, LocalFiles
from salus.vault.graves import Graves
from salus.vault.identity import FILE as IDENTITY_FILE
from salus.vault.identity import VaultIdentity, read_identity
from salus.vault.index import FILE as INDEX_FILE
from salus.vault.index import Index, page_place
from salus.vault.keys import derive, unwrap
from salus.vault.records import SECRETS_BYTES, open_row
from salus.vault.relation import Relation
from salus.vault.relations import read_relation, row_ids, stored_roots
from salus.vault.vault import BLOBS_FOLDER, LOCK_FILE

_RELATIONS = text("SELECT * FROM relations ORDER BY number")
_OPENINGS = text("SELECT seq, opening, root FROM openings WHERE number = :number ORDER BY seq")
_VERSIONS = (
    "SELECT id, record, version, leaf, header, secrets, sealed FROM versions WHERE id >= ? AND id < ? ORDER BY id"
)
_UNAUTHENTIC = "does not authenticate"


class Finding(NamedTuple):
    """Something that is not as it must be: `file` is relative to the vault's folder."""

    file: str
    place: str
    what: str


def check(folder: Path, master: bytes, network: bytes, files: Files | None = None) -> list[Finding]:
    """Return what is wrong with the vault in `folder`, empty if it is sound.

    Raises VaultInUse, NoVault, UnknownSchema, and WrongVaultKey if nothing opens with this key.
    """
    files = files or LocalFiles()
    findings: list[Finding] = []
    identity: VaultIdentity | None = None
    try:
        identity = read_identity(folder, files)
    except VaultDamaged:
        findings.append(Finding(IDENTITY_FILE, "whole file", "not the encoding of a vault's identity"))
    try:
        release = files.lock(folder / LOCK_FILE)
    except BlockingIOError:
        raise VaultInUse from None
    try:
        blobs = Blobs(folder / BLOBS_FOLDER, files)
        found = list(_check_index(folder, master, network, identity, blobs))
        unread = any(finding.what == _UNAUTHENTIC for finding in found)
        if unread and identity is not None and identity.check != derive(network, master).check:
            raise WrongVaultKey
        findings += found + list(_check_blob_names(folder, blobs))
    finally:
        release()
    return list(dict.fromkeys(findings))


def _check_index(
    folder: Path, master: bytes, network: bytes, identity: VaultIdentity | None, blobs: Blobs
) -> Iterator[Finding]:
    keys = derive(network, master)
    path = folder / INDEX_FILE
    if not path.exists():
        yield Finding(INDEX_FILE, "whole file", "missing")
        return
    index = Index(path, keys.index_key, read_only=True)
    try:
        try:
            damaged = index.damaged_pages()
        except VaultDamaged:
            damaged = [page_place(1)]
        if damaged:
            yield from (Finding(INDEX_FILE, place, _UNAUTHENTIC) for place in damaged)
            return
        facts = index.open()
        if identity is not None and any(facts.get(n) != v for n, v in identity.facts().items()):
            yield Finding(IDENTITY_FILE, "whole file", "differs from what the index notes")
        with index.reading() as connection:
            for row in connection.execute(_RELATIONS).all():
                yield from _check_relation(connection, network, keys.wrapping_key, row, blobs)
    except UnknownSchema:
        raise
    except Refusal:  # a page that authenticates alone but not with the others, or a disk that fails
        yield Finding(INDEX_FILE, "whole file", "cannot be read")
    finally:
        index.close()


def _check_relation(
    connection: Connection, network: bytes, wrapping: bytes, row: Any, blobs: Blobs
) -> Iterator[Finding]:
    place = f"relations row {row.number}"
    key: bytes | None = None
    if row.wrapped_key is not None:
        try:
            key = unwrap(wrapping, row.wrapped_key)
        except VaultDamaged:
            yield Finding(INDEX_FILE, place, "the relation key does not unwrap")
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
        sealed = path.read_bytes()
        if sha256(sealed).digest() != header.cipher:
            return  # found with the names below
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


def _check_blob_names(folder: Path, blobs: Blobs) -> Iterator[Finding]:
    """Compare each blob with its name; orphans of an interrupted deposit too, temporary files not."""
    for name in blobs.names():
        if name.endswith(TEMPORARY):
            continue
        data = (blobs.folder / name).read_bytes()
        if sha256(data).digest() != digest_of(name):
            yield Finding(f"{BLOBS_FOLDER}/{name}", f"bytes 0 to {len(data) - 1}", "not the bytes its name says")
