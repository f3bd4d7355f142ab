"""Files: the port through which the vault and the keystore write, and its implementation on a disk.

Tests put a failing implementation in its place: each durable step fails there before it persisted,
after it did, and half-way.
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from salus.core.errors import Refusal
from salus.disk import TEMPORARY, make_folder, move_file, replace_file, sync_folder, take_lock
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

    def move(self, old: Path, new: Path) -> None:
        """Put the file `old` in the place of `new` by one rename; durable once it returns."""
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


class LocalFiles:
    """Files on a POSIX file system: temporary file, fsync, rename, fsync of the folder."""

    def write(self, path: Path, data: bytes) -> None:
        with storage_errors():
            replace_file(path, data)

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

    def move(self, old: Path, new: Path) -> None:
        with storage_errors():
            move_file(old, new)

    def create_folder(self, path: Path) -> None:
        with storage_errors():
            make_folder(path)

    def names(self, folder: Path) -> list[str]:
        try:
            return sorted(path.name for path in folder.iterdir())
        except FileNotFoundError:
            return []

    def lock(self, path: Path) -> Callable[[], None]:
        try:
            return take_lock(path)
        except BlockingIOError:
            raise
        except OSError as error:
            raise _refusal(error) from None


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn OSError into StorageFull or StorageFailed, whose text holds no path."""
    try:
        yield
    except OSError as error:
        raise _refusal(error) from None


def _refusal(error: OSError) -> Refusal:
    return StorageFull() if error.errno in (errno.ENOSPC, errno.EDQUOT) else StorageFailed()


__all__ = ["Files", "LocalFiles", "TEMPORARY", "storage_errors", "sync_folder"]
