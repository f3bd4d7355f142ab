"""What a light client begins with, and for how long it believes what it once believed.

Validators that signed a header can be held to it for as long as they have something to lose there. A header older than
the trust period proves nothing: keys of those who have left could sign another history from it on.
https://github.com/cometbft/cometbft/tree/v0.39.4/spec/light-client/verification
"""

from typing import NamedTuple

from salus.client.light.block import NS
from salus.client.light.errors import BadTrust

DAY_NS = 86_400 * NS
PERIOD_NS = 14 * DAY_NS
DRIFT_NS = 10 * NS
MOST_STEPS = 1_000  # headers that one verification may ask a node for


class Trust(NamedTuple):
    """Where to begin: at a header that somebody vouches for, or, without one, at the genesis' validators."""

    height: int = 1
    hash: bytes | None = None
    period_ns: int = PERIOD_NS
    drift_ns: int = DRIFT_NS  # so far the time of a header may lie ahead of this machine's clock
    most_steps: int = MOST_STEPS

    def checked(self) -> "Trust":
        """Return it; raise BadTrust."""
        sound = self.period_ns > 0 and self.drift_ns >= 0 and self.height >= 1 and self.most_steps >= 1
        if not sound or (self.hash is None and self.height != 1) or (self.hash is not None and len(self.hash) != 32):
            raise BadTrust
        return self

    def expired(self, time_ns: int, now_ns: int) -> bool:
        """True if a header of that time is believed no longer."""
        return time_ns + self.period_ns <= now_ns
