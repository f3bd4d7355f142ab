"""Headers: the exact payload, and each forged or foreign form by its defect."""

import pytest
from msgspec.structs import replace

from salus.core import cose
from salus.core.encoding import decode_plain, encode
from salus.core.errors import Malformed, WrongSignature
from salus.core.hashing import T
from salus.core.signatures import SigningKey
from salus.evidence.header import FORMAT, Block, Header, header_hash, read_block, read_header, sign_header

NETWORK = bytes(range(32))
KEY, OTHER = SigningKey.from_seed(b"n" * 32), SigningKey.from_seed(b"o" * 32)
HEADER = Header(FORMAT, NETWORK, 7, 1_700_000_000_000, b"p" * 32, b"b" * 32, b"a" * 32, KEY.id(NETWORK))
VALIDATORS = {KEY.id(NETWORK): (KEY.public, 1)}


def test_payload_is_positional_as_documented() -> None:
    payload = cose.parse("header", sign_header(HEADER, KEY).raw).payload
    assert decode_plain(payload) == [
        1, NETWORK, 7, 1_700_000_000_000, b"p" * 32, b"b" * 32, b"a" * 32, KEY.id(NETWORK),
    ]  # fmt: skip


def test_signed_header_reads_back() -> None:
    signed = sign_header(HEADER, KEY)
    assert read_header(NETWORK, signed.raw, VALIDATORS) == signed
    assert signed.hash == header_hash(NETWORK, encode(HEADER)) == T("header", NETWORK, encode(HEADER))


def test_other_network_is_refused() -> None:
    with pytest.raises(Malformed):
        read_header(b"x" * 32, sign_header(HEADER, KEY).raw, VALIDATORS)


def test_key_that_is_no_validator_is_refused() -> None:
    with pytest.raises(WrongSignature):
        read_header(NETWORK, sign_header(HEADER, KEY).raw, {OTHER.id(NETWORK): (OTHER.public, 1)})


def test_signature_by_another_key_is_refused() -> None:
    signed = sign_header(HEADER, OTHER)  # names KEY, signed by OTHER
    with pytest.raises(WrongSignature):
        read_header(NETWORK, signed.raw, VALIDATORS)


def test_header_that_names_another_than_its_signer_is_refused() -> None:
    raw = cose.sign("header", NETWORK, encode(replace(HEADER, node=OTHER.id(NETWORK))), [KEY])
    with pytest.raises(Malformed):
        read_header(NETWORK, raw, VALIDATORS)


def test_two_signers_are_refused() -> None:
    raw = cose.sign("header", NETWORK, encode(HEADER), [KEY, OTHER])
    with pytest.raises(Malformed):
        read_header(NETWORK, raw, VALIDATORS)


@pytest.mark.parametrize("kind", [kind for kind in cose.KINDS if kind != "header"])
def test_other_kind_offered_as_header_is_refused(kind: str) -> None:
    with pytest.raises(Malformed):
        read_header(NETWORK, cose.sign(kind, NETWORK, encode(HEADER), [KEY]), VALIDATORS)


def test_signature_made_for_another_kind_is_refused() -> None:
    payload = encode(HEADER)
    signature = KEY.sign(cose.to_be_signed("batch", NETWORK, payload, HEADER.node))
    with pytest.raises(WrongSignature):
        read_header(NETWORK, cose.build("header", payload, [(HEADER.node, signature)]), VALIDATORS)


def test_every_flipped_bit_is_refused() -> None:
    raw = sign_header(HEADER, KEY).raw
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] ^= 1
        with pytest.raises((Malformed, WrongSignature)):
            read_header(NETWORK, bytes(changed), VALIDATORS)


def test_block_reads_back_and_refuses_trailing_bytes() -> None:
    block = Block(sign_header(HEADER, KEY).raw, (b"one", b"two"))
    assert read_block(encode(block)) == block
    with pytest.raises(Malformed):
        read_block(encode(block) + b"\x00")
