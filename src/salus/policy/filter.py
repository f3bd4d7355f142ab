"""What a request asks for. It travels sealed; the ledger holds a salted commitment to it."""

from salus.core.types import Message
from salus.policy.policies import RESTRICTED
from salus.policy.provision import Facts, possibly_within, surely_within
from salus.policy.types import EVERYTHING, Provision


class Filter(Message, frozen=True):
    """Narrows what is asked: `base`, without `residual` where there is one. It never widens anything."""

    base: Provision
    residual: Provision | None


UNFILTERED = Filter(EVERYTHING, None)


def asks_for(filter_: Filter, facts: Facts, staff: bytes | None, pending: int = RESTRICTED) -> bool:
    """True if the record is asked for; one that is not counts neither as allowed nor as left out."""
    return surely_within(filter_.base, facts, staff, pending) and (
        filter_.residual is None or not possibly_within(filter_.residual, facts, staff)
    )
