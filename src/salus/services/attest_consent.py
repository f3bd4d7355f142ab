"""Attest a consent that a person gave on paper or at another desk. It is never shown as signed by her."""

import os
from typing import NamedTuple

from salus.contracts.consent.messages import AttestConsent
from salus.contracts.consent.types import Method
from salus.core.hashing import T, object_id
from salus.core.types import Message, Salt
from salus.policy.types import sealed_commitment
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge
from salus.services.grant import Terms, directive_version, purpose_numbers
from salus.services.objects import UNSEALED, SealedGrant, SealedPartOpening, seal_grant, sign
from salus.services.typed import encode_typed
from salus.vault.seals import X_WING
from salus.vault.shared import SharedResource

KIND = "Attestation"  # no FHIR type has this name


class AttestationOpening(Message, frozen=True):
    """What the attester keeps: the evidence, and the sealed part as it was posted to the custodian."""

    salt: Salt
    document: bytes
    part: SealedPartOpening


class Attested(NamedTuple):
    """A directive as it stands on the ledger."""

    directive: bytes
    version: int
    start: int
    end: int
    height: int


def attest_consent(
    organisation: Organisation, relation: bytes, terms: Terms, badge: Badge, method: Method, document: bytes
) -> Attested:
    """Put a consent on the ledger that `badge` took by `method`, and post its sealed part to the custodian.

    `document` is the evidence, for instance the scanned form; it stays in the attester's vault, where it is before
    the ledger knows of the consent. Whether a release may rest on it is for the relation's policy set to say.
    Raises UnknownRelation, UnknownPurpose, NoSuchDirective, the contract's refusals.
    """
    state, network, now = organisation.ledger.view(), organisation.network, organisation.ledger.now()
    custodian = lookup.person(state, relation).custodian
    nonce = os.urandom(16)
    directive = object_id("directive", network, relation, nonce, 0, 0)
    version = directive_version(state, relation, terms.replaces)
    part = SealedPartOpening(os.urandom(32), encode_typed(terms.sealed))
    opening = AttestationOpening(os.urandom(32), document, part)
    start, end = lookup.whole_days(now, terms.start, terms.days)
    message = AttestConsent(
        organisation.account,
        badge.commitment,
        int(method),
        T("attestation", network, opening.salt, document),
        relation,
        terms.replaces,
        terms.grantee,
        int(terms.effect),
        purpose_numbers(state, terms.purposes),
        start,
        end,
        terms.uses,
        int(terms.redisclosure),
        terms.emergency,
        sealed_commitment(network, relation, directive, version, part.salt, part.body),
    )
    organisation.vault.shared.put([SharedResource(KIND, directive.hex(), encode_typed(opening), "application/cbor")])
    _, landed = organisation.send_as(nonce, message)
    _post(organisation, message, custodian, directive, version, part)
    return Attested(directive, version, start, end, landed.height)


def _post(
    organisation: Organisation,
    message: AttestConsent,
    custodian: bytes,
    directive: bytes,
    version: int,
    part: SealedPartOpening,
) -> None:
    key = lookup.organisation(organisation.ledger.view(), custodian).seal_key
    grant = SealedGrant(
        message.relation,
        directive,
        version,
        organisation.account,
        custodian,
        key,
        X_WING,
        None,
        0,
        message.purposes,
        message.end,
        UNSEALED,
        b"",
    )
    sealed = seal_grant(organisation.network, grant, organisation.exchange.find_key(key), part)
    organisation.exchange.post(custodian, "grant", sign("grant", organisation.network, sealed, organisation.gateway))
