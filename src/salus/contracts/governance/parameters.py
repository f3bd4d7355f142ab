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
    LOOKUPS_PER_HOUR = 50  # of one requester, wherever it asks
    LOOKUPS_PER_DAY = 51
    LOOKUP_WINDOW_MS = 52  # how far ahead the `not_after` of a look-up may lie
    LOCATOR_EPOCH_MS = 53  # at least so long a group keeps the key that it shares for locators
    TICKET_MS = 54  # how long the answer to a look-up may be used


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
    Parameter.LOOKUPS_PER_HOUR: Bounds(60, 1, 100_000),
    Parameter.LOOKUPS_PER_DAY: Bounds(400, 1, 1_000_000),
    Parameter.LOOKUP_WINDOW_MS: Bounds(600_000, 10_000, 3_600_000),  # 10 min; 10 s to 1 h
    Parameter.LOCATOR_EPOCH_MS: Bounds(86_400_000, 60_000, 7_776_000_000),  # 1 day; 1 min to 90 days
    Parameter.TICKET_MS: Bounds(600_000, 10_000, 3_600_000),  # 10 min; 10 s to 1 h
}
NUMBERS = frozenset(map(int, Parameter))  # for membership only
