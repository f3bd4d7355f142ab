"""Messages of the consent contract."""

from typing import Annotated

from msgspec import Meta

from salus.core.types import Count, Digest, Id, Message, Small, Time
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


class AckDirective(Message, frozen=True):
    """The custodian holds the opening of the sealed part and will enforce it; by its gateway key."""

    custodian: Id
    relation: Id
    directive: Id


MESSAGES: dict[int, type[Message]] = {
    0x0401: GrantConsent,
    0x0402: DenyTotally,
    0x0403: RevokeConsent,
    0x0404: AckDirective,
}
