"""Petitions, holds and the restriction of a relation, each in the beats authorise, check, write, emit.

A custodian that is suspended still answers and lifts: a suspension takes nothing from a person.
"""

from msgspec.structs import replace

from salus.contracts.context import Context
from salus.contracts.records import errors, keeper
from salus.contracts.records.events import HoldLifted, HoldPlaced, PetitionAnswered, PetitionMade, RelationRestricted
from salus.contracts.records.expected import Accounts
from salus.contracts.records.messages import AnswerPetition, LiftHold, Petition, PlaceHold, RestrictRelation
from salus.contracts.records.types import GROUNDS, Asked, Ground, Hold, Outcome, PetitionKind, Restriction
from salus.core.keys import Role
from salus.policy.types import Power

MAX_OPEN = 32  # petitions of one relation
MAX_HOLDS = 64


def petition(accounts: Accounts, ctx: Context, msg: Petition) -> None:
    """Note the wish; the custodian owes an answer."""
    # AUTHORISE
    custodian = accounts.custodian_of(ctx.state, msg.relation)
    if custodian is None:
        raise errors.NoSuchRelation
    if accounts.authority(ctx.state, msg.relation, ctx.signers, msg.capacity, ctx.time, Power.PETITION, ()) is None:
        raise errors.NotAuthorised
    # CHECK
    if sum(entry.open for _, entry in keeper.get_petitions(ctx.state, msg.relation)) >= MAX_OPEN:
        raise errors.TooManyPetitions
    new = ctx.object_id("petition", msg.relation)
    if keeper.get_petition(ctx.state, msg.relation, new) is not None:
        raise errors.IdInUse
    # WRITE
    entry = Asked(msg.kind, msg.capacity, msg.commitment, ctx.time, None, int(Ground.NONE), None, None)
    keeper.put_petition(ctx.state, msg.relation, new, entry)
    # EMIT
    ctx.emit(PetitionMade(msg.relation, custodian, new, msg.capacity, msg.kind, msg.commitment))


def answer_petition(accounts: Accounts, ctx: Context, msg: AnswerPetition) -> None:
    """Note what became of the wish. A hold bars what destroys."""
    # AUTHORISE
    check_held(accounts, ctx, msg.custodian, msg.relation)
    # CHECK
    entry = keeper.get_petition(ctx.state, msg.relation, msg.petition)
    if entry is None:
        raise errors.NoSuchPetition
    if not entry.open or (entry.outcome, entry.ground) == (msg.outcome, msg.ground):
        raise errors.AlreadyAnswered
    _check_outcome(ctx, msg, entry)
    # WRITE
    answered = replace(entry, outcome=msg.outcome, ground=msg.ground, receipt=msg.receipt, answered=ctx.time)
    keeper.put_petition(ctx.state, msg.relation, msg.petition, answered)
    # EMIT
    ctx.emit(
        PetitionAnswered(msg.relation, msg.custodian, msg.petition, entry.kind, msg.outcome, msg.ground, msg.receipt)
    )


def _check_outcome(ctx: Context, msg: AnswerPetition, entry: Asked) -> None:
    """Raise OutcomeNotPossible, WrongGround, HoldStands or NoHoldStands."""
    erasure = entry.kind == PetitionKind.ERASE
    if msg.outcome == Outcome.DEFERRED and not erasure:
        raise errors.OutcomeNotPossible
    if msg.outcome == Outcome.REFUSED and entry.outcome is not None:
        raise errors.OutcomeNotPossible
    if msg.ground not in GROUNDS[msg.outcome]:
        raise errors.WrongGround
    stands = bool(keeper.get_holds(ctx.state, msg.relation))
    if stands and erasure and msg.outcome == Outcome.DONE:
        raise errors.HoldStands
    if msg.ground == Ground.LEGAL_HOLD and not stands:
        raise errors.NoHoldStands


def place_hold(accounts: Accounts, ctx: Context, msg: PlaceHold) -> None:
    """Bar destruction; never reading for care."""
    # AUTHORISE
    check_held(accounts, ctx, msg.custodian, msg.relation)
    # CHECK
    if len(keeper.get_holds(ctx.state, msg.relation)) >= MAX_HOLDS:
        raise errors.TooManyHolds
    new = ctx.object_id("hold", msg.custodian)
    if keeper.get_hold(ctx.state, msg.relation, new) is not None:
        raise errors.IdInUse
    # WRITE
    keeper.put_hold(ctx.state, msg.relation, new, Hold(msg.commitment, ctx.time))
    # EMIT
    ctx.emit(HoldPlaced(msg.relation, msg.custodian, new, msg.commitment))


def lift_hold(accounts: Accounts, ctx: Context, msg: LiftHold) -> None:
    """End one hold; what was deferred for it can run once none stands."""
    # AUTHORISE
    check_held(accounts, ctx, msg.custodian, msg.relation)
    # CHECK
    if keeper.get_hold(ctx.state, msg.relation, msg.hold) is None:
        raise errors.NoSuchHold
    # WRITE
    keeper.end_hold(ctx.state, msg.relation, msg.hold)
    # EMIT
    ctx.emit(HoldLifted(msg.relation, msg.custodian, msg.hold))


def restrict_relation(accounts: Accounts, ctx: Context, msg: RestrictRelation) -> None:
    """Keep and do not use, or use again."""
    # AUTHORISE
    check_held(accounts, ctx, msg.custodian, msg.relation)
    # CHECK
    if (keeper.get_restriction(ctx.state, msg.relation) is not None) == msg.restricted:
        raise errors.AlreadySo
    # WRITE
    if msg.restricted:
        keeper.put_restriction(ctx.state, msg.relation, Restriction(ctx.time))
    else:
        keeper.end_restriction(ctx.state, msg.relation)
    # EMIT
    ctx.emit(RelationRestricted(msg.relation, msg.custodian, msg.restricted))


def check_held(accounts: Accounts, ctx: Context, custodian: bytes, relation: bytes) -> None:
    """Raise NotTheGateway, NoSuchRelation or NotTheCustodian."""
    if not ctx.signed_by(custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    holder = accounts.custodian_of(ctx.state, relation)
    if holder is None:
        raise errors.NoSuchRelation
    if holder != custodian:
        raise errors.NotTheCustodian
