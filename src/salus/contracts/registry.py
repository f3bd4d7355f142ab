"""The static list of contracts, wired, and the tables the machine works from. Numbers are never reused.

Contracts do not import one another: each states what it needs in its `expected.py`, and here it is
given the module that answers.
"""

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, TypeVar

from salus.contracts import access, accounts, consent, discovery, governance, records, representation
from salus.contracts.access import entry_errors as access_entry_errors
from salus.contracts.access import errors as access_errors
from salus.contracts.access import recovery_errors as access_recovery_errors
from salus.contracts.accounts import errors as accounts_errors
from salus.contracts.accounts import for_governance, for_records, recovery_errors
from salus.contracts.acting import Acting
from salus.contracts.consent import errors as consent_errors
from salus.contracts.consent import lapse
from salus.contracts.consent.for_access import ForAccess
from salus.contracts.consent.uses import count_use
from salus.contracts.context import Context, Contract
from salus.contracts.discovery import errors as discovery_errors
from salus.contracts.governance import errors as governance_errors
from salus.contracts.governance import queries as governance_queries
from salus.contracts.records import custody_errors, entry_errors
from salus.contracts.records import errors as records_errors
from salus.contracts.records import queries as record_queries
from salus.contracts.representation import errors as representation_errors
from salus.core import errors as core_errors
from salus.core.errors import Refusal
from salus.core.types import Message

V = TypeVar("V")

ACTING = Acting()
CONTRACTS: tuple[Contract, ...] = (
    governance.contract(for_governance),
    accounts.contract(governance_queries, lapse),
    records.contract(
        ACTING, governance_queries, for_records.hand_over, lapse.lapse_at_transfer, governance_queries.successor_of
    ),
    consent.contract(ACTING, governance_queries),
    access.contract(ACTING, governance_queries, record_queries, ForAccess(governance_queries), count_use),
    representation.contract(ACTING, governance_queries, ForAccess(governance_queries), ACTING),
    discovery.contract(ACTING, governance_queries, record_queries, ForAccess(governance_queries)),
)


def merged(tables: Iterable[Mapping[int, V]]) -> dict[int, V]:
    """Return all rows, sorted by number; ValueError where a number occurs twice."""
    rows = [row for table in tables for row in table.items()]
    whole = dict(sorted(rows, key=lambda row: row[0]))
    if len(whole) != len(rows):
        raise ValueError("a number is used twice")
    return whole


def refusals_of(module: ModuleType) -> dict[int, type[Refusal]]:
    """Return {code: class} of the refusals that an `errors` module defines; ValueError where one occurs twice."""
    defined = [
        {value.code: value}
        for value in module.__dict__.values()
        if isinstance(value, type) and issubclass(value, Refusal) and value.__module__ == module.__name__
        if value is not Refusal
    ]
    return merged(defined)


MESSAGES: dict[int, type[Message]] = merged(contract.messages for contract in CONTRACTS)
HANDLERS: dict[int, Callable[[Context, Any], None]] = merged(contract.handlers for contract in CONTRACTS)
EVENTS: dict[int, type[Message]] = merged(contract.events for contract in CONTRACTS)
PROTECTIVE: tuple[int, ...] = tuple(sorted(number for contract in CONTRACTS for number in contract.protective))

# Of core and all contracts; the machine adds its own.
REFUSALS: dict[int, type[Refusal]] = merged(
    map(
        refusals_of,
        (
            core_errors,
            governance_errors,
            accounts_errors,
            recovery_errors,
            records_errors,
            entry_errors,
            custody_errors,
            consent_errors,
            access_errors,
            access_recovery_errors,
            representation_errors,
            access_entry_errors,
            discovery_errors,
        ),
    )
)
