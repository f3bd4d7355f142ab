"""Grant: put a directive on the ledger, its sealed part with the custodian and in the wallet."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec.structs import replace

from salus.client.refused import accept
from salus.contracts.consent import queries as consent
from salus.contracts.consent.messages import GrantConsent
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
from salus.services.actors import Person, Signing
from salus.services.authorities import acts_under
from salus.services.errors import NoSuchDirective
from salus.services.objects import UNSEALED, SealedGrant, SealedPartOpening, seal_grant, sign
from salus.services.typed import encode_typed
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
    return put_directive(person, handle, terms.sealed, grant_message(state, handle, terms, now))


def _giver(state: Reader, handle: bytes, directive: bytes, signers: Sequence[Signing]) -> Signing:
    """Return whose word the ledger says it is: of several who decide together it names one."""
    put = consent.directive(state, handle, directive)
    under = None if put is None else put.under
    account = None if under is None else acts_under(state, handle, under)
    return next((signing for signing in signers if signing[0] == account), signers[0])


_UNSEALED = bytes(32)  # in the place of the commitment until that is made


def put_directive(
    person: Person, handle: bytes, sealed: SealedPart, message: GrantConsent, signers: Sequence[Signing] = ()
) -> Granted:
    """Put a message's directive on the ledger with the commitment to its sealed part; see `grant`.

    `signers` are those who act for the relation's person, the wallet's own account first; left out, she signs.
    """
    signers = signers or [person.signer(handle)]
    network, state = person.wallet.network, person.ledger.view()
    custodian = lookup.person(state, handle).custodian
    nonce = os.urandom(16)
    directive = object_id("directive", network, handle, nonce, 0, 0)
    version = directive_version(state, handle, message.replaces)
    opening = SealedPartOpening(os.urandom(32), encode_typed(sealed))
    commitment = sealed_commitment(network, handle, directive, version, opening.salt, opening.body)
    message = replace(message, sealed=commitment)
    kept = KeptDirective(directive, handle, version, opening.salt, opening.body, person.ledger.now())
    person.wallet.keep_directive(kept)
    built = person.build_with(signers, message, nonce=lambda: nonce)
    landed = person.carriers.carry(custodian, built.raw).result()
    if landed.result.code:
        person.wallet.drop_directive(directive)
    accept(landed.result.code)
    send_sealed_part(
        person, kept, message.purposes, message.end, custodian, _giver(person.ledger.view(), handle, directive, signers)
    )
    return Granted(directive, version, message.start, message.end, landed.height)


def send_sealed_part(
    person: Person,
    kept: KeptDirective,
    purposes: tuple[int, ...],
    end: int,
    custodian: bytes,
    giver: Signing | None = None,
) -> None:
    """Post the opening of a directive's sealed part to the custodian; doing it again changes nothing."""
    sender, device = giver or person.signer(kept.relation)
    if kept.salt is None or kept.body is None:
        return
    network = person.wallet.network
    key = lookup.organisation(person.ledger.view(), custodian).seal_key
    grant_object = SealedGrant(
        kept.relation,
        kept.directive,
        kept.version,
        sender,
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
    person.exchange.post(custodian, "grant", sign("grant", network, sealed, device))


def directive_version(state: Reader, relation: bytes, replaces: bytes | None) -> int:
    """Return the version that a new directive gets; raise NoSuchDirective."""
    if replaces is None:
        return 1
    old = consent.directive(state, relation, replaces)
    if old is None:
        raise NoSuchDirective
    return old.version + 1


def grant_message(
    state: Reader, handle: bytes, terms: Terms, now: int, capacity: Capacity = Capacity.SELF
) -> GrantConsent:
    """Return the message that puts `terms` in force, without the commitment to the sealed part."""
    start, end = validity(now, terms.start, terms.days)
    return GrantConsent(
        handle,
        int(capacity),
        terms.replaces,
        terms.grantee,
        int(terms.effect),
        purpose_numbers(state, terms.purposes),
        start,
        end,
        uses(terms.uses),
        int(terms.redisclosure),
        terms.emergency,
        _UNSEALED,
    )


def purpose_numbers(state: Reader, codes: tuple[str, ...]) -> tuple[int, ...]:
    """Return the numbers of purposes, sorted and distinct; raise UnknownPurpose."""
    return tuple(sorted(dict.fromkeys(lookup.purpose_number(state, code) for code in codes)))
