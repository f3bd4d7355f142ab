"""The process that takes a snapshot: `python -m salus.ledger.consensus.taking LEDGER HEIGHT`.

It reads the state in one read transaction of LMDB, which stays as it is while the node goes on and writes further
checkpoints. Each live value, bucket and log entry is hashed again first: a state that rotted on disk is neither passed
on nor kept. It writes `READING` once it sees the checkpoint, and ends when its standard input does.

| exit status | meaning                                                       |
|-------------|---------------------------------------------------------------|
| 0           | the snapshot is there                                         |
| 3           | nothing was taken: the checkpoint is another, or the disk fails |
| 4           | the checkpoint is not what its hashes say                     |
"""

import os
import sys
from pathlib import Path
from threading import Thread

from salus.ledger.consensus.snapshots import write_snapshot
from salus.ledger.embedded.chain import STATE
from salus.ledger.embedded.files import Files, LocalFiles
from salus.machine.machine import Machine
from salus.state.lmdb import LmdbTables
from salus.state.store import Store
from salus.state.tables import StorageFailure

READING = b"reading\n"
TAKEN, NOT_TAKEN, DAMAGED = 0, 3, 4
NICE = 10  # blocks come first


def main(folder: Path, height: int) -> int:
    """Take it; return the exit status."""
    try:
        tables = LmdbTables(folder / STATE, readonly=True, beside_writer=True)
    except StorageFailure:
        return NOT_TAKEN
    try:
        os.write(sys.stdout.fileno(), READING)
        return take(tables, folder, height, LocalFiles())
    finally:
        tables.close()


def take(tables: LmdbTables, folder: Path, height: int, files: Files) -> int:
    """Check the checkpoint in `tables` and write it as a snapshot; return the exit status."""
    try:
        store = Store(tables)
        if store.height != height:
            return NOT_TAKEN
        if store.check():
            return DAMAGED
        machine = Machine(store)
    except StorageFailure:
        return DAMAGED
    try:
        write_snapshot(machine, folder, files)
    except OSError:
        return NOT_TAKEN
    return TAKEN


def _end_with_input() -> None:
    """End the process when whoever started it is gone, or wants it to end."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(NOT_TAKEN)


if __name__ == "__main__":
    os.nice(NICE)
    Thread(target=_end_with_input, daemon=True).start()
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
