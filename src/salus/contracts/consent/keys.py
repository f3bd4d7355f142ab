"""Byte layout of the consent namespace 0x04.

| key                              | bytes | value                  |
|----------------------------------|-------|------------------------|
| 04 01 relation[32] directive[32] | 66    | policy.types.Directive |
| 04 02 relation[32] chain[32]     | 66    | Uses                   |
| 04 03 relation[32]               | 34    | Chosen                 |
| 04 04 relation[32] directive[32] | 66    | Attestation            |
| 04 05 relation[32] order[32]     | 66    | policy.policies.Order  |
"""


def directives_prefix(relation: bytes) -> bytes:
    return b"\x04\x01" + relation


def directive_key(relation: bytes, directive: bytes) -> bytes:
    return b"\x04\x01" + relation + directive


def uses_key(relation: bytes, chain: bytes) -> bytes:
    return b"\x04\x02" + relation + chain


def chosen_key(relation: bytes) -> bytes:
    return b"\x04\x03" + relation


def attestations_prefix(relation: bytes) -> bytes:
    return b"\x04\x04" + relation


def attestation_key(relation: bytes, directive: bytes) -> bytes:
    return b"\x04\x04" + relation + directive


def orders_prefix(relation: bytes) -> bytes:
    return b"\x04\x05" + relation


def order_key(relation: bytes, order: bytes) -> bytes:
    return b"\x04\x05" + relation + order
