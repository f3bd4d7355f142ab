"""One function per message, each in the beats authorise, check, write, emit."""

from salus.contracts.context import Context
from salus.contracts.records import entry_errors, errors, keeper
from salus.contracts.records.events import Anchored, RelationsAnchored
from salus.contracts.records.expected import Accounts, Governance
from salus.contracts.records.messages import AnchorRelations, Entry
from salus.contracts.records.types import Relation
from salus.core.errors import Refusal
from salus.core.keys import Role


def anchor_relations(accounts: Accounts, governance: Governance, ctx: Context, msg: AnchorRelations) -> None:
    """Replace the roots of relations. Entries succeed or fail apart; see `entry_errors`."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    if not governance.may_hold(ctx.state, msg.custodian, ctx.time):
        raise errors.MayNotHold
    # CHECK and WRITE, entry by entry
    seen: dict[bytes, bool] = {}
    results: list[Anchored] = []
    for entry in msg.entries:
        relation, _, root = entry
        held = keeper.get_relation(ctx.state, relation)
        refusal = _refusal(accounts, ctx, msg.custodian, entry, held, relation in seen)
        seen[relation] = True
        if refusal is not None:
            results.append((relation, root, 0, refusal.code))
            continue
        anchored = _successor(held, root, ctx.time)
        keeper.put_relation(ctx.state, relation, anchored)
        results.append((relation, root, anchored.seq, 0))
    # EMIT
    ctx.emit(RelationsAnchored(msg.custodian, tuple(results)))


def _refusal(
    accounts: Accounts, ctx: Context, custodian: bytes, entry: Entry, held: Relation | None, repeated: bool
) -> type[Refusal] | None:
    """Return why the entry is refused, None where it is sound."""
    relation, replaces, root = entry
    if repeated:
        return entry_errors.DuplicateEntry
    holder = accounts.custodian_of(ctx.state, relation)
    if holder is None:
        return entry_errors.NoSuchRelation
    if holder != custodian:
        return entry_errors.NotTheCustodian
    if replaces != (None if held is None else held.root):
        return entry_errors.StaleRoot
    if held is not None and root in (held.root, held.previous):
        return entry_errors.RootReused
    if keeper.get_offer(ctx.state, relation) is not None:
        return entry_errors.UnderOffer
    return None


def _successor(held: Relation | None, root: bytes, time: int) -> Relation:
    """Return the state after `root`. The ledger counts `seq`, so an old opening never fits again."""
    if held is None:
        return Relation(root, 1, time, None, None)
    return Relation(root, held.seq + 1, time, held.root, time)
