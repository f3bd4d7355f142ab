"""Rotation: a closed vault written anew under another master key. Older copies of its files then open no longer.

What an erasure destroyed stands in copies taken before it, under keys that the master key opens. Once the keystore has
another master key, and the old one is gone from it, those copies are noise to whoever has all that exists now. This
is the horizon of an erasure: the next rotation.

The index is copied page by page into a file under the new key, relation keys wrapped anew, and put in the place of the
old by one rename. Before it the old key opens the vault, after it the new: `rotate` with both goes on where it was
left.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from salus.vault.errors import StorageFailed, VaultDamaged, VaultInUse, WrongVaultKey
from salus.vault.files import TEMPORARY, Files, LocalFiles
from salus.vault.identity import read_identity, write_identity
from salus.vault.index import FILE, Index
from salus.vault.keys import VaultKeys, derive, unwrap, wrap
from salus.vault.vault import LOCK_FILE

_WRAPPED = "SELECT number, wrapped_key FROM fresh.relations WHERE wrapped_key IS NOT NULL"
_WRAP = "UPDATE fresh.relations SET wrapped_key = ? WHERE number = ?"
_CHECK = "UPDATE fresh.meta SET value = ? WHERE name = 'check'"


def rotate(folder: Path, old: bytes, new: bytes, network: bytes, files: Files | None = None) -> None:
    """Put the closed vault under the master key `new`; nothing if it is. Durable once it returns.

    Both keys must be kept until then. Raises VaultInUse, NoVault, WrongVaultKey, VaultDamaged, StorageFull,
    StorageFailed: the vault then opens by one of the two.
    """
    files = files or LocalFiles()
    identity = read_identity(folder, files)
    try:
        release = files.lock(folder / LOCK_FILE)
    except BlockingIOError:
        raise VaultInUse from None
    try:
        if key_in_force(folder, (new, old), network) == old:
            _rewrite(folder, derive(network, old), derive(network, new), files)
        write_identity(folder, files, replace(identity, check=derive(network, new).check))
    finally:
        release()


def key_in_force(folder: Path, masters: Sequence[bytes], network: bytes) -> bytes:
    """Return which of the master keys opens the index; raise WrongVaultKey if none does."""
    for master in masters:
        index = Index(folder / FILE, derive(network, master).index_key, read_only=True)
        try:
            index.open()
            return master
        except VaultDamaged:  # with another key every page looks so
            continue
        finally:
            index.close()
    raise WrongVaultKey


def _rewrite(folder: Path, old: VaultKeys, new: VaultKeys, files: Files) -> None:
    path = folder / FILE
    fresh = path.with_name(FILE + TEMPORARY)
    for name in (fresh.name, fresh.name + "-journal"):
        files.delete(folder / name)  # what an interrupted rotation left

    def rewrap(connection: Any) -> None:
        rows = connection.execute(_WRAPPED).fetchall()
        wrapped = [(wrap(new.wrapping_key, unwrap(old.wrapping_key, key)), number) for number, key in rows]
        connection.executemany(_WRAP, wrapped)
        connection.execute(_CHECK, (new.check,))

    index = Index(path, old.index_key)
    try:
        index.empty_log()
        index.copy_to(fresh, new.index_key, rewrap)
    finally:
        index.close()
    log = path.with_name(FILE + "-wal")
    if log.exists() and log.stat().st_size:
        raise StorageFailed  # it would be taken for the new file's
    files.move(fresh, path)
