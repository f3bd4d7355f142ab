"""Messages of the representation contract."""

from typing import Annotated

from msgspec import Meta

from salus.contracts.representation.types import Powers, Purposes
from salus.core.types import Digest, Id, Message, Small, Time

Rule = Annotated[int, Meta(ge=1, le=3)]
Springs = Annotated[int, Meta(ge=1, le=4)]


class AttestRepresentation(Message, frozen=True):
    """Let somebody act for a person by law; by the gateway key of the custodian, or of a regulator or court.

    The representation is T("representation", relation, nonce, index, 0).
    """

    attester: Id
    relation: Id
    representative: Id
    powers: Powers
    purposes: Purposes
    rule: Rule
    place: Small
    springs: Springs
    start: Time
    end: Time
    sealed: Digest


class NameProxy(Message, frozen=True):
    """Let somebody act for oneself, from now on or when it springs; by the person. Its id is derived as above."""

    relation: Id
    representative: Id
    powers: Powers
    purposes: Purposes
    rule: Rule
    place: Small
    springs: Springs
    start: Time
    end: Time
    sealed: Digest


class RenewRepresentation(Message, frozen=True):
    """Give a representation a new end; by its attester or the custodian, or by the person who named it."""

    by: Id
    relation: Id
    representation: Id
    end: Time


class NarrowRepresentation(Message, frozen=True):
    """Leave a representative what protects, and nothing else; by a regulator, or custodian or attester where attested.

    It says no reason: the person came of age, or a court narrowed it.
    """

    by: Id
    relation: Id
    representation: Id


class EndRepresentation(Message, frozen=True):
    """End it for good; by the attester, the person who named it, or the representative, who resigns. Protective."""

    by: Id
    relation: Id
    representation: Id


class DisputeRepresentation(Message, frozen=True):
    """Dispute it, until that is settled; by the person or another representative of hers. Protective."""

    by: Id
    relation: Id
    representation: Id


class SettleDispute(Message, frozen=True):
    """Restore, suspend or end what was disputed or suspended; by the attester, a regulator, or who named it."""

    by: Id
    relation: Id
    representation: Id
    standing: Annotated[int, Meta(ge=1, le=4)]  # types.Standing, not DISPUTED


class DeclareIncapacity(Message, frozen=True):
    """Say that the person cannot decide for herself; by the custodian's gateway key, with a witness.

    The witness is another member, whose gateway key signs too, or a member of staff that the custodian attests.
    """

    custodian: Id
    relation: Id
    witness: Id
    staff: Digest | None
    evidence: Digest


class EndIncapacity(Message, frozen=True):
    """Say that she can again; by the custodian's gateway key."""

    custodian: Id
    relation: Id


class NameDelegate(Message, frozen=True):
    """Let a helper do some things for oneself; by the person. The delegation is T("delegation", relation, ...)."""

    relation: Id
    delegate: Id
    powers: Powers
    purposes: Purposes
    start: Time
    end: Time


class EndDelegate(Message, frozen=True):
    """End a delegation at once; by the person, or the delegate. Protective."""

    by: Id
    relation: Id
    delegation: Id


MESSAGES: dict[int, type[Message]] = {
    0x0601: AttestRepresentation,
    0x0602: NameProxy,
    0x0603: RenewRepresentation,
    0x0604: NarrowRepresentation,
    0x0605: EndRepresentation,
    0x0606: DisputeRepresentation,
    0x0607: SettleDispute,
    0x0608: DeclareIncapacity,
    0x0609: EndIncapacity,
    0x060A: NameDelegate,
    0x060B: EndDelegate,
}
