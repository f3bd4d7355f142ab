"""Places: which relation a record lies in, for who names the record alone, as a FHIR reference does.

The table is derived from the log rows and brought up to date when a record is not found in it, so that deposits do
not pay for it. Each relation's rows are added in the order of their keys, many relations at once.
"""

from sqlalchemy import Connection, text

from salus.vault.index import Index, driver
from salus.vault.relations import row_ids

_FIND = text(
    "SELECT r.relation FROM places p JOIN relations r ON r.number = p.number WHERE p.record = :record ORDER BY p.number"
)
_BEHIND = (
    "SELECT r.number, coalesce(p.size, 0), r.log_size FROM relations r LEFT JOIN placed p ON p.number = r.number"
    " WHERE r.log_size > coalesce(p.size, 0) ORDER BY r.number LIMIT ?"
)
_NEW = "SELECT record FROM versions WHERE id >= ? AND id < ? AND version = 1"
_PLACE = "INSERT OR IGNORE INTO places (record, number) VALUES (?, ?)"
_PLACED = "INSERT INTO placed (number, size) VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET size = excluded.size"
AT_ONCE = 1000  # relations in one transaction


class Places:
    """Where the records of a vault lie. Thread-safe; it is an index, and says nothing of any content."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def find(self, record: bytes) -> list[bytes]:
        """Return the relations that hold the record, or held it: ids and no content, so no scope is asked for."""
        found = self._find(record)
        while not found and self.catch_up():
            found = self._find(record)
        return found

    def catch_up(self) -> bool:
        """Add the records of relations that grew; return whether there may have been something new."""
        with self._index.reading() as connection:
            if not _behind(connection, 1):
                return False
        with self._index.writing() as connection:
            behind = _behind(connection, AT_ONCE)
            rows: list[tuple[bytes, int]] = []
            for number, size, now in behind:
                first = row_ids(number)[0]
                placed = connection.exec_driver_sql(_NEW, (first + size, first + now))
                rows += [(record, number) for (record,) in placed]
            driver(connection).executemany(_PLACE, sorted(rows))
            driver(connection).executemany(_PLACED, [(number, now) for number, _, now in behind])
        return True

    def _find(self, record: bytes) -> list[bytes]:
        with self._index.reading() as connection:
            return [row.relation for row in connection.execute(_FIND, {"record": record})]


def _behind(connection: Connection, most: int) -> list[tuple[int, int, int]]:
    return [tuple(row) for row in connection.exec_driver_sql(_BEHIND, (most,))]
