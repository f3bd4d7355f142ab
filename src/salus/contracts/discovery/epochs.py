"""Epochs of the key that a group shares for locators; in the beats authorise, check, write, emit."""

from salus.contracts.context import Context
from salus.contracts.discovery import errors, keeper
from salus.contracts.discovery.events import LocatorKeyAnnounced
from salus.contracts.discovery.expected import LOCATOR_EPOCH_MS, Sources
from salus.contracts.discovery.messages import AnnounceLocatorKey
from salus.contracts.discovery.types import LocatorKey
from salus.core.keys import Role


def announce_locator_key(sources: Sources, ctx: Context, msg: AnnounceLocatorKey) -> None:
    """Begin an epoch: one key for all of the group, by whichever member comes first."""
    # AUTHORISE
    if not ctx.signed_by(msg.member, Role.GATEWAY):
        raise errors.NotTheGateway
    if not sources.governance.is_active(ctx.state, msg.member):
        raise errors.MayNotAnswer
    if not sources.governance.in_group(ctx.state, msg.group, msg.member):
        raise errors.NotOfTheEmergencyGroup
    # CHECK
    last = keeper.get_locator_key(ctx.state, msg.group)
    if msg.epoch != (1 if last is None else last.epoch + 1):
        raise errors.WrongEpoch
    if last is not None and ctx.time < last.announced + sources.governance.parameter(ctx.state, LOCATOR_EPOCH_MS):
        raise errors.EpochTooSoon
    # WRITE
    keeper.put_locator_key(ctx.state, msg.group, LocatorKey(msg.epoch, msg.check, msg.member, ctx.time))
    # EMIT
    ctx.emit(LocatorKeyAnnounced(msg.member, msg.group, msg.epoch, msg.check))
