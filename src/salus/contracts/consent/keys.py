"""Byte layout of the consent namespace 0x04.

| key                              | bytes | value                  |
|----------------------------------|-------|------------------------|
| 04 01 relation[32] directive[32] | 66    | policy.types.Directive |
| 04 02 relation[32] chain[32]     | 66    | Uses                   |
"""


def directives_prefix(relation: bytes) -> bytes:
    return b"\x04\x01" + relation


def directive_key(relation: bytes, directive: bytes) -> bytes:
    return b"\x04\x01" + relation + directive


def uses_key(relation: bytes, chain: bytes) -> bytes:
    return b"\x04\x02" + relation + chain
