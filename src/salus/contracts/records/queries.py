"""What others may ask of the records contract."""

from salus.contracts.records import keeper
from salus.contracts.records.types import Relation
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
