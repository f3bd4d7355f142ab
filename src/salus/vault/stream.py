"""Streams: large content sealed in chunks, for releases (the STREAM construction over AES-256-GCM).

Bytes: commitment (32), then chunks; each is the ciphertext of at most `chunk` octets and its tag (16).
The nonce of a chunk is its counter (11 bytes, big-endian) and a last flag (1 byte); the additional data is
the release id and the chunk size. So no chunk can be dropped, doubled, moved, cut off or carried into
another release. The key is fresh for each stream; the commitment, T("commit", key), keeps a stream from
opening under two keys. The digests of the chunks let a reader of a part check it.
https://eprint.iacr.org/2015/189
"""

import hmac
from collections.abc import Iterator
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from salus.vault.errors import StreamDamaged
from salus.vault.keys import COMMITMENT_BYTES, commitment

CHUNK_BYTES = 64 * 1024
TAG_BYTES = 16


def encrypt_stream(network: bytes, key: bytes, release: bytes, octets: bytes, chunk: int = CHUNK_BYTES) -> bytes:
    """Return `octets` sealed under the fresh 32-byte `key`, bound to `release` (32 bytes)."""
    cipher, aad = AESGCM(key), _context(release, chunk)
    parts = [commitment(network, key)]
    count = max(1, -(-len(octets) // chunk))
    for number in range(count):
        part = octets[number * chunk : (number + 1) * chunk]
        parts.append(cipher.encrypt(_nonce(number, number == count - 1), part, aad))
    return b"".join(parts)


def decrypt_stream(network: bytes, key: bytes, release: bytes, sealed: bytes, chunk: int = CHUNK_BYTES) -> bytes:
    """Return the octets of a whole stream, or raise StreamDamaged; nothing of a damaged one is returned."""
    if not hmac.compare_digest(sealed[:COMMITMENT_BYTES], commitment(network, key)):
        raise StreamDamaged
    cipher, aad = AESGCM(key), _context(release, chunk)
    chunks = list(_chunks(sealed, chunk))
    parts = []
    try:
        for number, part in enumerate(chunks):
            parts.append(cipher.decrypt(_nonce(number, number == len(chunks) - 1), part, aad))
    except (InvalidTag, ValueError):  # ValueError: shorter than a tag
        raise StreamDamaged from None
    if not parts or (len(parts) > 1 and not parts[-1]):
        raise StreamDamaged
    return b"".join(parts)


def chunk_digests(sealed: bytes, chunk: int = CHUNK_BYTES) -> list[bytes]:
    """Return the SHA-256 of each sealed chunk, in order."""
    return [sha256(part).digest() for part in _chunks(sealed, chunk)]


def _chunks(sealed: bytes, chunk: int) -> Iterator[bytes]:
    for at in range(COMMITMENT_BYTES, len(sealed), chunk + TAG_BYTES):
        yield sealed[at : at + chunk + TAG_BYTES]


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((last,))


def _context(release: bytes, chunk: int) -> bytes:
    return release + chunk.to_bytes(4, "big")
