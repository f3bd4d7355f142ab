"""X-Wing and HPKE against the published vectors of `cryptography-vectors`.

The vectors' AEAD for X-Wing is ChaCha20-Poly1305, ours AES-256-GCM: so their encapsulation is taken, and
RFC 9180's key schedule, written here from its section 5.1, carries its shared secret to our suite. The
schedule itself is checked against the vectors of RFC 9180 first.
"""

import hmac
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from salus.vault.errors import WrongSeal
from salus.vault.seals import ENC_BYTES, PUBLIC_BYTES, SealKey, open_seal, seal

FOLDER = Path(cryptography_vectors.__file__).parent / "HPKE"
X_WING = 0x647A
AES_256_GCM = 2
KEY_BYTES = {1: 16, 2: 32, 3: 32}


def vectors(name: str, kems: tuple[int, ...], kdf: int) -> list[dict[str, Any]]:
    cases = json.loads((FOLDER / name).read_text())
    return [
        c for c in cases if c["kem_id"] in kems and c["kdf_id"] == kdf and c["mode"] == 0 and c["aead_id"] in KEY_BYTES
    ]


def extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")


def expand(suite: bytes, secret: bytes, label: bytes, info: bytes, size: int) -> bytes:
    labeled = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    out = block = b""
    for number in range(1, -(-size // 32) + 1):
        block = hmac.digest(secret, block + labeled + bytes((number,)), "sha256")
        out += block
    return out[:size]


def key_schedule(kem: int, kdf: int, aead: int, shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    """RFC 9180 section 5.1, base mode: key and base nonce."""
    suite = b"HPKE" + kem.to_bytes(2, "big") + kdf.to_bytes(2, "big") + aead.to_bytes(2, "big")
    context = b"\x00" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    secret = extract(suite, shared, b"secret", b"")
    return expand(suite, secret, b"key", context, KEY_BYTES[aead]), expand(suite, secret, b"base_nonce", context, 12)


RFC_9180 = vectors("test-vectors.json", (0x10, 0x20), 1)
XWING = vectors("hpke-pq-test-vectors.json", (X_WING,), 1)


def test_vectors_are_there() -> None:
    assert len(RFC_9180) >= 4
    assert len(XWING) == 1


@pytest.mark.parametrize("case", [*RFC_9180, *XWING], ids=lambda c: f"{c['kem_id']:04x}-{c['aead_id']}")
def test_key_schedule_of_rfc_9180(case: dict[str, Any]) -> None:
    key, nonce = key_schedule(
        case["kem_id"], 1, case["aead_id"], bytes.fromhex(case["shared_secret"]), bytes.fromhex(case["info"])
    )
    assert (key.hex(), nonce.hex()) == (case["key"], case["base_nonce"])


@pytest.mark.parametrize("case", XWING, ids=lambda c: f"{c['kdf_id']}-{c['aead_id']}")
def test_seed_gives_the_public_key(case: dict[str, Any]) -> None:
    assert SealKey.from_seed(bytes.fromhex(case["skRm"])).public.hex() == case["pkRm"]


@pytest.mark.parametrize("plaintext", [b"", b"a", bytes(70_000)], ids=len)
def test_opens_what_the_vectors_encapsulation_seals(plaintext: bytes) -> None:
    case = XWING[0]
    info, enc = bytes.fromhex(case["info"]), bytes.fromhex(case["enc"])
    key, nonce = key_schedule(X_WING, 1, AES_256_GCM, bytes.fromhex(case["shared_secret"]), info)
    sealed = enc + AESGCM(key).encrypt(nonce, plaintext, b"")
    seed = bytes.fromhex(case["skRm"])
    assert open_seal(seed, info, sealed) == plaintext
    for other_seed, other_info, other in (
        (sha256(seed).digest(), info, sealed),
        (seed, info + b"x", sealed),
        (seed, info, enc[:-1] + bytes((enc[-1] ^ 1,)) + sealed[ENC_BYTES:]),
        (seed, info, sealed[:-1] + bytes((sealed[-1] ^ 1,))),
    ):
        with pytest.raises(WrongSeal):
            open_seal(other_seed, other_info, other)


def test_sizes() -> None:
    key = SealKey.from_seed(bytes(32))
    assert len(key.public) == PUBLIC_BYTES
    assert len(seal(key.public, b"", b"abc")) == ENC_BYTES + 3 + 16
