"""What the accounts contract stores of keyholders, delayed changes, recovery and freezing."""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from salus.contracts.accounts.types import RecoveryPolicy
from salus.core.types import Count, Digest, Id, Message, PublicKey, Small, Time

THRESHOLDS: dict[int, tuple[int, int]] = {  # policy -> (how many must approve, of how many)
    int(RecoveryPolicy.IN_PERSON): (0, 0),
    int(RecoveryPolicy.TWO_OF_THREE): (2, 3),
    int(RecoveryPolicy.THREE_OF_FIVE): (3, 5),
}
NewKeys = tuple[tuple[Small, PublicKey, Time, Time], ...]  # (suite, public key, start, end), role DEVICE


class RecoveryKind(IntEnum):
    KEYHOLDERS = 1
    IN_PERSON = 2  # two members re-identified the person


class Keyholding(Message, frozen=True):
    """Who helps recover an account."""

    version: Count  # of the policy: approvals of another version are void
    holders: tuple[tuple[Small, PublicKey], ...]  # (suite, public key), each made for this account alone


NO_KEYHOLDERS = Keyholding(0, ())


class PendingChange(Message, frozen=True):
    """What one device key wants changed, once the delay has passed without a veto."""

    id: Id
    number: Small  # of the message that would do it at once
    change: Annotated[bytes, Meta(max_length=8192)]  # that message, encoded
    due: Time


class PendingRecovery(Message, frozen=True):
    """A recovery under way; until it ends nothing but what protects is possible."""

    id: Digest
    kind: Annotated[int, Meta(ge=1, le=2)]  # RecoveryKind
    keys: NewKeys
    seal_key: Digest
    since: Time | None  # grants of this time and later are suspended at the end; null: none are
    started: Time
    due: Time
    contested: bool  # a key vetoed twice: only the custodian's identity check settles it
    checked: bool  # the check was made, and it is the person


class OfferedReproof(Message, frozen=True):
    """The custodian re-identified the person; without a second member that is of no effect."""

    id: Digest
    keys: NewKeys
    seal_key: Digest
    since: Time | None


class Frozen(Message, frozen=True):
    """A frozen account: nothing but what protects is possible."""

    since: Time
    lifts: Time | None  # when it ends; null: until somebody lifts it


class KeyHistory(Message, frozen=True):
    """What decides whether a device key may veto; without one the key is as old as its generation."""

    listed: Time  # 0: with its generation
    ended: Time | None  # when other keys revoked it
    vetoed: Time | None  # when it last vetoed a recovery


NO_HISTORY = KeyHistory(0, None, None)


class Finished(Message, frozen=True):
    """The last recovery or re-proving that came to its end."""

    generation: Count  # of the account since
    time: Time
