"""What a wallet keeps, as messages in its sealed file. Nothing of it is derived from anything recoverable."""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from salus.core.signatures import SigningKey
from salus.core.types import Count, Digest, Height, Id, Message, Salt, Time
from salus.evidence.follow import RememberedRelation
from salus.vault.seals import SealKey

Seed = Annotated[bytes, Meta(min_length=32, max_length=32)]
Body = Annotated[bytes, Meta(max_length=32 * 1024)]  # encoded SealedPart


class RelationState(IntEnum):
    """How far a relation is the person's."""

    CLAIMING = 1  # the claim was sent; the desk has not confirmed it
    CLAIMED = 2


class KeptRelation(Message, frozen=True):
    """One relation: keys of its own, random per device, account and generation."""

    handle: Id
    custodian: Id
    generation: Count
    device_seed: Seed
    seal_seed: Seed
    state: Annotated[int, Meta(ge=1, le=2)]
    claim: Id | None  # the claim that is to make the keys live
    seen: RememberedRelation | None  # its log may only grow from here

    @property
    def device(self) -> SigningKey:
        """The signing key of this device for this relation."""
        return SigningKey.from_seed(self.device_seed)

    @property
    def seal_key(self) -> SealKey:
        """The key to which deliveries for this relation are sealed."""
        return SealKey.from_seed(self.seal_seed)

    def __repr__(self) -> str:
        return f"KeptRelation({self.handle.hex()})"


class KeptDirective(Message, frozen=True):
    """A directive that the person granted, with the opening of its sealed part (null in a total deny)."""

    directive: Id
    relation: Id
    version: Count
    salt: Salt | None
    body: Body | None
    granted: Time

    def __repr__(self) -> str:
        return f"KeptDirective({self.directive.hex()})"


class KeptPetition(Message, frozen=True):
    """A petition of the person's own, with what it says."""

    petition: Id
    relation: Id
    raw: Annotated[bytes, Meta(max_length=60 * 1024)]  # encoded Wish
    made: Time

    def __repr__(self) -> str:
        return f"KeptPetition({self.petition.hex()})"


class KeptSubmission(Message, frozen=True):
    """What a member signed of an envelope that it was given to carry."""

    envelope: Id
    member: Id
    height: Height  # 0 without a receipt
    receipt: Annotated[bytes, Meta(max_length=48 * 1024)]  # COSE of kind submission, empty where none came
    sent: Time

    def __repr__(self) -> str:
        return f"KeptSubmission({self.envelope.hex()})"


class KeptSending(Message, frozen=True):
    """What an appointment is sending; kept before it leaves, so that a crash neither loses nor doubles it."""

    directive: Id
    version: Count
    salt: Salt
    body: Body
    seal_seed: Seed  # of the sealing key that it lists
    acknowledged: tuple[Id, ...]  # releases
    envelope: Annotated[bytes, Meta(max_length=16 * 1024)]
    not_after: Time


class KeptAppointment(Message, frozen=True):
    """When the wallet next acts for an account, and what its standing permit is to open."""

    handle: Id
    due: Time
    kept: Time | None  # when the last one was
    standing: Id | None  # the directive in place
    opens: Body  # what that directive opens
    wanted: Body  # what the next is to open; other than `opens` where a wish waits
    former_seals: tuple[Seed, ...]  # sealing keys to which a delivery may still come
    sending: KeptSending | None

    def __repr__(self) -> str:
        return f"KeptAppointment({self.handle.hex()})"


class KeptWish(Message, frozen=True):
    """What all standing permits are to open, those of accounts yet to be claimed too; and what before that."""

    wanted: Body
    former: Body

    def __repr__(self) -> str:
        return "KeptWish()"


class KeptFormer(Message, frozen=True):
    """Sealing keys of an account from before its recovery: deliveries sealed to them may still have to be opened."""

    seal_seeds: Annotated[tuple[Seed, ...], Meta(max_length=16)]

    def __repr__(self) -> str:
        return "KeptFormer()"


class KeptAcknowledgement(Message, frozen=True):
    """A release that was received and verified, to be acknowledged at the account's next appointment."""

    release: Id
    relation: Id
    leaves: Digest


class KeptClaim(Message, frozen=True):
    """A claim that waits, so that two of one wallet do not come together."""

    handle: Id
    secret: Annotated[bytes, Meta(min_length=16, max_length=16)]  # of the invitation
    due: Time

    def __repr__(self) -> str:
        return f"KeptClaim({self.handle.hex()})"


class KeptRequest(Message, frozen=True):
    """A request of the person's own that is under way."""

    request: Id
    relation: Id
    asked: Time
    not_after: Time
