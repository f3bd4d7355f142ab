"""Ed25519 (RFC 8032) by libsodium, the one verifier of the network.

Libraries disagree on edge cases (non-canonical encodings, points of low order, with or without
the cofactor), and two answers in one network would fork it. The choice here: libsodium as pinned,
public keys of the prime-order subgroup only, and no signature whose R is a point of low order.
"""

from typing import NamedTuple

from nacl.bindings import (
    crypto_core_ed25519_is_valid_point,
    crypto_sign,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import BadSignatureError

from salus.core.hashing import T

ED25519 = 1  # suite of a signing key

# The y coordinates of the eight points of low order, and their non-canonical forms below 2^255
# (only y = 0 and y = 1 have one); the sign bit is masked before the comparison.
_LOW_ORDER = frozenset(
    (
        bytes(32),
        bytes((1, *bytes(31))),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        bytes.fromhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    )
)


def key_id(network: bytes, public: bytes, suite: int = ED25519) -> bytes:
    """Return the id under which the key may be listed once, anywhere, for ever."""
    return T("key", network, suite, public)


def valid_public_key(public: bytes) -> bool:
    """True if `public` is the canonical encoding of a point of the prime-order subgroup."""
    return len(public) == 32 and bool(crypto_core_ed25519_is_valid_point(public))


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """True if `signature` (64 bytes) over `message` is `public`'s and its R is not of low order."""
    if len(signature) != 64 or len(public) != 32:
        return False
    if signature[:31] + bytes((signature[31] & 0x7F,)) in _LOW_ORDER:
        return False
    try:
        crypto_sign_open(signature + message, public)
    except BadSignatureError:
        return False
    return True


class SigningKey(NamedTuple):
    """An Ed25519 key pair; `seed` is the secret. Its repr shows the public half only."""

    seed: bytes
    public: bytes

    @classmethod
    def from_seed(cls, seed: bytes) -> "SigningKey":
        public, _ = crypto_sign_seed_keypair(seed)
        return cls(seed, public)

    def id(self, network: bytes) -> bytes:
        """Return the key id on `network`."""
        return key_id(network, self.public)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of `message`."""
        return crypto_sign(message, self.seed + self.public)[:64]

    def __repr__(self) -> str:
        return f"SigningKey({self.public.hex()})"
