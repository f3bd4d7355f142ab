"""Verify a request that came in: who asks, whom, and that what was handed over opens what was signed."""

from salus.contracts.access import queries as access
from salus.contracts.accounts import queries as accounts
from salus.contracts.context import Signer
from salus.core.encoding import decode
from salus.core.errors import Malformed, WrongSignature
from salus.core.keys import Role
from salus.core.request import SignedRequest, filter_commitment, parse_request
from salus.core.signatures import verify
from salus.policy.filter import UNFILTERED, Filter
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.authorise import AskedFor
from salus.services.authorities import sees_under
from salus.services.errors import AlreadyAnswered, NotCustodian, RequestOver, WrongOpening
from salus.services.objects import RequestLetter, RequestOpening, opening_info
from salus.state.overlay import Reader
from salus.vault.errors import WrongSeal


def read_request(organisation: Organisation, package: bytes) -> tuple[AskedFor, bool]:
    """Return the request in `package`, and whether what came with it opens it.

    A request that does not open can still be refused on the ledger. Raises, in this order: Malformed,
    UnknownRelation, NotCustodian, WrongSignature (by nobody who may ask), RequestOver, AlreadyAnswered:
    for these the ledger would not take a refusal either.
    """
    network, state, now = organisation.network, organisation.ledger.view(), organisation.ledger.now()
    letter = decode(package, RequestLetter)
    request = parse_request(network, letter.request)
    payload = request.payload
    if lookup.person(state, payload.relation).custodian != organisation.account:
        raise NotCustodian
    recipient, own, under = _recipient(state, network, request, now)
    if now >= payload.not_after:
        raise RequestOver
    if access.answer(state, payload.relation, request.id) is not None:
        raise AlreadyAnswered
    try:
        wanted, answer_key = _open(organisation, state, letter, request, recipient)
    except (WrongOpening, WrongSeal, Malformed):
        return AskedFor(
            request.id, letter.request, payload, recipient, own, UNFILTERED, b"", request.kind, under
        ), False
    return AskedFor(request.id, letter.request, payload, recipient, own, wanted, answer_key, request.kind, under), True


def _recipient(state: Reader, network: bytes, request: SignedRequest, now: int) -> tuple[bytes, bool, bytes | None]:
    """Return (account, is it the person of the relation, under which authority it acts for her) of the live key.

    Nothing in a message says who signed it.
    """
    found = lookup.signer(state, request.key, now)
    if found is None:
        raise WrongSignature
    account, key = found
    own = key.role == Role.DEVICE and account == request.payload.relation
    under = None if own else under_of(state, request, account, key.role, now)
    if key.role != Role.GATEWAY and not own and under is None:
        raise WrongSignature
    if not verify(key.public, request.to_be_signed(network), request.signature):
        raise WrongSignature
    return account, own, under


def under_of(state: Reader, request: SignedRequest, account: bytes, role: int, now: int) -> bytes | None:
    """Return the authority that a request is made under: by a person for another, or for what only the person may."""
    own_purpose = lookup.is_own_purpose(state, request.payload.purpose)
    if role == Role.GATEWAY and not own_purpose:
        return None  # an organisation that also represents asks for a purpose of its own
    return sees_under(state, request.payload.relation, Signer(account, request.key, role), now)


def _open(
    organisation: Organisation,
    state: Reader,
    letter: RequestLetter,
    request: SignedRequest,
    recipient: bytes,
) -> tuple[Filter, bytes]:
    network, payload = organisation.network, request.payload
    raw = organisation.seal_key.open(opening_info(network, request.id), letter.sealed)
    opening = decode(raw, RequestOpening)
    if filter_commitment(network, opening.filter_salt, opening.filter) != payload.filter:
        raise WrongOpening
    staff = None if opening.staff is None else opening.staff.commitment(network)
    if staff != payload.staff or (opening.staff is not None and opening.staff.organisation != recipient):
        raise WrongOpening
    if payload.seal_key != _listed_seal_key(state, recipient):
        raise WrongOpening
    if not lookup.names_seal_key(network, payload.seal_key, opening.answer_key):
        raise WrongOpening
    return decode(opening.filter, Filter), opening.answer_key


def _listed_seal_key(state: Reader, recipient: bytes) -> bytes | None:
    """Return the id of the sealing key that the ledger lists for the recipient."""
    person = accounts.person(state, recipient)
    if person is not None:
        return person.seal_key
    profile = accounts.organisation(state, recipient)
    return None if profile is None else profile.seal_key
