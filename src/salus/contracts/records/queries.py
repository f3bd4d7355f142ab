"""What others may ask of the records contract."""

from salus.contracts.records import keeper
from salus.contracts.records.types import Asked, Hold, Link, Moved, Relation
from salus.contracts.records.types_life import Offer
from salus.state.overlay import Reader


def relation(state: Reader, relation_id: bytes) -> Relation | None:
    """Return what is anchored of a relation, None where nothing is."""
    return keeper.get_relation(state, relation_id)


def root_valid(state: Reader, relation_id: bytes, root: bytes, time: int, grace_ms: int) -> bool:
    """True if `root` is the current one, or the one before and replaced at most `grace_ms` before `time`.

    `grace_ms` is the governed parameter ANCHOR_GRACE_MS.
    """
    held = keeper.get_relation(state, relation_id)
    if held is None:
        return False
    if root == held.root:
        return True
    return held.replaced is not None and root == held.previous and time - held.replaced <= grace_ms


def petition(state: Reader, relation_id: bytes, petition_id: bytes) -> Asked | None:
    """Return a petition and what became of it, None where there is no such petition."""
    return keeper.get_petition(state, relation_id, petition_id)


def petitions(state: Reader, relation_id: bytes) -> list[tuple[bytes, Asked]]:
    """Return (id, petition) of the relation, answered ones too, sorted by id."""
    return keeper.get_petitions(state, relation_id)


def unanswered(state: Reader, relation_id: bytes) -> list[tuple[bytes, Asked]]:
    """Return (id, petition) of those that nobody answered, or that wait for a hold or rule to end."""
    return [(key, entry) for key, entry in keeper.get_petitions(state, relation_id) if entry.open]


def holds(state: Reader, relation_id: bytes) -> list[tuple[bytes, Hold]]:
    """Return (id, hold) of the legal holds that stand, sorted by id."""
    return keeper.get_holds(state, relation_id)


def merged(state: Reader, relation_id: bytes) -> tuple[bytes, ...]:
    """Return the other relations that it is merged with, directly or by way of others, sorted.

    What each of them denies holds for all; a permit is of its own relation alone.
    """
    found = {relation_id: None}
    waiting = [relation_id]
    while waiting:
        for other, _ in keeper.get_links(state, waiting.pop()):
            if other not in found:
                found[other] = None
                waiting.append(other)
    return tuple(sorted(other for other in found if other != relation_id))


def links(state: Reader, relation_id: bytes) -> list[tuple[bytes, Link]]:
    """Return (other relation, link) of the merges that the relation itself is an end of, sorted."""
    return keeper.get_links(state, relation_id)


def move(state: Reader, relation_id: bytes, move_id: bytes) -> Moved | None:
    """Return what the ledger holds of a move of a record out of the relation."""
    return keeper.get_move(state, relation_id, move_id)


def restricted(state: Reader, relation_id: bytes) -> bool:
    """True if the relation is kept and may not be used."""
    return keeper.get_restriction(state, relation_id) is not None


def deceased(state: Reader, relation_id: bytes) -> bool:
    """True if the death of the person is recorded and not reversed."""
    return keeper.get_death(state, relation_id) is not None


def closed(state: Reader, relation_id: bytes) -> bool:
    """True if the relation is kept and takes in nothing new."""
    return keeper.get_closing(state, relation_id) is not None


def offer(state: Reader, relation_id: bytes) -> Offer | None:
    """Return to whom the custody is offered, None where it is to nobody."""
    return keeper.get_offer(state, relation_id)


def kept_until(state: Reader, relation_id: bytes, organisation: bytes) -> int | None:
    """Return the block time at which the organisation last gave up the custody, None where it never did."""
    former = keeper.get_former(state, relation_id, organisation)
    return None if former is None else former.until


def custody_came(state: Reader, relation_id: bytes) -> bool:
    """True if another was the custodian once."""
    return bool(keeper.get_formers(state, relation_id))


def in_use(state: Reader, relation: bytes) -> bool:
    """True unless the relation is restricted or closed, or the person has died: nobody is led to such a one."""
    return not (restricted(state, relation) or deceased(state, relation) or closed(state, relation))


def over(state: Reader, relation: bytes) -> tuple[bool, bool]:
    """Return (the person has died, the relation is closed), asked for at once."""
    bars = keeper.get_bars(state, relation)
    return bars.death is not None, bars.closing is not None
