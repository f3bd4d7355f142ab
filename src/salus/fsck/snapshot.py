"""A snapshot of a home that stands still: what can be checked while the home itself is written to again.

Files that are never changed in place are linked, so that their very bytes are checked: blobs of vaults, tiles. The
others are copied, as they are, by the kernel: where the file system can, such a copy shares its blocks. What other
processes than the home's server write, and would write meanwhile, is left out.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG

PREFIX = ".fsck-"
LINKED = ("blobs", "tiles")  # folders whose files are replaced as a whole or not at all
RESTLESS = ("ledger/snapshots", "ledger/restoring", "logs", "cometbft/data", "cometbft/signed")
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
    """Fill `folder` with what is in `home`, where nobody may write meanwhile but in RESTLESS; raise OSError.

    Return where it has `tiles`, the log published elsewhere, if there is such a folder.
    """
    _take(home, folder, {os.fspath(home / name) for name in RESTLESS}, linked=False)
    if tiles is None or not tiles.is_dir():
        return tiles
    _take(tiles, folder / TILES, set(), linked=True)
    return folder / TILES


def _take(source: Path, to: Path, left_out: set[str], *, linked: bool) -> None:
    to.mkdir(mode=0o700, exist_ok=True)
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(PREFIX) and entry.path not in left_out:
                    _take(Path(entry.path), to / entry.name, left_out, linked=linked or entry.name in LINKED)
            elif S_ISREG(entry.stat().st_mode) and not (linked and _linked(entry.path, to / entry.name)):
                _copied(Path(entry.path), to / entry.name)


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
