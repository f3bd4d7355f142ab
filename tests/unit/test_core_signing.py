"""Hashes, keys, COSE: what one kind, network or role signed counts for no other."""

import cbor2
import pytest

from salus.core import cose
from salus.core.encoding import encode
from salus.core.envelope import (
    MAX_BATCH_BYTES,
    MAX_ENVELOPE_BYTES,
    BatchPayload,
    Payload,
    parse_batch,
    parse_envelope,
    seal_batch,
    seal_envelope,
)
from salus.core.errors import Malformed, Oversized
from salus.core.hashing import T, object_id
from salus.core.keys import FOREVER, KeyEntry, Role, list_key, proved
from salus.core.request import Request, filter_commitment, parse_request
from salus.core.signatures import ED25519, SigningKey, key_id, valid_public_key, verify

NET, OTHER = b"n" * 32, b"o" * 32
KEY, SECOND = SigningKey.from_seed(b"1" * 32), SigningKey.from_seed(b"2" * 32)
ACCOUNT, NONCE = b"a" * 32, b"r" * 16


def test_tagged_hash_is_sha256_of_the_array() -> None:
    import hashlib

    assert (
        T("leaf", NET, b"x", 7, None, "t", True)
        == hashlib.sha256(cbor2.dumps(["leaf", NET, b"x", 7, None, "t", True])).digest()
    )
    assert len({T("a", NET), T("b", NET), T("a", OTHER), T("a", NET, b"")}) == 4
    assert object_id("k", NET, ACCOUNT, NONCE, 1, 2) == T("k", NET, ACCOUNT, NONCE, 1, 2)


def test_signature_is_rfc8032() -> None:
    # RFC 8032 section 7.1, test 2
    key = SigningKey.from_seed(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    assert key.public.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    signature = key.sign(b"\x72")
    assert signature.hex().startswith("92a009a9f0d4cab8720e820b5f642540")
    assert verify(key.public, b"\x72", signature)
    assert not verify(key.public, b"\x73", signature)
    assert not verify(SECOND.public, b"\x72", signature)
    assert not verify(key.public, b"\x72", signature[:-1])
    assert not verify(key.public[:-1], b"\x72", signature)


@pytest.mark.parametrize("sign_bit", [0, 0x80])
@pytest.mark.parametrize("y", ["00", "01", "ec", "ed", "ee"])
def test_low_order_r_is_refused_by_its_bytes(y: str, sign_bit: int) -> None:
    tail = b"\x00" * 31 if y in ("00", "01") else b"\xff" * 30 + b"\x7f"
    r = bytes.fromhex(y) + tail[:-1] + bytes((tail[-1] | sign_bit,))
    assert not verify(KEY.public, b"m", r + bytes(32))


def test_public_key_is_a_point_of_the_prime_order_subgroup() -> None:
    assert valid_public_key(KEY.public)
    assert not valid_public_key(bytes((1, *bytes(31))))  # the neutral element
    assert not valid_public_key(bytes(32))  # order 4
    assert not valid_public_key(b"\xff" * 32)  # no canonical encoding
    assert not valid_public_key(KEY.public[:31])


def test_repr_of_a_key_shows_no_secret() -> None:
    assert KEY.seed.hex() not in repr(KEY) and repr(b"1" * 32) not in repr(KEY)


def test_possession_binds_account_role_and_network() -> None:
    entry = list_key(NET, ACCOUNT, Role.DEVICE, KEY)
    assert entry == KeyEntry(ED25519, Role.DEVICE, KEY.public, 0, FOREVER, entry.proof)
    assert proved(NET, ACCOUNT, entry)
    assert not proved(OTHER, ACCOUNT, entry)
    assert not proved(NET, b"b" * 32, entry)
    assert not proved(NET, ACCOUNT, KeyEntry(ED25519, Role.GATEWAY, KEY.public, 0, FOREVER, entry.proof))
    assert not proved(NET, ACCOUNT, KeyEntry(ED25519, Role.DEVICE, SECOND.public, 0, FOREVER, entry.proof))


def test_cose_is_what_a_cbor_library_reads() -> None:
    raw = cose.sign("request", NET, b"payload", [KEY])
    tag = cbor2.loads(raw)
    body, unprotected, payload, signers = tag.value
    assert (tag.tag, dict(unprotected), payload) == (98, {}, b"payload")
    assert cbor2.loads(body) == {3: "application/vnd.salus.request+cbor"}
    ((protected, empty, signature),) = signers
    assert cbor2.loads(protected) == {1: -8, 4: key_id(NET, KEY.public)} and dict(empty) == {}
    structure = cbor2.dumps(["Signature", body, protected, encode(["salus/1", "request", NET]), payload])
    assert verify(KEY.public, structure, signature)


@pytest.mark.parametrize("kind", cose.KINDS)
def test_a_kind_offered_as_another_is_malformed_and_signs_other_bytes(kind: str) -> None:
    raw = cose.sign(kind, NET, b"p", [KEY])
    assert cose.parse(kind, raw).payload == b"p"
    for other in cose.KINDS:
        if other != kind:
            with pytest.raises(Malformed):
                cose.parse(other, raw)
            assert cose.to_be_signed(other, NET, b"p", bytes(32)) != cose.to_be_signed(kind, NET, b"p", bytes(32))


def test_unknown_kind_is_a_bug_not_a_refusal() -> None:
    with pytest.raises(ValueError, match="nothing"):
        cose.sign("nothing", NET, b"", [KEY])


def test_every_changed_byte_of_the_wrapper_is_malformed() -> None:
    raw = cose.sign("batch", NET, b"p" * 30, [KEY, SECOND])
    signed = cose.parse("batch", raw)
    for at in range(len(raw)):
        for flip in (1, 0x80):
            bad = raw[:at] + bytes((raw[at] ^ flip,)) + raw[at + 1 :]
            try:
                other = cose.parse("batch", bad)
            except Malformed:
                continue
            assert other != signed  # a byte of payload, key id or signature: what they say is compared later
            assert cose.build("batch", other.payload, other.signatures) == bad


@pytest.mark.parametrize("cut", [1, 5, 64, 100])
def test_truncated_or_longer_wrapper_is_malformed(cut: int) -> None:
    raw = cose.sign("batch", NET, b"p", [KEY])
    for bad in (raw[:-cut], raw + bytes(cut), b""):
        with pytest.raises(Malformed):
            cose.parse("batch", bad)


def test_signers_are_one_to_sixteen_and_distinct() -> None:
    pair = cose.parse("batch", cose.sign("batch", NET, b"p", [KEY])).signatures[0]
    for signatures in ([], [pair, pair], [(bytes([i]) * 32, pair[1]) for i in range(17)]):
        with pytest.raises(Malformed):
            cose.parse("batch", cose.build("batch", b"p", signatures))


@pytest.mark.parametrize("size", [0, 23, 24, 255, 256, 65535, 65536])
def test_payload_lengths_round_trip_and_longer_heads_are_malformed(size: int) -> None:
    raw = cose.sign("batch", NET, bytes(size), [KEY])
    assert cose.parse("batch", raw).payload == bytes(size)
    at = raw.index(b"\xa0") + 1
    longer = b"\x5b" + size.to_bytes(8, "big")
    short = {0: 1, 23: 1, 24: 2, 255: 2, 256: 3, 65535: 3, 65536: 5}[size]
    with pytest.raises(Malformed):
        cose.parse("batch", raw[:at] + longer + raw[at + short :])


def message(number: int = 0x0401) -> tuple[int, KeyEntry]:
    return number, list_key(NET, ACCOUNT, Role.DEVICE, KEY)


def test_envelope_holds_sorted_signers() -> None:
    raw = seal_envelope(NET, NONCE, 5, [(b"b" * 32, KEY), (ACCOUNT, SECOND)], [message()])
    envelope = parse_envelope(NET, raw)
    assert envelope.payload.signers == ((ACCOUNT, SECOND.id(NET)), (b"b" * 32, KEY.id(NET)))
    assert envelope.id == T("envelope", NET, envelope.payload_bytes)
    assert envelope.payload.messages[0][0] == 0x0401 and envelope.raw == raw


def tampered(signers: list[tuple[bytes, SigningKey]], signed: list[SigningKey], **change: object) -> bytes:
    fields = {"nonce": NONCE, "not_after": 5, "messages": ((1, b"\x80"),), "format": 1} | change
    payload = [
        fields["format"],
        fields["nonce"],
        fields["not_after"],
        [[account, key.id(NET)] for account, key in signers],
        [list(m) for m in fields["messages"]],  # type: ignore[attr-defined]
    ]
    return cose.sign("envelope", NET, encode(payload), signed)


DEFECTS = {
    "stripped signer": tampered([(ACCOUNT, KEY), (b"b" * 32, SECOND)], [KEY]),
    "added signer": tampered([(ACCOUNT, KEY)], [KEY, SECOND]),
    "permuted signatures": tampered([(ACCOUNT, KEY), (b"b" * 32, SECOND)], [SECOND, KEY]),
    "unsorted signers": tampered([(b"b" * 32, SECOND), (ACCOUNT, KEY)], [SECOND, KEY]),
    "doubled signer": tampered([(ACCOUNT, KEY), (ACCOUNT, KEY)], [KEY, KEY]),
    "no message": tampered([(ACCOUNT, KEY)], [KEY], messages=()),
    "other format": tampered([(ACCOUNT, KEY)], [KEY], format=2),
    "short nonce": tampered([(ACCOUNT, KEY)], [KEY], nonce=b"r" * 15),
    "time out of range": tampered([(ACCOUNT, KEY)], [KEY], not_after=2**53),
}


@pytest.mark.parametrize("raw", DEFECTS.values(), ids=DEFECTS.keys())
def test_tampered_envelope_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse_envelope(NET, raw)


def test_tampering_harness_makes_good_envelopes_too() -> None:
    assert parse_envelope(NET, tampered([(ACCOUNT, KEY)], [KEY])).payload.not_after == 5


def test_envelope_and_batch_are_bounded() -> None:
    with pytest.raises(Oversized):
        parse_envelope(NET, bytes(MAX_ENVELOPE_BYTES + 1))
    with pytest.raises(Oversized):
        parse_batch(NET, bytes(MAX_BATCH_BYTES + 1))


def test_batch_is_signed_by_its_carrier() -> None:
    raw = seal_batch(NET, NONCE, 9, ACCOUNT, KEY, [b"one", b"two"])
    batch = parse_batch(NET, raw)
    assert batch.payload == BatchPayload(NONCE, 9, (ACCOUNT, KEY.id(NET)), (b"one", b"two"))
    assert batch.id == T("batch", NET, batch.payload_bytes)
    for signers in ([SECOND], [KEY, SECOND]):
        with pytest.raises(Malformed):
            parse_batch(NET, cose.sign("batch", NET, batch.payload_bytes, signers))


def test_payload_shape_is_positional() -> None:
    assert encode(Payload(1, NONCE, 5, ((ACCOUNT, bytes(32)),), ((1, b"m"),)))[:2] == b"\x85\x01"


def test_request_has_one_signer() -> None:
    body = encode(Request(ACCOUNT, filter_commitment(NET, bytes(32), b"f"), 1, None, bytes(32), NONCE, 9))
    request = parse_request(NET, cose.sign("request", NET, body, [KEY]))
    assert (request.id, request.key) == (T("request", NET, body), KEY.id(NET))
    assert request.payload.relation == ACCOUNT
    with pytest.raises(Malformed):
        parse_request(NET, cose.sign("request", NET, body, [KEY, SECOND]))
