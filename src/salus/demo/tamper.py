"""Change one byte, as a fault or a thief would, of a copy of the home: to see that fsck names the place."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import lmdb

NOT_COPIED = ("exchange", "people", "cometbft", "validators", "*.sock")  # what fsck does not read


@contextmanager
def copied(home: Path) -> Iterator[Path]:
    """Yield a copy of the closed home beside it, removed afterwards."""
    where = home.resolve()
    with TemporaryDirectory(prefix=f"{where.name}-tampered-", dir=where.parent) as folder:
        copy = Path(folder) / where.name
        shutil.copytree(where, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
        yield copy


@contextmanager
def flipped(file: Path, at: int) -> Iterator[None]:
    """Change the byte at an offset, and change it back afterwards."""
    turn(file, at)
    try:
        yield
    finally:
        turn(file, at)


def turn(file: Path, at: int) -> None:
    """Flip the lowest bit of a byte in place."""
    with file.open("r+b") as opened:
        opened.seek(at)
        (byte,) = opened.read(1)
        opened.seek(at)
        opened.write(bytes((byte ^ 1,)))


def place_in_block(home: Path) -> tuple[Path, int]:
    """Return the middle of the file of blocks."""
    file = home / "ledger/blocks"
    return file, file.stat().st_size // 2


def place_of_value(home: Path, table: str, wanted: Callable[[bytes], bool]) -> tuple[Path, int]:
    """Return where in the state's file the live value of a key that is `wanted` begins."""
    file = home / "ledger/state/data.mdb"
    key, value = live_value(file.parent, table, wanted)
    raw, at = file.read_bytes(), -1
    while (at := raw.find(value, at + 1)) >= 0:
        with flipped(file, at):  # pages that are no longer in use hold old copies
            if live_value(file.parent, table, lambda k: k == key)[1] != value:
                return file, at
    raise RuntimeError("the value is not in the file")


def live_value(folder: Path, table: str, wanted: Callable[[bytes], bool]) -> tuple[bytes, bytes]:
    """Return the first (key, value) of a table whose key is `wanted`."""
    with lmdb.open(str(folder), readonly=True, lock=False, max_dbs=32) as env:
        db = env.open_db(table.encode(), create=False)
        with env.begin(db=db) as reading:
            return next((bytes(k), bytes(v)) for k, v in reading.cursor() if wanted(bytes(k)))


def place_in_index(home: Path, slug: str) -> tuple[Path, int]:
    """Return the middle of a page of a vault's index."""
    file = home / "organisations" / slug / "vault" / "index.db"
    return file, file.stat().st_size // 2


def blobs(home: Path, slug: str) -> list[Path]:
    """Return a vault's blobs: what is larger than 64 KiB."""
    return sorted(path for path in (home / "organisations" / slug / "vault" / "blobs").rglob("*") if path.is_file())


def place_in_blob(home: Path, slug: str) -> tuple[Path, int]:
    """Return the middle of a vault's first blob."""
    file = blobs(home, slug)[0]
    return file, file.stat().st_size // 2
