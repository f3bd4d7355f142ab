"""Change of custody, in the beats authorise, check, write, emit; entry by entry, as with anchors.

A successor takes over the duty to keep, and no grant: see `expected.Lapse`. What was anchored, asked,
held, restricted or closed stays as it is; what the former custodian committed to it answers for.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from salus.contracts.context import Context
from salus.contracts.records import custody_errors, entry_errors, errors, keeper
from salus.contracts.records.events_life import CustodyOffered, CustodyRefused, CustodyTransferred, OfferWithdrawn
from salus.contracts.records.expected import Accounts, Governance, HandOver, Lapse, SuccessorOf
from salus.contracts.records.messages_life import AcceptCustody, OfferCustody, TakeOverCustody, WithdrawOffer
from salus.contracts.records.types_life import Former, Offer
from salus.core.errors import Refusal
from salus.core.keys import Role


class Sources(NamedTuple):
    """The other contracts that a change of custody needs."""

    accounts: Accounts
    governance: Governance
    hand_over: HandOver
    lapse: Lapse
    successor_of: SuccessorOf


def offer_custody(sources: Sources, ctx: Context, msg: OfferCustody) -> None:
    """Offer relations; until it is accepted the custodian keeps and answers for them. A suspended one may too."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway
    # CHECK
    if msg.successor == msg.custodian or not _may_succeed(sources, ctx, msg.successor):
        raise errors.MayNotSucceed

    # CHECK, WRITE and EMIT, entry by entry
    def offer(relation: bytes) -> type[Refusal] | None:
        refusal = _not_held(sources, ctx, msg.custodian, relation)
        if refusal is not None:
            return refusal
        if keeper.get_offer(ctx.state, relation) is not None:
            return custody_errors.AlreadyOffered
        if keeper.get_links(ctx.state, relation):
            return custody_errors.StillMerged  # denies of a side that another keeps could be read by nobody here
        keeper.put_offer(ctx.state, relation, Offer(msg.successor, ctx.time))
        ctx.emit(CustodyOffered(relation, msg.custodian, msg.successor))
        return None

    _each(ctx, msg.custodian, msg.relations, offer)


def withdraw_offer(sources: Sources, ctx: Context, msg: WithdrawOffer) -> None:
    """Take back offers that nobody accepted."""
    # AUTHORISE
    if not ctx.signed_by(msg.custodian, Role.GATEWAY):
        raise errors.NotTheGateway

    # CHECK, WRITE and EMIT, entry by entry
    def withdraw(relation: bytes) -> type[Refusal] | None:
        refusal = _not_held(sources, ctx, msg.custodian, relation)
        if refusal is not None:
            return refusal
        found = keeper.get_offer(ctx.state, relation)
        if found is None:
            return custody_errors.NotOffered
        keeper.end_offer(ctx.state, relation)
        ctx.emit(OfferWithdrawn(relation, msg.custodian, found.successor))
        return None

    _each(ctx, msg.custodian, msg.relations, withdraw)


def accept_custody(sources: Sources, ctx: Context, msg: AcceptCustody) -> None:
    """Become the custodian of what was offered, as far as it is what was handed over."""
    # AUTHORISE
    if not ctx.signed_by(msg.successor, Role.GATEWAY):
        raise errors.NotTheGateway
    # CHECK
    if not _may_succeed(sources, ctx, msg.successor):
        raise errors.MayNotSucceed

    # CHECK, WRITE and EMIT, entry by entry
    roots = dict(reversed(msg.entries))  # the first of a relation counts

    def accept(relation: bytes) -> type[Refusal] | None:
        former = sources.accounts.custodian_of(ctx.state, relation)
        if former is None:
            return entry_errors.NoSuchRelation
        offer = keeper.get_offer(ctx.state, relation)
        if offer is None or offer.successor != msg.successor:
            return custody_errors.NotOffered
        return _transfer(sources, ctx, relation, roots[relation], (former, msg.successor), by_vote=False)

    _each(ctx, msg.successor, [relation for relation, _ in msg.entries], accept)


def take_over_custody(sources: Sources, ctx: Context, msg: TakeOverCustody) -> None:
    """Become the custodian of what a member kept that can no longer sign, as the members voted."""
    # AUTHORISE
    if not ctx.signed_by(msg.successor, Role.GATEWAY):
        raise errors.NotTheGateway
    # CHECK
    if not _may_succeed(sources, ctx, msg.successor):
        raise errors.MayNotSucceed
    if msg.former == msg.successor or sources.successor_of(ctx.state, msg.former) != msg.successor:
        raise errors.NotTheSuccessor

    # CHECK, WRITE and EMIT, entry by entry
    roots = dict(reversed(msg.entries))  # the first of a relation counts

    def take_over(relation: bytes) -> type[Refusal] | None:
        refusal = _not_held(sources, ctx, msg.former, relation)
        if refusal is not None:
            return refusal
        return _transfer(sources, ctx, relation, roots[relation], (msg.former, msg.successor), by_vote=True)

    _each(ctx, msg.successor, [relation for relation, _ in msg.entries], take_over)


def _may_succeed(sources: Sources, ctx: Context, member: bytes) -> bool:
    """True if the member may take in what is new: one that winds down may not."""
    return sources.governance.is_active(ctx.state, member) and sources.governance.may_hold(ctx.state, member, ctx.time)


def _not_held(sources: Sources, ctx: Context, custodian: bytes, relation: bytes) -> type[Refusal] | None:
    holder = sources.accounts.custodian_of(ctx.state, relation)
    if holder is None:
        return entry_errors.NoSuchRelation
    return entry_errors.NotTheCustodian if holder != custodian else None


def _transfer(
    sources: Sources, ctx: Context, relation: bytes, root: bytes | None, sides: tuple[bytes, bytes], *, by_vote: bool
) -> type[Refusal] | None:
    """Change the custodian from the first of `sides` to the second, unless the root is another by now."""
    former, successor = sides
    held = keeper.get_relation(ctx.state, relation)
    if root != (None if held is None else held.root):
        return custody_errors.OtherRoot
    keeper.end_offer(ctx.state, relation)
    keeper.put_former(ctx.state, relation, former, Former(ctx.time))
    sources.hand_over(ctx.state, relation, successor)
    ctx.emit(CustodyTransferred(relation, successor, former, root, by_vote))
    sources.lapse(ctx, relation)
    return None


def _each(ctx: Context, member: bytes, relations: Iterable[bytes], do: Callable[[bytes], type[Refusal] | None]) -> None:
    """Do each entry, of a relation the first alone; emit the codes of those refused."""
    seen: dict[bytes, bool] = {}
    refused: list[tuple[bytes, int]] = []
    for relation in relations:
        refusal = entry_errors.DuplicateEntry if relation in seen else do(relation)
        seen[relation] = True
        if refusal is not None:
            refused.append((relation, refusal.code))
    if refused:
        ctx.emit(CustodyRefused(member, tuple(refused)))
