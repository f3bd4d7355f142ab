"""Events of the representation contract: leaves of the audit log.

None says what somebody is to the person, nor why something was narrowed.
"""

from typing import ClassVar

from salus.core.types import Digest, Id, Message, Small, Time


class RepresentationMade(Message, frozen=True):
    """Somebody may act for the person, by law or by her own word."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "representative", "attester")

    relation: Id
    representative: Id
    attester: Id | None  # null: the person
    representation: Id
    powers: tuple[Small, ...]
    purposes: tuple[Small, ...]
    rule: Small
    place: Small
    springs: Small
    start: Time
    end: Time
    sealed: Digest


class RepresentationRenewed(Message, frozen=True):
    """A representation has another end."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "representative", "by")

    relation: Id
    representative: Id
    by: Id
    representation: Id
    end: Time


class RepresentationNarrowed(Message, frozen=True):
    """A representative may do nothing but what protects."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "representative", "by")

    relation: Id
    representative: Id
    by: Id
    representation: Id


class RepresentationEnded(Message, frozen=True):
    """A representation has ended for good."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "representative", "by")

    relation: Id
    representative: Id
    by: Id
    representation: Id


class RepresentationDisputed(Message, frozen=True):
    """A representation is disputed, until that is settled; so is that of a representative who disputes."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "representative", "by")

    relation: Id
    representative: Id
    by: Id
    representation: Id
    goes_on: tuple[Small, ...]  # purposes


class DisputeSettled(Message, frozen=True):
    """What was disputed or suspended stands as said."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "representative", "by")

    relation: Id
    representative: Id
    by: Id
    representation: Id
    standing: Small


class IncapacityDeclared(Message, frozen=True):
    """The person cannot decide for herself, says the custodian with a witness."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian", "witness")

    relation: Id
    custodian: Id
    witness: Id
    evidence: Digest


class IncapacityEnded(Message, frozen=True):
    """The person can decide again."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "custodian")

    relation: Id
    custodian: Id


class DelegateNamed(Message, frozen=True):
    """A helper may do some things for the person."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "delegate")

    relation: Id
    delegate: Id
    delegation: Id
    powers: tuple[Small, ...]
    purposes: tuple[Small, ...]
    start: Time
    end: Time


class DelegateEnded(Message, frozen=True):
    """A helper may do nothing any more."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("relation", "delegate", "by")

    relation: Id
    delegate: Id
    by: Id
    delegation: Id


EVENTS: dict[int, type[Message]] = {
    0x0601: RepresentationMade,
    0x0602: RepresentationRenewed,
    0x0603: RepresentationNarrowed,
    0x0604: RepresentationEnded,
    0x0605: RepresentationDisputed,
    0x0606: DisputeSettled,
    0x0607: IncapacityDeclared,
    0x0608: IncapacityEnded,
    0x0609: DelegateNamed,
    0x060A: DelegateEnded,
}
