"""Healing a member's node: what others have is removed, so that it comes back verified; what is its own stays.

| removed                                            | kept                                                           |
|----------------------------------------------------|----------------------------------------------------------------|
| blocks, votes, state, snapshots, what pruning left | genesis, the published log, notes of witnesses, contradictions |
| CometBFT's data                                    | all keys, vaults, wallets, letters, settings                   |
|                                                    | what the validator signed last, so that it never signs twice   |
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from msgspec.structs import replace

from salus.bootstrap.consensus import Trust, cometbft_home, read_consensus, write_consensus
from salus.bootstrap.layout import GENESIS
from salus.bootstrap.network.halts import keep_halt
from salus.bootstrap.network.held import hold
from salus.bootstrap.upstream import read_upstream
from salus.core.errors import Kind, Refusal
from salus.disk import take_lock
from salus.ledger.consensus.commitfile import NAME as COMMITS
from salus.ledger.consensus.restoring import FOLDER as RESTORING
from salus.ledger.consensus.snapshots import DAMAGED
from salus.ledger.consensus.snapshots import FOLDER as SNAPSHOTS
from salus.ledger.consensus.way import NAME as BRIDGE
from salus.ledger.embedded.blockfile import NAME as BLOCKS
from salus.ledger.embedded.chain import STATE
from salus.ledger.embedded.files import LocalFiles
from salus.ledger.embedded.lock import LOCK
from salus.ledger.embedded.pruned import NEW, WORK
from salus.ledger.errors import LedgerLocked
from salus.machine.pruned import FOLDER as PRUNED
from salus.services.errors import NoRegion

LEDGER_FILES = (NEW, COMMITS, BRIDGE, BLOCKS, DAMAGED)  # the last one says that the state was damaged
LEDGER_FOLDERS = (RESTORING, SNAPSHOTS, WORK, STATE, PRUNED)


class OnlyCopy(Refusal):
    code, kind = 0x7063, Kind.FORBIDDEN
    text = "This home's ledger is its own, and nobody could give it back: nothing is removed. Restore a backup."


def reset_ledger(home: Path, trust: Trust | None = None) -> None:
    """Remove what the other members have; the next start fetches it from them.

    `trust` is a block that state sync begins to verify from, else everything is replayed from the genesis. Done again
    where it was broken off. Raises NoRegion, OnlyCopy, BadConsensus, BadUpstream, AlreadyUp, LedgerLocked, OSError.
    """
    if not (home / GENESIS).is_file():
        raise NoRegion
    consensus = read_consensus(home)
    if consensus is None and read_upstream(home) is None:
        raise OnlyCopy
    if consensus is not None and not consensus.peers:
        raise OnlyCopy
    with ExitStack() as held:
        if consensus is not None:
            held.callback(hold(home))
        held.callback(_locked(home / "ledger"))
        if consensus is not None and trust is not None:
            write_consensus(home, replace(consensus, trust=trust))
        remove_shared(home)


def remove_shared(home: Path) -> None:
    """Remove what others have of a home that nobody has open; durable enough: what comes back is verified anew."""
    files, ledger = LocalFiles(), home / "ledger"
    for name in LEDGER_FILES:
        files.remove(ledger / name)
    keep_halt(home, None)
    for name in LEDGER_FOLDERS:
        files.withdraw(ledger / name)
    data = cometbft_home(home) / "data"
    if data.is_dir():
        files.withdraw(data)
        files.create_folder(data)


def _locked(ledger: Path) -> Callable[[], None]:
    LocalFiles().create_folder(ledger)
    try:
        return take_lock(ledger / LOCK)
    except BlockingIOError:
        raise LedgerLocked from None
