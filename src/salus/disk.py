"""Durable writes on a POSIX file system. Every function raises OSError and leaves the old or the new, whole."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

TEMPORARY = ".tmp"  # a name that ends so was being written when the process stopped


def replace_file(path: Path, data: bytes, *, public: bool = False) -> None:
    """Replace `path` by `data`, readable by its owner only unless `public`; all is durable once this returns."""
    temporary = path.with_name(path.name + TEMPORARY)
    mode = 0o644 if public else 0o600
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)
    sync_folder(path.parent)


def move_file(old: Path, new: Path) -> None:
    """Put the file `old` in the place of `new`; its content and the name are durable once this returns."""
    descriptor = os.open(old, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    old.replace(new)
    sync_folder(new.parent)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`; one call of the system may take only a part."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def make_folder(path: Path, *, public: bool = False) -> None:
    """Make the folder with its parents, for its owner only unless `public`; durable once this returns.

    Nothing if it is there.
    """
    if not path.is_dir():
        make_folder(path.parent, public=public)
        path.mkdir(mode=0o755 if public else 0o700, exist_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def take_lock(path: Path, *, shared: bool = False) -> Callable[[], None]:
    """Take the lock of `path`, made if absent, and return what releases it; it ends with the process.

    Raises BlockingIOError if another holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return lambda: os.close(descriptor)
