"""Play a seeded, mixed load on a machine and print app hash, log root and results of every block."""

import random
import sys

from salus.machine.export import export_hash, export_state
from salus.machine.machine import Machine
from salus.state.store import Store
from salus.testing.region import START_MS, Region


def main(seed: int) -> None:
    draw, region = random.Random(seed), Region()
    machine = Machine(Store.in_memory())
    print(machine.init(region.genesis_file).hex())
    handles: list[bytes] = []
    directives: list[tuple[bytes, bytes]] = []
    old: list[bytes] = []
    time = START_MS
    for height in range(1, 31):
        time += draw.randrange(40_000)
        until = time + draw.randrange(1, 600_000)
        envelopes: list[bytes] = []
        for _ in range(draw.randrange(12)):
            kind = draw.randrange(5)
            if kind == 0 or not handles:
                raw, new = region.open_accounts(draw.randrange(1, 5), not_after=until)
                handles += new
            elif kind == 1 and directives:
                raw = region.revoke(*draw.choice(directives), not_after=until)
            elif kind == 2 and old:
                raw = draw.choice(old)
            else:
                relation = draw.choice(handles)
                raw, directive = region.grant(relation, not_after=until)
                directives.append((relation, directive))
            envelopes.append(raw)
        old += envelopes
        members = [region.hospital, region.other]
        batches = [region.batch(e, not_after=until, member=draw.choice(members)) for e in envelopes]
        result = machine.execute(height, time, batches)
        machine.commit()
        codes = [outcome.code for batch in result.batches for outcome in batch.outcomes]
        print(height, result.app_hash.hex(), machine.log.root.hex(), codes)
        if height % 10 == 0:
            machine.checkpoint()
            machine = Machine(machine.store)
    manifest, chunks = export_state(machine)
    print(export_hash(region.network, manifest).hex(), len(chunks))


main(int(sys.argv[1]))
