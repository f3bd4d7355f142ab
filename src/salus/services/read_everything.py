"""Read everything of a patient, in pages that stay the same while records come: https://hl7.org/fhir/R4/operation-patient-everything.html

The first page notes how long the log of each relation of hers is; later ones list what was current then. Each page is
authorised anew, counted after that, and entered in the access log before anything of it is handed out.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from salus.core.record import LeafHeader
from salus.fhir.definitions import resource_types
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.errors import PageOver
from salus.services.read_resource import Shown
from salus.services.viewing import Viewer, patient_relation, scopes_of
from salus.vault.errors import NoSuchRelation, NoSuchSize, RecordErased, RelationDestroyed
from salus.vault.scope import Scope

Rows = tuple[tuple[Scope, LeafHeader], ...]


class Wanted(NamedTuple):
    """What of everything is asked for."""

    kinds: frozenset[str] = frozenset()  # empty: all
    since: int | None = None  # recorded at this time or later, milliseconds


class Point(NamedTuple):
    """Where a page begins: how many were on the pages before, and the sizes of the logs on the first."""

    before: int = 0
    sizes: tuple[int, ...] = ()  # empty: the first page


class Found(NamedTuple):
    """A page, not read yet: `rows` are its records, `total` counts those of all pages."""

    total: int
    rows: Rows
    following: Point | None

    def __repr__(self) -> str:
        return f"Found({len(self.rows)})"


def find_everything(
    organisation: Organisation, viewer: Viewer, patient: str, wanted: Wanted, point: Point, count: int
) -> Found:
    """Return a page of at most `count` records of a patient, entered in the access log; 0 counts only.

    Raises NoSuchResource, KeptAndNotUsed, NotAtPresent, PageOver.
    """
    relation = patient_relation(organisation, viewer, patient)
    scopes = scopes_of(organisation, viewer, relation)
    if point.sizes and len(point.sizes) != len(scopes):
        raise PageOver
    sizes, rows = _rows(organisation, scopes, point)
    shown = [(scope, header) for scope, header in rows if _is_wanted(header, wanted)]
    page = tuple(shown[point.before : point.before + count])
    looked = [Looked(scope, What.LIST, (), viewer.staff) for scope in scopes.values()]
    if count:
        looked = [
            Looked(scope, What.READ if headers else What.LIST, headers, viewer.staff)
            for scope in scopes.values()
            for headers in [[header for by, header in page if by is scope]]
        ]
    log_reads(organisation, [one for one, size in zip(looked, sizes, strict=True) if size])
    after = point.before + len(page)
    following = Point(after, sizes) if count and after < len(shown) else None
    return Found(len(shown), page, following)


def read_found(organisation: Organisation, rows: Rows) -> Iterator[Shown]:
    """Yield the records of a page, or of a part of it; what was erased since it was found is left out."""
    for scope, header in rows:
        try:
            found = organisation.vault.read(scope, header.record, header.version)
        except (RecordErased, RelationDestroyed, NoSuchRelation):
            continue
        yield Shown(header.type, found.octets, header.version, header.recorded)


def _rows(
    organisation: Organisation, scopes: Mapping[bytes, Scope], point: Point
) -> tuple[tuple[int, ...], list[tuple[Scope, LeafHeader]]]:
    sizes, rows = [], list[tuple[Scope, LeafHeader]]()
    for number, scope in enumerate(scopes.values()):
        try:
            size, headers = organisation.vault.headers_at(scope, point.sizes[number] if point.sizes else None)
        except NoSuchSize:
            raise PageOver from None
        except NoSuchRelation:  # nothing was taken in yet
            size, headers = 0, []
        sizes.append(size)
        rows += [(scope, header) for header in headers]
    return tuple(sizes), rows


def _is_wanted(header: LeafHeader, wanted: Wanted) -> bool:
    if header.type not in resource_types() or (wanted.kinds and header.type not in wanted.kinds):
        return False
    return wanted.since is None or header.recorded >= wanted.since
