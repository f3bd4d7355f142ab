"""The only code that touches the consent namespace."""

from salus.contracts.consent.keys import (
    attestation_key,
    attestations_prefix,
    chosen_key,
    directive_key,
    directives_prefix,
    order_key,
    orders_prefix,
    uses_key,
)
from salus.contracts.consent.types import NOTHING_CHOSEN, Attestation, Chosen, Uses
from salus.core.encoding import decode_stored, encode
from salus.policy.policies import Order
from salus.policy.types import Directive
from salus.state.overlay import Overlay, Reader


def get_directive(state: Reader, relation: bytes, directive: bytes) -> Directive | None:
    raw = state.get(directive_key(relation, directive))
    return None if raw is None else decode_stored(raw, Directive)


def get_directives(state: Reader, relation: bytes) -> list[Directive]:
    """Return all directives of the relation, whatever their status, sorted by id."""
    return [decode_stored(raw, Directive) for _, raw in state.scan(directives_prefix(relation))]


def stored_directives(state: Reader, relation: bytes) -> list[tuple[bytes, bytes]]:
    """Return the keys and values as they are stored, sorted: equal ones are equal directives."""
    return state.scan(directives_prefix(relation))


def count_directives(state: Reader, relation: bytes) -> int:
    """Return how many directives the relation has, whatever their status; decodes none."""
    return len(state.scan(directives_prefix(relation)))


def put_directive(state: Overlay, directive: Directive) -> None:
    state.put(directive_key(directive.relation, directive.id), encode(directive))


def get_uses(state: Reader, relation: bytes, chain: bytes) -> int:
    raw = state.get(uses_key(relation, chain))
    return 0 if raw is None else decode_stored(raw, Uses).count


def put_uses(state: Overlay, relation: bytes, chain: bytes, count: int) -> None:
    state.put(uses_key(relation, chain), encode(Uses(count)))


def get_chosen(state: Reader, relation: bytes) -> Chosen:
    raw = state.get(chosen_key(relation))
    return NOTHING_CHOSEN if raw is None else decode_stored(raw, Chosen)


def put_chosen(state: Overlay, relation: bytes, chosen: Chosen) -> None:
    state.put(chosen_key(relation), encode(chosen))


def get_attestation(state: Reader, relation: bytes, directive: bytes) -> Attestation | None:
    raw = state.get(attestation_key(relation, directive))
    return None if raw is None else decode_stored(raw, Attestation)


def get_attestations(state: Reader, relation: bytes) -> list[tuple[bytes, Attestation]]:
    """Return (directive, attestation) of the relation, sorted by directive."""
    return [(key[34:], decode_stored(raw, Attestation)) for key, raw in state.scan(attestations_prefix(relation))]


def put_attestation(state: Overlay, relation: bytes, directive: bytes, attestation: Attestation) -> None:
    state.put(attestation_key(relation, directive), encode(attestation))


def get_order(state: Reader, relation: bytes, order: bytes) -> Order | None:
    raw = state.get(order_key(relation, order))
    return None if raw is None else decode_stored(raw, Order)


def get_orders(state: Reader, relation: bytes) -> list[tuple[bytes, Order]]:
    """Return (id, order) of the relation, ended ones too, sorted by id."""
    return [(key[34:], decode_stored(raw, Order)) for key, raw in state.scan(orders_prefix(relation))]


def put_order(state: Overlay, relation: bytes, order_id: bytes, order: Order) -> None:
    state.put(order_key(relation, order_id), encode(order))
