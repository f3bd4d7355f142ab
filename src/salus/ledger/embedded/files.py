"""Files: the port through which the engine writes, and its implementation on a POSIX file system.

Tests put a failing implementation in its place, which loses, tears or keeps at each durable step
what was written and not yet synced.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from salus.disk import make_folder, move_file, replace_file, sync_folder, write_all
from salus.ledger.embedded.lock import take_ledger


class AppendFile(Protocol):
    """A file that grows at its end. Used by one thread at a time. All methods raise OSError."""

    def append(self, data: bytes) -> None:
        """Write at the end. Durable only after `sync`: until then all of it, a part or nothing may remain."""
        ...

    def sync(self) -> None:
        """Make everything appended durable, the file's length too."""
        ...

    def truncate(self, size: int) -> None:
        """Cut the file to `size`; durable once it returns."""
        ...

    def size(self) -> int:
        """Return the length, with what is not durable yet."""
        ...

    def read(self, at: int, length: int) -> bytes:
        """Return up to `length` bytes from `at`; fewer at the end."""
        ...

    def close(self) -> None:
        """Close; syncs nothing."""
        ...


class Files(Protocol):
    """Where a ledger lives. All methods raise OSError."""

    def create_folder(self, path: Path) -> None:
        """Make the folder; durable once it returns. Nothing if it is there."""
        ...

    def write(self, path: Path, data: bytes) -> None:
        """Replace the whole file; durable once it returns. If it raises: the old or the new content, never a mix."""
        ...

    def publish(self, path: Path, data: bytes) -> None:
        """As `write`, with the folder where it is absent; everybody may read it."""
        ...

    def withdraw(self, folder: Path) -> None:
        """Remove a folder with its files if it is there; a power cut may undo it."""
        ...

    def move(self, old: Path, new: Path) -> None:
        """Put a file in the place of another; durable once it returns. If it raises: the old or the new one, whole."""
        ...

    def remove(self, path: Path) -> None:
        """Remove a file if it is there; a power cut may undo it."""
        ...

    def names(self, folder: Path) -> tuple[str, ...]:
        """Return the names in a folder, sorted; none where there is no folder."""
        ...

    def read(self, path: Path) -> bytes | None:
        """Return the content, None where there is no file."""
        ...

    def open_append(self, path: Path, readonly: bool = False) -> AppendFile:
        """Open the file, made empty if absent; its name is durable once this returns."""
        ...

    def lock(self, path: Path, shared: bool = False) -> Callable[[], None]:
        """Take the lock and return what releases it; it ends with the process. BlockingIOError if it is held."""
        ...


class LocalAppendFile:
    """An append-only file descriptor; durable by fdatasync."""

    def __init__(self, path: Path, readonly: bool) -> None:
        flags = os.O_RDONLY if readonly else os.O_RDWR | os.O_CREAT | os.O_APPEND
        self._descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
        if not readonly:
            sync_folder(path.parent)

    def append(self, data: bytes) -> None:
        write_all(self._descriptor, data)

    def sync(self) -> None:
        os.fdatasync(self._descriptor)

    def truncate(self, size: int) -> None:
        os.ftruncate(self._descriptor, size)
        os.fsync(self._descriptor)

    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def read(self, at: int, length: int) -> bytes:
        parts = []
        while length > 0:
            part = os.pread(self._descriptor, length, at)
            if not part:
                break
            parts.append(part)
            at, length = at + len(part), length - len(part)
        return b"".join(parts)

    def close(self) -> None:
        os.close(self._descriptor)


class LocalFiles:
    """Files on a POSIX file system."""

    def create_folder(self, path: Path) -> None:
        make_folder(path)

    def write(self, path: Path, data: bytes) -> None:
        replace_file(path, data)

    def publish(self, path: Path, data: bytes) -> None:
        make_folder(path.parent, public=True)
        replace_file(path, data, public=True)

    def withdraw(self, folder: Path) -> None:
        if folder.is_dir():
            shutil.rmtree(folder)

    def move(self, old: Path, new: Path) -> None:
        move_file(old, new)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def names(self, folder: Path) -> tuple[str, ...]:
        return tuple(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else ()

    def read(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def open_append(self, path: Path, readonly: bool = False) -> AppendFile:
        return LocalAppendFile(path, readonly)

    def lock(self, path: Path, shared: bool = False) -> Callable[[], None]:
        return take_ledger(path, shared=shared)
