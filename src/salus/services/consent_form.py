"""FHIR Consent as a person's act: what one states is put in force, what is in force is shown as one."""

from collections.abc import Mapping
from typing import NamedTuple

from salus.contracts.consent.messages import DenyTotally, GrantConsent
from salus.fhir.consent.read import read_consent
from salus.fhir.consent.stated import Names, Stated, stated
from salus.fhir.consent.write import write_consent
from salus.fhir.outcome import Issue
from salus.fhir.rule_sets import newest
from salus.fhir.validate import Json
from salus.policy.types import Capacity, Directive, Grantee, GranteeKind, SealedPart, Status
from salus.services import lookup
from salus.services.actors import Person
from salus.services.deny import put_total_deny
from salus.services.directives import show_directive
from salus.services.errors import SealedPartElsewhere
from salus.services.grant import Granted, put_directive
from salus.state.overlay import Reader

_UNSEALED = bytes(32)  # the commitment is made when the directive is


class Imported(NamedTuple):
    """The directives that a Consent became, denies first, and what of it is not kept."""

    granted: tuple[Granted, ...]
    warnings: tuple[Issue, ...]


def consent_names(
    person: Person,
    handle: bytes,
    known: Mapping[str, bytes],
    community: Grantee | None = None,
    break_glass: frozenset[str] = frozenset(),
) -> Names:
    """Return what a Consent about this relation may refer to: `known` says what its references mean."""
    return names_about(person.ledger.view(), handle, known, community, break_glass)


def names_about(
    state: Reader,
    handle: bytes,
    known: Mapping[str, bytes],
    community: Grantee | None = None,
    break_glass: frozenset[str] = frozenset(),
) -> Names:
    """The same for who reads the ledger without her wallet."""
    table = lookup.purposes(state)
    return Names(
        handle,
        lookup.person(state, handle).custodian,
        {(row.system, row.code): row.number for row in table},
        newest().labels,
        {row.number: row.implied_by for row in table},
        known,
        community,
        break_glass,
    )


def import_consent(person: Person, raw: bytes, names: Names) -> Imported:
    """Put what a Consent states in force. Raises ConsentRefused with its `issues`, the contract's refusals.

    Several recipients, or exceptions that permit in a deny, make several directives; denies go first, so that what an
    interruption leaves is never wider than the Consent.
    """
    taken = read_consent(raw, names)
    granted = [
        _put(person, names.relation, one, grantee) for one in (taken.stated, *taken.permits) for grantee in one.grantees
    ]
    return Imported(tuple(granted), taken.warnings)


def export_consent(person: Person, handle: bytes, directive: bytes) -> Json:
    """Return a directive as a Consent. Raises NoSuchDirective, SealedPartElsewhere, NoFhirForm."""
    view = show_directive(person, handle, directive)
    return consent_of(person.ledger.view(), view.public, view.sealed)


def consent_of(state: Reader, public: Directive, sealed: SealedPart | None) -> Json:
    """Return a directive as a Consent. Raises SealedPartElsewhere, NoFhirForm."""
    if sealed is None and not public.total:
        raise SealedPartElsewhere
    active = public.status in (Status.ACTIVE, Status.UNACKNOWLEDGED)
    form = None if sealed is None else sealed.form
    unnamed = sealed is not None and ((form is not None and form.unnamed) or sealed.base.persons)
    community = public.grantee if unnamed and public.grantee[0] != GranteeKind.ANYONE else None
    names = names_about(state, public.relation, {}, community)
    return write_consent(stated(public, sealed, active=active), names, id_=public.id.hex())


def _put(person: Person, handle: bytes, one: Stated, grantee: Grantee) -> Granted:
    capacity = int(Capacity.SELF)
    if one.total:
        return put_total_deny(person, DenyTotally(handle, capacity, grantee, one.purposes, one.start, one.end))
    message = GrantConsent(
        handle,
        capacity,
        one.replaces,
        grantee,
        one.effect,
        one.purposes,
        one.start,
        one.end,
        one.uses,
        one.redisclosure,
        one.emergency,
        _UNSEALED,
    )
    return put_directive(person, handle, one.sealed, message)
