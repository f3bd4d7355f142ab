"""The state on disk, in LMDB: a checkpoint is one transaction, durable when it returns.

| database  | key                            | value                       |
|-----------|--------------------------------|-----------------------------|
| `values`  | key of the state               | value                       |
| `buckets` | number, 4 bytes, big-endian    | bucket (`merkle.heap`)      |
| `meta`    | name                           | height, depth, root, others |
| `rows`    | length and name of a table, key| row of a local table        |

The file is never opened with `sync=False`, `writemap` or `map_async`: each can lose or corrupt what
was acknowledged. The only file of this package that is free of the rule of determinism.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import lmdb

from salus.state.names import HEIGHT
from salus.state.overlay import PREFIX
from salus.state.pages import check_pages
from salus.state.tables import Changes, Finding, MoreRoom, Row, StorageFailure

Folder = Path
DATA = "data.mdb"
MAP_SIZE = 1 << 30  # bytes of address space at first; doubled when full
_NAMES = (b"values", b"buckets", b"meta", b"rows")


class LmdbTables:
    """Tables in the folder `folder`, which is made where there is none. One writer, not thread-safe.

    A reader whose writer may be at work in another process says so (`beside_writer`), `rest`s when it has
    read, and `renew`s before it reads again: the pages it sees cannot be used anew meanwhile.
    """

    def __init__(
        self, folder: Folder, map_size: int = MAP_SIZE, readonly: bool = False, beside_writer: bool = False
    ) -> None:
        self._folder, self._map_size, self._readonly = folder, map_size, readonly
        self._lock, self._full = beside_writer or not readonly, False
        self._open()

    def _open(self) -> None:
        with _failures():
            self._env = lmdb.open(
                str(self._folder),
                map_size=self._map_size,
                max_dbs=len(_NAMES),
                readonly=self._readonly,
                lock=self._lock,
                max_spare_txns=1,
            )
            handles = [self._env.open_db(name, create=not self._readonly) for name in _NAMES]
            self._values, self._buckets, self._meta, self._rows = handles
            self._begin()

    def _begin(self) -> None:
        """Read from here on what was committed last."""
        self._txn = self._env.begin()
        self._cursor = self._txn.cursor(db=self._values)

    def rest(self) -> None:
        """Read nothing until `renew`."""
        self._txn.abort()

    def renew(self) -> None:
        """Read what was committed last; a file that has outgrown its map is opened anew."""
        self._txn.abort()
        with _failures():
            try:
                if not self._readonly:
                    self._env.reader_check()  # a reader that was killed must not hold pages back
                self._begin()
            except lmdb.MapResizedError:
                self._env.close()
                self._open()

    def renew_to(self, height: int) -> int | None:
        """Read what was committed last and return of which block it is: None where that is after `height`, and then
        what was read before is read on. For a reader with as much room as the file will ever have."""
        with _failures():
            txn = self._env.begin()
            try:
                found = int.from_bytes(txn.get(HEIGHT, db=self._meta) or b"", "big")
                if found > height:
                    return None
                self._txn, txn = txn, self._txn
                self._cursor = self._txn.cursor(db=self._values)
                return found
            finally:
                txn.abort()

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`."""
        try:
            value: bytes | None = self._txn.get(key, db=self._values)
        except lmdb.Error as error:
            raise StorageFailure(str(error)) from error
        return value

    def scan(self, prefix: bytes) -> list[Row]:
        """Return the keys longer than `prefix` under it, sorted."""
        found: list[Row] = []
        try:
            if self._cursor.set_range(prefix):
                for row in self._cursor:
                    if not row[0].startswith(prefix):
                        break
                    if len(row[0]) > PREFIX:
                        found.append(row)
        except lmdb.Error as error:
            raise StorageFailure(str(error)) from error
        return found

    def items(self) -> Iterator[Row]:
        """Return all values in order of their keys."""
        return self._between(self._values, b"", None)

    def bucket(self, index: int) -> bytes | None:
        """Return one bucket of the tree."""
        try:
            bucket: bytes | None = self._txn.get(index.to_bytes(4, "big"), db=self._buckets)
        except lmdb.Error as error:
            raise StorageFailure(str(error)) from error
        return bucket

    def buckets(self) -> Iterator[tuple[int, bytes]]:
        """Return all buckets in ascending order."""
        number = int.from_bytes
        with _failures(), self._txn.cursor(db=self._buckets) as cursor:  # all of them at each opening: no more steps
            for key, bucket in cursor:
                yield number(key), bucket

    def meta(self, name: bytes) -> bytes | None:
        """Return one value beside the tree."""
        with _failures():
            value: bytes | None = self._txn.get(name, db=self._meta)
        return value

    def row(self, table: str, key: bytes) -> bytes | None:
        """Return one row of a local table."""
        with _failures():
            row: bytes | None = self._txn.get(_row_key(table, key), db=self._rows)
        return row

    def rows(self, table: str, start: bytes, stop: bytes | None) -> Iterator[Row]:
        """Return the rows with start <= key < stop in order."""
        prefix = _row_key(table, b"")
        end = None if stop is None else prefix + stop
        for key, row in self._between(self._rows, prefix + start, end):
            if not key.startswith(prefix):
                break
            yield key[len(prefix) :], row

    def commit(self, changes: Changes) -> None:
        """Write the changes in one durable transaction; MoreRoom where the map is too small."""
        try:
            with self._env.begin(write=True) as txn:
                self._write(txn, changes)
        except lmdb.MapFullError:
            self._full = True
            raise MoreRoom from None
        except (lmdb.Error, OSError) as error:
            raise StorageFailure(str(error)) from error

    def reset(self) -> None:
        """Go on after a commit that raised: with a larger map, or a file opened anew."""
        if not self._full:
            self._reopen()  # a failed write may leave the environment unusable
            return
        self._full = False
        self._txn.abort()  # the map may only move when nothing reads it
        self._map_size = 2 * self._env.info()["map_size"]
        with _failures():
            self._env.set_mapsize(self._map_size)
            self._begin()

    def close(self) -> None:
        """Close the file."""
        self._txn.abort()
        self._env.close()

    def _reopen(self) -> None:
        self.close()
        self._open()

    def _write(self, txn: lmdb.Transaction, changes: Changes) -> None:
        _put(txn, self._values, sorted(changes.values.items(), key=_first))
        _put(txn, self._buckets, ((index.to_bytes(4, "big"), bucket) for index, bucket in changes.buckets))
        _put(txn, self._meta, changes.meta.items())
        for table, ranges in changes.ranges.items():
            for start, stop in ranges:
                _remove(txn, self._rows, _row_key(table, start), _row_key(table, stop))
        for table, rows in changes.rows.items():
            _put(txn, self._rows, ((_row_key(table, key), row) for key, row in rows))

    def _between(self, db: lmdb._Database, start: bytes, stop: bytes | None) -> Iterator[Row]:
        with _failures(), self._txn.cursor(db=db) as cursor:
            if cursor.set_range(start):
                for key, value in cursor.iternext():
                    if stop is not None and key >= stop:
                        return
                    yield key, value


def check_file(folder: Folder) -> list[Finding]:
    """Return what is wrong with the structure of the file in `folder` (`state.pages`); LMDB does not read it."""
    try:
        with (folder / DATA).open("rb") as file:

            def read(offset: int, length: int) -> bytes:
                file.seek(offset)
                return file.read(length)

            return check_pages(read)
    except OSError:
        return [Finding(DATA, "cannot be read")]


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except lmdb.Error as error:
        raise StorageFailure(str(error)) from error


def _first(row: tuple[bytes, bytes | None]) -> bytes:
    return row[0]


def _row_key(table: str, key: bytes) -> bytes:
    name = table.encode()
    return bytes((len(name),)) + name + key


def _put(txn: lmdb.Transaction, db: lmdb._Database, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
    for key, value in rows:
        if value is None:
            txn.delete(key, db=db)
        else:
            txn.put(key, value, db=db)


def _remove(txn: lmdb.Transaction, db: lmdb._Database, start: bytes, stop: bytes) -> None:
    with txn.cursor(db=db) as cursor:
        found = cursor.set_range(start)
        while found and bytes(cursor.key()) < stop:
            found = cursor.delete()
