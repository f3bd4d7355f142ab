"""Events of keyholders, delayed changes, recovery and freezing. They are the alert: every device sees them."""

from typing import ClassVar

from salus.core.types import Count, Digest, Id, Message, Small, Time


class KeyholdersSet(Message, frozen=True):
    """The account has other keyholders; approvals of the version before are void."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("account",)

    account: Id
    version: Count
    policy: Small
    holders: tuple[Id, ...]  # ids of their keys


class ChangeProposed(Message, frozen=True):
    """One device key wants a change; any other can veto it until `due`."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("account",)

    account: Id
    change: Id
    key: Id  # that wants it
    number: Small  # of the message
    due: Time


class ChangeVetoed(Message, frozen=True):
    """A pending change is void."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("account",)

    account: Id
    change: Id


class ChangeMade(Message, frozen=True):
    """A change took effect after its delay; the event of the change itself follows."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("account",)

    account: Id
    carrier: Id
    change: Id


class RecoveryStarted(Message, frozen=True):
    """Keyholders approved a recovery."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("handle", "carrier")

    handle: Id
    carrier: Id
    recovery: Digest
    since: Time | None
    due: Time


class RecoveryVetoed(Message, frozen=True):
    """A recovery is void: a device key of the account spoke against it."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("handle",)

    handle: Id
    recovery: Digest
    key: Id


class RecoveryContested(Message, frozen=True):
    """A device key vetoed again: it is frozen, and the custodian's identity check settles the recovery."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("handle",)

    handle: Id
    recovery: Digest
    key: Id
    due: Time


class RecoverySettled(Message, frozen=True):
    """The custodian checked who recovers."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("handle", "custodian")

    handle: Id
    custodian: Id
    staff: Digest
    recovery: Digest
    confirmed: bool


class RecoveryFinal(Message, frozen=True):
    """The account has new keys; every earlier key and pending act is void."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("handle",)

    handle: Id
    recovery: Digest
    kind: Small  # RecoveryKind
    generation: Count
    since: Time | None
    keys: tuple[Id, ...]


class AccountFrozen(Message, frozen=True):
    """The account is frozen, by a printed code (custodian null) or at the desk."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("handle",)

    handle: Id
    custodian: Id | None
    staff: Digest | None


class FreezeLifted(Message, frozen=True):
    """The freeze ends at `due`, unless the account is frozen again."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("handle",)

    handle: Id
    due: Time


class ReproofOffered(Message, frozen=True):
    """The custodian re-identified the person; a second member must too."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("handle", "custodian")

    handle: Id
    custodian: Id
    staff: Digest
    recovery: Digest


class ReproofStarted(Message, frozen=True):
    """Two members re-identified the person: a recovery without keyholders."""

    SUBJECTS: ClassVar[tuple[str, ...]] = ("handle", "member")

    handle: Id
    member: Id
    staff: Digest
    recovery: Digest
    since: Time | None
    due: Time


EVENTS: dict[int, type[Message]] = {
    0x0210: KeyholdersSet,
    0x0211: ChangeProposed,
    0x0212: ChangeVetoed,
    0x0213: ChangeMade,
    0x0214: RecoveryStarted,
    0x0215: RecoveryVetoed,
    0x0216: RecoveryContested,
    0x0217: RecoverySettled,
    0x0218: RecoveryFinal,
    0x0219: AccountFrozen,
    0x021A: FreezeLifted,
    0x021B: ReproofOffered,
    0x021C: ReproofStarted,
}
