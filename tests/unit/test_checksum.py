"""CRC-32C: the published check values, and equality with the definition bit by bit."""

import random

import pytest

from salus.core.checksum import crc32c


def plain(data: bytes) -> int:
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),  # RFC 3720 appendix B.4, as are the next two
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_published_values(data: bytes, expected: int) -> None:
    assert crc32c(data) == expected


def test_equals_the_definition_at_every_length() -> None:
    source = random.Random(1).randbytes(131_075)
    for size in [*range(1600), 4096, 5000, 8191, 40_000, 65_535, 65_536, 65_541, 131_075]:
        assert crc32c(source[:size]) == plain(source[:size]), size


def test_every_single_bit_changes_it() -> None:
    data = random.Random(2).randbytes(1500)
    before = crc32c(data)
    for at in range(0, len(data) * 8, 7):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        assert crc32c(bytes(changed)) != before
