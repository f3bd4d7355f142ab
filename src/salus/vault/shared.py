"""Shared resources: organisations, practitioners, locations; they belong to no relation and to no log.

Identifiers (type, system, value) lead to a resource's logical id, for FHIR's conditional references;
a Patient's lead to the relation, in hex.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, text

from salus.vault.errors import NoSuchRecord, OutOfScope
from salus.vault.index import Index, driver
from salus.vault.scope import Scope

_NEWEST = text("SELECT max(version) FROM shared WHERE type = :type AND name = :name")
_PUT = text(
    "INSERT INTO shared (type, name, version, octets, media_type) VALUES (:type, :name, :version, :octets, :media)"
)
_GET = text("SELECT version, octets, media_type FROM shared WHERE type = :type AND name = :name AND version = :version")
_NAMES = text("SELECT DISTINCT name FROM shared WHERE type = :type ORDER BY name")
_LINK = (
    "INSERT INTO identifiers (type, system, value, target) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (type, system, value) DO UPDATE SET target = excluded.target"
)
_UNDER = "SELECT value FROM identifiers WHERE type = ? AND system = ? ORDER BY value LIMIT ?"
_UNLINK = "DELETE FROM identifiers WHERE type = ? AND target = ?"
_FIND = "SELECT target FROM identifiers WHERE type = ? AND system = ? AND value = ?"


class SharedResource(NamedTuple):
    """A resource that belongs to no relation; `name` is its logical id."""

    type: str
    name: str
    octets: bytes
    media_type: str


class Identifier(NamedTuple):
    """A business identifier and the logical id, or relation in hex, that it leads to."""

    type: str
    system: str
    value: str
    target: str


class SharedResources:
    """The shared resources of a vault. Thread-safe; each writing method is one durable transaction."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def put(self, resources: Iterable[SharedResource], identifiers: Iterable[Identifier] = ()) -> list[int]:
        """Store new versions of resources, and identifiers; return the version of each resource."""
        with self._index.writing() as connection:
            return put_shared(connection, resources, identifiers)

    def get(self, scope: Scope, kind: str, name: str, version: int | None = None) -> tuple[int, bytes, str]:
        """Return (version, octets, media type), the newest by default. Raises OutOfScope, NoSuchRecord."""
        _require_shared(scope)
        with self._index.reading() as connection:
            place = {"type": kind, "name": name}
            version = version or connection.execute(_NEWEST, place).scalar_one()
            row = connection.execute(_GET, {**place, "version": version}).one_or_none()
        if row is None:
            raise NoSuchRecord
        return row.version, row.octets, row.media_type

    def names(self, scope: Scope, kind: str) -> list[str]:
        """Return the sorted logical ids of a type. Raises OutOfScope."""
        _require_shared(scope)
        with self._index.reading() as connection:
            return [row.name for row in connection.execute(_NAMES, {"type": kind})]

    def find(self, kind: str, system: str, value: str) -> str | None:
        """Return the target of an identifier: an id only, no content, so no scope is asked for."""
        return self.find_all([(kind, system, value)])[0]

    def find_all(self, identifiers: Iterable[tuple[str, str, str]]) -> list[str | None]:
        """Return the target of each (type, system, value), all as of one moment."""
        with self._index.reading() as connection:
            return [_target(connection, *identifier) for identifier in identifiers]

    def find_under(self, kind: str, system: str, limit: int) -> list[str]:
        """Return the values of a type's and system's identifiers, sorted, at most `limit`: no content."""
        with self._index.reading() as connection:
            return [row[0] for row in driver(connection).execute(_UNDER, (kind, system, limit)).fetchall()]

    def relink(self, kind: str, target: str, identifiers: Iterable[Identifier], noted: SharedResource) -> None:
        """Put identifiers of a type in the place of those that lead to `target`, and note a resource with them."""
        with self._index.writing() as connection:
            driver(connection).execute(_UNLINK, (kind, target))
            put_shared(connection, (noted,), identifiers)


def put_shared(
    connection: Connection, resources: Iterable[SharedResource], identifiers: Iterable[Identifier]
) -> list[int]:
    """Store within a transaction; a version whose octets are those of the newest is not stored again."""
    versions = []
    for resource in resources:
        place = {"type": resource.type, "name": resource.name}
        newest = connection.execute(_NEWEST, place).scalar_one() or 0
        row = connection.execute(_GET, {**place, "version": newest}).one_or_none()
        if row is None or row.octets != resource.octets:
            newest += 1
            content = {"octets": resource.octets, "media": resource.media_type}
            connection.execute(_PUT, {**place, "version": newest, **content})
        versions.append(newest)
    driver(connection).executemany(_LINK, identifiers)
    return versions


def _target(connection: Connection, kind: str, system: str, value: str) -> str | None:
    row = driver(connection).execute(_FIND, (kind, system, value)).fetchone()
    return None if row is None else row[0]


def _require_shared(scope: Scope) -> None:
    if scope.relation is not None:
        raise OutOfScope
