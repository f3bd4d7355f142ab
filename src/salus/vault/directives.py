"""Directives: the sealed parts that the custodian enforces; the ledger holds only a commitment to each."""

from sqlalchemy import text

from salus.vault.errors import NoSuchRelation
from salus.vault.index import Index
from salus.vault.scope import Scope

_NUMBER = text("SELECT number FROM relations WHERE relation = :relation")
_PUT = text(
    "INSERT INTO directives (directive, number, sealed_part) VALUES (:directive, :number, :part)"
    " ON CONFLICT (directive) DO UPDATE SET number = excluded.number, sealed_part = excluded.sealed_part"
)
_OF = text(
    "SELECT d.directive, d.sealed_part FROM directives d JOIN relations r ON r.number = d.number"
    " WHERE r.relation = :relation ORDER BY d.directive"
)

_WHOSE = text(
    "SELECT r.relation FROM directives d JOIN relations r ON r.number = d.number WHERE d.directive = :directive"
)


class Directives:
    """The sealed parts in a vault. Thread-safe; `put` is one durable transaction."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def put(self, relation: bytes, directive: bytes, part: bytes) -> None:
        """Store the opened sealed part of `directive` (32-byte id). Raises NoSuchRelation."""
        with self._index.writing() as connection:
            number = connection.execute(_NUMBER, {"relation": relation}).scalar_one_or_none()
            if number is None:
                raise NoSuchRelation
            connection.execute(_PUT, {"directive": directive, "number": number, "part": part})

    def relation_of(self, directive: bytes) -> bytes | None:
        """Return the relation that a sealed part is kept for: an id and no content, so no scope is asked for."""
        with self._index.reading() as connection:
            found: bytes | None = connection.execute(_WHOSE, {"directive": directive}).scalar_one_or_none()
            return found

    def of(self, scope: Scope) -> dict[bytes, bytes]:
        """Return directive id -> sealed part of the scope's relation. Raises OutOfScope."""
        with self._index.reading() as connection:
            return {row.directive: row.sealed_part for row in connection.execute(_OF, {"relation": scope.handle()})}
