"""Seals: HPKE base mode (RFC 9180) with X-Wing, HKDF-SHA256, AES-256-GCM.

X-Wing is ML-KEM-768 and X25519 together: opening needs both broken. Base mode authenticates nobody;
who sealed is said by the signed COSE object around a seal, whose context is the `info` here.
A seal is `enc` (1,120 bytes) followed by the ciphertext (plaintext + 16 bytes).
https://www.rfc-editor.org/rfc/rfc9180 · https://datatracker.ietf.org/doc/draft-connolly-cfrg-xwing-kem/
"""

from contextlib import suppress
from hashlib import shake_256
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from salus.core.errors import InvalidKey
from salus.core.hashing import T
from salus.vault.errors import WrongSeal

X_WING = 1  # suite of a sealing key
SEED_BYTES = 32
PUBLIC_BYTES = 1216
ENC_BYTES = 1120
_MLKEM_BYTES = 1184
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def seal_key_id(network: bytes, public: bytes, suite: int = X_WING) -> bytes:
    """Return the id by which the ledger knows a sealing key; it holds no more of it than this hash."""
    return T("sealkey", network, suite, public)


class SealKey(NamedTuple):
    """A key that opens seals; `seed` (32 bytes) is the secret. Its repr shows none of it."""

    seed: bytes
    public: bytes
    older: tuple["SealKey", ...] = ()  # before it, newest first: what was sealed to them still opens

    @classmethod
    def from_seed(cls, seed: bytes) -> "SealKey":
        """Expand the seed as X-Wing does: SHAKE256 to 96 bytes, 64 for ML-KEM-768, 32 for X25519."""
        mlkem, x25519 = _halves(seed)
        return cls(seed, mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())

    def id(self, network: bytes) -> bytes:
        """Return the key's id on `network`."""
        return seal_key_id(network, self.public)

    def open(self, info: bytes, sealed: bytes) -> bytes:
        """Return what was sealed to this key, or to one before it, under `info`; raise WrongSeal."""
        for key in (self, *self.older):
            with suppress(WrongSeal):
                return open_seal(key.seed, info, sealed)
        raise WrongSeal

    def __repr__(self) -> str:
        return f"SealKey({self.public[:8].hex()}…)"


def seal(public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Return `plaintext` sealed to `public` (1,216 bytes), bound to `info`; raise InvalidKey."""
    if len(public) != PUBLIC_BYTES:
        raise InvalidKey
    try:
        key = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_BYTES]),
            X25519PublicKey.from_public_bytes(public[_MLKEM_BYTES:]),
        )
        return _SUITE.encrypt(plaintext, key, info)
    except ValueError:  # a coefficient out of range, or an X25519 point of low order
        raise InvalidKey from None


def open_seal(seed: bytes, info: bytes, sealed: bytes) -> bytes:
    """Return the plaintext of `sealed`, or raise WrongSeal, which does not tell why."""
    try:
        return _SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(*_halves(seed)), info)
    except (InvalidTag, ValueError):
        raise WrongSeal from None


def _halves(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    if len(seed) != SEED_BYTES:
        raise InvalidKey
    expanded = shake_256(seed).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])
