"""A ledger whose snapshot another takes over; chunks small enough that there are many."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from salus.client.snapshots import Snapshot
from salus.ledger.consensus.restoring import Apply, Offer, Restoring
from salus.ledger.consensus.snapshots import Snapshots, write_snapshot
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.embedded.files import Files, LocalFiles
from salus.machine import export
from salus.machine.export import import_state
from salus.machine.machine import Machine
from salus.state.store import Store
from salus.testing.clock import FakeClock
from salus.testing.region import START_MS, Region

NOW_MS = START_MS + 60_000
SMALL = 4096  # bytes of a chunk


class Origin(NamedTuple):
    """Where a snapshot comes from: a ledger that was closed at its height."""

    region: Region
    folder: Path
    handles: list[bytes]
    used: bytes  # an envelope that was executed
    snapshot: Snapshot
    chunks: list[bytes]
    app_hash: bytes


def origin(folder: Path, region: Region, accounts: int = 40, grants: int = 8) -> Origin:
    """Make a ledger with some blocks, and take a snapshot of its end."""
    clock = FakeClock(NOW_MS)
    with EmbeddedLedger.create(folder, region.genesis_file, region.node, clock) as ledger:
        opened, handles = region.open_accounts(accounts)
        send(ledger, region, opened)
        used = region.grant(handles[0])[0]
        send(ledger, region, used)
        for _ in range(grants):
            send(ledger, region, *[region.grant(handle)[0] for handle in handles])
            clock.advance(1)
    write_snapshot(machine_of(folder), folder, LocalFiles())
    snapshots = Snapshots(folder, LocalFiles(), region.network)
    (snapshot,) = snapshots.list()
    chunks = [snapshots.load(snapshot.height, snapshot.format, number) for number in range(snapshot.chunks)]
    return Origin(region, folder, handles, used, snapshot, chunks, machine_of(folder).app_hash)


def machine_of(folder: Path) -> Machine:
    """Return the machine over the state of a closed ledger, and leave its file alone."""
    store = Store.open(folder / "state")
    machine = Machine(store)
    manifest, chunks = export.export_state(machine)
    known = export.Verified(machine.network, machine.height, machine.time, machine.app_hash)
    store.close()
    return import_state(Store.in_memory(), known, manifest, chunks)


def send(ledger: EmbeddedLedger, region: Region, *envelopes: bytes) -> list[int]:
    """Have one batch executed; return the codes of its envelopes."""
    result = ledger.submit(region.batch(*envelopes)).result(30)
    assert not result.code
    return [one.code for one in result.results]


def new_ledger(folder: Path, region: Region) -> Path:
    """Make the folder of a ledger that has no block yet, with the state of the genesis on disk."""
    EmbeddedLedger.create(folder, region.genesis_file, region.node, FakeClock(NOW_MS)).close()
    return folder


def restoring(
    folder: Path,
    region: Region,
    files: Files | None = None,
    open_store: Callable[[Path], Store] = Store.open,
    height: int = 0,
) -> Restoring:
    """Return what takes over a snapshot into a closed ledger."""
    return Restoring(folder, files or LocalFiles(), region.network, lambda: height, lambda move: move(), open_store)


def take_over(made: Origin, folder: Path) -> Path:
    """Take the snapshot over into a new ledger in `folder`."""
    taking = restoring(new_ledger(folder, made.region), made.region)
    assert taking.offer(made.snapshot, made.app_hash) == Offer.ACCEPT
    for index, chunk in enumerate(made.chunks):
        assert taking.apply(index, chunk, "peer") == (Apply.ACCEPT, (), ())
    return folder


def reopened(folder: Path, region: Region) -> EmbeddedLedger:
    """Open it."""
    return EmbeddedLedger.open(folder, region.node, FakeClock(NOW_MS + 1000))
