"""Read records inside the custodian: each read stands in the relation's access log and waits for no ledger."""

from contextlib import suppress

from salus.core.record import LeafHeader
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge
from salus.services.authorise import own_records
from salus.services.merge import sides_of
from salus.services.records import Record
from salus.vault.errors import NoSuchRelation
from salus.vault.scope import Scope


def list_records(
    organisation: Organisation, relation: bytes, *, purpose: str = "TREAT", staff: Badge | None = None
) -> tuple[LeafHeader, ...]:
    """Return the headers of a patient's current records, oldest first.

    Raises NotCustodian, KeptAndNotUsed, NoSuchRelation.
    """
    scope = _scope(organisation, relation, purpose, staff)
    headers = organisation.vault.headers(scope)
    log_reads(organisation, [Looked(scope, What.LIST, staff=_commitment(staff))])
    return tuple(headers)


def list_sides(
    organisation: Organisation, relation: bytes, *, purpose: str = "TREAT", staff: Badge | None = None
) -> dict[bytes, tuple[LeafHeader, ...]]:
    """Return relation -> headers of a patient, the given relation first: those that are merged with it are hers too.

    A side that is a segment of another purpose, or holds nothing yet, is left out. Raises as `list_records`.
    """
    found = {relation: list_records(organisation, relation, purpose=purpose, staff=staff)}
    for side in sides_of(organisation, relation):
        if side != relation:
            with suppress(NoSuchRelation):
                found[side] = list_records(organisation, side, purpose=purpose, staff=staff)
    return found


def read_record(
    organisation: Organisation, relation: bytes, record: bytes, *, purpose: str = "TREAT", staff: Badge | None = None
) -> Record:
    """Return the current version of a record. Raises NotCustodian, KeptAndNotUsed, NoSuchRelation, NoSuchRecord."""
    scope = _scope(organisation, relation, purpose, staff)
    found = organisation.vault.read(scope, record)
    log_reads(organisation, [Looked(scope, What.READ, (found.header,), _commitment(staff))])
    return Record(found.header, found.octets)


def _scope(organisation: Organisation, relation: bytes, purpose: str, staff: Badge | None) -> Scope:
    return own_records(organisation, relation, purpose, _commitment(staff))


def _commitment(staff: Badge | None) -> bytes | None:
    return None if staff is None else staff.commitment
