"""Checks that several messages share, each raising its refusals in their order."""

from collections.abc import Iterable
from itertools import pairwise

from salus.contracts.context import Context
from salus.contracts.representation import errors, keeper
from salus.contracts.representation.expected import MAX_REPRESENTATIVES, Accounts, Governance
from salus.contracts.representation.types import Representation, Standing
from salus.core.keys import Role
from salus.policy.types import Capacity, OrganisationRole, Power

_POWERS = frozenset(map(int, Power))  # for membership only
CLAIMED = 2  # accounts.types.PersonState


def relation(accounts: Accounts, ctx: Context, handle: bytes) -> bytes:
    """Return the custodian; raise NoSuchRelation."""
    custodian = accounts.custodian_of(ctx.state, handle)
    if custodian is None:
        raise errors.NoSuchRelation
    return custodian


def custodian(accounts: Accounts, ctx: Context, organisation: bytes, handle: bytes) -> None:
    """Raise NotTheGateway, NoSuchRelation or NotTheCustodian."""
    if not ctx.signed_by(organisation, Role.GATEWAY):
        raise errors.NotTheGateway
    if relation(accounts, ctx, handle) != organisation:
        raise errors.NotTheCustodian


def is_regulator(accounts: Accounts, governance: Governance, ctx: Context, organisation: bytes) -> bool:
    """True for an active member with the role of a regulator, as a court has it."""
    regulator = OrganisationRole.REGULATOR in accounts.roles(ctx.state, organisation)
    return regulator and governance.is_active(ctx.state, organisation)


def herself(accounts: Accounts, ctx: Context, handle: bytes, power: Power) -> bool:
    """True if the person of the relation signed, and may do this at present."""
    return accounts.authority(ctx.state, handle, ctx.signers, Capacity.SELF, ctx.time, power, ()) is not None


def signed(ctx: Context, account: bytes) -> bool:
    """True if a gateway or device key of the account signed."""
    return ctx.signed_by(account, Role.GATEWAY) > 0 or ctx.signed_by(account, Role.DEVICE) > 0


def held(ctx: Context, handle: bytes, representation: bytes) -> Representation:
    """Return a representation, ended or not; raise NoSuchRepresentation."""
    found = keeper.get_representation(ctx.state, handle, representation)
    if found is None:
        raise errors.NoSuchRepresentation
    return found


def not_ended(entry: Representation) -> None:
    """Raise RepresentationEnded; one that is out of its term may be renewed."""
    if entry.standing == Standing.ENDED:
        raise errors.RepresentationEnded


def powers(governance: Governance, ctx: Context, numbers: tuple[int, ...], purposes: tuple[int, ...]) -> None:
    """Raise InvalidPowers, UnsortedPurposes, PurposesDoNotFit or NoSuchPurpose."""
    if any(a >= b for a, b in pairwise(numbers)) or any(number not in _POWERS for number in numbers):
        raise errors.InvalidPowers
    if any(a >= b for a, b in pairwise(purposes)):
        raise errors.UnsortedPurposes
    if (Power.GRANT in numbers) != bool(purposes):
        raise errors.PurposesDoNotFit
    if any(governance.purpose(ctx.state, purpose) is None for purpose in purposes):
        raise errors.NoSuchPurpose


def term(governance: Governance, ctx: Context, start: int, end: int, longest: int) -> None:
    """Raise InvalidTerm unless it lasts, ends ahead, and within the governed time of now."""
    if not start < end or end <= ctx.time or end > ctx.time + governance.parameter(ctx.state, longest):
        raise errors.InvalidTerm


def representative(accounts: Accounts, ctx: Context, handle: bytes, account: bytes, attester: bytes | None) -> None:
    """Raise NoSuchRepresentative or MayNotRepresent.

    A person's account must be at the relation's own custodian, so that the ledger links no two of them.
    """
    found = accounts.person(ctx.state, account)
    if found is None:
        if not accounts.roles(ctx.state, account):
            raise errors.NoSuchRepresentative
    elif found.state != CLAIMED or found.custodian != accounts.custodian_of(ctx.state, handle):
        raise errors.NoSuchRepresentative
    if account in (handle, attester, accounts.custodian_of(ctx.state, handle)):
        raise errors.MayNotRepresent


def room(governance: Governance, ctx: Context, ends: Iterable[int]) -> None:
    """Raise TooMany; `ends` are those of who has not ended."""
    if sum(end > ctx.time for end in ends) >= governance.parameter(ctx.state, MAX_REPRESENTATIVES):
        raise errors.TooMany
