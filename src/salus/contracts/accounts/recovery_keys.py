"""Byte layout of what recovery keeps, within the accounts namespace 0x02.

| key                         | bytes | value           |
|-----------------------------|-------|-----------------|
| 02 20 account[32]           | 34    | Keyholding      |
| 02 21 account[32] key id[32] | 66   | PendingChange, by the key that wants it |
| 02 22 account[32]           | 34    | PendingRecovery |
| 02 23 account[32]           | 34    | Frozen          |
| 02 24 account[32] key id[32] | 66   | KeyHistory      |
| 02 25 account[32]           | 34    | Finished        |
| 02 26 account[32]           | 34    | OfferedReproof  |
"""


def keyholding_key(account: bytes) -> bytes:
    return b"\x02\x20" + account


def changes_prefix(account: bytes) -> bytes:
    return b"\x02\x21" + account


def change_key(account: bytes, key: bytes) -> bytes:
    return b"\x02\x21" + account + key


def recovery_key(account: bytes) -> bytes:
    return b"\x02\x22" + account


def frozen_key(account: bytes) -> bytes:
    return b"\x02\x23" + account


def history_key(account: bytes, key: bytes) -> bytes:
    return b"\x02\x24" + account + key


def finished_key(account: bytes) -> bytes:
    return b"\x02\x25" + account


def offered_key(account: bytes) -> bytes:
    return b"\x02\x26" + account
