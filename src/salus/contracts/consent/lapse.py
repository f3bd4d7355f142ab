"""What a final claim ends, what a finished recovery suspends, what a change of custody ends."""

from msgspec.structs import replace

from salus.contracts.consent import keeper
from salus.contracts.consent.events import (
    ConsentSuspended,
    CustodialPermitLapsed,
    CustodialPreferenceLapsed,
    PreferenceLapsed,
)
from salus.contracts.context import Context
from salus.policy.policies import Choice
from salus.policy.types import Capacity, Effect, Status


def lapse_custodial_permits(ctx: Context, relation: bytes) -> None:
    """End the permits that the custodian gave for the relation, expired ones too, and where it opted in.

    Denies stay, and where it opted out.
    """
    for directive in keeper.get_directives(ctx.state, relation):
        if (
            directive.effect == Effect.PERMIT
            and directive.capacity == Capacity.CUSTODIAN
            and directive.status in (Status.ACTIVE, Status.UNACKNOWLEDGED)
        ):
            keeper.put_directive(ctx.state, replace(directive, status=int(Status.REVOKED)))
            ctx.emit(CustodialPermitLapsed(relation, directive.id, directive.version))
    chosen = keeper.get_chosen(ctx.state, relation)
    left = tuple(choice for choice in chosen.preference if choice[1] != Choice.IN)
    if chosen.capacity == Capacity.CUSTODIAN and left != chosen.preference:
        keeper.put_chosen(ctx.state, relation, replace(chosen, preference=left))
        ctx.emit(CustodialPreferenceLapsed(relation, left))


def suspend_since(ctx: Context, relation: bytes, since: int) -> None:
    """Suspend the permits granted at `since` or later, expired ones too; the person may reaffirm them.

    One that the custodian has not acknowledged never came into force: it is revoked. Denies stay: whoever had the
    keys could so only protect. When a preference was said is not kept, so each opt-in lapses, and where the person
    opted out stays.
    """
    for directive in keeper.get_directives(ctx.state, relation):
        active = directive.status in (Status.ACTIVE, Status.UNACKNOWLEDGED)
        if directive.effect == Effect.PERMIT and active and directive.granted >= since:
            suspended = Status.SUSPENDED if directive.status == Status.ACTIVE else Status.REVOKED
            keeper.put_directive(ctx.state, replace(directive, status=int(suspended)))
            ctx.emit(ConsentSuspended(relation, directive.id, directive.version, suspended == Status.REVOKED))
    chosen = keeper.get_chosen(ctx.state, relation)
    left = tuple(choice for choice in chosen.preference if choice[1] != Choice.IN)
    if left != chosen.preference:
        keeper.put_chosen(ctx.state, relation, replace(chosen, preference=left))
        ctx.emit(PreferenceLapsed(relation, left))


def lapse_at_transfer(ctx: Context, relation: bytes) -> None:
    """End what the former custodian granted of its own; let each sealed part wait for the new custodian.

    A successor inherits no grant silently: what the person said stays the person's word, and binds the new custodian
    once it has acknowledged it. Until then a permit is unusable and a deny counts as total.
    """
    lapse_custodial_permits(ctx, relation)
    for directive in keeper.get_directives(ctx.state, relation):
        if directive.status == Status.ACTIVE and directive.sealed is not None:
            keeper.put_directive(ctx.state, replace(directive, status=int(Status.UNACKNOWLEDGED)))
