"""Header bytes made of shared parts against those of the formats."""

from itertools import product

import pytest

from salus.core.encoding import encode
from salus.core.errors import Malformed
from salus.core.record import LeafHeader
from salus.vault.headers import Common, encode_header

RECORD, CONTENT, CIPHER = bytes(range(16)), b"n" * 32, b"c" * 32
COMMON = Common("laboratory", "Observation", ("N",), 1, "Practitioner/1", b"r" * 32, 5, None, 1, None, "text/plain")


def encoded(common: Common, period: tuple[int | None, int | None] = (None, 7), record: bytes = RECORD) -> bytes:
    return encode_header(record, 3, b"p" * 32, period, common, CONTENT, CIPHER)


def test_the_bytes_are_those_of_the_format() -> None:
    origin = (b"a" * 32, b"b" * 32, b"c" * 32)
    for author, origin_, labels, retention, recorded in product(
        (None, "x" * 128, "Ärztin"), (None, origin), ((), ("HIV", "R")), (None, 65535), (0, 23, 24, 2**53 - 1)
    ):
        common = COMMON._replace(
            author=author, origin=origin_, labels=labels, retention=retention, recorded=recorded, type="é" * 64
        )
        for version, previous, start, end in ((1, None, None, None), (2**32 - 1, b"p" * 32, 0, 2**53 - 1)):
            raw = encode_header(RECORD, version, previous, (start, end), common, CONTENT, CIPHER)
            whole = LeafHeader(
                *(RECORD, version, previous, common.data_class, common.type, start, end, labels, common.rule_set),
                *(author, common.recorder, recorded, origin_, common.status, retention, CONTENT, "text/plain", CIPHER),
            )
            assert raw == encode(whole)


@pytest.mark.parametrize("defect", [True, 1.0, "1", -1, 65536], ids=repr)
def test_what_equals_a_checked_value_is_checked_too(defect: object) -> None:
    encoded(COMMON)
    with pytest.raises(Malformed):
        encoded(COMMON._replace(rule_set=defect))


@pytest.mark.parametrize("time", [True, 1.0, "1", -(2**53), 2**53], ids=repr)
def test_a_time_is_a_number_in_its_range(time: object) -> None:
    for period in ((time, None), (None, time)):
        with pytest.raises(Malformed) as caught:
            encoded(COMMON, period)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("record", [b"", bytes(15), bytes(17), bytearray(16), "x" * 16], ids=repr)
def test_a_record_is_of_16_bytes(record: bytes) -> None:
    with pytest.raises(Malformed):
        encoded(COMMON, record=record)


def test_what_cannot_be_hashed_is_malformed() -> None:
    with pytest.raises(Malformed):
        encoded(COMMON._replace(author=["x"]))
