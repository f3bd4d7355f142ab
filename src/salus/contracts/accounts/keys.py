"""Byte layout of the accounts namespace 0x02.

| key                                        | bytes | value                                       |
|--------------------------------------------|-------|---------------------------------------------|
| 02 01 organisation[32]                     | 34    | Organisation                                |
| 02 02 account[32] key id[32]               | 66    | Key; beside its account's other keys        |
| 02 03 key id[32]                           | 34    | account[32] it was listed for; never deleted |
| 02 04 handle[32]                           | 34    | Person                                      |
| 02 05 organisation[32] staff commitment[32] | 66   | Staff                                       |
| 02 06 handle[32]                           | 34    | Invitation                                  |
| 02 07 handle[32]                           | 34    | PendingClaim                                |

What recovery keeps, from 02 20 on, stands in `recovery_keys`.
"""

ACCOUNT_KEYS = b"\x02\x02"


def organisation_key(organisation: bytes) -> bytes:
    return b"\x02\x01" + organisation


def account_keys_prefix(account: bytes) -> bytes:
    return ACCOUNT_KEYS + account


def account_key(account: bytes, key: bytes) -> bytes:
    return ACCOUNT_KEYS + account + key


def owner_key(key: bytes) -> bytes:
    return b"\x02\x03" + key


def person_key(handle: bytes) -> bytes:
    return b"\x02\x04" + handle


def staff_key(organisation: bytes, commitment: bytes) -> bytes:
    return b"\x02\x05" + organisation + commitment


def invitation_key(handle: bytes) -> bytes:
    return b"\x02\x06" + handle


def claim_key(handle: bytes) -> bytes:
    return b"\x02\x07" + handle
