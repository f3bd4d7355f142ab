"""Messages of keyholders, delayed changes, recovery and freezing."""

from typing import Annotated

from msgspec import Meta

from salus.core.keys import KeyEntry
from salus.core.types import Count, Digest, Id, Message, Nonce, PublicKey, Signature, Small, Time

NewKeys = Annotated[tuple[KeyEntry, ...], Meta(min_length=1, max_length=8)]  # role DEVICE


class KeyholderEntry(Message, frozen=True):
    """A keyholder's public key, made for this one account, with proof of possession (role KEYHOLDER)."""

    suite: Annotated[int, Meta(ge=1, le=1)]
    public: PublicKey
    proof: Signature


class RecoveryPayload(Message, frozen=True):
    """What keyholders approve, by its id T("recovery", payload)."""

    handle: Id
    version: Count  # of the policy they were listed under
    keys: NewKeys
    seal_key: Digest
    since: Time | None  # since when somebody else may have had the keys
    nonce: Nonce


class Approval(Message, frozen=True):
    """What a keyholder signs (COSE kind approval): it names no account."""

    recovery: Id


class VetoPayload(Message, frozen=True):
    """What a device key signs (COSE kind veto); a key that others revoked lately can sign it too."""

    handle: Id
    recovery: Id


class SetKeyholders(Message, frozen=True):
    """Say who helps recover the account, and how many of them must; by two listed device keys.

    The keyholders before are in force no more. Those who stay may be named by the key they have.
    """

    account: Id
    policy: Small  # types.RecoveryPolicy, which fixes their number
    holders: Annotated[tuple[KeyholderEntry, ...], Meta(max_length=5)]


class AddFreezeKey(Message, frozen=True):
    """List the key of a printed code, which can freeze the account and nothing else; by one device key."""

    account: Id
    key: KeyEntry  # role FREEZE


class ProposeChange(Message, frozen=True):
    """Add a key, revoke a key or set keyholders with one device key, after the delay.

    The change is T("change", account, nonce, index, 0).
    """

    account: Id
    number: Small  # 0x020B, 0x020C or 0x0210
    change: Annotated[bytes, Meta(max_length=8192)]  # that message, encoded


class VetoChange(Message, frozen=True):
    """End a pending change; by any live device key of the account. Protective."""

    account: Id
    change: Id


class CompleteChange(Message, frozen=True):
    """Make a change that nobody vetoed during the delay; by any member's gateway."""

    carrier: Id
    account: Id
    change: Id


class StartRecovery(Message, frozen=True):
    """Carry a recovery that keyholders approved; by the gateway key of any member."""

    carrier: Id
    recovery: Annotated[bytes, Meta(max_length=8192)]  # encoded RecoveryPayload
    approval: Annotated[bytes, Meta(max_length=2048)]  # COSE_Sign over encoded Approval, one signer for each


class VetoRecovery(Message, frozen=True):
    """Carry the veto of a device key; by the gateway key of any member. Protective."""

    carrier: Id
    veto: Annotated[bytes, Meta(max_length=2048)]  # COSE_Sign over encoded VetoPayload, one signer


class SettleRecovery(Message, frozen=True):
    """The custodian saw the person whose recovery is contested; by its gateway key."""

    custodian: Id
    staff: Digest  # commitment of the member of staff who saw her
    handle: Id
    recovery: Id
    confirmed: bool  # it is she who recovers; false: it is not, and the recovery is void


class CompleteRecovery(Message, frozen=True):
    """Make a recovery final after its delay; by any member's gateway."""

    carrier: Id
    handle: Id
    recovery: Id


class FreezeAccount(Message, frozen=True):
    """Freeze the account; by the key of a printed code. Protective."""

    account: Id


class FreezeInPerson(Message, frozen=True):
    """Freeze the account of a person who is at the desk; by the custodian's gateway key. Protective."""

    custodian: Id
    staff: Digest
    handle: Id


class LiftFreeze(Message, frozen=True):
    """End a freeze after the delay, unless it is frozen again meanwhile; by two device keys."""

    account: Id


class ReproveAccount(Message, frozen=True):
    """The custodian re-identified the person, who made new keys; of no effect without `ConfirmReproof`.

    The recovery is T("recovery", handle, nonce, index, 0).
    """

    custodian: Id
    staff: Digest
    handle: Id
    keys: NewKeys
    seal_key: Digest
    since: Time | None


class ConfirmReproof(Message, frozen=True):
    """A second member re-identified the person too: the recovery starts; by its gateway key."""

    member: Id
    staff: Digest
    handle: Id
    recovery: Id


MESSAGES: dict[int, type[Message]] = {
    0x0210: SetKeyholders,
    0x0211: AddFreezeKey,
    0x0212: ProposeChange,
    0x0213: VetoChange,
    0x0214: CompleteChange,
    0x0215: StartRecovery,
    0x0216: VetoRecovery,
    0x0217: SettleRecovery,
    0x0218: CompleteRecovery,
    0x0219: FreezeAccount,
    0x021A: FreezeInPerson,
    0x021B: LiftFreeze,
    0x021C: ReproveAccount,
    0x021D: ConfirmReproof,
}
