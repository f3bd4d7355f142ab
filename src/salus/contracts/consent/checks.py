"""Checks that several messages share, each raising its refusals in their order."""

from itertools import pairwise

from salus.contracts.consent import errors, keeper
from salus.contracts.consent.expected import MAX_ACTIVE_PERMITS, Accounts, Governance
from salus.contracts.context import Context
from salus.core.genesis import Purpose
from salus.core.keys import Role
from salus.policy.types import Capacity, Directive, Effect, Grantee, GranteeKind, OrganisationRole, Power, Status
from salus.state.overlay import Reader

_ID_BYTES = {
    int(GranteeKind.ANYONE): 0,
    int(GranteeKind.ORGANISATION): 32,
    int(GranteeKind.ROLE): 2,
    int(GranteeKind.GROUP): 32,
}
OTHERS = (Capacity.REPRESENTATIVE, Capacity.DELEGATE)  # who acts for a person and is not her custodian
_ROLES = frozenset(map(int, OrganisationRole))


def authorised(
    accounts: Accounts, ctx: Context, relation: bytes, capacity: int, power: Power, purposes: tuple[int, ...] = ()
) -> bytes | None:
    """Return under which authority a signer acts, None for the person's own; raise NoSuchRelation or NotAuthorised."""
    found = accounts.authority(ctx.state, relation, ctx.signers, capacity, ctx.time, power, purposes)
    if found is None:  # always where there is no relation
        raise errors.NoSuchRelation if accounts.custodian_of(ctx.state, relation) is None else errors.NotAuthorised
    return found.under


def may_end(accounts: Accounts, ctx: Context, relation: bytes, capacity: int, directive: bytes | None) -> None:
    """Raise NotAuthorised where somebody else would end a deny: that protects nobody.

    Who acts for a person needs the power to grant for it, and never ends a deny that she signed herself.
    """
    old = None if directive is None else keeper.get_directive(ctx.state, relation, directive)
    if capacity not in OTHERS or old is None or old.effect != Effect.DENY:
        return
    if old.capacity == Capacity.SELF:
        raise errors.NotAuthorised
    authorised(accounts, ctx, relation, capacity, Power.GRANT, old.purposes)


def gateway(ctx: Context, organisation: bytes) -> None:
    """Raise NotTheGateway."""
    if not ctx.signed_by(organisation, Role.GATEWAY):
        raise errors.NotTheGateway


def custodian(accounts: Accounts, ctx: Context, organisation: bytes, relation: bytes) -> None:
    """Raise NotTheGateway, NoSuchRelation or NotTheCustodian."""
    gateway(ctx, organisation)
    held_by(accounts, ctx.state, organisation, relation)


def held_by(accounts: Accounts, state: Reader, organisation: bytes, relation: bytes) -> None:
    """Raise NoSuchRelation or NotTheCustodian."""
    holder = accounts.custodian_of(state, relation)
    if holder is None:
        raise errors.NoSuchRelation
    if holder != organisation:
        raise errors.NotTheCustodian


def period(start: int, end: int, time: int) -> None:
    """Raise InvalidPeriod unless start < end and the end lies ahead."""
    if not start < end or end <= time:
        raise errors.InvalidPeriod


def purposes(governance: Governance, state: Reader, numbers: tuple[int, ...]) -> list[Purpose]:
    """Return the rows of the table; raise UnsortedPurposes or NoSuchPurpose."""
    if len(numbers) > 1 and any(a >= b for a, b in pairwise(numbers)):
        raise errors.UnsortedPurposes
    rows = []
    for number in numbers:
        row = governance.purpose(state, number)
        if row is None:
            raise errors.NoSuchPurpose
        rows.append(row)
    return rows


def grantee(accounts: Accounts, governance: Governance, state: Reader, named: Grantee, effect: int) -> None:
    """Raise MalformedGrantee, PermitToAnyone or NoSuchGrantee."""
    kind, name = named
    if len(name) != _ID_BYTES[kind]:
        raise errors.MalformedGrantee
    if kind == GranteeKind.ANYONE:
        if effect == Effect.PERMIT:
            raise errors.PermitToAnyone
    elif kind == GranteeKind.ORGANISATION:
        if not accounts.roles(state, name):
            raise errors.NoSuchGrantee
    elif kind == GranteeKind.ROLE:
        if int.from_bytes(name, "big") not in _ROLES:
            raise errors.NoSuchGrantee
    elif governance.group(state, name) is None:
        raise errors.NoSuchGrantee


def standing(state: Reader, relation: bytes, directive: bytes) -> Directive:
    """Return a directive neither revoked nor replaced; it may have expired.

    Raises NoSuchDirective, DirectiveRevoked or DirectiveReplaced.
    """
    found = keeper.get_directive(state, relation, directive)
    if found is None:
        raise errors.NoSuchDirective
    if found.status == Status.REVOKED:
        raise errors.DirectiveRevoked
    if found.status == Status.REPLACED:
        raise errors.DirectiveReplaced
    return found


def replaceable(state: Reader, relation: bytes, directive: bytes, effect: int, time: int) -> Directive:
    """Return a directive in force or still to begin, of the same effect.

    Raises as `standing`, then DirectiveExpired or OtherEffect.
    """
    found = standing(state, relation, directive)
    if found.end <= time:
        raise errors.DirectiveExpired
    if found.effect != effect:
        raise errors.OtherEffect
    return found


def room_for_permit(governance: Governance, state: Reader, relation: bytes, time: int, spared: bytes | None) -> None:
    """Raise TooManyPermits where the relation has as many active permits as it may; `spared` does not count."""
    limit = governance.parameter(state, MAX_ACTIVE_PERMITS)
    if keeper.count_directives(state, relation) < limit:
        return
    active = sum(
        1
        for directive in keeper.get_directives(state, relation)
        if directive.effect == Effect.PERMIT
        and directive.status in (Status.ACTIVE, Status.UNACKNOWLEDGED)
        and time < directive.end
        and directive.id != spared
    )
    if active >= limit:
        raise errors.TooManyPermits
