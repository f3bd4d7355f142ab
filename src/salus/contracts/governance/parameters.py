"""The parameters that members vote on: number, default, bounds, unit."""

from enum import IntEnum
from typing import NamedTuple


class Parameter(IntEnum):
    MAX_BLOCK_BYTES = 1
    ANCHOR_GRACE_MS = 2  # how long a release may still name the relation root before the current one
    CLAIM_DELAY_MS = 3  # after which a claim that the desk neither confirmed nor rejected can be completed
    PROPOSAL_DELAY_BLOCKS = 4  # at least this many between a proposal and its effective height
    MAX_ACTIVE_PERMITS = 5  # per relation
    REQUEST_WINDOW_MS = 6  # how far ahead the `not_after` of a request may lie
    CARRIER_SHARE_PERCENT = 7  # of a block that one member's batches may fill
    MAX_KEYS = 8  # live keys per account
    SESSION_MS = 9  # how long a session may last
    STALE_MS = 10  # how old the state may be that a gateway decides on
    STALE_EMERGENCY_MS = 11  # the same, for emergency treatment and break-glass
    OUTAGE_MS = 45  # the same, for break-glass while the ledger cannot commit
    DEFERRED_MS = 46  # how long after an emergency its release may still be committed
    SILENCE_MS = 47  # how long an order may forbid notice
    BULK_ENTRIES = 48  # relations in one bulk release


class Bounds(NamedTuple):
    """lowest <= default <= highest."""

    default: int
    lowest: int
    highest: int


BOUNDS: dict[Parameter, Bounds] = {
    Parameter.MAX_BLOCK_BYTES: Bounds(4 * 1024**2, 1024**2, 64 * 1024**2),  # never below one batch
    Parameter.ANCHOR_GRACE_MS: Bounds(30_000, 0, 600_000),
    Parameter.CLAIM_DELAY_MS: Bounds(259_200_000, 60_000, 2_592_000_000),  # 72 h; 1 min to 30 days
    Parameter.PROPOSAL_DELAY_BLOCKS: Bounds(1, 1, 1_000_000),
    Parameter.MAX_ACTIVE_PERMITS: Bounds(64, 1, 1024),
    Parameter.REQUEST_WINDOW_MS: Bounds(86_400_000, 60_000, 604_800_000),  # 1 day; 1 min to 7 days
    Parameter.CARRIER_SHARE_PERCENT: Bounds(100, 1, 100),
    Parameter.MAX_KEYS: Bounds(64, 2, 256),
    Parameter.SESSION_MS: Bounds(43_200_000, 60_000, 604_800_000),  # 12 h; 1 min to 7 days
    Parameter.STALE_MS: Bounds(60_000, 1_000, 3_600_000),  # 1 min; 1 s to 1 h
    Parameter.STALE_EMERGENCY_MS: Bounds(900_000, 1_000, 86_400_000),  # 15 min; 1 s to 1 day
    Parameter.OUTAGE_MS: Bounds(259_200_000, 60_000, 2_592_000_000),  # 3 days; 1 min to 30 days
    Parameter.DEFERRED_MS: Bounds(2_592_000_000, 3_600_000, 7_776_000_000),  # 30 days; 1 h to 90 days
    Parameter.SILENCE_MS: Bounds(7_776_000_000, 86_400_000, 31_622_400_000),  # 90 days; 1 to 366 days
    Parameter.BULK_ENTRIES: Bounds(500, 1, 1000),
}
NUMBERS = frozenset(map(int, Parameter))  # for membership only
