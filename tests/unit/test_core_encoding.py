"""The payload profile: one encoding for each value, and a refusal for every other form."""

import random
from typing import Any

import cbor2
import pytest

from salus.core.encoding import decode, decode_plain, encode, flat
from salus.core.errors import Malformed
from salus.core.types import Count, Message


class Sample(Message, frozen=True):
    number: Count
    raw: bytes
    flag: bool
    text: str | None
    pairs: tuple[tuple[bytes, Count], ...]


GOOD = Sample(7, b"x", True, None, ((b"a", 1),))

NON_CANONICAL = {
    "true as integer": "85f54178f5f680",
    "float 1.0": "85f93c004178f5f680",
    "integer in two bytes": "8518074178f5f680",
    "integer in nine bytes": "851b00000000000000074178f5f680",
    "length in two bytes": "8507580178f5f680",
    "indefinite array": "9f074178f5f680ff",
    "indefinite byte string": "85075f4178fff5f680",
    "bignum": "85c249010000000000000000" + "4178f5f680",
    "small bignum": "85c24107" + "4178f5f680",
    "tagged": "c1" + "85074178f5f680",
    "tag 35, a regular expression": "8507d823617841f5f680",
    "self-described": "d9d9f785074178f5f680",
    "map": "8507a0f5f680",
    "undefined for null": "85074178f5f780",
    "simple value": "85074178e0f680",
    "text for bytes": "85076178f5f680",
    "bytes for text": "85074178f5417880",
    "array too short": "84074178f5f6",
    "array too long": "86074178f5f68000",
    "trailing byte": "85074178f5f68000",
    "truncated": "85074178f5f6",
    "negative": "85204178f5f680",
    "above the field's range": "851b00000001000000004178f5f680",
    "invalid UTF-8": "85074178f561ff80",
    "empty": "",
}


def test_round_trip_is_the_identity() -> None:
    assert decode(encode(GOOD), Sample) == GOOD
    assert encode(GOOD).hex() == "85074178f5f68182416101"


@pytest.mark.parametrize("raw", NON_CANONICAL.values(), ids=NON_CANONICAL.keys())
def test_every_other_form_is_malformed(raw: str) -> None:
    with pytest.raises(Malformed) as caught:
        decode(bytes.fromhex(raw), Sample)
    error = caught.value  # shows nothing of the bytes: no cause, no context
    assert error.__cause__ is None and (error.__suppress_context__ or error.__context__ is None)


@pytest.mark.parametrize("n", [2**63, -(2**63), 2**64 - 1])
def test_plain_refuses_integers_from_2_to_the_63(n: int) -> None:
    with pytest.raises(Malformed):
        decode_plain(cbor2.dumps([n]))


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63) + 1, [[]], None, True, "é", b"", [1, [b"x", "y", None]]])
def test_plain_accepts_the_profile(value: Any) -> None:
    assert decode_plain(cbor2.dumps(value)) == value


@pytest.mark.parametrize("raw", ["a0", "f93c00", "c100", "f7", "1800", "e0", "9fff", "c24100", "7f6161ff", "8181"])
def test_plain_refuses_the_rest(raw: str) -> None:
    with pytest.raises(Malformed):
        decode_plain(bytes.fromhex(raw))


def test_depth_is_bounded() -> None:
    with pytest.raises(Malformed):
        decode_plain(b"\x81" * 2000 + b"\x80")


def test_flat_equals_encode() -> None:
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    values: list[object] = [None, True, False, "", "tag", "é" * 40, b"", bytes(32), GOOD, [1, b"x"], ()]
    for bits in (0, 5, 8, 16, 32, 63):
        for n in (1 << bits, (1 << bits) - 1, rng.getrandbits(max(bits, 1))):
            values += [min(n, 2**63 - 1), -min(n, 2**63 - 1)]
    values += [rng.randbytes(rng.choice((1, 23, 24, 255, 256, 65535, 65536))) for _ in range(50)]
    for value in values:
        expected = encode(value) if not isinstance(value, bytes | int | str | None) else cbor2.dumps(value)
        assert flat(value) == expected, (seed, value)
