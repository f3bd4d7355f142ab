"""What others may ask of the consent contract."""

from collections.abc import Iterable

from salus.contracts.consent import keeper
from salus.contracts.consent.expected import PolicySets
from salus.contracts.consent.types import Attestation, Chosen
from salus.core.encoding import decode_stored
from salus.policy.policies import Order, PolicyInForce
from salus.policy.types import Directive
from salus.state.overlay import Reader


def directive(state: Reader, relation: bytes, directive_id: bytes) -> Directive | None:
    """Return the public part of a directive with its status."""
    return keeper.get_directive(state, relation, directive_id)


def directives(state: Reader, relation: bytes) -> list[Directive]:
    """Return all directives of the relation, ended ones too, sorted by id."""
    return keeper.get_directives(state, relation)


def stored(state: Reader, relation: bytes) -> list[tuple[bytes, bytes]]:
    """Return the directives of the relation as they are stored, for who wants to see whether anything changed."""
    return keeper.stored_directives(state, relation)


def of_stored(rows: Iterable[tuple[bytes, bytes]]) -> list[Directive]:
    """Return what `directives` does, of rows that `stored` gave."""
    return [decode_stored(raw, Directive) for _, raw in rows]


def used(state: Reader, relation: bytes, chain: bytes) -> int:
    """Return how many releases rested on a chain of replacements (`Directive.chain`)."""
    return keeper.get_uses(state, relation, chain)


def attestation(state: Reader, relation: bytes, directive_id: bytes) -> Attestation | None:
    """Return who answers for an attested directive, None for one that was signed."""
    return keeper.get_attestation(state, relation, directive_id)


def order(state: Reader, relation: bytes, order_id: bytes) -> Order | None:
    """Return an order, withdrawn or not."""
    return keeper.get_order(state, relation, order_id)


def orders(state: Reader, relation: bytes) -> list[tuple[bytes, Order]]:
    """Return (id, order) of all orders of the relation, ended ones too, sorted by id."""
    return keeper.get_orders(state, relation)


def chosen(state: Reader, relation: bytes) -> Chosen:
    """Return which policy set the relation is under, with the preference and who said it."""
    return keeper.get_chosen(state, relation)


def policy_of(sets: PolicySets, state: Reader, relation: bytes) -> PolicyInForce:
    """Return the policy set that the relation is under, as it stands now, with the person's preference."""
    entry = keeper.get_chosen(state, relation)
    found = sets.policy_set(state, entry.set)
    if found is None:
        raise LookupError("a policy set that was named is not there")  # a bug or damage: halt
    return PolicyInForce(entry.set, found[0], found[1], entry.preference)
