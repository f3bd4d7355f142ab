"""What others may ask of the consent contract."""

from salus.contracts.consent import keeper
from salus.policy.types import Directive
from salus.state.overlay import Reader


def directive(state: Reader, relation: bytes, directive_id: bytes) -> Directive | None:
    """Return the public part of a directive with its status."""
    return keeper.get_directive(state, relation, directive_id)


def directives(state: Reader, relation: bytes) -> list[Directive]:
    """Return all directives of the relation, ended ones too, sorted by id."""
    return keeper.get_directives(state, relation)


def used(state: Reader, relation: bytes, chain: bytes) -> int:
    """Return how many releases rested on a chain of replacements (`Directive.chain`)."""
    return keeper.get_uses(state, relation, chain)
