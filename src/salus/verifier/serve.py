"""The process that checks signatures ahead: reads batches, answers with what it found good.

    python -m salus.verifier.serve FOLDER NETWORK open|closed DESCRIPTOR

Input: per batch its length (4 bytes, big-endian) and its bytes; it ends with the input. Output: per
good signature 32 bytes, H(public key | signature | message) as `machine.signing` remembers it. It
takes public keys from the last checkpoint of the state in FOLDER, and leaves out what it does not
find there; `open` says that somebody may write there meanwhile. DESCRIPTOR is of 8 bytes in memory:
how many batches need no more checks, from the first.
"""

import sys
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from salus.contracts.accounts.keeper import get_unrevoked_key
from salus.core.cose import to_be_signed
from salus.core.envelope import MAX_BATCH_BYTES, Batch, parse_batch, parse_envelope
from salus.core.errors import Refusal
from salus.core.signatures import verify
from salus.machine.signing import Check, memory_key
from salus.state.lmdb import LmdbTables
from salus.state.overlay import Reader

TOGETHER = 16  # answers written at a time


def checks(state: Reader, network: bytes, batch: Batch) -> Iterator[Check]:
    """Yield what admission and execution of the batch will ask for, as far as `state` knows the keys."""
    account, kid = batch.payload.carrier
    key = get_unrevoked_key(state, account, kid)
    if key is not None:
        yield key.public, to_be_signed("batch", network, batch.payload_bytes, kid), batch.signature[1]
    for raw in batch.payload.envelopes:
        try:
            envelope = parse_envelope(network, raw)
        except Refusal:
            continue
        for (account, kid), (_, signature) in zip(envelope.payload.signers, envelope.signatures, strict=True):
            key = get_unrevoked_key(state, account, kid)
            if key is not None:
                yield key.public, to_be_signed("envelope", network, envelope.payload_bytes, kid), signature


def serve(tables: LmdbTables, network: bytes, settled: mmap, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer batches until there are no more."""
    number = 0
    while head := source.read(4):
        raw = source.read(int.from_bytes(head, "big"))
        number += 1
        if len(raw) > MAX_BATCH_BYTES:
            return
        try:
            batch = parse_batch(network, raw)
        except Refusal:
            continue
        tables.renew()
        found: list[bytes] = []
        for check in checks(tables, network, batch):
            if int.from_bytes(settled[:8], "little") >= number:
                break
            if verify(*check):
                found.append(memory_key(*check))
            if len(found) == TOGETHER:
                sink.write(b"".join(found))
                found.clear()
        sink.write(b"".join(found))
        tables.rest()


def main(folder: str, network: str, use: str, descriptor: str) -> None:
    """Serve standard input and output."""
    tables = LmdbTables(Path(folder), readonly=True, beside_writer=use == "open")
    tables.rest()
    with mmap(int(descriptor), 8, access=ACCESS_READ) as settled, open(1, "wb", buffering=0, closefd=False) as sink:
        serve(tables, bytes.fromhex(network), settled, sys.stdin.buffer, sink)


if __name__ == "__main__":
    main(*sys.argv[1:])
