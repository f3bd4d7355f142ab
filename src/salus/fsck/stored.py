"""Compare the state on disk, key by key, with the replay at the height of its checkpoint."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from salus.fsck.dump import END, TABLES
from salus.fsck.replay import Replay, key_place
from salus.fsck.report import Finding, Severity
from salus.machine.machine import NETWORK, TIME
from salus.merkle.heap import regroup
from salus.merkle.smt import leaf_node
from salus.state.names import HEIGHT, ROOT, SHAPE, shape

TIMEOUT_S = 3600
MAX_NAMED = 100  # findings of one kind that are named one by one
Rows = dict[bytes, bytes]


class StoredState(NamedTuple):
    """All rows of the four tables; `broken` says where reading ended, empty if it did not."""

    values: Rows
    buckets: Rows
    meta: Rows
    rows: Rows
    broken: str

    @property
    def height(self) -> int:
        """The height of the checkpoint; 0 before the first."""
        return int.from_bytes(self.meta.get(HEIGHT, b""), "big")


def read_state(folder: Path) -> StoredState:
    """Return what lies in the folder. Whatever a damaged file does to its reader, it does to another process."""
    tables: tuple[Rows, Rows, Rows, Rows] = ({}, {}, {}, {})
    command = [sys.executable, "-m", "salus.fsck.dump", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=1 << 20) as process:
        if process.stdout is None:
            raise ValueError("no output")
        last, ended = (0, b""), False
        while not ended:
            head = process.stdout.read(9)
            number = head[:1]
            ended = number in (b"", END)
            if not ended:
                size = int.from_bytes(head[1:5], "big")
                row = process.stdout.read(size + int.from_bytes(head[5:], "big"))
                last = (number[0], row[:size])
                tables[number[0]][row[:size]] = row[size:]
        process.wait(TIMEOUT_S)
    broken = "" if number == END else f"table {TABLES[last[0]].decode()}, after key {last[1].hex() or '(none)'}"
    return StoredState(*tables, broken)


def compare(stored: StoredState, replay: Replay, file: str) -> Iterator[Finding]:
    """Yield each place where `stored` is not the replay at the same height."""
    machine = replay.machine
    expected = dict(machine.store.items())
    yield from _differences(stored.values, expected, file, "values", key_place)
    yield from _meta(stored.meta, replay, file)
    yield from _buckets(stored, file)
    rows = _rows_left(stored, replay.first)
    if len(rows) < len(stored.rows):
        words = "still there after a pruning that was cut off: opening the ledger removes them"
        yield Finding(file, "table rows, pruned events", words, Severity.NOTE)
    yield from _differences(rows, replay.expected_rows(), file, "rows", _row_place)


def _rows_left(stored: StoredState, first: int) -> Rows:
    """Return the rows without those that a pruning has yet to remove, where it says that it has not."""
    if not first or stored.meta.get(b"pruned") == first.to_bytes(8, "big"):
        return stored.rows
    return {
        key: row
        for key, row in stored.rows.items()
        if not key.startswith((b"\x06events", b"\x05about")) or int.from_bytes(key[-8:], "big") >= first
    }


def _differences(
    found: Rows, expected: Rows, file: str, table: str, place: Callable[[bytes], str]
) -> Iterator[Finding]:
    count = 0
    for key in sorted(found.keys() | expected.keys()):
        if found.get(key) == expected.get(key):
            continue
        count += 1
        if count <= MAX_NAMED:
            what = "missing" if key not in found else "not there by the blocks" if key not in expected else "changed"
            yield Finding(file, f"table {table}, {place(key)}", what)
    if count > MAX_NAMED:
        yield Finding(file, f"table {table}", f"{count - MAX_NAMED} more rows are wrong")


def _meta(found: Rows, replay: Replay, file: str) -> Iterator[Finding]:
    machine = replay.machine
    expected = {
        HEIGHT: machine.height.to_bytes(8, "big"),
        ROOT: machine.store.root,
        NETWORK: machine.network,
        TIME: machine.time.to_bytes(8, "big"),
        **machine.log.meta(),
        b"blocks": replay.end.to_bytes(8, "big"),
    }
    for name, value in expected.items():
        if found.get(name) != value:
            yield Finding(file, f"table meta, {name.strip(bytes(1)).decode()}", "not what the blocks give")


def _buckets(stored: StoredState, file: str) -> Iterator[Finding]:
    """The buckets of the tree must be those of the stored values, at the depth that the checkpoint chose."""
    cut = shape(stored.meta.get(SHAPE, b""))
    if cut is None:
        yield Finding(file, "table meta, shape", "not the shape of any tree")
        return
    pairs = sorted(sha256(key).digest() + sha256(value).digest() for key, value in stored.values.items())
    entries = [pair + leaf_node(pair[:32], pair[32:]) for pair in pairs]
    expected = {index.to_bytes(4, "big"): bucket for index, bucket in regroup(entries, *cut)}
    yield from _differences(stored.buckets, expected, file, "buckets", _bucket_place)


def _bucket_place(key: bytes) -> str:
    return f"bucket {int.from_bytes(key, 'big')}"


def _row_place(key: bytes) -> str:
    size = key[0] if key else 0
    return f"{key[1 : 1 + size].decode(errors='replace')} {key[1 + size :].hex()}"
