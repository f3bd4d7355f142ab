"""The own index: the rows of events and of whom they are about. Nothing that is agreed upon, and all of it from blocks.

It is made anew beside what is stored and compared with it, row by row; what differs is put right in one transaction.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from salus.ledger.embedded.chain import GENESIS, Chain, open_kind
from salus.ledger.embedded.files import Files, LocalFiles
from salus.ledger.embedded.ledger import open_for_reading
from salus.ledger.embedded.lock import LOCK
from salus.ledger.embedded.readmodel import ABOUT, EVENTS, ReadModel, Rows
from salus.ledger.embedded.replaying import replay_apart
from salus.ledger.errors import LedgerLocked, NoLedger, StorageFailed
from salus.state.store import Store
from salus.state.tables import Row, StorageFailure


class Indexed(NamedTuple):
    """How the stored index compares with the one of the blocks, and after which block."""

    height: int
    rows: int  # of the blocks' index
    missing: int  # not stored
    changed: int
    foreign: int  # stored, and none of the blocks'

    @property
    def equal(self) -> bool:
        """True if the two are one."""
        return not (self.missing or self.changed or self.foreign)


def check_index(
    folder: Path,
    kind: type[Chain] = Chain,
    files: Files | None = None,
    open_store: Callable[[Path], Store] = Store.open,
    *,
    write: bool,
) -> Indexed:
    """Compare the index of the closed ledger in `folder` with its blocks; with `write` also put it right.

    Returns what was found before. Raises what opening raises; DamagedFile, DamagedPruning; StorageFailed: then
    nothing was changed.
    """
    port = files or LocalFiles()
    genesis = port.read(folder / GENESIS)
    if genesis is None:
        raise NoLedger
    try:
        unlock = port.lock(folder / LOCK, shared=not write)
    except BlockingIOError:
        raise LedgerLocked from None
    try:
        chain = open_kind(kind, folder, genesis, port, open_store if write else open_for_reading, not write)
        try:
            with TemporaryDirectory(prefix="salus-") as work:
                return _check(chain, folder, genesis, port, Path(work), write=write)
        finally:
            chain.close()
    except StorageFailure as failure:
        raise StorageFailed from failure
    finally:
        unlock()


def _check(chain: Chain, folder: Path, genesis: bytes, files: Files, work: Path, *, write: bool) -> Indexed:
    if write:
        chain.checkpoint()
    stored, first = chain.machine.store, chain.events.first
    machine = replay_apart(chain, folder, genesis, files, work, stored.height, lambda store: ReadModel(store, first))
    try:
        right: dict[str, Rows] = {}
        counts = {"rows": 0, "missing": 0, "changed": 0, "foreign": 0}
        for table in (EVENTS, ABOUT):
            right[table] = []
            counts["rows"] += sum(1 for _ in machine.store.table_scan(table))
            for what, key, row in _differences(stored.table_scan(table), machine.store.table_scan(table)):
                counts[what] += 1
                right[table].append((key, row))
        found = Indexed(stored.height, **counts)
        if write and not found.equal:
            chain.put_right(right)
        return found
    finally:
        machine.store.close()


def _differences(found: Iterator[Row], wanted: Iterator[Row]) -> Iterator[tuple[str, bytes, bytes | None]]:
    """Yield what is wrong with ordered rows: how, the key, and the row that it must have, None for none."""
    one, other = next(found, None), next(wanted, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            yield "foreign", one[0] if one else b"", None
            one = next(found, None)
        elif one is None or other[0] < one[0]:
            yield "missing", *other
            other = next(wanted, None)
        else:
            if one[1] != other[1]:
                yield "changed", *other
            one, other = next(found, None), next(wanted, None)
