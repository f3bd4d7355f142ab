"""Index: the SQLite file of a vault, encrypted and authenticated page by page by SQLCipher.

Write-ahead log with `synchronous=FULL`: a commit is durable when it returns. Every page carries an
HMAC, so that a changed byte is noticed when its page is read, and by `damaged_pages` at once.
The key is raw, so that opening derives nothing; the salt in the file's first 16 bytes takes part in it.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, event, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlcipher3 import dbapi2

from salus.vault import schema
from salus.vault.errors import StorageFailed, StorageFull, UnknownSchema, VaultDamaged
from salus.vault.wal import pages_in_log

FILE = "index.db"
PAGE_BYTES = 16384  # the cheapest of 4, 8 and 16 KiB per deposited record
CACHE_KIB = 64 * 1024
CHECKPOINT_PAGES = 2048  # of the write-ahead log, 32 MiB: larger ones spread the cost, smaller ones open faster

_DAMAGE = ("not a database", "malformed", "hmac check failed", "decrypt")
_FULL = ("disk is full",)
_ROOM_BYTES = 64 * 1024  # of which the shared memory beside a write-ahead log is half

# Without an adapter the driver asks every bytes value, by failing look-ups, whether it adapts itself: 3 us each.
dbapi2.register_adapter(bytes, bytes)


class Index:
    """Transactions over the index. Reads run in parallel, each on a snapshot; one write at a time.

    Raises VaultDamaged, StorageFull and StorageFailed, whatever the statement.
    """

    def __init__(self, path: Path, key: bytes, *, read_only: bool = False) -> None:
        self.path = path
        self._log = path.with_name(path.name + "-wal")
        self._key = key
        self._read_only = read_only
        self._engine = self._create_engine()
        self._turn = RLock()  # SQLite too lets one write at a time; here whoever waits does so without an end

    def create(self, facts: dict[str, bytes]) -> None:
        """Make the tables and note `facts` about the vault, in one transaction."""
        with self.writing() as connection:
            schema.metadata.create_all(connection)
            rows = {**facts, "schema": schema.SCHEMA.to_bytes(2, "big")}
            connection.execute(insert(schema.meta), [{"name": n, "value": v} for n, v in rows.items()])

    def open(self) -> dict[str, bytes]:
        """Return the facts about the vault; raise VaultDamaged, or UnknownSchema if it is from a later version.

        A vault of an earlier schema is migrated here, step by step, before anything else reads it;
        there is none yet, as this is schema 1.
        """
        with self.reading() as connection:
            facts = {row.name: row.value for row in connection.execute(select(schema.meta))}
        if facts.get("schema") != schema.SCHEMA.to_bytes(2, "big"):
            raise UnknownSchema
        if not self._read_only:
            with self.writing() as connection:  # derived tables, which a vault of before them lacks
                schema.metadata.create_all(connection, [schema.places, schema.placed])
        return facts

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction on one snapshot."""
        with self._refusals(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction; durable when the block ends, undone when it raises."""
        with self._turn, self._refusals(), self._engine.connect() as plain:
            connection = plain.execution_options(salus_writing=True)
            with connection.begin():
                yield connection

    def damaged_pages(self) -> list[str]:
        """Return what SQLCipher and SQLite find wrong with the file; empty if it is sound."""
        with self.reading() as connection:
            # The pages are 1, 2, ... of PAGE_BYTES each: a finding is a range of bytes of the file.
            found = [_place(row[0]) for row in connection.exec_driver_sql("PRAGMA cipher_integrity_check")]
            if found:  # a page that was half copied from the log stands in the log still, which SQLCipher does not ask
                logged = {page_place(page) for page in pages_in_log(self._log)}
                found = [place for place in found if place not in logged]
            if not found:
                rows = connection.exec_driver_sql("PRAGMA integrity_check(20)")
                found = [f"structure: {row[0]}" for row in rows if row[0] != "ok"]
        return found

    def empty_log(self) -> None:
        """Copy the write-ahead log into the file and cut it to nothing; raise StorageFailed while somebody reads it.

        What rows were before stays in neither: freed parts of pages are overwritten (`secure_delete`).
        """
        with self._refusals(), self._engine.connect() as connection:
            busy = driver(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise StorageFailed

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let nothing be written while the block runs, all of it in the file itself; raise StorageFailed."""
        with self._turn:
            self.empty_log()
            yield

    def copy_to(self, path: Path, key: bytes, change: Callable[[Any], None]) -> None:
        """Write the whole index into a new file under `key`; `change` works on it as the schema `fresh` before it ends.

        Nothing of it is durable before the file is synced.
        """
        with self._refusals():
            connection = self._connect()
            try:
                connection.execute(f"ATTACH DATABASE ? AS fresh KEY \"x'{key.hex()}'\"", (str(path.absolute()),))
                connection.execute(f"PRAGMA fresh.cipher_page_size = {PAGE_BYTES}")
                connection.execute("SELECT sqlcipher_export('fresh')")
                connection.execute("BEGIN IMMEDIATE")
                change(connection)
                connection.execute("COMMIT")
                connection.execute("DETACH DATABASE fresh")
            finally:
                connection.close()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, dbapi2.Error, MemoryError) as error:
            raise _refusal(error, self.path.parent) from None

    def close(self) -> None:
        """Close all connections; the last one copies the write-ahead log into the file."""
        self._engine.dispose()

    def _create_engine(self) -> Engine:
        engine = sqlalchemy.create_engine(
            "sqlite+pysqlite://",
            module=dbapi2,
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=8,
            max_overflow=8,
            hide_parameters=True,  # an error's text must hold no row
            skip_autocommit_rollback=False,
        )
        event.listen(engine, "begin", _begin)
        return engine

    def _connect(self) -> Any:
        mode = "rwc"
        if self._read_only:
            # Without a write-ahead log to read, nothing is written beside the file either.
            mode = "ro" if self._log.exists() and self._log.stat().st_size else "ro&immutable=1"
        connection = dbapi2.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
            connection.execute(f"PRAGMA cipher_page_size = {PAGE_BYTES}")
            connection.execute("PRAGMA cipher_log_level = NONE")  # it would speak on standard error
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            connection.execute("PRAGMA temp_store = MEMORY")  # nothing in clear on a disk
            connection.execute("PRAGMA busy_timeout = 10000")
            connection.execute("PRAGMA secure_delete = ON")
            if not self._read_only:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        except dbapi2.Error:
            connection.close()
            raise
        return connection


def driver(connection: Connection) -> Any:
    """Return the driver's own connection within a transaction: many rows by it cost a fifth less."""
    return connection.connection.driver_connection


def _begin(connection: Connection) -> None:
    # IMMEDIATE: a write that waits for another does so at its start, never half-way.
    writing = connection.get_execution_options().get("salus_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _refusal(error: BaseException, folder: Path) -> Exception:
    """Return the refusal for a database error. Constraints are never left to it, so all else is the disk's."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    text = str(cause).lower()
    if isinstance(cause, dbapi2.IntegrityError | dbapi2.ProgrammingError):
        return RuntimeError(type(cause).__name__)  # a bug of ours; its text may hold a value
    if any(words in text for words in _FULL):
        return StorageFull()
    if any(words in text for words in _DAMAGE) or isinstance(cause, MemoryError):
        return VaultDamaged()  # SQLCipher reports some failed pages as exhausted memory
    return StorageFull() if _is_full(folder) else StorageFailed()


def _is_full(folder: Path) -> bool:
    """True if there is no room for what SQLite needs to open: it calls that an I/O error, without a reason."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize < _ROOM_BYTES


def _place(text: str) -> str:
    """Return the range of bytes that a report of SQLCipher's names by its page."""
    match = re.search(r"page (\d+)", text)
    if match is None:
        return "file"
    return page_place(int(match[1]))


def page_place(page: int) -> str:
    """Return how a finding names a page, from 1, of the index file."""
    return f"page {page}, bytes {(page - 1) * PAGE_BYTES} to {page * PAGE_BYTES - 1}"
