"""What a final claim ends."""

from msgspec.structs import replace

from salus.contracts.consent import keeper
from salus.contracts.consent.events import CustodialPermitLapsed, CustodialPreferenceLapsed
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
