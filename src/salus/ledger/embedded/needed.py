"""What must not be pruned yet: what is young, and what somebody still waits for."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from salus.contracts.access.types import Review, SealedOrder, SealedRelease
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.queries import parameter
from salus.contracts.governance.types import Proposal, ProposalStatus
from salus.core.encoding import decode
from salus.core.envelope import WINDOW_MS
from salus.core.errors import Refusal
from salus.ledger import errors
from salus.state.store import Store

_WINDOWS = (  # how far ahead the end of something that is signed may lie: what took it must not be gone before
    Parameter.REQUEST_WINDOW_MS,
    Parameter.SESSION_MS,
    Parameter.LOOKUP_WINDOW_MS,
    Parameter.APPROVAL_WINDOW_MS,
    Parameter.OUTAGE_MS,
)


class _Kind(NamedTuple):
    prefix: bytes
    open: Callable[[bytes, int], bool]  # (value, block time)
    refusal: type[Refusal]


def _review(raw: bytes, _: int) -> bool:
    return decode(raw, Review).closed is None


def _silent_order(raw: bytes, now: int) -> bool:
    return now < decode(raw, SealedOrder).notice_until


def _silent_release(raw: bytes, _: int) -> bool:
    return decode(raw, SealedRelease).opened is None


def _pending(_raw: bytes, _: int) -> bool:
    return True


def _proposal(raw: bytes, _: int) -> bool:
    return decode(raw, Proposal).status == ProposalStatus.OPEN


_KINDS = (  # in order of precedence
    _Kind(b"\x05\x02", _review, errors.ReviewIsOpen),
    _Kind(b"\x05\x10", _silent_order, errors.SilenceNotOver),
    _Kind(b"\x05\x11", _silent_release, errors.SilenceNotOver),
    _Kind(b"\x02\x07", _pending, errors.ChangeIsPending),  # a claim
    _Kind(b"\x02\x21", _pending, errors.ChangeIsPending),
    _Kind(b"\x02\x22", _pending, errors.ChangeIsPending),  # a recovery
    _Kind(b"\x01\x02", _proposal, errors.ProposalIsOpen),
)


def youngest_ms(store: Store) -> int:
    """Return how old a block must be at least: the longest time for which anything signed can be in force."""
    return max(WINDOW_MS, *(parameter(store, number) for number in _WINDOWS))


def check_open(now: Store, before: Store, time: int) -> None:
    """Raise ReviewIsOpen, SilenceNotOver, ChangeIsPending or ProposalIsOpen.

    Something is needed where it is open `now`, at block `time`, and was there `before`, in the state
    that the first kept block finds: then the block that began it would go.
    """
    found = dict.fromkeys(kind.refusal for key, kind in _open(now, time) if before.get(key) is not None)
    for kind in _KINDS:
        if kind.refusal in found:
            raise kind.refusal


def _open(store: Store, time: int) -> Iterator[tuple[bytes, _Kind]]:
    by_prefix = {kind.prefix: kind for kind in _KINDS}
    for key, value in store.items():
        kind = by_prefix.get(key[:2])
        if kind is not None and kind.open(value, time):
            yield key, kind
