"""What the newest header says: how old the state here may be, and how far the validators' clocks are ahead of ours."""

from salus.evidence.header import Validators, parse_header
from salus.evidence.tip import SignedTip, Tip
from salus.ledger.followed.tips import Tips


class CommittedTips(Tips):
    """Committed headers in the place of signed tips: the light client has verified each."""

    def _read(self, raw: bytes, validators: Validators) -> SignedTip:
        signed = parse_header(self._network, raw)
        return SignedTip(Tip(self._network, signed.header.height, signed.hash, signed.header.time), raw)
