"""Messages of the accounts contract."""

from typing import Annotated

from msgspec import Meta

from salus.contracts.accounts.recovery_messages import MESSAGES as RECOVERY
from salus.core.keys import KeyEntry
from salus.core.types import Digest, Id, Message, Name, Nonce, PublicKey, Small, Time

Keys = Annotated[tuple[KeyEntry, ...], Meta(min_length=1, max_length=32)]


class OpenOrganisation(Message, frozen=True):
    """Open an account for an organisation, an applicant until members admit it.

    Signed by the sponsor's gateway key. The account is T("organisation", sponsor, nonce, index, 0).
    """

    sponsor: Id
    name: Name
    realm: Name
    roles: Annotated[tuple[Small, ...], Meta(min_length=1, max_length=8)]  # sorted, distinct
    threshold: Small  # of its administration keys
    keys: Keys  # administration and gateway keys
    seal_key: Digest  # id of its HPKE public key


class ChangeOrganisationKeys(Message, frozen=True):
    """Add and revoke keys, change threshold or HPKE key; signed by `threshold` administration keys."""

    organisation: Id
    add: Annotated[tuple[KeyEntry, ...], Meta(max_length=32)]
    revoke: Annotated[tuple[Id, ...], Meta(max_length=32)]  # key ids
    threshold: Small
    seal_key: Digest


class AttestStaff(Message, frozen=True):
    """Attest a member of staff as a salted commitment, T("staff", salt, opening); by the gateway key."""

    organisation: Id
    commitment: Digest
    start: Time
    end: Time


class EndStaff(Message, frozen=True):
    """End an attestation at once; by the gateway key."""

    organisation: Id
    commitment: Digest


class OpenAccounts(Message, frozen=True):
    """Open `count` custodial accounts; by the gateway key.

    The handle of entry i is T("handle", custodian, nonce, index, i): account and relation id.
    """

    custodian: Id
    count: Annotated[int, Meta(ge=1, le=1000)]


class InvitePerson(Message, frozen=True):
    """Let the holder of an invitation's secret claim the account; by the custodian's gateway key."""

    custodian: Id
    handle: Id
    public: PublicKey  # derived from the secret, which is never shown to the ledger
    end: Time


class ClaimPayload(Message, frozen=True):
    """Payload of COSE kind `claim`, signed by the invitation's key and then each new key, in order.

    Its id is T("claim", payload); the short code is the first 40 bits of it.
    """

    handle: Id
    keys: Annotated[tuple[KeyEntry, ...], Meta(min_length=1, max_length=8)]  # role DEVICE
    seal_key: Digest
    policy: Small  # recovery policy, from the short menu in `types.RecoveryPolicy`
    nonce: Nonce
    not_after: Time


class ClaimAccount(Message, frozen=True):
    """Carry a claim; by the gateway key of any member, so that no custodian can suppress it."""

    carrier: Id
    claim: bytes  # COSE_Sign, kind claim


class ConfirmClaim(Message, frozen=True):
    """The desk saw the person and the short code: the claim is final; by the custodian's gateway key."""

    custodian: Id
    handle: Id
    claim: Id


class RejectClaim(Message, frozen=True):
    """The short code was not the person's: the claim and its invitation are void."""

    custodian: Id
    handle: Id
    claim: Id


class CompleteClaim(Message, frozen=True):
    """Make final a claim that nobody confirmed nor rejected during the delay; by any member's gateway."""

    carrier: Id
    handle: Id
    claim: Id


class AddKey(Message, frozen=True):
    """List a further device key of a person; by two listed device keys."""

    account: Id
    key: KeyEntry


class RevokeKey(Message, frozen=True):
    """End another device key of a person; by two listed device keys."""

    account: Id
    key: Id


class RevokeOwnKey(Message, frozen=True):
    """End the very key that signs; anyone may, at once. Protective."""

    account: Id
    key: Id


class RotateSealKey(Message, frozen=True):
    """Change a person's HPKE key; by two device keys, or the one that is listed."""

    account: Id
    seal_key: Digest


MESSAGES: dict[int, type[Message]] = {
    0x0201: OpenOrganisation,
    0x0202: ChangeOrganisationKeys,
    0x0203: AttestStaff,
    0x0204: EndStaff,
    0x0205: OpenAccounts,
    0x0206: InvitePerson,
    0x0207: ClaimAccount,
    0x0208: ConfirmClaim,
    0x0209: RejectClaim,
    0x020A: CompleteClaim,
    0x020B: AddKey,
    0x020C: RevokeKey,
    0x020D: RevokeOwnKey,
    0x020E: RotateSealKey,
    **RECOVERY,
}
