"""Check: read a closed vault, recompute everything in it, name each place that is wrong.

Nothing is written. A finding names a file and a place in it, never a person, record or value.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from sqlalchemy import text

from salus.core.errors import Refusal
from salus.vault.blobs import Blobs, digest_of
from salus.vault.errors import NoVault, UnknownSchema, VaultDamaged, VaultInUse, WrongVaultKey
from salus.vault.files import TEMPORARY, Files, LocalFiles
from salus.vault.identity import FILE as IDENTITY_FILE
from salus.vault.identity import VaultIdentity, read_identity
from salus.vault.index import FILE as INDEX_FILE
from salus.vault.index import Index, page_place
from salus.vault.keys import derive, unwrap
from salus.vault.sound import BLOBS_FOLDER, Finding, check_relation
from salus.vault.vault import LOCK_FILE

_RELATIONS = text("SELECT * FROM relations ORDER BY number")
_UNAUTHENTIC = "does not authenticate"


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
    except NoVault:
        if not (folder / INDEX_FILE).exists():
            raise
        findings.append(Finding(IDENTITY_FILE, "whole file", "missing"))
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
                key: bytes | None = None
                try:
                    key = None if row.wrapped_key is None else unwrap(keys.wrapping_key, row.wrapped_key)
                except VaultDamaged:
                    yield Finding(INDEX_FILE, f"relations row {row.number}", "the relation key does not unwrap")
                yield from check_relation(connection, network, row, key, blobs)
    except UnknownSchema:
        raise
    except Refusal:  # a page that authenticates alone but not with the others, or a disk that fails
        yield Finding(INDEX_FILE, "whole file", "cannot be read")
    finally:
        index.close()


def _check_blob_names(folder: Path, blobs: Blobs) -> Iterator[Finding]:
    """Compare each blob with its name; orphans of an interrupted deposit too, temporary files not."""
    for name in blobs.names():
        if name.endswith(TEMPORARY):
            continue
        try:
            data = (blobs.folder / name).read_bytes()
        except OSError as error:
            yield Finding(f"{BLOBS_FOLDER}/{name}", "whole file", f"cannot be read: {error.strerror}")
            continue
        if sha256(data).digest() != digest_of(name):
            yield Finding(f"{BLOBS_FOLDER}/{name}", f"bytes 0 to {len(data) - 1}", "not the bytes its name says")
