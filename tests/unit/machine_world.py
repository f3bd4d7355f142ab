"""What the tests of the machine start from: a founded machine with some custodial accounts."""

from typing import NamedTuple

from salus.machine.machine import BlockResult, Machine
from salus.state.store import Store
from salus.testing.region import START_MS, Region

T0 = START_MS + 60_000  # time of the blocks under test


class World(NamedTuple):
    region: Region
    machine: Machine
    handles: list[bytes]


def founded(accounts: int = 10, parameters: tuple[tuple[int, int], ...] = ()) -> World:
    region = Region(parameters=parameters)
    machine = Machine(Store.in_memory())
    machine.init(region.genesis_file)
    envelope, handles = region.open_accounts(accounts)
    assert codes(run(machine, [region.batch(envelope)], T0 - 2000)) == [0]
    return World(region, machine, handles)


def run(machine: Machine, batches: list[bytes], time: int = T0) -> BlockResult:
    """Execute and commit the next block."""
    result = machine.execute(machine.height + 1, max(time, machine.time), batches)
    machine.commit()
    return result


def codes(result: BlockResult) -> list[int]:
    """The codes of all envelopes, batch after batch; of a refused batch its own."""
    return [code for batch in result.batches for code in ([o.code for o in batch.outcomes] or [batch.code])]
