"""Acknowledge a directive: the custodian holds the opening of its sealed part and enforces it from now on."""

from salus.contracts.consent import queries as consent
from salus.contracts.consent.messages import AckDirective
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, WrongSignature
from salus.policy.types import Directive, SealedPart, Status, sealed_commitment
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.authorise import for_decision
from salus.services.authorities import acts_under, stands
from salus.services.errors import AuthorityOver, NoSuchDirective, NotCustodian, NotForUs, WrongOpening
from salus.services.objects import SealedGrant, SealedPartOpening, open_grant, parse_signed
from salus.state.overlay import Reader


def acknowledge(organisation: Organisation, package: bytes) -> bytes:
    """Verify the grant in `package`, keep its opening, acknowledge the directive; return its id.

    In this order: form, addressee, custodian, signature by a live key of the person (or of who attests the
    directive, where the person did not sign it), directive still standing on the ledger, seal, commitment. Doing
    it again changes nothing. Raises Malformed, NotForUs, NotCustodian, WrongSignature, NoSuchDirective, AuthorityOver,
    WrongSeal, WrongOpening, the contract's refusals.
    """
    network, state, now = organisation.network, organisation.ledger.view(), organisation.ledger.now()
    signed = parse_signed("grant", package)
    grant = decode(signed.payload, SealedGrant)
    if grant.recipient != organisation.account or not lookup.opens(network, grant.recipient_key, organisation.seal_key):
        raise NotForUs
    if lookup.person(state, grant.relation).custodian != organisation.account:
        raise NotCustodian
    message = cose.to_be_signed("grant", network, signed.payload, signed.key)
    if grant.sender != _giver(state, grant) or not lookup.signed_by_live_key(
        state, grant.sender, signed.key, now, message, signed.signature
    ):
        raise WrongSignature
    directive = consent.directive(state, grant.relation, grant.directive)
    if directive is None or directive.status not in (Status.UNACKNOWLEDGED, Status.ACTIVE):
        raise NoSuchDirective
    if directive.under is not None and not _stands(organisation, directive, now):
        raise AuthorityOver
    opening = open_grant(network, grant, organisation.seal_key)
    if _commitment(network, grant, opening) != directive.sealed or grant.version != directive.version:
        raise WrongOpening
    organisation.vault.directives.put(grant.relation, grant.directive, encode(opening))
    if directive.status == Status.UNACKNOWLEDGED:
        organisation.send(AckDirective(organisation.account, grant.relation, grant.directive))
    return grant.directive


def _giver(state: Reader, grant: SealedGrant) -> bytes:
    """Return who answers for the directive: the person, who acts for her, or the member that attests it."""
    attestation = consent.attestation(state, grant.relation, grant.directive)
    if attestation is not None:
        return attestation.attester
    directive = consent.directive(state, grant.relation, grant.directive)
    under = None if directive is None else directive.under
    return grant.relation if under is None else acts_under(state, grant.relation, under)


def _stands(organisation: Organisation, directive: Directive, now: int) -> bool:
    """True unless the sealed part of the authority says that it is over, or is not at hand."""
    scope = for_decision(organisation, directive.relation)
    parts, state = organisation.vault.directives.of(scope), organisation.ledger.view()
    return stands(organisation.network, state, directive.relation, directive.under or b"", now, parts)


def _commitment(network: bytes, grant: SealedGrant, opening: SealedPartOpening) -> bytes:
    """Return the commitment that the opening gives; raise WrongOpening unless it is a sealed part we can enforce."""
    try:
        decode(opening.body, SealedPart)
    except Malformed:
        raise WrongOpening from None
    return sealed_commitment(network, grant.relation, grant.directive, grant.version, opening.salt, opening.body)
