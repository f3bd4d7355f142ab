"""The heartbeat of an idle network: its empty blocks come so often that no state grows stale between two of them.

Each member's consensus.json says its own; the parameter STALE_MS, by which gateways judge, is voted. Half of that is
the limit: a block that is late by as much as it may be is still in time.
"""

from pathlib import Path

from msgspec import structs

from salus.bootstrap.consensus import HEARTBEAT_MS, ConsensusFile, write_consensus
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.queries import parameter
from salus.core.errors import Kind, Refusal
from salus.ledger.embedded.chain import STATE
from salus.state.lmdb import LmdbTables
from salus.state.store import Store
from salus.state.tables import StorageFailure


class HeartbeatSlow(Refusal):
    """No refusal of anything: a warning with a code."""

    code, kind = 0x6340, Kind.CONFLICT
    text = (
        "heartbeat_ms of consensus.json is above half of the parameter stale-ms that members voted: an idle network's "
        "state grows too old to decide on. `salus network stop`, then `up`, lowers it."
    )


def is_slow(heartbeat_ms: int, stale_ms: int) -> bool:
    """True if gateways may find the state of an idle network stale."""
    return 2 * heartbeat_ms > stale_ms


def heartbeat_for(stale_ms: int) -> int:
    """Return how often an idle network makes a block, in milliseconds: three times before its state would be stale."""
    return min(HEARTBEAT_MS, stale_ms // 3)


def follow_vote(home: Path, said: ConsensusFile) -> ConsensusFile:
    """Lower the heartbeat of a home that nobody has open, where members voted STALE_MS down; return what it says then.

    Never higher: a vote up lets members raise it by hand. Raises StorageFull, StorageFailed.
    """
    stale = _voted(home)
    if stale is None or not is_slow(said.heartbeat_ms, stale):
        return said
    lowered = structs.replace(said, heartbeat_ms=heartbeat_for(stale))
    write_consensus(home, lowered)
    return lowered


def _voted(home: Path) -> int | None:
    """Return STALE_MS as of the home's last checkpoint; None where there is none yet, or it cannot be read."""
    folder = home / "ledger" / STATE
    if not folder.is_dir():
        return None
    try:
        tables = LmdbTables(folder, readonly=True)
    except StorageFailure:
        return None  # whoever opens the ledger says what is wrong
    try:
        return parameter(Store(tables), Parameter.STALE_MS)
    except StorageFailure:
        return None
    finally:
        tables.close()
