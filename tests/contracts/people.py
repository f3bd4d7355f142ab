"""Handles, invitations and claims for tests of the accounts contract, with real signatures."""

from typing import Any

from contracts.founding import Network, key
from contracts.precedence import NOW
from salus.contracts.accounts.messages import (
    ClaimAccount,
    ClaimPayload,
    ConfirmClaim,
    InvitePerson,
    OpenAccounts,
)
from salus.contracts.accounts.types import RecoveryPolicy
from salus.core import cose
from salus.core.encoding import encode
from salus.core.hashing import T, object_id
from salus.core.keys import FOREVER, KeyEntry, Role, list_key
from salus.core.signatures import SigningKey
from salus.core.types import Message
from salus.state.overlay import Overlay

DAY = 86_400_000
SEAL = b"e" * 32


def device(network: Network, handle: bytes, signing: SigningKey, **fields: Any) -> KeyEntry:
    return list_key(network.id, handle, Role.DEVICE, signing, **{"start": 0, "end": FOREVER} | fields)


def claim_payload(network: Network, handle: bytes, devices: list[SigningKey], **fields: Any) -> ClaimPayload:
    values: dict[str, Any] = {
        "handle": handle,
        "keys": tuple(device(network, handle, k) for k in devices),
        "seal_key": SEAL,
        "policy": int(RecoveryPolicy.IN_PERSON),
        "nonce": b"c" * 16,
        "not_after": NOW + 60_000,
    }
    return ClaimPayload(**values | fields)


def signed_claim(network: Network, payload: Message, keys: list[SigningKey]) -> bytes:
    return cose.sign("claim", network.id, encode(payload), keys)


def claim_id(network: Network, payload: Message) -> bytes:
    return T("claim", network.id, encode(payload))


def open_account(network: Network, state: Overlay, custodian: int = 0, nonce: bytes = b"o" * 16) -> bytes:
    """Open one custodial account; return its handle."""
    member = network.members[custodian].id
    network.commit(state, OpenAccounts(member, 1), network.gateway(custodian), nonce=nonce)
    return object_id("handle", network.id, member, nonce, 0, 0)


def invite(network: Network, state: Overlay, handle: bytes, custodian: int = 0, name: str = "invitation") -> SigningKey:
    """Invite to the account; return the key of the invitation."""
    secret = key(name)
    message = InvitePerson(network.members[custodian].id, handle, secret.public, NOW + DAY)
    network.commit(state, message, network.gateway(custodian))
    return secret


def claim(
    network: Network,
    state: Overlay,
    handle: bytes,
    keys: list[SigningKey],
    custodian: int = 0,
    name: str = "invitation",
) -> bytes:
    """Invite and claim; return the id of the claim, which is pending."""
    invitation = invite(network, state, handle, custodian, name)
    payload = claim_payload(network, handle, keys)
    message = ClaimAccount(network.members[3].id, signed_claim(network, payload, [invitation, *keys]))
    network.commit(state, message, network.gateway(3))
    return claim_id(network, payload)


def claimed(
    network: Network, state: Overlay, keys: list[SigningKey], custodian: int = 0, nonce: bytes = b"o" * 16
) -> bytes:
    """Open, invite, claim and confirm; return the handle."""
    handle = open_account(network, state, custodian, nonce)
    pending = claim(network, state, handle, keys, custodian, f"invitation {nonce.hex()[:8]}")
    message = ConfirmClaim(network.members[custodian].id, handle, pending)
    network.commit(state, message, network.gateway(custodian))
    return handle
