"""Break the glass: a recipient of the emergency group asks, and signs why it cannot wait for anybody's word.

The custodian answers as it answers any request (`release.py`): `policy.decide` says what an emergency
lifts, and the release opens its own review on the ledger. The person is alerted by the event about
her relation; who broke the glass how often, everybody can count.
"""

from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.access import queries as access
from salus.contracts.access.types import Review
from salus.core.glass import GlassReason, Verdict
from salus.policy.filter import Filter
from salus.policy.purposes import BREAK_GLASS
from salus.policy.types import EVERYTHING, Provision
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge
from salus.services.lookup import DAY_MS
from salus.services.members import MemberView, list_members
from salus.services.request import LIFETIME_MS, RequestPackage, ask


def request_break_glass(
    organisation: Organisation,
    relation: bytes,
    staff: Badge,
    reason: GlassReason,
    wanted: Provision = EVERYTHING,
    lifetime_ms: int = LIFETIME_MS,
) -> RequestPackage:
    """Ask the custodian of `relation` in an emergency. Raises UnknownRelation, UnknownSealKey."""
    return ask(organisation, relation, BREAK_GLASS, staff, Filter(wanted, None), lifetime_ms, reason=int(reason))


class Broken(NamedTuple):
    """One break-glass with its review."""

    relation: bytes
    release: bytes
    time: int
    review: Review


class Rate(NamedTuple):
    """How often a member broke the glass in a window of time."""

    member: MemberView
    broken: tuple[Broken, ...]  # oldest first
    open_reviews: int
    not_justified: int  # verdicts that said so


def list_broken(ledger: Ledger, relation: bytes) -> tuple[Broken, ...]:
    """Return each break-glass at a relation, oldest first: what its person is alerted to."""
    rows = access.reviews(ledger.view(), relation)
    found = (Broken(relation, release, review.opened, review) for release, review in rows)
    return tuple(sorted(found, key=lambda one: (one.time, one.release)))


def glass_rates(ledger: Ledger, days: int = 30) -> tuple[Rate, ...]:
    """Return who broke the glass within the last days, most often first: what a regulator watches."""
    state = ledger.view()
    since = ledger.now() - days * DAY_MS
    rates = []
    for member in list_members(ledger):
        broken = []
        for relation, release, time in access.broken(state, member.account, since):
            review = access.review(state, relation, release)
            if review is not None:
                broken.append(Broken(relation, release, time, review))
        if broken:
            ordered = tuple(sorted(broken, key=lambda one: (one.time, one.release)))
            rates.append(Rate(member, ordered, *_count(ordered)))
    return tuple(sorted(rates, key=lambda rate: (-len(rate.broken), rate.member.name, rate.member.account)))


def _count(broken: tuple[Broken, ...]) -> tuple[int, int]:
    """Return (reviews still open, verdicts that found no justification)."""
    unfinished = sum(one.review.closed is None for one in broken)
    return unfinished, sum(verdict == Verdict.NOT_JUSTIFIED for one in broken for _, _, verdict, _ in one.review.words)
