"""A release over many relations, each under its own ground; in the beats authorise, check, write, emit.

Entries succeed or fail apart, as anchors do. Each that stands has an event of its own, from which its person's
account is made; one root over their receipts tells the recipient that it has them all.
"""

from typing import NamedTuple

from salus.contracts.access import entry_errors, errors
from salus.contracts.access.basis import Ground, Sources, checked_basis
from salus.contracts.access.expected import BULK_ENTRIES, CountUse
from salus.contracts.access.messages import BulkEntry, RecordBulkRelease
from salus.contracts.access.other_events import BulkReleased, ReleasedInBulk
from salus.contracts.access.terms import (
    check_authority,
    check_delivery,
    check_in_use,
    check_root,
    known_purpose,
    put_answer,
)
from salus.contracts.access.types import Outcome
from salus.contracts.context import Context
from salus.core.bulk import receipt
from salus.core.errors import Refusal
from salus.core.genesis import Purpose
from salus.core.keys import Role
from salus.merkle.log import Log
from salus.policy.types import BasisKind

_GROUNDS = (BasisKind.DIRECTIVE, BasisKind.POLICY)  # an order is about one person; own access is asked for


class _Standing(NamedTuple):
    release: bytes
    entry: BulkEntry
    ground: Ground


def record_bulk_release(sources: Sources, count_use: CountUse, ctx: Context, msg: RecordBulkRelease) -> None:
    """Commit to what is released of each relation; only then may the data leave."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    # CHECK
    if not sources.governance.may_receive(ctx.state, msg.recipient, ctx.time):
        raise errors.MayNotReceive
    purpose = known_purpose(sources, ctx, msg.purpose)
    check_delivery(sources, ctx, msg.deliver_by)
    if not sources.governance.may_hold(ctx.state, msg.custodian, ctx.time):
        raise errors.MayNotHold
    if len(msg.entries) > sources.governance.parameter(ctx.state, BULK_ENTRIES):
        raise errors.TooManyEntries
    standing, refused = _sorted_out(sources, ctx, msg, purpose)
    if not standing:
        raise errors.NothingReleased
    # WRITE
    bulk, receipts, parts = ctx.object_id("bulk", msg.custodian), list[bytes](), list[ReleasedInBulk]()
    for one in standing:
        relation, basis, root, leaves = one.entry
        use = 0 if one.ground.directive is None else count_use(ctx.state, one.ground.directive)
        put_answer(ctx, relation, one.release, Outcome.BULK, msg.recipient, leaves, msg.deliver_by)
        receipts.append(receipt(ctx.network, bulk, relation, one.release, leaves))
        parts.append(
            ReleasedInBulk(
                relation=relation,
                recipient=msg.recipient,
                custodian=msg.custodian,
                release=one.release,
                bulk=bulk,
                purpose=msg.purpose,
                basis=basis,
                use=use,
                relation_root=root,
                leaves=leaves,
                deliver_by=msg.deliver_by,
            )
        )
    # EMIT
    root = Log(receipts).root()
    numbers = len(receipts), root, tuple(refused)
    ctx.emit(BulkReleased(msg.recipient, msg.custodian, bulk, msg.purpose, *numbers, msg.deliver_by))
    for part in parts:
        ctx.emit(part)


def _sorted_out(
    sources: Sources, ctx: Context, msg: RecordBulkRelease, purpose: Purpose
) -> tuple[list[_Standing], list[tuple[int, int]]]:
    """Return the entries that stand, and (place, code) of the others. No two are of one relation, so none uses up
    what another rests on."""
    standing, refused, seen = list[_Standing](), list[tuple[int, int]](), dict[bytes, bool]()
    for place, entry in enumerate(msg.entries):
        try:
            if entry[0] in seen:
                raise entry_errors.RelationRepeated
            seen[entry[0]] = True
            ground = _checked(sources, ctx, msg, purpose, entry)
        except Refusal as refusal:
            refused.append((place, type(refusal).code))
            continue
        standing.append(_Standing(ctx.object_id("release", msg.custodian, place), entry, ground))
    return standing, refused


def _checked(sources: Sources, ctx: Context, msg: RecordBulkRelease, purpose: Purpose, entry: BulkEntry) -> Ground:
    """Return the ground of an entry, or raise its refusal: the same that a push of this relation would meet."""
    relation, basis, root, _ = entry
    holder = sources.accounts.custodian_of(ctx.state, relation)
    if holder is None:
        raise errors.NoSuchRelation
    if holder != msg.custodian:
        raise errors.NotTheCustodian
    check_root(sources, ctx, relation, root)
    if basis[0] not in _GROUNDS:
        raise errors.BasisNotSupported
    ground = checked_basis(sources, ctx, msg.custodian, relation, msg.recipient, purpose, basis)
    check_in_use(sources, ctx, relation, msg.recipient, outlives=ground.outlives)
    check_authority(sources, ctx, ground, relation, msg.recipient, purpose)
    return ground
