"""Byte layout of the access namespace 0x05.

| key                            | bytes | value  |
|--------------------------------|-------|--------|
| 05 01 relation[32] request[32] | 66    | Answer |
"""


def answers_prefix(relation: bytes) -> bytes:
    return b"\x05\x01" + relation


def answer_key(relation: bytes, request: bytes) -> bytes:
    return b"\x05\x01" + relation + request
