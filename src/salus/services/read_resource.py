"""Read one resource of a custodian's FHIR base: the present version, or one before.

Each read stands in the access log of its relation before anything is handed out. Shared resources (practitioners,
organisations, locations) are the organisation's own, and in no log: they tell of no patient.
"""

from typing import NamedTuple

from salus.core.record import LeafHeader
from salus.fhir.definitions import resource_types
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.authorise import own_shared
from salus.services.errors import NoSuchResource, ResourceGone
from salus.services.viewing import Place, Viewer, places_of, scope_of
from salus.vault.errors import NoSuchRecord, NoSuchRelation, RecordErased, RelationDestroyed
from salus.vault.scope import Scope


class Shown(NamedTuple):
    """A version of a resource as it is stored."""

    kind: str
    octets: bytes
    version: int
    recorded: int | None  # milliseconds; null: a shared resource, whose time is not kept

    def __repr__(self) -> str:
        return f"Shown({self.kind})"


def read_resource(organisation: Organisation, viewer: Viewer, kind: str, id_: str, version: int | None = None) -> Shown:
    """Return a version of a resource, the present one by default.

    Raises NoSuchResource, also where the viewer may not know of it; ResourceGone; KeptAndNotUsed, NotAtPresent.
    """
    if kind not in resource_types():
        raise NoSuchResource
    found = _of_a_relation(organisation, viewer, kind, id_, version)
    if found is None and viewer.person is None:
        found = _shared(organisation, kind, id_, version)
    if found is None:
        raise NoSuchResource
    return found


def _of_a_relation(
    organisation: Organisation, viewer: Viewer, kind: str, id_: str, version: int | None
) -> Shown | None:
    places, gone = places_of(organisation, viewer, kind, id_), False
    for place in places:
        try:
            return _read(organisation, viewer, place, kind, version)
        except ResourceGone:
            gone = True
        except NoSuchResource:
            continue
    if gone and viewer.person is None:
        return _moved_here(organisation, viewer, places, kind, version)
    if gone:
        raise ResourceGone
    return None


def _moved_here(
    organisation: Organisation, viewer: Viewer, places: list[Place], kind: str, version: int | None
) -> Shown:
    """Return a record that lies where it was moved to, since the places were last noted; raise ResourceGone."""
    while organisation.vault.places.catch_up():
        continue
    record = places[0].record
    for relation in organisation.vault.places.find(record):
        place = Place(relation, record)
        if place not in places:
            try:
                return _read(organisation, viewer, place, kind, version)
            except (NoSuchResource, ResourceGone):
                continue
    raise ResourceGone


def _read(organisation: Organisation, viewer: Viewer, place: Place, kind: str, version: int | None) -> Shown:
    scope = scope_of(organisation, viewer, place.relation)
    header, octets = _stored(organisation, scope, place.record, version)
    if header.type != kind:
        raise NoSuchResource
    log_reads(organisation, [Looked(scope, What.READ, (header,), viewer.staff)])
    return Shown(kind, octets, header.version, header.recorded)


def _stored(organisation: Organisation, scope: Scope, record: bytes, version: int | None) -> tuple[LeafHeader, bytes]:
    vault = organisation.vault
    try:
        present = vault.read(scope, record)
        if present.header.type not in resource_types():  # a tombstone
            raise ResourceGone
        found = present if version in (None, present.header.version) else vault.read(scope, record, version)
    except (NoSuchRelation, NoSuchRecord):
        raise NoSuchResource from None
    except (RecordErased, RelationDestroyed):
        raise ResourceGone from None
    return found.header, found.octets


def _shared(organisation: Organisation, kind: str, id_: str, version: int | None) -> Shown | None:
    try:
        found, octets, _ = organisation.vault.shared.get(own_shared(organisation), kind, id_, version)
    except NoSuchRecord:
        return None
    return Shown(kind, octets, found, None)
