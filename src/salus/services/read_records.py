"""Read records inside the custodian: each read stands in the relation's access log and waits for no ledger."""

from salus.core.encoding import encode
from salus.core.record import LeafHeader
from salus.core.types import Digest, Id, Message, Time
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge
from salus.services.authorise import own_records
from salus.services.records import Record
from salus.vault.scope import Scope


class Access(Message, frozen=True):
    """An entry of the access log: who read what, when, why. The record is null for a list."""

    time: Time
    purpose: str
    staff: Digest | None
    rule: Id
    record: bytes | None


def list_records(
    organisation: Organisation, relation: bytes, *, purpose: str = "TREAT", staff: Badge | None = None
) -> tuple[LeafHeader, ...]:
    """Return the headers of a patient's current records, oldest first. Raises NotCustodian, NoSuchRelation."""
    scope = _scope(organisation, relation, purpose, staff)
    headers = organisation.vault.headers(scope)
    _log(organisation, scope, staff, None)
    return tuple(headers)


def read_record(
    organisation: Organisation, relation: bytes, record: bytes, *, purpose: str = "TREAT", staff: Badge | None = None
) -> Record:
    """Return the current version of a record. Raises NotCustodian, NoSuchRelation, NoSuchRecord."""
    scope = _scope(organisation, relation, purpose, staff)
    found = organisation.vault.read(scope, record)
    _log(organisation, scope, staff, record)
    return Record(found.header, found.octets)


def _scope(organisation: Organisation, relation: bytes, purpose: str, staff: Badge | None) -> Scope:
    return own_records(organisation, relation, purpose, None if staff is None else staff.commitment)


def _log(organisation: Organisation, scope: Scope, staff: Badge | None, record: bytes | None) -> None:
    """Note the read before its outcome is handed out."""
    log_read(organisation, scope, scope.purpose, None if staff is None else staff.commitment, record)


def log_read(
    organisation: Organisation, scope: Scope, purpose: str, staff: bytes | None = None, record: bytes | None = None
) -> None:
    """Enter a look at the scope's relation into its access log."""
    entry = Access(organisation.ledger.now(), purpose, staff, scope.predicate, record)
    organisation.vault.log_access(scope.handle(), [encode(entry)])
