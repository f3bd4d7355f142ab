"""Data keys, their commitment, and the chunked stream of releases."""

import os
import random

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from salus.core.record import content_digest, leaf_hash
from salus.vault import keys
from salus.vault.digests import Digests
from salus.vault.errors import StreamDamaged, VaultDamaged
from salus.vault.keys import COMMITMENT_BYTES, OVERHEAD_BYTES, commitment, context, decrypt, derive, encrypt
from salus.vault.records import Randomness
from salus.vault.stream import TAG_BYTES, chunk_digests, decrypt_stream, encrypt_stream

NETWORK = bytes(range(32))
RELATION, RECORD = b"r" * 32, b"i" * 16
KEY, NONCE = b"k" * 32, b"n" * 12
AAD = context(RELATION, RECORD, 1)
BLOCK = 16


def test_hierarchy_keeps_uses_apart() -> None:
    here, there = derive(NETWORK, b"m" * 32), derive(bytes(32), b"m" * 32)
    assert len({*here, *there}) == 6
    assert repr(here) == "VaultKeys()"


def test_wrapped_key_opens_under_its_key_only() -> None:
    wrapped = keys.wrap(b"w" * 32, KEY)
    assert len(wrapped) == keys.WRAPPED_BYTES
    assert keys.unwrap(b"w" * 32, wrapped) == KEY
    for other, raw in ((b"x" * 32, wrapped), (b"w" * 32, wrapped[:-1]), (b"w" * 32, wrapped[:-8]), (b"w" * 32, b"")):
        with pytest.raises(VaultDamaged):
            keys.unwrap(other, raw)


def test_round_trip() -> None:
    sealed = encrypt(NETWORK, KEY, NONCE, AAD, b"octets")
    assert len(sealed) == len(b"octets") + OVERHEAD_BYTES
    assert decrypt(NETWORK, KEY, AAD, sealed) == b"octets"


@pytest.mark.parametrize(
    "other",
    [context(b"q" * 32, RECORD, 1), context(RELATION, b"j" * 16, 1), context(RELATION, RECORD, 2)],
    ids=["relation", "record", "version"],
)
def test_opens_in_its_own_place_only(other: bytes) -> None:
    with pytest.raises(VaultDamaged):
        decrypt(NETWORK, KEY, other, encrypt(NETWORK, KEY, NONCE, AAD, b"octets"))


def test_every_flipped_bit_is_noticed() -> None:
    sealed = encrypt(NETWORK, KEY, NONCE, AAD, b"octets")
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VaultDamaged):
            decrypt(NETWORK, KEY, AAD, bytes(changed))
    for size in (0, COMMITMENT_BYTES, COMMITMENT_BYTES + 12, len(sealed) - 1):
        with pytest.raises(VaultDamaged):
            decrypt(NETWORK, KEY, AAD, sealed[:size])


def multiply(x: int, y: int) -> int:
    """GF(2^128) as GHASH has it (NIST SP 800-38D section 6.3)."""
    z = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            z ^= y
        y = (y >> 1) ^ (0xE1 << 120 if y & 1 else 0)
    return z


def power(x: int, n: int) -> int:
    out = 1 << 127
    while n:
        if n & 1:
            out = multiply(out, x)
        x, n = multiply(x, x), n >> 1
    return out


def block_cipher(key: bytes, block: bytes) -> int:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    return int.from_bytes(Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block), "big")


def two_key_ciphertext(one: bytes, two: bytes, nonce: bytes, aad: bytes) -> bytes:
    """Return one AES-GCM ciphertext (a block and the tag) that opens under both keys.

    Tag = c H^2 + (terms of aad) H^.. + L H + E(J0); equal tags under both keys are one linear equation in c.
    """
    blocks = [int.from_bytes(aad[i : i + BLOCK].ljust(BLOCK, b"\0"), "big") for i in range(0, len(aad), BLOCK)]
    lengths = (len(aad) * 8) << 64 | BLOCK * 8
    sums, factors = [], []
    for key in (one, two):
        h = block_cipher(key, bytes(BLOCK))
        total = block_cipher(key, nonce + b"\0\0\0\1") ^ multiply(lengths, h)
        for number, block in enumerate(reversed(blocks)):
            total ^= multiply(block, power(h, 3 + number))
        sums.append(total)
        factors.append(multiply(h, h))
    inverse = power(factors[0] ^ factors[1], 2**128 - 2)
    block = multiply(sums[0] ^ sums[1], inverse)
    tag = sums[0] ^ multiply(block, factors[0])
    return block.to_bytes(BLOCK, "big") + tag.to_bytes(BLOCK, "big")


def test_two_key_ciphertext_is_refused() -> None:
    one, two = b"1" * 32, b"2" * 32
    forged = two_key_ciphertext(one, two, NONCE, AAD)
    # Without a commitment both keys open it, to different octets.
    assert AESGCM(one).decrypt(NONCE, forged, AAD) != AESGCM(two).decrypt(NONCE, forged, AAD)
    sealed = commitment(NETWORK, one) + NONCE + forged
    decrypt(NETWORK, one, AAD, sealed)
    with pytest.raises(VaultDamaged):
        decrypt(NETWORK, two, AAD, sealed)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 128, 1000])
def test_stream_round_trip(size: int) -> None:
    octets = random.Random(size).randbytes(size)
    sealed = encrypt_stream(NETWORK, KEY, RELATION, octets, chunk=64)
    chunks = max(1, -(-size // 64))
    assert len(sealed) == COMMITMENT_BYTES + size + chunks * TAG_BYTES
    assert decrypt_stream(NETWORK, KEY, RELATION, sealed, chunk=64) == octets
    assert len(chunk_digests(sealed, chunk=64)) == chunks


def damaged_streams() -> dict[str, bytes]:
    octets = bytes(range(256))
    sealed = encrypt_stream(NETWORK, KEY, RELATION, octets, chunk=64)
    head, body = sealed[:32], sealed[32:]
    parts = [body[i : i + 80] for i in range(0, len(body), 80)]
    assert len(parts) == 4
    return {
        "truncated-stream": head + b"".join(parts[:3]),
        "truncated-in-a-chunk": sealed[:-1],
        "truncated-to-a-part-of-a-tag": head + b"".join(parts[:3]) + parts[3][:10],
        "no-chunk": head,
        "nothing": b"",
        "reordered": head + parts[1] + parts[0] + parts[2] + parts[3],
        "doubled": head + parts[0] + parts[0] + parts[1] + parts[2] + parts[3],
        "dropped-first": head + parts[1] + parts[2] + parts[3],
        "extended": sealed + os.urandom(80),
        "flipped": sealed[:100] + bytes((sealed[100] ^ 1,)) + sealed[101:],
        "other-commitment": bytes(32) + body,
    }


@pytest.mark.parametrize("defect", list(damaged_streams()))
def test_damaged_stream_is_refused(defect: str) -> None:
    with pytest.raises(StreamDamaged):
        decrypt_stream(NETWORK, KEY, RELATION, damaged_streams()[defect], chunk=64)


def test_stream_of_another_release_key_network_or_chunk_size_is_refused() -> None:
    sealed = encrypt_stream(NETWORK, KEY, RELATION, bytes(200), chunk=64)
    for network, key, release, chunk in (
        (NETWORK, KEY, b"q" * 32, 64),
        (NETWORK, b"x" * 32, RELATION, 64),
        (bytes(32), KEY, RELATION, 64),
        (NETWORK, KEY, RELATION, 32),
    ):
        with pytest.raises(StreamDamaged):
            decrypt_stream(network, key, release, sealed, chunk)


def test_stream_with_an_empty_last_chunk_is_not_the_one_encoding() -> None:
    cipher, aad = AESGCM(KEY), RELATION + (64).to_bytes(4, "big")
    first = cipher.encrypt(bytes(11) + b"\0", bytes(64), aad)
    last = cipher.encrypt((1).to_bytes(11, "big") + b"\1", b"", aad)
    with pytest.raises(StreamDamaged):
        decrypt_stream(NETWORK, KEY, RELATION, commitment(NETWORK, KEY) + first + last, chunk=64)


def test_prepared_digests_are_those_of_the_formats() -> None:
    digests = Digests(NETWORK, RELATION)
    for size in (0, 1, 23, 24, 255, 256, 65535, 65536):
        octets = bytes(size)
        assert digests.content(KEY, octets) == content_digest(NETWORK, KEY, octets)
        assert digests.leaf(KEY, octets) == leaf_hash(NETWORK, RELATION, KEY, octets)
    assert digests.commitment(KEY) == commitment(NETWORK, KEY)


def test_randomness_is_never_given_out_twice() -> None:
    fresh = Randomness(3)
    parts = [part for _ in range(3) for part in fresh.take()]
    assert len(set(parts)) == 12
    assert [len(part) for part in parts[:4]] == [32, 32, 32, 12]
    with pytest.raises(RuntimeError):
        fresh.take()
