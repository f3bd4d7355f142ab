"""Who looks at what a custodian keeps, and where a resource of its FHIR base lies.

The one way from a request of the FHIR face to a `Scope`: the organisation's own systems, for a purpose and with a
badge, or the person of the relation. To whoever may not see it, there is no such thing.
"""

import re
from typing import NamedTuple

from salus.contracts.accounts import queries as accounts
from salus.fhir.meta import named
from salus.fhir.references import ID_SYSTEM
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.authorise import own_records, own_view
from salus.services.errors import (
    NoSuchResource,
    NotAttested,
    NotCustodian,
)
from salus.services.freshness import check_fresh
from salus.services.merge import sides_of
from salus.services.patients import PATIENTS, relation_of
from salus.vault.errors import NoSuchRecord, NoSuchRelation
from salus.vault.scope import Scope

_RECORD, _HANDLE = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{64}")


class Viewer(NamedTuple):
    """Who looks: a person at her own relation, or else the organisation itself. Its repr shows the purpose only."""

    person: bytes | None
    purpose: str  # code
    staff: bytes | None  # commitment of a badge

    def __repr__(self) -> str:
        return f"Viewer({self.purpose})"


class Place(NamedTuple):
    """Where a resource lies."""

    relation: bytes
    record: bytes


def own_viewer(organisation: Organisation, purpose: str, staff: bytes | None) -> Viewer:
    """Return the organisation as viewer. Raises UnknownPurpose, NotAttested."""
    state, now = organisation.ledger.view(), organisation.ledger.now()
    lookup.purpose_number(state, purpose)
    if staff is not None and not accounts.staff_attested(state, organisation.account, staff, now):
        raise NotAttested
    return Viewer(None, purpose, staff)


def person_viewer(organisation: Organisation, account: bytes) -> Viewer:
    """Return a person as viewer of her own relation. Raises NotCustodian where it is another's, StateTooOld."""
    state = organisation.ledger.view()
    if accounts.custodian_of(state, account) != organisation.account:
        raise NotCustodian
    check_fresh(organisation, lookup.purpose_number(state, lookup.OWN_PURPOSE))
    return Viewer(account, lookup.OWN_PURPOSE, None)


def scope_of(organisation: Organisation, viewer: Viewer, relation: bytes) -> Scope:
    """Return what the viewer may see of a relation. Raises NoSuchResource, KeptAndNotUsed, NotAtPresent."""
    if viewer.person is not None:
        if relation != viewer.person:
            raise NoSuchResource
        return own_view(organisation, relation)
    try:
        return own_records(organisation, relation, viewer.purpose, viewer.staff)
    except (NotCustodian, NoSuchRelation):
        raise NoSuchResource from None


def scopes_of(organisation: Organisation, viewer: Viewer, relation: bytes) -> dict[bytes, Scope]:
    """Return relation -> scope: of the given one first, then of those that are merged with it and show themselves."""
    found = {relation: scope_of(organisation, viewer, relation)}
    if viewer.person is None:
        for side in sides_of(organisation, relation):
            if side not in found:
                try:
                    found[side] = scope_of(organisation, viewer, side)
                except NoSuchResource:
                    continue
    return found


def patient_relation(organisation: Organisation, viewer: Viewer, patient: str) -> bytes:
    """Return the relation of a Patient's id, which may be the relation's own handle in hex. Raises NoSuchResource.

    Nothing says that there is such a patient unless the viewer may see her.
    """
    handle = relation_of(organisation.vault.shared, patient)
    if handle is None and _HANDLE.fullmatch(patient):
        handle = bytes.fromhex(patient)
    if handle is None:
        raise NoSuchResource
    scope_of(organisation, viewer, handle)
    return handle


def patient_id(organisation: Organisation, scope: Scope) -> str:
    """Return the id by which the base knows the patient of a relation: her resource's, or else the handle."""
    relation = scope.handle()
    try:
        headers = organisation.vault.headers(scope)
    except NoSuchRelation:
        headers = []
    for header in reversed(headers):
        if header.type == PATIENTS:
            return named(organisation.vault.read(scope, header.record, header.version).octets).id
    return relation.hex()


def places_of(organisation: Organisation, viewer: Viewer, kind: str, id_: str) -> list[Place]:
    """Return where a resource of that type and id may lie: whether it does, and shows itself, a read tells."""
    known = organisation.vault.shared.find(kind, ID_SYSTEM, id_)
    if known is not None:
        relation, _, record = known.partition("/")
        return [Place(bytes.fromhex(relation), bytes.fromhex(record))] if record else []
    if kind == PATIENTS and _HANDLE.fullmatch(id_):
        return _patient_place(organisation, viewer, bytes.fromhex(id_))
    if not _RECORD.fullmatch(id_):
        return []
    record_id = bytes.fromhex(id_)
    if viewer.person is not None:
        return [Place(viewer.person, record_id)]
    return [Place(relation, record_id) for relation in organisation.vault.places.find(record_id)]


def _patient_place(organisation: Organisation, viewer: Viewer, relation: bytes) -> list[Place]:
    try:
        headers = organisation.vault.headers(scope_of(organisation, viewer, relation))
    except (NoSuchRelation, NoSuchRecord):
        return []
    return [Place(relation, header.record) for header in headers if header.type == PATIENTS][-1:]
