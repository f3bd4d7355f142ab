"""Byte layout of the discovery namespace 0x07.

| key                               | bytes | value                             |
|-----------------------------------|-------|-----------------------------------|
| 07 01 requester[32] look-up[32]   | 66    | Answered, dropped once it is over |
| 07 02 requester[32] hour[8]       | 42    | Asked, dropped after a day        |
| 07 03 group[32]                   | 34    | LocatorKey                        |

An hour is the block time in whole hours since 1970, big-endian.
"""


def answers_prefix(requester: bytes) -> bytes:
    return b"\x07\x01" + requester


def answer_key(requester: bytes, lookup: bytes) -> bytes:
    return b"\x07\x01" + requester + lookup


def hours_prefix(requester: bytes) -> bytes:
    return b"\x07\x02" + requester


def hour_key(requester: bytes, hour: int) -> bytes:
    return b"\x07\x02" + requester + hour.to_bytes(8, "big")


def locator_key(group: bytes) -> bytes:
    return b"\x07\x03" + group
