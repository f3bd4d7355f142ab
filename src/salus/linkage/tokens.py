"""Locator tokens: HMAC-SHA256 over combinations, under a key that the custodians of a group share and a locator lacks.

    group key (32 random bytes, per epoch) -> key of one custodian's tokens, check value   HKDF-SHA256, RFC 5869
    key of one custodian's tokens          -> token of a combination                       HMAC-SHA256, RFC 2104

A locator cannot try names, as it has no key; nor see that a person is at two custodians, as each has its own.
"""

import hmac
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32


def check_value(network: bytes, group: bytes, epoch: int, key: bytes) -> bytes:
    """Return what the ledger holds of a group's key: it names the key and tells nothing of it."""
    return _expand(network, group, epoch, key, b"check")


def token_key(network: bytes, group: bytes, epoch: int, key: bytes, custodian: bytes) -> bytes:
    """Return the key of one custodian's tokens."""
    return _expand(network, group, epoch, key, b"tokens of " + custodian)


def token(key: bytes, combination: bytes) -> bytes:
    """Return the token of a combination."""
    return hmac.digest(key, combination, sha256)


def _expand(network: bytes, group: bytes, epoch: int, key: bytes, use: bytes) -> bytes:
    info = b"salus/1 locator " + group + epoch.to_bytes(4, "big") + use
    return HKDF(SHA256(), KEY_BYTES, salt=network, info=info).derive(key)
