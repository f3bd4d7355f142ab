"""A ledger with an old and a young part, an hour apart, in a network whose windows are short."""

from pathlib import Path

from salus.contracts.governance.parameters import Parameter
from salus.core.signatures import SigningKey
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.embedded.pruning import Pruning, prune, to_height
from salus.machine.machine import Machine
from salus.state.store import Store
from salus.testing.clock import FakeClock
from salus.testing.region import LIFE_MS, START_MS, Region

HOUR_MS = 3_600_000
NOW_MS = START_MS + HOUR_MS
SHORT = (
    (int(Parameter.REQUEST_WINDOW_MS), 60_000),
    (int(Parameter.SESSION_MS), 60_000),
    (int(Parameter.APPROVAL_WINDOW_MS), 60_000),
    (int(Parameter.OUTAGE_MS), 60_000),
    (int(Parameter.LOOKUP_WINDOW_MS), 10_000),
)


def short_region() -> Region:
    """Return a region whose longest window is that of an envelope, ten minutes."""
    return Region(parameters=SHORT)


def fill(folder: Path, region: Region, *early: bytes) -> int:
    """Make a ledger of blocks an hour ago, `early` among them, and of now; return the first of now's heights."""
    clock = FakeClock(START_MS)
    with EmbeddedLedger.create(folder, region.genesis_file, region.node, clock) as ledger:
        envelope, handles = region.open_accounts(3)
        for group in ([envelope, *early], [region.grant(h)[0] for h in handles], [region.grant(handles[0])[0]]):
            result = ledger.submit(region.batch(*group)).result(30)
            assert [one.code for one in result.results] == [0] * len(group)
            clock.advance(1)
        clock.time_ms = NOW_MS
        first = more(ledger, region, 2)
        more(ledger, region, 1)
    return first


def more(ledger: EmbeddedLedger, region: Region, number: int, now: int = NOW_MS) -> int:
    """Open accounts in a block of their own, with grants; return its height."""
    until = now + LIFE_MS
    envelope, handles = region.open_accounts(number, not_after=until)
    batch = region.batch(envelope, *[region.grant(h, until)[0] for h in handles], not_after=until)
    result = ledger.submit(batch).result(30)
    assert [one.code for one in result.results] == [0] * (number + 1)
    return result.height


def opened(folder: Path, region: Region, node: SigningKey | None = None) -> EmbeddedLedger:
    """Open it now."""
    return EmbeddedLedger.open(folder, node or region.node, FakeClock(NOW_MS))


def pruned(folder: Path, region: Region, height: int) -> Pruning:
    """Prune it up to `height`."""
    return prune(folder, region.node, to_height(height))


def state_of(region: Region) -> Machine:
    """Return a machine with the genesis."""
    machine = Machine(Store.in_memory())
    machine.init(region.genesis_file)
    return machine
