"""The public part of a directive: whom, what for, when. Validators and gateways ask it alike."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from salus.policy.reasons import Reason
from salus.policy.types import Capacity, Directive, Effect, Grantee, GranteeKind, Status

# As plain integers: looking up a member of an enumeration costs more than the comparison.
_ANYONE, _ORGANISATION, _ROLE, _GROUP = map(int, GranteeKind)
_PERMIT, _DENY = map(int, Effect)
_ATTESTED = int(Capacity.ATTESTED)
_ACTIVE, _UNACKNOWLEDGED, _SUSPENDED = int(Status.ACTIVE), int(Status.UNACKNOWLEDGED), int(Status.SUSPENDED)
_NOT_ACTIVE = {
    int(Status.REVOKED): Reason.PERMIT_REVOKED,
    int(Status.REPLACED): Reason.PERMIT_REPLACED,
    int(Status.UNACKNOWLEDGED): Reason.PERMIT_UNACKNOWLEDGED,
    int(Status.SUSPENDED): Reason.PERMIT_SUSPENDED,
}


class Recipient(NamedTuple):
    """Who would receive; `account` equals the relation when a person asks for what is its own."""

    account: bytes
    roles: tuple[int, ...]  # OrganisationRole; none for a person
    in_group: Callable[[bytes], bool]  # membership at this very moment


def _nobody_holds(under: bytes, purpose: int) -> int:
    """Deny where nobody was asked."""
    return int(Reason.AUTHORITY_ENDED)


class Asked(NamedTuple):
    """Who asks, what for, and when."""

    recipient: Recipient
    purpose: int  # number in the governed table
    implied_by: Callable[[int], bool]  # does a directive for this purpose speak of `purpose` too?
    break_glass: bool  # `purpose` is break-glass, which no permit serves
    time: int  # of the block, milliseconds
    # 0 while what was granted under an authority holds for a purpose, else the number of a Reason
    holds: Callable[[bytes, int], int] = _nobody_holds


def names(grantee: Grantee, recipient: Recipient) -> bool:
    """True if `grantee` is, or contains, the recipient."""
    kind, name = grantee
    if kind == _ORGANISATION:
        return name == recipient.account
    if kind == _ROLE:
        return int.from_bytes(name, "big") in recipient.roles
    if kind == _GROUP:
        return recipient.in_group(name)
    return kind == _ANYONE


def speaks_of(directive: Directive, asked: Asked) -> bool:
    """True if one of the directive's purposes is the one asked for, or implies it; none means all."""
    return not directive.purposes or implied(directive.purposes, asked)


def implied(purposes: tuple[int, ...], asked: Asked) -> bool:
    """True if one of `purposes` is the one asked for, or implies it."""
    return asked.purpose in purposes or any(map(asked.implied_by, purposes))


def permit_obstacle(directive: Directive, asked: Asked, used: int, attested: Sequence[int] = ()) -> Reason | None:
    """Return why the public part does not permit what is asked, the first of all that apply, or None.

    `used` counts the releases so far under the directive's chain of replacements. `attested` are the purposes
    for which the relation's policy set honours a permit that the person did not sign.
    """
    if directive.effect != _PERMIT:
        return Reason.NOT_A_PERMIT
    if directive.status != _ACTIVE:
        return _NOT_ACTIVE[directive.status]
    if asked.time < directive.start:
        return Reason.PERMIT_NOT_STARTED
    if asked.time >= directive.end:
        return Reason.PERMIT_EXPIRED
    if not names(directive.grantee, asked.recipient):
        return Reason.OTHER_RECIPIENT
    if asked.break_glass:
        return Reason.BREAK_GLASS_BY_PERMIT
    if not speaks_of(directive, asked):
        return Reason.OTHER_PURPOSE
    if directive.capacity == _ATTESTED and asked.purpose not in attested:
        return Reason.ATTESTED_NOT_HONOURED
    if directive.uses and used >= directive.uses:
        return Reason.PERMIT_EXHAUSTED
    return authority_obstacle(directive, asked)


def authority_obstacle(directive: Directive, asked: Asked) -> Reason | None:
    """Return why the authority of who granted the permit does not hold; None where it does, or the person did.

    It is asked for those of the permit's purposes that speak of the one asked for: one that holds is enough.
    """
    if directive.under is None:
        return None
    purposes = [p for p in directive.purposes if p == asked.purpose or asked.implied_by(p)]
    answers = [asked.holds(directive.under, purpose) for purpose in purposes]
    if 0 in answers:
        return None
    return Reason(max(answers, default=int(Reason.AUTHORITY_ENDED)))


def deny_applies(directive: Directive, asked: Asked) -> bool:
    """True if the directive is a deny in force for this recipient and purpose, acknowledged or not."""
    return (
        directive.effect == _DENY
        and directive.status in (_ACTIVE, _UNACKNOWLEDGED, _SUSPENDED)
        and directive.start <= asked.time < directive.end
        and names(directive.grantee, asked.recipient)
        and speaks_of(directive, asked)
    )


def denies_everything(directive: Directive) -> Reason | None:
    """Return why a deny that applies covers every record, None where its sealed part decides."""
    if directive.total:
        return Reason.TOTALLY_DENIED
    if directive.status == _UNACKNOWLEDGED:
        return Reason.DENY_UNACKNOWLEDGED
    return None
