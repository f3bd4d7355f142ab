"""A snapshot of a home that stands still: what can be checked while the home itself is written to again.

Files that are never changed in place are linked, so that their very bytes are checked: blobs of vaults, tiles. The
others are copied, as they are, by the kernel: where the file system can, such a copy shares its blocks. What other
processes than the home's server write, and would write meanwhile, is left out; of the exchange, where they put letters
and take them away, there is what was there when it was looked for.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

PREFIX = ".fsck-"
LINKED = ("blobs", "tiles")  # folders whose files are replaced as a whole or not at all
RESTLESS = ("ledger/snapshots", "ledger/restoring", "logs", "cometbft/data", "cometbft/signed")
SHARED = "exchange"  # others put letters there and take them away at any time, whole
TILES = "tiles-elsewhere"
_PIECE_BYTES = 1 << 30


@contextmanager
def room_for_snapshot(home: Path) -> Iterator[Path]:
    """Give an empty folder within the home that goes with the block; one that a killed process left goes too."""
    for left in home.glob(f"{PREFIX}*"):
        owner = left.name.removeprefix(PREFIX).partition("-")[0]
        if not (owner.isdigit() and Path("/proc", owner).exists()):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", dir=home) as folder:
        yield Path(folder)


def take_snapshot(home: Path, folder: Path, tiles: Path | None = None) -> Path | None:
    """Fill `folder` with what is in `home`, where nobody may write meanwhile but in RESTLESS and SHARED; raise OSError.

    Return where it has `tiles`, the log published elsewhere, if there is such a folder.
    """
    left_out = frozenset(os.fspath(home / name) for name in RESTLESS)
    _take(home, folder, _Apart(left_out, os.fspath(home / SHARED)), linked=False)
    if tiles is None or not tiles.is_dir():
        return tiles
    _take(tiles, folder / TILES, _Apart(), linked=True)
    return folder / TILES


class _Apart(NamedTuple):
    """Folders to treat apart from the others, by path."""

    left_out: frozenset[str] = frozenset()
    shared: str = ""


def _take(source: Path, to: Path, apart: _Apart, *, linked: bool, shared: bool = False) -> None:
    to.mkdir(mode=0o700, exist_ok=True)
    with os.scandir(source) as entries:
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                with suppress(FileNotFoundError) if shared else nullcontext():
                    _put(entry, to / entry.name, linked=linked)
            elif not entry.name.startswith(PREFIX) and entry.path not in apart.left_out:
                links, shares = linked or entry.name in LINKED, shared or entry.path == apart.shared
                _take(Path(entry.path), to / entry.name, apart, linked=links, shared=shares)


def _put(entry: os.DirEntry[str], to: Path, *, linked: bool) -> None:
    if S_ISREG(entry.stat().st_mode) and not (linked and _linked(entry.path, to)):
        _copied(Path(entry.path), to)


def _linked(source: str, to: Path) -> bool:
    """Link a file; False where it lies on another file system, or on one that has no links."""
    try:
        os.link(source, to)
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP):
            return False
        raise
    return True


def _copied(source: Path, to: Path) -> None:
    """Copy the bytes of a file. Holes stay holes or become zeros, which are the same to whoever reads."""
    with source.open("rb") as old, to.open("xb") as new:
        try:
            while os.copy_file_range(old.fileno(), new.fileno(), _PIECE_BYTES):
                pass
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL):
                raise
            shutil.copyfileobj(old, new)
