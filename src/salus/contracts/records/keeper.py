"""The only code that touches the records namespace."""

from salus.contracts.records import keys
from salus.contracts.records.types import Asked, Hold, Link, Moved, Relation, Restriction, Used
from salus.contracts.records.types_life import Bars, Closing, Death, Former, Offer
from salus.core.encoding import decode_stored, encode
from salus.state.overlay import Overlay, Reader

_NO_BARS = Bars(None, None)


def get_relation(state: Reader, relation: bytes) -> Relation | None:
    raw = state.get(keys.relation_key(relation))
    return None if raw is None else decode_stored(raw, Relation)


def put_relation(state: Overlay, relation: bytes, entry: Relation) -> None:
    state.put(keys.relation_key(relation), encode(entry))


def get_petition(state: Reader, relation: bytes, petition: bytes) -> Asked | None:
    raw = state.get(keys.petition_key(relation, petition))
    return None if raw is None else decode_stored(raw, Asked)


def get_petitions(state: Reader, relation: bytes) -> list[tuple[bytes, Asked]]:
    """Return (petition, entry) of the relation, answered ones too, sorted by id."""
    return [(key[34:], decode_stored(raw, Asked)) for key, raw in state.scan(keys.petitions_prefix(relation))]


def put_petition(state: Overlay, relation: bytes, petition: bytes, entry: Asked) -> None:
    state.put(keys.petition_key(relation, petition), encode(entry))


def get_hold(state: Reader, relation: bytes, hold: bytes) -> Hold | None:
    raw = state.get(keys.hold_key(relation, hold))
    return None if raw is None else decode_stored(raw, Hold)


def get_holds(state: Reader, relation: bytes) -> list[tuple[bytes, Hold]]:
    """Return (hold, entry) of those that stand, sorted by id."""
    return [(key[34:], decode_stored(raw, Hold)) for key, raw in state.scan(keys.holds_prefix(relation))]


def put_hold(state: Overlay, relation: bytes, hold: bytes, entry: Hold) -> None:
    state.put(keys.hold_key(relation, hold), encode(entry))


def end_hold(state: Overlay, relation: bytes, hold: bytes) -> None:
    state.delete(keys.hold_key(relation, hold))


def get_restriction(state: Reader, relation: bytes) -> Restriction | None:
    raw = state.get(keys.restriction_key(relation))
    return None if raw is None else decode_stored(raw, Restriction)


def put_restriction(state: Overlay, relation: bytes, entry: Restriction) -> None:
    state.put(keys.restriction_key(relation), encode(entry))


def end_restriction(state: Overlay, relation: bytes) -> None:
    state.delete(keys.restriction_key(relation))


def get_bars(state: Reader, relation: bytes) -> Bars:
    """Return death and closing, as far as they stand."""
    raw = state.get(keys.bars_key(relation))
    return _NO_BARS if raw is None else decode_stored(raw, Bars)


def _put_bars(state: Overlay, relation: bytes, entry: Bars) -> None:
    state.put(keys.bars_key(relation), None if entry == _NO_BARS else encode(entry))


def get_death(state: Reader, relation: bytes) -> Death | None:
    return get_bars(state, relation).death


def put_death(state: Overlay, relation: bytes, entry: Death | None) -> None:
    _put_bars(state, relation, Bars(entry, get_closing(state, relation)))


def end_death(state: Overlay, relation: bytes) -> None:
    put_death(state, relation, None)


def get_closing(state: Reader, relation: bytes) -> Closing | None:
    return get_bars(state, relation).closing


def put_closing(state: Overlay, relation: bytes, entry: Closing | None) -> None:
    _put_bars(state, relation, Bars(get_death(state, relation), entry))


def end_closing(state: Overlay, relation: bytes) -> None:
    put_closing(state, relation, None)


def get_offer(state: Reader, relation: bytes) -> Offer | None:
    raw = state.get(keys.offer_key(relation))
    return None if raw is None else decode_stored(raw, Offer)


def put_offer(state: Overlay, relation: bytes, entry: Offer) -> None:
    state.put(keys.offer_key(relation), encode(entry))


def end_offer(state: Overlay, relation: bytes) -> None:
    state.delete(keys.offer_key(relation))


def get_former(state: Reader, relation: bytes, custodian: bytes) -> Former | None:
    raw = state.get(keys.former_key(relation, custodian))
    return None if raw is None else decode_stored(raw, Former)


def put_former(state: Overlay, relation: bytes, custodian: bytes, entry: Former) -> None:
    state.put(keys.former_key(relation, custodian), encode(entry))


def get_formers(state: Reader, relation: bytes) -> list[Former]:
    """Return the entries of all that were custodian, sorted by organisation."""
    return [decode_stored(raw, Former) for _, raw in state.scan(keys.formers_prefix(relation))]


def get_links(state: Reader, relation: bytes) -> list[tuple[bytes, Link]]:
    """Return (other relation, link) of the merges that the relation itself is an end of, sorted."""
    return [(key[34:], decode_stored(raw, Link)) for key, raw in state.scan(keys.links_prefix(relation))]


def put_link(state: Overlay, one: bytes, other: bytes, entry: Link) -> None:
    state.put(keys.link_key(one, other), encode(entry))
    state.put(keys.link_key(other, one), encode(entry))


def end_link(state: Overlay, one: bytes, other: bytes) -> None:
    state.delete(keys.link_key(one, other))
    state.delete(keys.link_key(other, one))


def get_used(state: Reader, relation: bytes, approval: bytes) -> Used | None:
    raw = state.get(keys.used_key(relation, approval))
    return None if raw is None else decode_stored(raw, Used)


def put_used(state: Overlay, relation: bytes, approval: bytes, entry: Used) -> None:
    state.put(keys.used_key(relation, approval), encode(entry))


def get_move(state: Reader, relation: bytes, move: bytes) -> Moved | None:
    raw = state.get(keys.move_key(relation, move))
    return None if raw is None else decode_stored(raw, Moved)


def put_move(state: Overlay, relation: bytes, move: bytes, entry: Moved) -> None:
    state.put(keys.move_key(relation, move), encode(entry))
