"""What the node's tips say: how old the state here may be, and how far its clock is ahead of ours."""

from salus.core.envelope import WINDOW_MS
from salus.core.errors import WrongSignature
from salus.evidence.header import Validators
from salus.evidence.tip import SignedTip, read_tip
from salus.ledger.embedded.clock import Clock
from salus.ledger.errors import ClockBehind, HeaderOfNobody, NoTip, TipWentBack


class Tips:
    """The tips of one node, as they come. Every method is called under the lock that guards the chain."""

    def __init__(self, network: bytes, clock: Clock) -> None:
        self._network, self._clock = network, clock
        self._newest: SignedTip | None = None
        self._reached: SignedTip | None = None  # the last whose block is executed here
        self.as_of = 0  # up to when the state here is known to be the newest; 0 where no tip was reached
        self.ahead_ms = 0  # how far the node's clock is ahead of ours

    @property
    def raw(self) -> bytes:
        """The last tip whose block is executed here; raises NoTip where there is none."""
        if self._reached is None:
            raise NoTip
        return self._reached.raw

    def check(self, raw: bytes, height: int, validators: Validators) -> SignedTip:
        """Return a tip that the node sent, which has `height` blocks or more.

        Raises Malformed; HeaderOfNobody, TipWentBack, ClockBehind.
        """
        signed = self._read(raw, validators)
        if signed.tip.height < max(height, 0 if self._newest is None else self._newest.tip.height):
            raise TipWentBack
        now = self._clock.now_ms()
        if signed.tip.time > now + WINDOW_MS:
            raise ClockBehind
        self._newest = signed
        self.ahead_ms = max(0, signed.tip.time - now)
        return signed

    def _read(self, raw: bytes, validators: Validators) -> SignedTip:
        try:
            return read_tip(self._network, raw, validators)
        except WrongSignature:
            raise HeaderOfNobody from None

    def reach(self, signed: SignedTip) -> None:
        """Note that the block of a tip is executed here; a clock that was put back makes nothing older."""
        self._reached = signed
        self.as_of = max(self.as_of, signed.tip.time)
