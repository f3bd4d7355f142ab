"""The only code that touches the consent namespace."""

from salus.contracts.consent.keys import directive_key, directives_prefix, uses_key
from salus.contracts.consent.types import Uses
from salus.core.encoding import decode_stored, encode
from salus.policy.types import Directive
from salus.state.overlay import Overlay, Reader


def get_directive(state: Reader, relation: bytes, directive: bytes) -> Directive | None:
    raw = state.get(directive_key(relation, directive))
    return None if raw is None else decode_stored(raw, Directive)


def get_directives(state: Reader, relation: bytes) -> list[Directive]:
    """Return all directives of the relation, whatever their status, sorted by id."""
    return [decode_stored(raw, Directive) for _, raw in state.scan(directives_prefix(relation))]


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
