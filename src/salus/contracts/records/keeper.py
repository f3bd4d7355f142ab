"""The only code that touches the records namespace."""

from salus.contracts.records.keys import relation_key
from salus.contracts.records.types import Relation
from salus.core.encoding import decode_stored, encode
from salus.state.overlay import Overlay, Reader


def get_relation(state: Reader, relation: bytes) -> Relation | None:
    raw = state.get(relation_key(relation))
    return None if raw is None else decode_stored(raw, Relation)


def put_relation(state: Overlay, relation: bytes, entry: Relation) -> None:
    state.put(relation_key(relation), encode(entry))
