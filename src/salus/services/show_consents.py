"""Show the directives of a relation as FHIR Consents, as its custodian holds and enforces them.

The sealed parts are the ones in the vault, which the person handed over and the ledger holds a commitment to.
"""

from typing import NamedTuple

from salus.contracts.consent import queries as consent
from salus.core.encoding import decode
from salus.core.errors import Malformed, Refusal
from salus.fhir.consent.spans import NoFhirForm
from salus.fhir.validate import Json
from salus.policy.types import Directive, SealedPart
from salus.services.actors import Organisation
from salus.services.consent_form import consent_of
from salus.services.errors import NoSuchResource, SealedPartElsewhere
from salus.services.objects import SealedPartOpening
from salus.services.viewing import Viewer, patient_id, patient_relation, scope_of
from salus.vault.scope import Scope


class ShownConsent(NamedTuple):
    """A directive; `consent` is None where it has no FHIR form, or its sealed part has not come, and `why` says it."""

    directive: bytes
    version: str  # of its text, and after a dot its status
    consent: Json | None
    why: type[Refusal] | None

    def __repr__(self) -> str:
        return "ShownConsent()"


def list_consents(organisation: Organisation, viewer: Viewer, patient: str) -> tuple[ShownConsent, ...]:
    """Return the directives of a patient, sorted by id. Raises NoSuchResource, KeptAndNotUsed, NotAtPresent."""
    relation = patient_relation(organisation, viewer, patient)
    scope = scope_of(organisation, viewer, relation)
    parts = organisation.vault.directives.of(scope)
    listed = consent.directives(organisation.ledger.view(), relation)
    name = patient_id(organisation, scope)
    return tuple(_shown(organisation, name, one, parts.get(one.id)) for one in listed)


def show_consent(organisation: Organisation, viewer: Viewer, directive: bytes) -> ShownConsent:
    """Return one directive as a Consent. Raises NoSuchResource, NoFhirForm, SealedPartElsewhere, as `list_consents`."""
    relation = viewer.person or _relation_of(organisation, directive)
    scope: Scope = scope_of(organisation, viewer, relation)
    public = consent.directive(organisation.ledger.view(), relation, directive)
    if public is None:
        raise NoSuchResource
    part = organisation.vault.directives.of(scope).get(directive)
    found = _shown(organisation, patient_id(organisation, scope), public, part)
    if found.consent is None:
        raise found.why or NoSuchResource
    return found


def _relation_of(organisation: Organisation, directive: bytes) -> bytes:
    """Return whose directive it is; a total deny has no sealed part, and is looked for on the ledger."""
    kept = organisation.vault.directives.relation_of(directive)
    if kept is not None:
        return kept
    state = organisation.ledger.view()
    for relation in organisation.vault.relations():
        if consent.directive(state, relation, directive) is not None:
            return relation
    raise NoSuchResource


def _shown(organisation: Organisation, patient: str, public: Directive, part: bytes | None) -> ShownConsent:
    written, why = None, None
    try:
        sealed = None if part is None else decode(decode(part, SealedPartOpening).body, SealedPart)
        written = _about(consent_of(organisation.ledger.view(), public, sealed), public, patient)
    except (NoFhirForm, SealedPartElsewhere) as refusal:
        why = type(refusal)
    except Malformed:
        why = SealedPartElsewhere
    return ShownConsent(public.id, f"{public.version}.{public.status}", written, why)


def _about(written: Json, public: Directive, patient: str) -> Json:
    """Return the Consent with its patient called as the base calls her."""
    handle, name = f"Patient/{public.relation.hex()}", {"reference": f"Patient/{patient}"}
    performer: Json = {"performer": [name]} if written.get("performer") == [{"reference": handle}] else {}
    return written | {"patient": name} | performer
