"""A record that was filed under the wrong person; in the beats authorise, check, write, emit.

The ledger is asked because something is destroyed: a hold bars that. It learns nothing of the right person.
"""

from salus.contracts.context import Context
from salus.contracts.records import errors, keeper
from salus.contracts.records.events import RecordMoved
from salus.contracts.records.expected import Accounts
from salus.contracts.records.messages import MoveRecord
from salus.contracts.records.petitions import check_held
from salus.contracts.records.types import Moved


def move_record(accounts: Accounts, ctx: Context, msg: MoveRecord) -> None:
    """Note the move; only then may the content be destroyed where it did not belong."""
    # AUTHORISE
    check_held(accounts, ctx, msg.custodian, msg.relation)
    # CHECK
    new = ctx.object_id("move", msg.custodian)
    if keeper.get_move(ctx.state, msg.relation, new) is not None:
        raise errors.IdInUse
    if keeper.get_holds(ctx.state, msg.relation):
        raise errors.HoldStands
    # WRITE
    keeper.put_move(ctx.state, msg.relation, new, Moved(msg.receipt, ctx.time))
    # EMIT
    ctx.emit(RecordMoved(msg.relation, msg.custodian, new, msg.receipt))
