"""The validators in force, and the versions of the rules that members voted for."""

from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.governance import queries as governance
from salus.services import lookup


class ValidatorView(NamedTuple):
    """A validator key in force; from the second block after its vote on it signs blocks."""

    public: bytes
    account: bytes
    name: str
    power: int
    share: float  # of all power, from 0 to 1


class UpgradeView(NamedTuple):
    """A version of the rules, in force from a height on."""

    rules: int
    height: int
    software: str  # that members said knows it; empty for the first


def list_validators(ledger: Ledger) -> tuple[ValidatorView, ...]:
    """Return all validators, by the member's name and key."""
    state = ledger.view()
    entries = governance.validators(state)
    total = sum(entry.power for entry in entries)
    views = [
        ValidatorView(
            entry.public, entry.member, lookup.organisation(state, entry.member).name, entry.power, entry.power / total
        )
        for entry in entries
    ]
    return tuple(sorted(views, key=lambda view: (view.name, view.public)))


def rules_now(ledger: Ledger) -> tuple[UpgradeView, UpgradeView | None]:
    """Return the version for the next block, and the one that is scheduled after it."""
    state = ledger.view()
    following = state.height + 1
    version, since, software = governance.rules_version(state, following)
    ahead = [UpgradeView(one.version, height, one.software) for height, one in governance.upgrades(state)]
    return UpgradeView(version, since, software), next((one for one in ahead if one.height > following), None)
