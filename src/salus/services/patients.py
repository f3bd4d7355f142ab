"""Who is who at a custodian: from FHIR ids and business identifiers to relations. Stays in the vault.

The index of identifiers (`vault.shared`) holds, for a patient and for what else an import may refer to:

| type    | system       | value               | target                                        |
|---------|--------------|---------------------|-----------------------------------------------|
| T       | its own      | its own             | logical id                                    |
| Patient | salus:id     | logical id          | relation and record, hex, with a slash        |
| T       | salus:id     | logical id of a PUT | the same                                      |
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.types import PersonState
from salus.contracts.records import queries as records
from salus.core.record import LeafHeader, Status
from salus.fhir.references import ID_SYSTEM
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge
from salus.services.authorise import own_records
from salus.services.shown import shows
from salus.vault.shared import SharedResources

PATIENTS = "Patient"


class PatientView(NamedTuple):
    """A patient as the custodian knows her: one, however many relations are merged. Its repr shows the handle only."""

    handle: bytes
    name: str
    birth_date: str
    state: str  # custodial, claiming, claimed
    records: int  # of all its sides
    merged: tuple[bytes, ...] = ()  # the other relations that are hers too
    segment_of: bytes | None = None  # her main relation, where this is a segment
    segment: str = ""  # the custodian's word for it

    def __repr__(self) -> str:
        return f"PatientView({self.handle.hex()})"


def find_patient(organisation: Organisation, system: str, value: str) -> bytes | None:
    """Return the relation of the patient with a business identifier, None where nobody has it."""
    shared = organisation.vault.shared
    found = None if system == ID_SYSTEM else shared.find(PATIENTS, system, value)
    return None if found is None else relation_of(shared, found)


def relation_of(shared: SharedResources, patient: str) -> bytes | None:
    """Return the relation of a Patient resource's logical id."""
    target = shared.find(PATIENTS, ID_SYSTEM, patient)
    return None if target is None else bytes.fromhex(target.partition("/")[0])


def list_patients(
    organisation: Organisation, purpose: str = "administration", staff: Badge | None = None
) -> tuple[PatientView, ...]:
    """Return the organisation's patients, sorted by name; the look is entered in the access log of each.

    Merged relations are one patient. Segments are among them for staff whose purpose it is, and for nobody else.
    """
    state, looked = organisation.ledger.view(), list[Looked]()
    badge = None if staff is None else staff.commitment
    attributes = organisation.vault.attributes
    shown = [
        handle
        for handle in organisation.vault.relations()
        if accounts.custodian_of(state, handle) == organisation.account
        and shows(organisation, attributes.of(handle), purpose, badge)
    ]
    views = [_view(organisation, handle, _state(state, handle), looked, purpose, badge) for handle in shown]
    log_reads(organisation, looked)
    return tuple(sorted(_together(state, views), key=lambda view: (view.name, view.handle)))


def _together(state: Any, views: Iterable[PatientView]) -> list[PatientView]:
    """Return one view of each group of merged relations: of the side that has a name, then of the lowest handle."""
    left = {view.handle: view for view in views}
    together = []
    for handle in list(left):
        if handle not in left:
            continue
        group = [left.pop(one) for one in (handle, *records.merged(state, handle)) if one in left]
        first = min(group, key=lambda view: (not view.name, view.handle))
        others = tuple(sorted(view.handle for view in group if view != first))
        together.append(first._replace(records=sum(view.records for view in group), merged=others))
    return together


def _state(state: Any, handle: bytes) -> str:
    account = accounts.person(state, handle)
    if account is not None and account.state == PersonState.CLAIMED:
        return "claimed"
    return "custodial" if accounts.pending_claim(state, handle) is None else "claiming"


def _view(
    organisation: Organisation, handle: bytes, state: str, looked: list[Looked], purpose: str, staff: bytes | None
) -> PatientView:
    scope = own_records(organisation, handle, purpose, staff)
    headers = organisation.vault.headers(scope)
    name, birth_date, read = "", "", list[LeafHeader]()
    for header in reversed(headers):
        if header.type == PATIENTS and header.status == Status.CURRENT:
            patient = orjson.loads(organisation.vault.read(scope, header.record, header.version).octets)
            name, birth_date = _name(patient), str(patient.get("birthDate", ""))
            read.append(header)
            break
    looked.append(Looked(scope, What.LIST, read, staff))
    noted = organisation.vault.attributes.of(handle)
    return PatientView(handle, name, birth_date, state, len(headers), (), noted.segment_of, noted.name)


def _name(patient: Mapping[str, Any]) -> str:
    names = patient.get("name") or [{}]
    first = names[0]
    return str(first.get("text") or " ".join([*first.get("given", ()), str(first.get("family", ""))]).strip())
