"""Where the replay keeps its state: tables in memory, quick for many keys; nothing of it is written."""

from collections.abc import Iterator
from typing import TypeVar

from salus.state.overlay import PREFIX
from salus.state.tables import Changes, Row

K = TypeVar("K")


class ReplayTables:
    """The port `state.tables.Tables` over dictionaries, keys grouped by the prefix that scans ask for."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._groups: dict[bytes, dict[bytes, None]] = {}
        self._buckets: dict[int, bytes] = {}
        self._meta: dict[bytes, bytes] = {}
        self._rows: dict[tuple[str, bytes], bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self._values.get(key)

    def scan(self, prefix: bytes) -> list[Row]:
        return [(key, self._values[key]) for key in sorted(self._groups.get(prefix, ()))]

    def items(self) -> Iterator[Row]:
        return iter(sorted(self._values.items()))

    def bucket(self, index: int) -> bytes | None:
        return self._buckets.get(index)

    def buckets(self) -> Iterator[tuple[int, bytes]]:
        return iter(sorted(self._buckets.items()))

    def meta(self, name: bytes) -> bytes | None:
        return self._meta.get(name)

    def row(self, table: str, key: bytes) -> bytes | None:
        return self._rows.get((table, key))

    def rows(self, table: str, start: bytes, stop: bytes | None) -> Iterator[Row]:
        chosen = [key for name, key in self._rows if name == table and start <= key and (stop is None or key < stop)]
        return iter([(key, self._rows[table, key]) for key in sorted(chosen)])

    def commit(self, changes: Changes) -> None:
        for index, bucket in changes.buckets:
            _set(self._buckets, index, bucket)
        for key, value in changes.values.items():
            self._put(key, value)
        self._meta.update(changes.meta)
        for table, ranges in changes.ranges.items():
            for start, stop in ranges:
                for key, _ in self.rows(table, start, stop):
                    del self._rows[table, key]
        for table, rows in changes.rows.items():
            for key, value in rows:
                _set(self._rows, (table, key), value)

    def renew(self) -> None:
        """Nothing was hidden."""

    def reset(self) -> None:
        """Nothing is broken."""

    def close(self) -> None:
        """Nothing is held."""

    def _put(self, key: bytes, value: bytes | None) -> None:
        _set(self._values, key, value)
        if len(key) <= PREFIX:
            return
        group = self._groups.setdefault(key[:PREFIX], {})
        if value is None:
            group.pop(key, None)
        else:
            group[key] = None


def _set(rows: dict[K, bytes], key: K, value: bytes | None) -> None:
    if value is None:
        rows.pop(key, None)
    else:
        rows[key] = value
