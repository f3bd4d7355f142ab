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
    EMERGENCY_MEMBERS = 12  # how many members together suspend another without a vote
    EMERGENCY_SUSPENSION_MS = 13  # after which that ends by itself
    VALIDATOR_SHARE_PERCENT = 14  # of the validators' power, that one of four members or more may have
    RECOVERY_DELAY_MS = 20  # of a recovery, of a change that one device key wants, of the end of a freeze
    CONTESTED_DELAY_MS = 21  # of a recovery that a key vetoed twice, from then on
    RECENT_CHANGE_MS = 22  # a key listed less than this before a recovery cannot veto it
    VETO_PERIOD_MS = 23  # in which a key vetoes once
    REPRESENTATION_TERM_MS = 30  # how far ahead the end of an attested representation may lie
    PROXY_TERM_MS = 31  # the same, of whom the person named: a proxy, a delegate
    MAX_REPRESENTATIVES = 32  # of one relation at a time; and as many delegates
    MAX_MERGED = 40  # relations that are merged with one another
    APPROVAL_WINDOW_MS = 41  # how far ahead the `not_after` of an approval of a merge may lie
    OUTAGE_MS = 45  # the same, for break-glass while the ledger cannot commit
    DEFERRED_MS = 46  # how long after an emergency its release may still be committed
    SILENCE_MS = 47  # how long an order may forbid notice
    BULK_ENTRIES = 48  # relations in one bulk release
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
    Parameter.EMERGENCY_MEMBERS: Bounds(2, 2, 5),  # never one alone; the signatures fit into one envelope
    Parameter.EMERGENCY_SUSPENSION_MS: Bounds(259_200_000, 3_600_000, 2_592_000_000),  # 72 h; 1 h to 30 days
    Parameter.VALIDATOR_SHARE_PERCENT: Bounds(33, 25, 100),  # so that no one of them can stop the network alone
    Parameter.RECOVERY_DELAY_MS: Bounds(604_800_000, 60_000, 7_776_000_000),  # 7 days; 1 min to 90 days
    Parameter.CONTESTED_DELAY_MS: Bounds(1_209_600_000, 60_000, 7_776_000_000),  # 14 days; 1 min to 90 days
    Parameter.RECENT_CHANGE_MS: Bounds(1_209_600_000, 0, 31_536_000_000),  # 14 days; 0 to 365 days
    Parameter.VETO_PERIOD_MS: Bounds(2_592_000_000, 60_000, 31_536_000_000),  # 30 days; 1 min to 365 days
    Parameter.REPRESENTATION_TERM_MS: Bounds(63_244_800_000, 86_400_000, 126_489_600_000),  # 732 days; 1 to 1464
    Parameter.PROXY_TERM_MS: Bounds(315_619_200_000, 86_400_000, 946_771_200_000),  # 3653 days; 1 to 10958
    Parameter.MAX_REPRESENTATIVES: Bounds(16, 1, 64),
    Parameter.MAX_MERGED: Bounds(8, 2, 32),
    Parameter.APPROVAL_WINDOW_MS: Bounds(1_209_600_000, 60_000, 7_776_000_000),  # 14 days; 1 min to 90 days
    Parameter.OUTAGE_MS: Bounds(259_200_000, 60_000, 2_592_000_000),  # 3 days; 1 min to 30 days
    Parameter.DEFERRED_MS: Bounds(2_592_000_000, 3_600_000, 7_776_000_000),  # 30 days; 1 h to 90 days
    Parameter.SILENCE_MS: Bounds(7_776_000_000, 86_400_000, 31_622_400_000),  # 90 days; 1 to 366 days
    Parameter.BULK_ENTRIES: Bounds(500, 1, 1000),
    Parameter.LOOKUPS_PER_HOUR: Bounds(60, 1, 100_000),
    Parameter.LOOKUPS_PER_DAY: Bounds(400, 1, 1_000_000),
    Parameter.LOOKUP_WINDOW_MS: Bounds(600_000, 10_000, 3_600_000),  # 10 min; 10 s to 1 h
    Parameter.LOCATOR_EPOCH_MS: Bounds(86_400_000, 60_000, 7_776_000_000),  # 1 day; 1 min to 90 days
    Parameter.TICKET_MS: Bounds(600_000, 10_000, 3_600_000),  # 10 min; 10 s to 1 h
}
NUMBERS = frozenset(map(int, Parameter))  # for membership only
