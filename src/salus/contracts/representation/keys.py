"""Byte layout of the representation namespace 0x06.

| key                                   | bytes | value          |
|---------------------------------------|-------|----------------|
| 06 01 relation[32] representation[32] | 66    | Representation |
| 06 02 relation[32]                    | 34    | Incapacity     |
| 06 03 relation[32] delegation[32]     | 66    | Delegation     |
"""


def representations_prefix(relation: bytes) -> bytes:
    return b"\x06\x01" + relation


def representation_key(relation: bytes, representation: bytes) -> bytes:
    return b"\x06\x01" + relation + representation


def incapacity_key(relation: bytes) -> bytes:
    return b"\x06\x02" + relation


def delegations_prefix(relation: bytes) -> bytes:
    return b"\x06\x03" + relation


def delegation_key(relation: bytes, delegation: bytes) -> bytes:
    return b"\x06\x03" + relation + delegation
