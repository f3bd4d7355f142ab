"""What always holds of a relation's directives; asked by tests and by an offline check of the state."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from salus.contracts.consent import keeper
from salus.policy.types import Capacity, Directive, Effect, Status
from salus.state.overlay import Reader


def violations(state: Reader, relation: bytes) -> Iterator[str]:
    """Yield a fixed text for each rule that the relation's directives break."""
    directives = keeper.get_directives(state, relation)
    by_id = {directive.id: directive for directive in directives}
    successors: dict[bytes, int] = {}
    for directive in directives:
        yield from _alone(directive, relation)
        if directive.replaces is not None:
            successors[directive.replaces] = successors.get(directive.replaces, 0) + 1
            if not _follows(by_id.get(directive.replaces), directive):
                yield "a replacement goes on from a replaced directive of the same effect"
    for directive in directives:
        if successors.get(directive.id, 0) != (directive.status == Status.REPLACED):
            yield "a replaced directive has one successor, any other none"
        if directive.effect != Effect.PERMIT and keeper.get_uses(state, relation, directive.chain):
            yield "uses are counted for permits only"
    yield from _others(state, relation, by_id)


def _others(state: Reader, relation: bytes, by_id: Mapping[bytes, Directive]) -> Iterator[str]:
    attested = [directive for directive, _ in keeper.get_attestations(state, relation)]
    if attested != [directive.id for directive in by_id.values() if directive.capacity == Capacity.ATTESTED]:
        yield "somebody answers for a directive that the person did not sign, and for no other"
    if any(order.start >= order.end for _, order in keeper.get_orders(state, relation)):
        yield "an order has a period"
    if any(a[0] >= b[0] for a, b in pairwise(keeper.get_chosen(state, relation).preference)):
        yield "a preference is sorted by purpose"


def _alone(directive: Directive, relation: bytes) -> Iterator[str]:
    if directive.relation != relation:
        yield "a directive stands under its relation"
    if (directive.version == 1) != (directive.replaces is None) or directive.version < 1:
        yield "only the first version replaces none"
    if (directive.chain == directive.id) != (directive.replaces is None):
        yield "a chain is named by its first directive"
    if directive.total != (directive.sealed is None):
        yield "a total deny has no sealed part, any other directive has one"
    if directive.total and (directive.effect != Effect.DENY or directive.status == Status.UNACKNOWLEDGED):
        yield "what is total is a deny, in force at once"
    if not directive.total and not directive.purposes:
        yield "only a total deny is for every purpose"
    if directive.status == Status.SUSPENDED and directive.effect != Effect.PERMIT:
        yield "what is suspended is a permit"
    if directive.start >= directive.end:
        yield "a directive has a period"


def _follows(old: Directive | None, new: Directive) -> bool:
    return (
        old is not None
        and old.status == Status.REPLACED
        and old.effect == new.effect
        and old.chain == new.chain
        and old.version + 1 == new.version
    )
