"""How often the glass was broken under each policy set: what its regulator watches."""

from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.access.events import GlassBroken
from salus.core.glass import Verdict
from salus.services.break_glass import Broken, glass_rates
from salus.services.history import entries
from salus.services.policies import list_policy_sets


class SetRate(NamedTuple):
    """Of one policy set, whichever of its versions a break-glass rested on, in a window of time."""

    set: bytes
    name: str  # of the shipped set whose rules it has; empty: the members' own
    realm: str
    broken: int
    members: int  # how many of them broke it
    open_reviews: int
    not_justified: int  # of the reviews, by at least one verdict


def glass_by_set(ledger: Ledger, days: int = 30) -> tuple[SetRate, ...]:
    """Return each policy set of the network that lets somebody break the glass, or under which it was broken.

    Most often first; a set with none is listed too, since silence is told only where it was looked for.
    """
    broken = [one for rate in glass_rates(ledger, days) for one in rate.broken]
    under = _sets(ledger, {one.relation for one in broken})
    rates = []
    for view in list_policy_sets(ledger):
        found = [one for one in broken if under.get(one.release) == view.set]
        if found or view.body.emergency.group is not None:
            rates.append(_rate(view.set, view.name, view.body.jurisdiction, found))
    return tuple(sorted(rates, key=lambda rate: (-rate.broken, rate.name, rate.set)))


def _sets(ledger: Ledger, relations: set[bytes]) -> dict[bytes, bytes | None]:
    """Return the policy set that each break-glass of these relations rested on."""
    found: dict[bytes, bytes | None] = {}
    for relation in sorted(relations):
        for entry in entries(ledger, relation):
            if isinstance(entry.event, GlassBroken):
                found[entry.event.request] = entry.event.basis[1]
    return found


def _rate(policy_set: bytes, name: str, realm: str, broken: list[Broken]) -> SetRate:
    return SetRate(
        policy_set,
        name,
        realm,
        len(broken),
        len({one.review.requester for one in broken}),
        sum(one.review.closed is None for one in broken),
        sum(any(verdict == Verdict.NOT_JUSTIFIED for _, _, verdict, _ in one.review.words) for one in broken),
    )
