"""Outbox: background work that must survive a crash, written in the same transaction as its cause."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, text

from salus.vault.index import Index

_PUT = text("INSERT INTO outbox (kind, body) VALUES (:kind, :body)")
_NEXT = text("SELECT id, kind, body FROM outbox ORDER BY id LIMIT :limit")
_COUNT = text("SELECT count(*) FROM outbox")
_DONE = text("DELETE FROM outbox WHERE id = :id")


class Task(NamedTuple):
    """Something to be done, at least once; `id` grows and is never reused."""

    id: int
    kind: str
    body: bytes


class Outbox:
    """The tasks of a vault, in the order they were put. Thread-safe; each writing method is durable."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def put(self, tasks: Iterable[tuple[str, bytes]]) -> None:
        """Add (kind, body) tasks in one transaction."""
        with self._index.writing() as connection:
            put_tasks(connection, tasks)

    def next(self, limit: int) -> list[Task]:
        """Return the oldest tasks; they stay until `done`."""
        with self._index.reading() as connection:
            return [Task(*row) for row in connection.execute(_NEXT, {"limit": limit})]

    def count(self) -> int:
        """Return how many tasks there are."""
        with self._index.reading() as connection:
            return int(connection.execute(_COUNT).scalar_one())

    def done(self, ids: Iterable[int]) -> None:
        """Remove tasks; those already gone are skipped."""
        gone = list(ids)
        if gone:
            with self._index.writing() as connection:
                drop_tasks(connection, gone)


def put_tasks(connection: Connection, tasks: Iterable[tuple[str, bytes]]) -> None:
    """Add tasks within a transaction."""
    rows = [{"kind": kind, "body": body} for kind, body in tasks]
    if rows:
        connection.execute(_PUT, rows)


def drop_tasks(connection: Connection, ids: Iterable[int]) -> None:
    """Remove tasks within a transaction."""
    rows = [{"id": number} for number in ids]
    if rows:
        connection.execute(_DONE, rows)
