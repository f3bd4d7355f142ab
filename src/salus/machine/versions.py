"""The versions of the rules that this software knows, and the one under which a block is executed.

A version is everything by which a block changes the state: the contracts, with what they do at the beginning of a
block and for each message. Members vote that another acts from a height (`governance`, action 8); software that
knows it has its contracts in `RULES` beside the older ones, which replay what came before. A number is never used
for other rules than those that it stood for once.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from salus.contracts.context import Context, Contract
from salus.contracts.governance.queries import FIRST_RULES, rules_version
from salus.contracts.registry import CONTRACTS, merged
from salus.core.types import Message
from salus.machine.errors import UnknownRules
from salus.state.overlay import Reader


class Rules(NamedTuple):
    """One version, as the tables that the machine works from. Numbers of events are those of the registry."""

    contracts: tuple[Contract, ...]
    messages: Mapping[int, type[Message]]
    handlers: Mapping[int, Callable[[Context, Any], None]]
    protective: tuple[int, ...]


def rules_of(contracts: tuple[Contract, ...]) -> Rules:
    """Return the rules that these contracts make; ValueError where two share a number."""
    return Rules(
        contracts,
        merged(contract.messages for contract in contracts),
        merged(contract.handlers for contract in contracts),
        tuple(sorted(number for contract in contracts for number in contract.protective)),
    )


RULES: dict[int, Rules] = {FIRST_RULES: rules_of(CONTRACTS)}


def rules_at(state: Reader, height: int) -> Rules:
    """Return the rules for the block at `height` on top of `state`; raise UnknownRules."""
    version, since, software = rules_version(state, height)
    rules = RULES.get(version)
    if rules is None:
        raise UnknownRules(since, version, software)
    return rules
