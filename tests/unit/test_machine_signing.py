"""The memory of verified signatures: bounded, and keyed by all that a signature binds."""

import pytest

from salus.machine.signing import Verified
from salus.testing.region import key

KEY = key("signer")


def test_memory_is_bounded_and_keeps_the_newest() -> None:
    verified = Verified(capacity=8)
    for number in range(50):
        message = bytes((number,))
        assert verified.verify(KEY.public, message, KEY.sign(message))
        assert len(verified) <= 8
        assert verified.verify(KEY.public, message, KEY.sign(message))
    assert len(verified) >= 4


def test_bad_signature_is_never_remembered() -> None:
    verified = Verified()
    bad = bytes(63) + b"\x01"
    for check in (verified.verify, verified.known, verified.verify):
        assert not check(KEY.public, b"message", bad)
    assert len(verified) == 0


@pytest.mark.parametrize("part", ["public", "message", "signature"])
def test_memory_of_one_does_not_serve_another(part: str) -> None:
    verified = Verified()
    good = {"public": KEY.public, "message": b"message", "signature": KEY.sign(b"message")}
    assert verified.verify(**good)
    assert verified.known(**good)
    changed = good | {part: good[part][:-1] + bytes((good[part][-1] ^ 1,))}
    assert not verified.known(**changed)
    assert not verified.verify(**changed)


def test_lengths_cannot_be_shifted() -> None:
    verified = Verified()
    signature = KEY.sign(b"message")
    assert verified.verify(KEY.public, b"message", signature)
    assert not verified.verify(KEY.public + signature[:1], b"message", signature[1:])
    assert not verified.verify(KEY.public[:-1], b"message", signature)


def test_what_is_verified_ahead_has_the_same_answer() -> None:
    verified = Verified()
    good = (KEY.public, b"good", KEY.sign(b"good"))
    bad = (KEY.public, b"bad", KEY.sign(b"good"))
    verified.ahead([good, bad])
    assert verified.known(*good)
    assert verified.verify(*good)
    assert not verified.known(*bad)
    assert not verified.known(KEY.public, b"bad", good[2])
    assert not verified.known(KEY.public, b"other", good[2])
    verified.ahead([])
    assert verified.known(*good)
    assert not verified.known(*bad)
