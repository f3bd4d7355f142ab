"""Schedule: what a vault remembers of the windows in which its relations are anchored."""

import os

from sqlalchemy import text

from salus.vault.index import Index

_GET = text("SELECT value FROM meta WHERE name = :name")
_PUT = text(
    "INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_SECRET, _WINDOW = "slots", "window"  # names in `meta`


class Schedule:
    """A secret by which slots are drawn, and the last window that was dealt with. Thread-safe; writes are durable."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def secret(self) -> bytes:
        """Return the vault's secret of 32 random bytes, made at the first call and never shown."""
        with self._index.writing() as connection:
            found: bytes | None = connection.execute(_GET, {"name": _SECRET}).scalar_one_or_none()
            if found is None:
                found = os.urandom(32)
                connection.execute(_PUT, {"name": _SECRET, "value": found})
        return found

    def last(self) -> int | None:
        """Return the number of the last window that was dealt with, None before the first."""
        with self._index.reading() as connection:
            found: bytes | None = connection.execute(_GET, {"name": _WINDOW}).scalar_one_or_none()
        return None if found is None else int.from_bytes(found, "big")

    def note(self, window: int) -> None:
        """Note that a window, and all before it, were dealt with."""
        with self._index.writing() as connection:
            connection.execute(_PUT, {"name": _WINDOW, "value": window.to_bytes(8, "big")})
