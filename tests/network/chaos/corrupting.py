"""Bytes of a closed ledger that rot on its disk."""

import random
from pathlib import Path

import lmdb

from salus.core.checksum import crc32c
from salus.ledger.embedded.blockfile import HEAD_BYTES, LENGTH


def value(state: Path, rng: random.Random) -> str:
    """Change one bit of one value of the state; say which."""
    with lmdb.open(str(state), max_dbs=4, map_size=1 << 30) as env:
        values = env.open_db(b"values", create=False)
        with env.begin(write=True) as txn:
            rows = [(bytes(key), bytes(found)) for key, found in txn.cursor(db=values)]
            key, found = rng.choice(rows)
            at, bit = rng.randrange(len(found)), 1 << rng.randrange(8)
            txn.put(key, found[:at] + bytes((found[at] ^ bit,)) + found[at + 1 :], db=values)
    return f"byte {at} of the value of {key[:8].hex()}..."


def last_block(blocks: Path, rng: random.Random) -> str:
    """Change one bit of the body of the last whole record; say which."""
    raw = bytearray(blocks.read_bytes())
    start = at = 0
    while at + HEAD_BYTES <= len(raw):
        end = at + HEAD_BYTES + (int.from_bytes(raw[at : at + 4], "big") & LENGTH)
        if end > len(raw):
            break
        start, at = at, end
    assert crc32c(bytes(raw[start : start + 4]) + bytes(raw[start + HEAD_BYTES : at])) == int.from_bytes(
        raw[start + 4 : start + HEAD_BYTES], "big"
    )
    place = rng.randrange(start + HEAD_BYTES, at)
    raw[place] ^= 1 << rng.randrange(8)
    blocks.write_bytes(raw)
    return f"byte {place} is changed"
