"""Handlers of organisations and their staff, each in the beats authorise, check, write, emit."""

from collections.abc import Iterable
from itertools import pairwise

from salus.contracts.accounts import errors, keeper, listing
from salus.contracts.accounts.events import OrganisationKeysChanged, OrganisationOpened, StaffAttested, StaffEnded
from salus.contracts.accounts.expected import MAX_KEYS, Governance
from salus.contracts.accounts.messages import AttestStaff, ChangeOrganisationKeys, EndStaff, OpenOrganisation
from salus.contracts.accounts.queries import administered
from salus.contracts.accounts.types import Key, Organisation, Staff
from salus.contracts.context import Context
from salus.core.keys import Role
from salus.policy.types import OrganisationRole

_KNOWN_ROLES = frozenset(map(int, OrganisationRole))  # for membership only


def open_organisation(governance: Governance, ctx: Context, msg: OpenOrganisation) -> None:
    """Open the account of an applicant, vouched for by a member."""
    # AUTHORISE
    if not governance.is_active(ctx.state, msg.sponsor):
        raise errors.NotMember
    require_gateway(ctx, msg.sponsor)
    # CHECK
    organisation = ctx.object_id("organisation", msg.sponsor)
    if keeper.get_organisation(ctx.state, organisation) is not None:
        raise errors.AccountExists
    if not known_roles(msg.roles):
        raise errors.UnknownRole
    if len(msg.keys) > governance.parameter(ctx.state, MAX_KEYS):
        raise errors.TooManyKeys
    listing.check_shape(msg.keys, listing.ORGANISATION_ROLES, ctx.time)
    check_threshold(msg.threshold, (entry.role for entry in msg.keys))
    ids = listing.check_unlisted(ctx, [entry.public for entry in msg.keys])
    listing.check_possession(ctx, organisation, msg.keys)
    # WRITE
    profile = Organisation(msg.name, msg.realm, msg.roles, msg.threshold, msg.seal_key)
    keeper.put_organisation(ctx.state, organisation, profile)
    for kid, entry in zip(ids, msg.keys, strict=True):
        keeper.list_key(ctx.state, organisation, kid, listing.key_of(entry, 0))
    # EMIT
    ctx.emit(OrganisationOpened(organisation, msg.sponsor, tuple(ids)))


def change_organisation_keys(governance: Governance, ctx: Context, msg: ChangeOrganisationKeys) -> None:
    """Add and revoke keys, set threshold and HPKE key; open to applicants too."""
    # AUTHORISE
    profile = keeper.get_organisation(ctx.state, msg.organisation)
    if profile is None:
        raise errors.NoSuchAccount
    if not administered(ctx, msg.organisation):
        raise errors.NotAdministration
    # CHECK
    revoked: dict[bytes, Key] = {}
    for key in msg.revoke:
        entry = keeper.get_unrevoked_key(ctx.state, msg.organisation, key)
        if entry is None:
            raise errors.NoSuchKey
        revoked[key] = entry
    if any(x >= y for x, y in pairwise(msg.revoke)):
        raise errors.UnsortedKeys
    before = listing.remaining(ctx.state, msg.organisation, ctx.time)
    kept = [listed for key, listed in before.items() if key not in revoked]
    if len(kept) + len(msg.add) > governance.parameter(ctx.state, MAX_KEYS):
        raise errors.TooManyKeys
    listing.check_shape(msg.add, listing.ORGANISATION_ROLES, ctx.time)
    check_threshold(msg.threshold, [*(key.role for key in kept), *(new.role for new in msg.add)])
    ids = listing.check_unlisted(ctx, [entry.public for entry in msg.add])
    listing.check_possession(ctx, msg.organisation, msg.add)
    # WRITE
    after = Organisation(profile.name, profile.realm, profile.roles, msg.threshold, msg.seal_key)
    keeper.put_organisation(ctx.state, msg.organisation, after)
    for key, entry in revoked.items():
        keeper.revoke_key(ctx.state, msg.organisation, key, entry)
    for kid, new in zip(ids, msg.add, strict=True):
        keeper.list_key(ctx.state, msg.organisation, kid, listing.key_of(new, 0))
    # EMIT
    ctx.emit(OrganisationKeysChanged(msg.organisation, tuple(ids), msg.revoke, msg.threshold, msg.seal_key))


def attest_staff(governance: Governance, ctx: Context, msg: AttestStaff) -> None:
    """Stand for a member of staff during [start, end)."""
    # AUTHORISE
    if not governance.is_serving(ctx.state, msg.organisation):
        raise errors.NotMember
    require_gateway(ctx, msg.organisation)
    # CHECK
    if msg.start >= msg.end or msg.end <= ctx.time:
        raise errors.InvalidPeriod
    if keeper.get_staff(ctx.state, msg.organisation, msg.commitment) is not None:
        raise errors.StaffExists
    # WRITE
    keeper.put_staff(ctx.state, msg.organisation, msg.commitment, Staff(msg.start, msg.end))
    # EMIT
    ctx.emit(StaffAttested(msg.organisation, msg.commitment, msg.start, msg.end))


def end_staff(ctx: Context, msg: EndStaff) -> None:
    """End an attestation now; whatever has become of the membership."""
    # AUTHORISE
    require_gateway(ctx, msg.organisation)
    # CHECK
    entry = keeper.get_staff(ctx.state, msg.organisation, msg.commitment)
    if entry is None or entry.end <= ctx.time:
        raise errors.NoSuchStaff
    # WRITE
    keeper.put_staff(ctx.state, msg.organisation, msg.commitment, Staff(entry.start, ctx.time))
    # EMIT
    ctx.emit(StaffEnded(msg.organisation, msg.commitment))


def require_gateway(ctx: Context, organisation: bytes) -> None:
    """Raise NotGateway unless a gateway key of `organisation` signed."""
    if not ctx.signed_by(organisation, Role.GATEWAY):
        raise errors.NotGateway


def known_roles(roles: tuple[int, ...]) -> bool:
    """True if the roles are known, sorted and distinct."""
    return all(role in _KNOWN_ROLES for role in roles) and all(x < y for x, y in pairwise(roles))


def check_threshold(threshold: int, roles: Iterable[int]) -> None:
    """Raise InvalidThreshold unless keys of these `roles` can reach it."""
    if not 1 <= threshold <= sum(1 for role in roles if role == Role.ADMINISTRATION):
        raise errors.InvalidThreshold
