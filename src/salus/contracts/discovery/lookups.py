"""Whose look-up it is, and that it is good once, here, now; and who may ask whom."""

from typing import NamedTuple

from salus.contracts.context import Context
from salus.contracts.discovery import errors, keeper
from salus.contracts.discovery.expected import LOOKUP_WINDOW_MS, Sources
from salus.core.errors import Malformed
from salus.core.keys import Role
from salus.core.lookup import Lookup, SignedLookup, parse_lookup
from salus.policy.purposes import is_break_glass
from salus.policy.types import OrganisationRole


class Verified(NamedTuple):
    """A look-up with a good signature of a live gateway key, not answered before."""

    id: bytes
    payload: Lookup
    requester: bytes  # the account that lists the key; nothing in a message says who it is


def verified_lookup(sources: Sources, ctx: Context, answerer: bytes, raw: bytes) -> Verified:
    """Return the look-up in `raw`, addressed to `answerer`.

    Raises LookupMalformed, LookupExpired, LookupTooFarAhead, NotTheAnswerer, LookupKeyNotLive, NotARequester,
    LookupNotSigned, AlreadyAnswered.
    """
    # 1. One form, one signature.
    try:
        lookup = parse_lookup(ctx.network, raw)
    except Malformed:
        raise errors.LookupMalformed from None
    payload = lookup.payload
    # 2. In its time: before not_after, which lies within the window.
    if ctx.time >= payload.not_after:
        raise errors.LookupExpired
    if payload.not_after > ctx.time + sources.governance.parameter(ctx.state, LOOKUP_WINDOW_MS):
        raise errors.LookupTooFarAhead
    # 3. To this member.
    if payload.answerer != answerer:
        raise errors.NotTheAnswerer
    # 4. to 6. Signed by a live gateway key.
    requester = _requester(sources, ctx, lookup)
    # 7. Not answered before.
    if keeper.get_answer(ctx.state, requester, lookup.id) is not None:
        raise errors.AlreadyAnswered
    return Verified(lookup.id, payload, requester)


def _requester(sources: Sources, ctx: Context, lookup: SignedLookup) -> bytes:
    account = sources.accounts.account_of_key(ctx.state, lookup.key)
    key = None if account is None else sources.accounts.live_key(ctx.state, account, lookup.key, ctx.time)
    if account is None or key is None:
        raise errors.LookupKeyNotLive
    if key.role != Role.GATEWAY:
        raise errors.NotARequester
    if not ctx.verify(key.public, lookup.to_be_signed(ctx.network), lookup.signature):
        raise errors.LookupNotSigned
    return account


def check_parties(sources: Sources, ctx: Context, asked: Verified) -> None:
    """Raise unless this requester may ask this answerer for this purpose.

    Raises MayNotAnswer, MayNotAsk, NoSuchPurpose, StaffNotAttested, NotALocator, NotAnEmergency,
    NotOfTheEmergencyGroup.
    """
    payload, governance, accounts = asked.payload, sources.governance, sources.accounts
    if not governance.is_serving(ctx.state, payload.answerer):
        raise errors.MayNotAnswer
    if not governance.may_receive(ctx.state, asked.requester, ctx.time):
        raise errors.MayNotAsk
    purpose = governance.purpose(ctx.state, payload.purpose)
    if purpose is None:
        raise errors.NoSuchPurpose
    if not accounts.staff_attested(ctx.state, asked.requester, payload.staff, ctx.time):
        raise errors.StaffNotAttested
    if payload.group is None:
        return
    locates = OrganisationRole.LOCATOR in accounts.roles(ctx.state, payload.answerer)
    if not locates or not governance.is_active(ctx.state, payload.answerer):
        raise errors.NotALocator
    if not is_break_glass(purpose.system, purpose.code):
        raise errors.NotAnEmergency
    if not governance.in_group(ctx.state, payload.group, asked.requester):
        raise errors.NotOfTheEmergencyGroup
