"""Keys of a custodian's vault, and how one record version is sealed under them.

    master key (keystore) -> index key, wrapping key          HKDF-SHA256, RFC 5869
    wrapping key          -> relation key, random             AES-KW, RFC 3394
    relation key          -> data key, random, one per write  AES-KW
    data key              -> the octets                       AES-256-GCM

Destroying a wrapped relation key makes all its records unreadable, in backups too once those expired.

Bytes at rest: commitment (32), nonce (12), ciphertext (as long as the octets), tag (16); the additional
data is relation, record, version (4, big-endian). AES-GCM does not commit to its key: one ciphertext can
be built that opens under two. The commitment, T("commit", key), is a hash of the key alone, so two keys
with one commitment are a collision of SHA-256; it reveals nothing of a key of 256 random bits.

The octets are neither compressed (the length after compression tells of the content, most of all where
somebody can choose a part of it) nor padded: the exact length shows to who holds the disk.
"""

import hmac
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from salus.core.hashing import T
from salus.vault.errors import VaultDamaged

KEY_BYTES = 32
WRAPPED_BYTES = 40
NONCE_BYTES = 12
COMMITMENT_BYTES = 32
OVERHEAD_BYTES = COMMITMENT_BYTES + NONCE_BYTES + 16


class VaultKeys(NamedTuple):
    """What the master key gives. Its repr shows nothing."""

    index_key: bytes  # raw key of the index file
    wrapping_key: bytes  # wraps relation keys
    check: bytes  # tells a wrong master key from a damaged index; not secret

    def __repr__(self) -> str:
        return "VaultKeys()"


def derive(network: bytes, master: bytes) -> VaultKeys:
    """Return the keys of the vault whose master key (32 random bytes) this is."""
    return VaultKeys(*(_expand(network, master, use) for use in (b"index", b"wrapping", b"check")))


def _expand(network: bytes, master: bytes, use: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=network, info=b"salus/1 vault " + use).derive(master)


def wrap(wrapping: bytes, key: bytes) -> bytes:
    """Return `key` wrapped (40 bytes)."""
    return aes_key_wrap(wrapping, key)


def unwrap(wrapping: bytes, wrapped: bytes) -> bytes:
    """Return the key in `wrapped`, or raise VaultDamaged."""
    try:
        return aes_key_unwrap(wrapping, wrapped)
    except (InvalidUnwrap, ValueError):
        raise VaultDamaged from None


def commitment(network: bytes, key: bytes) -> bytes:
    """Return the 32 bytes by which a ciphertext is bound to one key."""
    return T("commit", network, key)


def encrypt(network: bytes, key: bytes, nonce: bytes, context: bytes, octets: bytes) -> bytes:
    """Return the bytes at rest; `key` and `nonce` are fresh, `context` is that of `context()`."""
    return commitment(network, key) + nonce + AESGCM(key).encrypt(nonce, octets, context)


def decrypt(network: bytes, key: bytes, context: bytes, sealed: bytes) -> bytes:
    """Return the octets, or raise VaultDamaged if key, context or any byte differ."""
    if not hmac.compare_digest(sealed[:COMMITMENT_BYTES], commitment(network, key)):
        raise VaultDamaged
    at = COMMITMENT_BYTES + NONCE_BYTES
    try:
        return AESGCM(key).decrypt(sealed[COMMITMENT_BYTES:at], sealed[at:], context)
    except (InvalidTag, ValueError):
        raise VaultDamaged from None


def context(relation: bytes, record: bytes, version: int) -> bytes:
    """Return the additional data of a record version: it opens in its own place only."""
    return relation + record + version.to_bytes(4, "big")
