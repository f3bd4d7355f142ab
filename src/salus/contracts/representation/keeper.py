"""The only code that touches the representation namespace."""

from salus.contracts.representation import keys
from salus.contracts.representation.types import Delegation, Incapacity, Representation
from salus.core.encoding import decode_stored, encode
from salus.state.overlay import Overlay, Reader


def get_representation(state: Reader, relation: bytes, representation: bytes) -> Representation | None:
    raw = state.get(keys.representation_key(relation, representation))
    return None if raw is None else decode_stored(raw, Representation)


def get_representations(state: Reader, relation: bytes) -> list[tuple[bytes, Representation]]:
    """Return (id, representation) of the relation, ended ones too, sorted by id."""
    found = state.scan(keys.representations_prefix(relation))
    return [(key[34:], decode_stored(raw, Representation)) for key, raw in found]


def put_representation(state: Overlay, relation: bytes, representation: bytes, entry: Representation) -> None:
    state.put(keys.representation_key(relation, representation), encode(entry))


def get_incapacity(state: Reader, relation: bytes) -> Incapacity | None:
    raw = state.get(keys.incapacity_key(relation))
    return None if raw is None else decode_stored(raw, Incapacity)


def put_incapacity(state: Overlay, relation: bytes, entry: Incapacity) -> None:
    state.put(keys.incapacity_key(relation), encode(entry))


def end_incapacity(state: Overlay, relation: bytes) -> None:
    state.delete(keys.incapacity_key(relation))


def get_delegation(state: Reader, relation: bytes, delegation: bytes) -> Delegation | None:
    raw = state.get(keys.delegation_key(relation, delegation))
    return None if raw is None else decode_stored(raw, Delegation)


def get_delegations(state: Reader, relation: bytes) -> list[tuple[bytes, Delegation]]:
    """Return (id, delegation) of the relation, ended ones too, sorted by id."""
    found = state.scan(keys.delegations_prefix(relation))
    return [(key[34:], decode_stored(raw, Delegation)) for key, raw in found]


def put_delegation(state: Overlay, relation: bytes, delegation: bytes, entry: Delegation) -> None:
    state.put(keys.delegation_key(relation, delegation), encode(entry))
