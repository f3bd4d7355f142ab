"""When a wallet acts for an account: at appointments, which no wish moves.

Each account has its own, drawn by chance from nothing but the one before. A wish waits for the next
appointment of every account, and an appointment without a wish sends the same as one with: so neither when
an account acts nor how often tells what its owner wanted, or which other account is hers.

| time                                        | distribution                          |
|---------------------------------------------|---------------------------------------|
| from the claim to the first appointment     | uniform from 0 to 10 days             |
| from one to the next                        | uniform from 4 to 10 days             |
| a wish waits                                | 0 to 10 days, 3.7 on average          |
| an appointment missed, to the next          | uniform from 1 to 3 days              |
| a claim, unless at once                     | uniform until a day before it is void |
| a recovery of several accounts, each        | uniform from 0 to 3 days              |
"""

from random import Random

from salus.wallet.menu import DAY_MS, MINUTE_MS

SHORTEST_MS, LONGEST_MS = 4 * DAY_MS, 10 * DAY_MS
PUNCTUAL_MS = 5 * MINUTE_MS  # later than this an appointment was missed
_AGAIN_MS = DAY_MS, 3 * DAY_MS
RETRY_MS = 10 * MINUTE_MS  # of a claim that could not be sent
RECOVER_WITHIN_MS = 3 * DAY_MS


def first(chance: Random, claimed: int) -> int:
    """Return when a newly claimed account has its first appointment."""
    return claimed + _between(chance, 0, LONGEST_MS)


def following(chance: Random, due: int) -> int:
    """Return the appointment after the one that was due at `due`, whenever it was kept."""
    return due + _between(chance, SHORTEST_MS, LONGEST_MS)


def after_missing(chance: Random, now: int) -> int:
    """Return the appointment in place of a missed one."""
    return now + _between(chance, *_AGAIN_MS)


def claim_at(chance: Random, now: int, end: int) -> int:
    """Return when to claim with an invitation that is void from `end` on."""
    return now + _between(chance, 0, max(0, end - DAY_MS - now))


def recover_at(chance: Random, now: int) -> int:
    """Return when to start the recovery of one of several accounts: all at once would tell that they are one's."""
    return now + _between(chance, 0, RECOVER_WITHIN_MS)


def _between(chance: Random, low: int, high: int) -> int:
    return chance.randint(low, high)
