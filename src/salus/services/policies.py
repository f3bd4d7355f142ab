"""Policy sets: which there are, which one a relation is under, and naming another."""

from collections.abc import Mapping
from typing import NamedTuple

from salus.client.batcher import Landed
from salus.client.ledger import Ledger
from salus.contracts.consent import queries as consent
from salus.contracts.consent.messages import NamePolicySet
from salus.contracts.governance import queries as governance
from salus.contracts.governance.keys import PURPOSES
from salus.core.encoding import decode
from salus.core.genesis import Purpose
from salus.policy.policies import NO_SET, STRICT_OPT_IN, PolicyInForce, PolicySet
from salus.policy.shipped import find_shipped
from salus.services import lookup
from salus.services.actors import Organisation
from salus.state.overlay import Reader

STRICT_NAME = "strict-opt-in"


class PolicyView(NamedTuple):
    """A policy set as it stands; `name` is that of the shipped set whose rules it has, or empty."""

    set: bytes
    version: int
    name: str
    body: PolicySet


def list_policy_sets(ledger: Ledger) -> tuple[PolicyView, ...]:
    """Return all policy sets of the network, strict opt-in first."""
    state = ledger.view()
    numbers = purpose_numbers(state)
    voted = [
        PolicyView(key, version, _name(body, numbers), body) for key, version, body in governance.policy_sets(state)
    ]
    return (PolicyView(NO_SET, 0, STRICT_NAME, STRICT_OPT_IN), *voted)


def policy_of(ledger: Ledger, relation: bytes) -> PolicyInForce:
    """Return the set that a relation is under, with the person's preference; raise UnknownRelation."""
    state = ledger.view()
    lookup.person(state, relation)
    return consent.policy_of(governance, state, relation)


def name_policy_set(organisation: Organisation, handle: bytes, policy_set: bytes) -> Landed:
    """Put a relation of the organisation under a set of its own realm, or of any. The person sees it.

    Her preference stays as it is. Raises the contract's refusals.
    """
    return organisation.send(NamePolicySet(organisation.account, handle, policy_set))[1]


def purpose_numbers(state: Reader) -> Mapping[str, int]:
    """Return the network's table of purposes, number by code."""
    rows = (decode(raw, Purpose) for _, raw in state.scan(PURPOSES))
    return {row.code: row.number for row in rows}


def _name(body: PolicySet, numbers: Mapping[str, int]) -> str:
    shipped = find_shipped(body, numbers)
    return "" if shipped is None else shipped.name
