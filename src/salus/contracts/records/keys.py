"""Byte layout of the records namespace 0x03.

| key                             | bytes | value       |
|---------------------------------|-------|-------------|
| 03 01 relation[32]              | 34    | Relation    |
| 03 02 relation[32] petition[32] | 66    | Asked       |
| 03 03 relation[32] hold[32]     | 66    | Hold        |
| 03 04 relation[32]              | 34    | Restriction |
"""


def relation_key(relation: bytes) -> bytes:
    return b"\x03\x01" + relation


def petitions_prefix(relation: bytes) -> bytes:
    return b"\x03\x02" + relation


def petition_key(relation: bytes, petition: bytes) -> bytes:
    return b"\x03\x02" + relation + petition


def holds_prefix(relation: bytes) -> bytes:
    return b"\x03\x03" + relation


def hold_key(relation: bytes, hold: bytes) -> bytes:
    return b"\x03\x03" + relation + hold


def restriction_key(relation: bytes) -> bytes:
    return b"\x03\x04" + relation
