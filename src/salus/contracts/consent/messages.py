"""Messages of the consent contract."""

from typing import Annotated

from msgspec import Meta

from salus.core.types import Count, Digest, Id, Message, Small, Time
from salus.policy.policies import Level, Preference
from salus.policy.types import Emergency, Grantee, Purposes


class GrantConsent(Message, frozen=True):
    """Put a directive with a sealed part in force, permit or deny.

    Signed for `relation` in `capacity`. The directive is T("directive", relation, nonce, index, 0).
    Unacknowledged at first: a permit is unusable, a deny counts as total, until `AckDirective`.
    """

    relation: Id
    capacity: Small
    replaces: Id | None
    grantee: Grantee
    effect: Annotated[int, Meta(ge=1, le=2)]
    purposes: Purposes
    start: Time
    end: Time
    uses: Count  # 0: unlimited
    redisclosure: Annotated[int, Meta(ge=0, le=1)]
    emergency: Emergency
    sealed: Digest  # policy.types.sealed_commitment over the version this directive gets


class DenyTotally(Message, frozen=True):
    """Deny everything to a grantee at once; needs no acknowledgement, replaces nothing. Protective."""

    relation: Id
    capacity: Small
    grantee: Grantee
    purposes: Annotated[tuple[Small, ...], Meta(max_length=16)]  # sorted, distinct; empty: all
    start: Time
    end: Time


class RevokeConsent(Message, frozen=True):
    """End a directive. Protective."""

    relation: Id
    capacity: Small
    directive: Id


class ConfirmGrant(Message, frozen=True):
    """Make a permit one's own that a representative or delegate gave; by the person. It outlives their authority."""

    relation: Id
    directive: Id


class AckDirective(Message, frozen=True):
    """The custodian holds the opening of the sealed part and will enforce it; by its gateway key."""

    custodian: Id
    relation: Id
    directive: Id


class SetPreference(Message, frozen=True):
    """Say what the person wants where policies ask: it takes the place of the preference before."""

    relation: Id
    capacity: Small
    preference: Preference


class NamePolicySet(Message, frozen=True):
    """The custodian says which policy set the relation is under; by its gateway key. The preference stays."""

    custodian: Id
    relation: Id
    set: Id  # 32 zero bytes: strict opt-in


class AttestConsent(Message, frozen=True):
    """Put a directive in force that the person gave on paper or at another desk; by the attester's gateway key.

    As `GrantConsent`, with capacity ATTESTED; never shown as signed by the person.
    """

    attester: Id
    staff: Digest  # commitment of the member of staff who took it
    method: Small  # types.Method
    evidence: Digest  # T("attestation", salt, document); the document stays with the attester
    relation: Id
    replaces: Id | None
    grantee: Grantee
    effect: Annotated[int, Meta(ge=1, le=2)]
    purposes: Purposes
    start: Time
    end: Time
    uses: Count
    redisclosure: Annotated[int, Meta(ge=0, le=1)]
    emergency: Emergency
    sealed: Digest


class RecordOrder(Message, frozen=True):
    """An order to hand over data, which directives do not stop; by the issuer's gateway key.

    The order is T("order", relation, nonce, index, 0).
    """

    custodian: Id
    issuer: Id  # a member with the role of a regulator, or the custodian that attests what it was served
    relation: Id
    recipient: Id
    purpose: Small
    start: Time
    end: Time
    ceiling: Level
    commitment: Digest  # T("writ", salt, document)


class WithdrawOrder(Message, frozen=True):
    """End an order; by the issuer's gateway key. Protective."""

    issuer: Id
    relation: Id
    order: Id


class ReaffirmConsent(Message, frozen=True):
    """Bring back into force a permit that a recovery suspended; for `relation` in `capacity`."""

    relation: Id
    capacity: Small
    directive: Id


MESSAGES: dict[int, type[Message]] = {
    0x0401: GrantConsent,
    0x0402: DenyTotally,
    0x0403: RevokeConsent,
    0x0404: AckDirective,
    0x0405: SetPreference,
    0x0406: NamePolicySet,
    0x0407: AttestConsent,
    0x0408: RecordOrder,
    0x0409: WithdrawOrder,
    0x040A: ReaffirmConsent,
    0x040B: ConfirmGrant,
}
