"""Byte layout of the access namespace 0x05.

| key                                            | bytes | value                                   |
|------------------------------------------------|-------|-----------------------------------------|
| 05 01 relation[32] request[32]                 | 66    | Answer                                  |
| 05 02 relation[32] request[32]                 | 66    | Review                                  |
| 05 03 requester[32] relation[32] request[32]   | 98    | Time of a break-glass: who does it, how often |
| 05 10 order[32]                                | 34    | SealedOrder                             |
| 05 11 custodian[32] release[32]                | 66    | SealedRelease                           |

A push, a sealed release once it is open, and a relation's part of a bulk stand among the answers under their
derived ids.
"""


def sealed_order_key(order: bytes) -> bytes:
    return b"\x05\x10" + order


def sealed_releases_prefix(custodian: bytes) -> bytes:
    return b"\x05\x11" + custodian


def sealed_release_key(custodian: bytes, release: bytes) -> bytes:
    return b"\x05\x11" + custodian + release


def answers_prefix(relation: bytes) -> bytes:
    return b"\x05\x01" + relation


def answer_key(relation: bytes, request: bytes) -> bytes:
    return b"\x05\x01" + relation + request


def reviews_prefix(relation: bytes) -> bytes:
    return b"\x05\x02" + relation


def review_key(relation: bytes, request: bytes) -> bytes:
    return b"\x05\x02" + relation + request


def broken_prefix(requester: bytes) -> bytes:
    return b"\x05\x03" + requester


def broken_key(requester: bytes, relation: bytes, request: bytes) -> bytes:
    return b"\x05\x03" + requester + relation + request
