"""How a key is listed: role, validity, proof of possession.

The proof is a signature of COSE kind `possession` over [account, role, suite, public key], so that
nobody can list a key that is not theirs, nor carry a proof to another account, role or network.
"""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from salus.core import cose
from salus.core.encoding import encode
from salus.core.signatures import ED25519, SigningKey, key_id, valid_public_key, verify
from salus.core.types import Id, Message, PublicKey, Signature, Small, Time

FOREVER = 2**53 - 1  # the `end` of a key without an end


class Role(IntEnum):
    """What a key may sign."""

    ADMINISTRATION = 1  # governance and changes of keys, m of n
    GATEWAY = 2  # an organisation's everyday messages and its batches
    DEVICE = 3  # a person's, on one device
    VALIDATOR = 4  # block headers
    KEYHOLDER = 5  # approves the recovery of somebody's account; signs no message
    FREEZE = 6  # a person's printed code: freezes the account, and nothing else


class KeyEntry(Message, frozen=True):
    """A key to be listed, in force while start <= t < end."""

    suite: Annotated[int, Meta(ge=ED25519, le=ED25519)]
    role: Small
    public: PublicKey
    start: Time
    end: Time
    proof: Signature


def possession(network: bytes, account: bytes, role: int, public: bytes) -> bytes:
    """Return the bytes that the key signs to prove its possession."""
    payload = encode([account, role, ED25519, public])
    return cose.to_be_signed("possession", network, payload, key_id(network, public))


def list_key(network: bytes, account: Id, role: Role, key: SigningKey, start: int = 0, end: int = FOREVER) -> KeyEntry:
    """Return the entry that lists `key` for `account`, with its proof of possession."""
    proof = key.sign(possession(network, account, role, key.public))
    return KeyEntry(ED25519, int(role), key.public, start, end, proof)


def proved(network: bytes, account: bytes, entry: KeyEntry) -> bool:
    """True if the key is a valid point and its possession for `account` in its role is proved."""
    return valid_public_key(entry.public) and verify(
        entry.public, possession(network, account, entry.role, entry.public), entry.proof
    )
