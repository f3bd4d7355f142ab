"""Grant: put a directive on the ledger, its sealed part with the custodian and in the wallet."""

import os
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec.structs import replace

from salus.client.refused import accept
from salus.contracts.consent import queries as consent
from salus.contracts.consent.messages import GrantConsent
from salus.core.encoding import encode
from salus.core.hashing import object_id
from salus.policy.types import (
    EVERYTHING,
    Capacity,
    Coding,
    Effect,
    Emergency,
    Excepted,
    Grantee,
    GranteeKind,
    OrganisationRole,
    Period,
    Provision,
    Redisclosure,
    Residual,
    SealedPart,
    sealed_commitment,
)
from salus.services import lookup
from salus.services.actors import Person
from salus.services.errors import NoSuchDirective
from salus.services.objects import UNSEALED, SealedGrant, SealedPartOpening, seal_grant, sign
from salus.state.overlay import Reader
from salus.vault.seals import X_WING
from salus.wallet.kept import KeptDirective
from salus.wallet.menu import uses, validity

# Of a deny, what break-glass may lift: as far as the policy set says; nothing; or up to a label (policies.LEVELS).
AS_POLICY: Emergency = (False, 0, False)
REFUSED: Emergency = (False, 0, True)


def lifted_up_to(level: int) -> Emergency:
    """Let an emergency lift a deny for what is no more confidential than this."""
    return True, level, False


def to_organisation(account: bytes) -> Grantee:
    """Name one organisation."""
    return int(GranteeKind.ORGANISATION), account


def to_role(role: OrganisationRole) -> Grantee:
    """Name all members of a role."""
    return int(GranteeKind.ROLE), int(role).to_bytes(2, "big")


def to_group(group: bytes) -> Grantee:
    """Name a group; who belongs to it is asked at each release."""
    return int(GranteeKind.GROUP), group


def to_anyone() -> Grantee:
    """Name everybody; for denies."""
    return int(GranteeKind.ANYONE), b""


def provision(
    classes: tuple[str, ...] = (),
    types: tuple[str, ...] = (),
    codes: tuple[Coding, ...] = (),
    labels: tuple[str, ...] = (),
    since: int | None = None,
    until: int | None = None,
) -> Provision:
    """Return what data is meant; the whole clinical period must lie in [since, until), milliseconds."""
    periods: tuple[Period, ...] = () if since is None and until is None else ((since, until),)
    return replace(EVERYTHING, classes=classes, types=types, codes=codes, labels=labels, periods=periods)


def sealed_part(
    classes: tuple[str, ...] = (),
    types: tuple[str, ...] = (),
    codes: tuple[Coding, ...] = (),
    labels: tuple[str, ...] = (),
    since: int | None = None,
    until: int | None = None,
    exceptions: tuple[Excepted, ...] = (),
    text: str = "",
    policy_uri: str | None = None,
    residual: Residual = Residual.GENERIC,
    obligations: tuple[str, ...] = (),
) -> SealedPart:
    """Return the sealed part of a directive; `text` is what the person was shown."""
    base = provision(classes, types, codes, labels, since, until)
    return SealedPart(base, exceptions, obligations, int(residual), None, text, policy_uri, None, None, (), None)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the person decides. Validity and uses are rounded to the menu, so that they link no two of her accounts."""

    grantee: Grantee
    purposes: tuple[str, ...]
    days: int
    sealed: SealedPart = field(repr=False)
    effect: Effect = Effect.PERMIT
    uses: int = 0  # 0: unlimited
    redisclosure: Redisclosure = Redisclosure.NO
    emergency: Emergency = AS_POLICY
    start: int | None = None  # by default today
    replaces: bytes | None = None


class Granted(NamedTuple):
    """A directive as it stands on the ledger."""

    directive: bytes
    version: int
    start: int
    end: int
    height: int


def grant(person: Person, handle: bytes, terms: Terms) -> Granted:
    """Put the directive on the ledger through the relation's custodian, and send that the sealed part.

    A permit works once the custodian has acknowledged it, a deny counts as total until then. The opening
    is in the wallet before the directive leaves. Raises UnknownPurpose, the contract's refusals.
    """
    state, now = person.ledger.view(), person.ledger.now()
    return put_directive(person, handle, terms.sealed, _message(state, handle, terms, _UNSEALED, now))


_UNSEALED = bytes(32)  # in the place of the commitment until that is made


def put_directive(person: Person, handle: bytes, sealed: SealedPart, message: GrantConsent) -> Granted:
    """Put a message's directive on the ledger with the commitment to its sealed part; see `grant`."""
    network, state = person.wallet.network, person.ledger.view()
    custodian = lookup.person(state, handle).custodian
    nonce = os.urandom(16)
    directive = object_id("directive", network, handle, nonce, 0, 0)
    version = directive_version(state, handle, message.replaces)
    opening = SealedPartOpening(os.urandom(32), encode(sealed))
    commitment = sealed_commitment(network, handle, directive, version, opening.salt, opening.body)
    message = replace(message, sealed=commitment)
    kept = KeptDirective(directive, handle, version, opening.salt, opening.body, person.ledger.now())
    person.wallet.keep_directive(kept)
    built = person.build(handle, message, nonce=lambda: nonce)
    landed = person.carriers.carry(custodian, built.raw).result()
    if landed.result.code:
        person.wallet.drop_directive(directive)
    accept(landed.result.code)
    send_sealed_part(person, kept, message.purposes, message.end, custodian)
    return Granted(directive, version, message.start, message.end, landed.height)


def send_sealed_part(
    person: Person, kept: KeptDirective, purposes: tuple[int, ...], end: int, custodian: bytes
) -> None:
    """Post the opening of a directive's sealed part to the custodian; doing it again changes nothing."""
    if kept.salt is None or kept.body is None:
        return
    network = person.wallet.network
    key = lookup.organisation(person.ledger.view(), custodian).seal_key
    grant_object = SealedGrant(
        kept.relation,
        kept.directive,
        kept.version,
        kept.relation,
        custodian,
        key,
        X_WING,
        None,
        0,
        purposes,
        end,
        UNSEALED,
        b"",
    )
    opening = SealedPartOpening(kept.salt, kept.body)
    sealed = seal_grant(network, grant_object, person.exchange.find_key(key), opening)
    device = person.wallet.relation(kept.relation).device
    person.exchange.post(custodian, "grant", sign("grant", network, sealed, device))


def directive_version(state: Reader, relation: bytes, replaces: bytes | None) -> int:
    """Return the version that a new directive gets; raise NoSuchDirective."""
    if replaces is None:
        return 1
    old = consent.directive(state, relation, replaces)
    if old is None:
        raise NoSuchDirective
    return old.version + 1


def _message(state: Reader, handle: bytes, terms: Terms, commitment: bytes, now: int) -> GrantConsent:
    start, end = validity(now, terms.start, terms.days)
    return GrantConsent(
        handle,
        int(Capacity.SELF),
        terms.replaces,
        terms.grantee,
        int(terms.effect),
        purpose_numbers(state, terms.purposes),
        start,
        end,
        uses(terms.uses),
        int(terms.redisclosure),
        terms.emergency,
        commitment,
    )


def purpose_numbers(state: Reader, codes: tuple[str, ...]) -> tuple[int, ...]:
    """Return the numbers of purposes, sorted and distinct; raise UnknownPurpose."""
    return tuple(sorted(dict.fromkeys(lookup.purpose_number(state, code) for code in codes)))
