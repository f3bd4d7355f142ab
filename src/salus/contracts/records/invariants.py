"""What always holds of a relation's entry; asked by tests and by an offline check of the state."""

from collections.abc import Iterator

from salus.contracts.records import keeper
from salus.contracts.records.types import GROUNDS, Asked, Outcome, PetitionKind
from salus.state.overlay import Reader


def violations(state: Reader, relation: bytes) -> Iterator[str]:
    """Yield a fixed text for each rule that the relation's entry breaks."""
    for _, entry in keeper.get_petitions(state, relation):
        yield from _of_petition(entry)
    offer = keeper.get_offer(state, relation)
    if offer is not None and any(former.until > offer.offered for former in keeper.get_formers(state, relation)):
        yield "an offer was made after the last change of custody"
    for other, link in keeper.get_links(state, relation):
        if (relation, link) not in keeper.get_links(state, other):
            yield "a link stands under both of its relations"
        if other == relation:
            yield "a link is of two relations"
    held = keeper.get_relation(state, relation)
    if held is None:
        return
    if (held.seq == 1) != (held.previous is None) or held.seq < 1:
        yield "only the first root has none before it"
    if held.previous == held.root:
        yield "a root replaces another one"
    if held.replaced != (None if held.previous is None else held.anchored):
        yield "a root is replaced when the next is anchored"


def _of_petition(entry: Asked) -> Iterator[str]:
    if entry.outcome is None:
        if entry.receipt is not None or entry.answered is not None or entry.ground:
            yield "an unanswered petition has no receipt, time or ground"
        return
    if entry.receipt is None or entry.answered is None or entry.answered < entry.made:
        yield "an answer has a receipt, and comes after its petition"
    if entry.ground not in GROUNDS[entry.outcome]:
        yield "a ground is one of its outcome's"
    if entry.outcome == Outcome.DEFERRED and entry.kind != PetitionKind.ERASE:
        yield "only an erasure is deferred"
