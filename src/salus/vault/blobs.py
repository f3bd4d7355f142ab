"""Blobs: ciphertexts of 64 KiB and more, a file each, named by the SHA-256 of its bytes.

A blob is durable before the index names it; what a crash leaves unnamed is an orphan, collected when
the vault is opened. Keys are fresh per write, so a name says nothing of the content and never repeats.
"""

from collections.abc import Container, Iterator
from hashlib import sha256
from pathlib import Path

from salus.vault.errors import VaultDamaged
from salus.vault.files import TEMPORARY, Files

INLINE_BYTES = 64 * 1024  # smaller ciphertexts stand in the index, in the same transaction


class Blobs:
    """The blobs in one folder: `<first two hex digits>/<64 hex digits>`. Thread-safe as `Files` is."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.folder = folder
        self._files = files

    def path(self, digest: bytes) -> Path:
        """Return where the blob of SHA-256 `digest` is."""
        name = digest.hex()
        return self.folder / name[:2] / name

    def put(self, digest: bytes, data: bytes) -> None:
        """Store `data`, whose SHA-256 is `digest`; durable once it returns. Raises StorageFull, StorageFailed."""
        path = self.path(digest)
        self._files.create_folder(path.parent)
        self._files.write(path, data)

    def get(self, digest: bytes) -> bytes:
        """Return the blob, or raise VaultDamaged if it is missing or not the one its name says."""
        try:
            data = self._files.read(self.path(digest))
        except FileNotFoundError:
            raise VaultDamaged from None
        if sha256(data).digest() != digest:
            raise VaultDamaged
        return data

    def delete(self, digest: bytes) -> None:
        """Delete the blob, which the index names no longer; nothing if it is gone."""
        self._files.delete(self.path(digest))

    def names(self) -> Iterator[str]:
        """Yield the path of every file below the folder, relative to it, sorted."""
        for part in self._files.names(self.folder):
            for name in self._files.names(self.folder / part):
                yield f"{part}/{name}"

    def collect(self, named: Container[bytes]) -> int:
        """Delete what an interrupted write left: files not among the `named` digests; return how many."""
        orphans = [name for name in self.names() if name.endswith(TEMPORARY) or digest_of(name) not in named]
        for name in orphans:
            self._files.delete(self.folder / name)
        return len(orphans)


def digest_of(name: str) -> bytes:
    """Return the digest that a blob's relative path says; empty if it is no blob's."""
    try:
        return bytes.fromhex(name.partition("/")[2])
    except ValueError:
        return b""
