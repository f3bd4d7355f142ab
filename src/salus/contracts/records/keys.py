"""Byte layout of the records namespace 0x03.

| key                             | bytes | value       |
|---------------------------------|-------|-------------|
| 03 01 relation[32]              | 34    | Relation    |
| 03 02 relation[32] petition[32] | 66    | Asked       |
| 03 03 relation[32] hold[32]     | 66    | Hold        |
| 03 04 relation[32]              | 34    | Restriction |
| 03 10 relation[32]              | 34    | Bars        |
| 03 12 relation[32]              | 34    | Offer       |
| 03 13 relation[32] former[32]   | 66    | Former      |
| 03 20 relation[32] other[32]    | 66    | Link        |
| 03 21 relation[32] approval[32] | 66    | Used        |
| 03 22 relation[32] move[32]     | 66    | Moved       |
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


def bars_key(relation: bytes) -> bytes:
    return b"\x03\x10" + relation


def offer_key(relation: bytes) -> bytes:
    return b"\x03\x12" + relation


def former_key(relation: bytes, custodian: bytes) -> bytes:
    return b"\x03\x13" + relation + custodian


def formers_prefix(relation: bytes) -> bytes:
    return b"\x03\x13" + relation


def links_prefix(relation: bytes) -> bytes:
    return b"\x03\x20" + relation


def link_key(relation: bytes, other: bytes) -> bytes:
    return b"\x03\x20" + relation + other


def used_key(relation: bytes, approval: bytes) -> bytes:
    return b"\x03\x21" + relation + approval


def move_key(relation: bytes, move: bytes) -> bytes:
    return b"\x03\x22" + relation + move
