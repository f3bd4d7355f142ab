"""Files: the port through which the vault and the keystore write, and its implementation on a disk.

Tests put a failing implementation in its place: each durable step fails there before it persisted,
after it did, and half-way.
"""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from salus.vault.errors import StorageFailed, StorageFull


class Files(Protocol):
    """Whole files, written at once. Safe to use from several threads for different paths.

    `write` and `create_folder` are durable once they return: content, name and folder survive a power cut.
    A `write` that raised has left the old file or the new one, whole, never a mix. `delete` may be
    undone by a power cut. Expected failures are StorageFull and StorageFailed.
    """

    def write(self, path: Path, data: bytes) -> None:
        """Replace `path` by `data`, readable by its owner only."""
        ...

    def read(self, path: Path) -> bytes:
        """Return the content; raise FileNotFoundError if there is none."""
        ...

    def delete(self, path: Path) -> None:
        """Remove `path` if it is there."""
        ...

    def create_folder(self, path: Path) -> None:
        """Make the folder `path`, with its parents, for its owner only; nothing if it is there."""
        ...

    def names(self, folder: Path) -> list[str]:
        """Return the sorted names in `folder`; empty if there is none."""
        ...

    def lock(self, path: Path) -> Callable[[], None]:
        """Take the lock of `path`, made if absent; return what releases it. It ends with the process.

        Raises BlockingIOError if another holds it.
        """
        ...


TEMPORARY = ".tmp"  # a name that ends so was being written when the process stopped


class LocalFiles:
    """Files on a POSIX file system: temporary file, fsync, rename, fsync of the folder."""

    def write(self, path: Path, data: bytes) -> None:
        temporary = path.with_name(path.name + TEMPORARY)
        with storage_errors():
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            temporary.replace(path)
            sync_folder(path.parent)

    def read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise
        except OSError:
            raise StorageFailed from None

    def delete(self, path: Path) -> None:
        with storage_errors():
            path.unlink(missing_ok=True)

    def create_folder(self, path: Path) -> None:
        if path.is_dir():
            return
        with storage_errors():
            self.create_folder(path.parent)
            path.mkdir(mode=0o700, exist_ok=True)
            sync_folder(path.parent)

    def names(self, folder: Path) -> list[str]:
        try:
            return sorted(path.name for path in folder.iterdir())
        except FileNotFoundError:
            return []

    def lock(self, path: Path) -> Callable[[], None]:
        with storage_errors():
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise
        return lambda: os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn OSError into StorageFull or StorageFailed, whose text holds no path."""
    try:
        yield
    except OSError as error:
        raise (StorageFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StorageFailed) from None
