"""What a wallet keeps of recoveries, its own and those of others that it helps."""

from typing import Annotated

from msgspec import Meta

from salus.core.signatures import SigningKey
from salus.core.types import Count, Id, Message, Time
from salus.wallet.kept import Seed


class KeptRecovery(Message, frozen=True):
    """A recovery of one's own account under way: new keys, what is approved, the approvals that have come."""

    handle: Id
    custodian: Id
    generation: Count
    device_seed: Seed
    seal_seed: Seed
    recovery: Id  # T("recovery", payload)
    payload: Annotated[bytes, Meta(max_length=8192)]
    approvals: Annotated[tuple[Annotated[bytes, Meta(max_length=512)], ...], Meta(max_length=5)]
    due: Time | None  # when it is to be sent; null: it was sent, or waits for its approvals

    def __repr__(self) -> str:
        return f"KeptRecovery({self.handle.hex()})"


class KeptKeyholding(Message, frozen=True):
    """A key that helps recover somebody's account; made for that account alone."""

    handle: Id
    seed: Seed

    @property
    def key(self) -> SigningKey:
        """The key that signs approvals."""
        return SigningKey.from_seed(self.seed)

    def __repr__(self) -> str:
        return "KeptKeyholding()"
