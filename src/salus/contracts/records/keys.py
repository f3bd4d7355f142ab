"""Byte layout of the records namespace 0x03.

| key                | bytes | value    |
|--------------------|-------|----------|
| 03 01 relation[32] | 34    | Relation |
"""


def relation_key(relation: bytes) -> bytes:
    return b"\x03\x01" + relation
