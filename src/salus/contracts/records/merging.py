"""Merging relations of one custodian, and unmerging; in the beats authorise, check, write, emit.

A merge is a link and nothing else: no leaf, directive or preference is touched, so its end restores each decision.
"""

from itertools import chain

from salus.contracts.context import Context, Signer
from salus.contracts.records import errors, keeper, queries
from salus.contracts.records.events import RelationsMerged, RelationsUnmerged
from salus.contracts.records.expected import APPROVAL_WINDOW_MS, MAX_MERGED, Accounts, Governance
from salus.contracts.records.messages import MergeRelations, UnmergeRelations
from salus.contracts.records.types import Link, Used
from salus.core.approval import MergeApproval, SignedApproval, parse_approval
from salus.core.errors import Malformed
from salus.core.keys import Role
from salus.policy.types import Capacity, Power


def merge_relations(accounts: Accounts, governance: Governance, ctx: Context, msg: MergeRelations) -> None:
    """Link two relations once every side has agreed. Nothing of it stands on the ledger before that."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    holders = [accounts.custodian_of(ctx.state, relation) for relation in (msg.one, msg.other)]
    if None in holders:
        raise errors.NoSuchRelation
    if holders != [msg.custodian] * 2:
        raise errors.NotTheCustodian
    if msg.one >= msg.other:
        raise errors.NotTwo
    sides = [(relation, *queries.merged(ctx.state, relation)) for relation in (msg.one, msg.other)]
    group = tuple(dict.fromkeys(chain(*sides)))
    approvals = [_approval(governance, ctx, msg, raw) for raw in msg.approvals]
    approved = [_approver(accounts, ctx, one) for one in approvals]
    for relation in group:
        _require_agreed(accounts, ctx, relation, approvals, approved)
    # CHECK
    ids = [one.payload.id(ctx.network) for one in approvals]
    used = [keeper.get_used(ctx.state, one.payload.relation, n) for one, n in zip(approvals, ids, strict=True)]
    if len(dict.fromkeys(ids)) < len(ids) or any(entry is not None for entry in used):
        raise errors.ApprovalUsed
    if any(accounts.barred(ctx.state, relation, ctx.time) for relation in group):
        raise errors.RecoveryPending
    if msg.other in sides[0]:
        raise errors.AlreadyMerged
    if len(group) > governance.parameter(ctx.state, MAX_MERGED):
        raise errors.TooManyMerged
    # WRITE
    keeper.put_link(ctx.state, msg.one, msg.other, Link(ctx.time))
    for one, number in zip(approvals, ids, strict=True):
        keeper.put_used(ctx.state, one.payload.relation, number, Used(ctx.time))
    # EMIT
    ctx.emit(RelationsMerged(msg.one, msg.other, msg.custodian, tuple(ids)))


def _approval(governance: Governance, ctx: Context, msg: MergeRelations, raw: bytes) -> SignedApproval:
    """Return an approval of this very merge, in its time. Raises ApprovalMalformed, ...Expired, ...TooFarAhead."""
    try:
        signed = parse_approval(raw)
    except Malformed:
        raise errors.ApprovalMalformed from None
    said = signed.payload
    if (said.one, said.other) != (msg.one, msg.other):
        raise errors.ApprovalMalformed
    if ctx.time >= said.not_after:
        raise errors.ApprovalExpired
    if said.not_after > ctx.time + governance.parameter(ctx.state, APPROVAL_WINDOW_MS):
        raise errors.ApprovalTooFarAhead
    return signed


def _approver(accounts: Accounts, ctx: Context, signed: SignedApproval) -> Signer:
    """Return who signed: nothing in an approval says who it is. Raises ApprovalNotSigned."""
    account = accounts.account_of_key(ctx.state, signed.key)
    key = None if account is None else accounts.live_key(ctx.state, account, signed.key, ctx.time)
    if account is None or key is None:
        raise errors.ApprovalNotSigned
    if not ctx.verify(key.public, signed.to_be_signed(ctx.network), signed.signature):
        raise errors.ApprovalNotSigned
    return Signer(account, signed.key, key.role)


def _require_agreed(
    accounts: Accounts, ctx: Context, relation: bytes, approvals: list[SignedApproval], by: list[Signer]
) -> None:
    """Raise NotApproved unless the custodian acts for the side, or somebody who may act for it approved."""

    def may(signers: tuple[Signer, ...], capacity: int) -> bool:
        found = accounts.authority(ctx.state, relation, signers, capacity, ctx.time, Power.GRANT, ())
        return found is not None

    if may(ctx.signers, Capacity.CUSTODIAN):
        return
    said: list[tuple[MergeApproval, Signer]] = [(a.payload, s) for a, s in zip(approvals, by, strict=True)]
    if not any(one.relation == relation and may((signer,), one.capacity) for one, signer in said):
        raise errors.NotApproved


def unmerge_relations(accounts: Accounts, ctx: Context, msg: UnmergeRelations) -> None:
    """Delete the link. Others of a chain stay: who is linked only by way of this one is merged no longer."""
    # AUTHORISE
    custodian = accounts.custodian_of(ctx.state, msg.one)
    if custodian is None or accounts.custodian_of(ctx.state, msg.other) is None:
        raise errors.NoSuchRelation
    side = msg.by in (msg.one, msg.other)
    if side:
        agreed = accounts.authority(ctx.state, msg.by, ctx.signers, msg.capacity, ctx.time, Power.GRANT, ())
        allowed = agreed is not None
    else:
        allowed = msg.by == custodian and ctx.signed_by(custodian, Role.GATEWAY) > 0
    if not allowed:
        raise errors.NotAuthorised
    # CHECK
    if side and accounts.barred(ctx.state, msg.by, ctx.time):
        raise errors.RecoveryPending  # it lifts denies, which a thief of the account must not
    if all(other != msg.other for other, _ in keeper.get_links(ctx.state, msg.one)):
        raise errors.NotMerged
    # WRITE
    keeper.end_link(ctx.state, msg.one, msg.other)
    # EMIT
    one, other = sorted((msg.one, msg.other))
    ctx.emit(RelationsUnmerged(one, other, custodian, msg.by))
