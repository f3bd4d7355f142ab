"""The embedded ledger: consent envelopes with real signatures, durable, over a filled state.

Each envelope is a GrantConsent signed by a person's own device key, in a batch signed by a gateway.
Blocks of a size are batches of that size, one after another; the time includes every durable write
and the checkpoints, the last one too. What people and gateways do (signing) is not in it.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from salus.contracts.accounts import keeper
from salus.contracts.accounts.types import Key, KeyStatus, Person, PersonState
from salus.contracts.consent.messages import GrantConsent
from salus.core.cose import to_be_signed
from salus.core.keys import FOREVER, Role
from salus.core.signatures import ED25519, SigningKey, verify
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.embedded.chain import STATE
from salus.ledger.embedded.tuning import tune_process
from salus.machine.machine import NETWORK, TIME, Machine
from salus.policy.types import Capacity, Effect, GranteeKind
from salus.state.overlay import Overlay
from salus.state.store import Store
from salus.testing.clock import FakeClock
from salus.testing.region import START_MS, TREATMENT, Region

KEYS_PER_PERSON = 3
_CHECKS = 100  # between two blocks


class World:
    """A region whose state holds many persons; some of them sign."""

    def __init__(self, folder: Path, keys: int, signers: int) -> None:
        self.region = Region()
        self._turn = 0
        self.people: list[tuple[bytes, SigningKey]] = []
        machine = Machine(Store.in_memory())
        machine.init(self.region.genesis_file)
        overlay = Overlay(machine.store)
        for number in range(keys // KEYS_PER_PERSON):
            self._person(overlay, number, number < signers)
        rows = dict(machine.store.items()) | {k: v for k, v in overlay.writes.items() if v is not None}
        self.keys = len(rows)
        folder.mkdir()
        store = Store.open(folder / STATE)
        store.load(rows.items())
        store.checkpoint(0, {NETWORK: self.region.network, TIME: START_MS.to_bytes(8, "big")})
        store.close()
        self.clock = FakeClock(START_MS + 1000)
        self.ledger = EmbeddedLedger.create(folder, self.region.genesis_file, self.region.node, self.clock)

    def _person(self, state: Overlay, number: int, signs: bool) -> None:
        handle = sha256(b"handle" + number.to_bytes(8, "big")).digest()
        seed = sha256(b"device" + number.to_bytes(8, "big")).digest()
        device = SigningKey.from_seed(seed) if signs else SigningKey(seed, seed)
        if signs:
            self.people.append((handle, device))
        keeper.put_person(state, handle, Person(self.region.hospital.id, int(PersonState.CLAIMED), 1, 1, seed))
        entry = Key(ED25519, int(Role.DEVICE), device.public, 0, FOREVER, 1, int(KeyStatus.LISTED))
        keeper.list_key(state, handle, device.id(self.region.network), entry)

    def grants(self, number: int) -> Iterator[bytes]:
        """Yield signed grants, each by the next person in turn."""
        for _ in range(number):
            handle, device = self.people[self._turn % len(self.people)]
            self._turn += 1
            yield self.region.envelope([(handle, device)], self._permit(handle))

    def _permit(self, handle: bytes) -> GrantConsent:
        return GrantConsent(
            handle,
            int(Capacity.SELF),
            None,
            (int(GranteeKind.ORGANISATION), self.region.clinic.id),
            int(Effect.PERMIT),
            (TREATMENT,),
            START_MS,
            START_MS + 10**9,
            0,
            0,
            (False, 0, False),
            handle,
        )


def run(full: bool) -> dict[str, float]:
    """Return the figures; `full` takes five times as many envelopes, and ten times the keys in a second world."""
    scale = 5 if full else 1
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        figures = _world(Path(folder) / "small", 100_000, scale)
        if full:
            large = _world(Path(folder) / "large", 1_000_000, scale)
            figures |= {f"million_keys_{name}": value for name, value in large.items()}
    return figures


def _world(folder: Path, keys: int, scale: int) -> dict[str, float]:
    world = World(folder, keys, 33_000)
    try:
        tune_process()
        _blocks(world, 100, 10)  # warm
        figures = {
            "keys_in_state_count": float(world.keys),
            "envelope_bytes": float(len(next(world.grants(1)))),
            **_blocks(world, 100, 50 * scale),
            **_blocks(world, 1000, 8 * scale),
        }
        figures["envelopes_per_s"] = figures["blocks_of_1000_envelopes_per_s"]
        figures["signature_checks_per_s"] = 1e6 / figures["blocks_of_1000_signature_check_cpu_us"]
        return {name: round(value, 3) for name, value in (figures | _lone(world, folder, 400 * scale)).items()}
    finally:
        world.ledger.close()


def _blocks(world: World, size: int, count: int) -> dict[str, float]:
    """Return the figures of `count` blocks of `size`, checkpoints among them.

    The processor's time per envelope is also given in bare signature checks, done between the
    blocks: unlike the rates, that hardly depends on who else uses the machine.
    """
    batches = [world.region.batch(*world.grants(size)) for _ in range(count)]
    check = _check(world)
    bare = 0.0  # this thread's own time only: a checkpoint may be under way beside it
    start, begun = time.perf_counter(), time.process_time()
    for batch in batches:
        bare += _cpu(check)
        result = world.ledger.submit(batch).result()
        refused = [code for code in (result.code, *(one.code for one in result.results)) if code]
        if refused:
            raise RuntimeError(f"refused: {refused[0]:#06x}")
    world.ledger.save()
    wall, cpu = time.perf_counter() - start - bare, time.process_time() - begun - bare
    name, envelopes = f"blocks_of_{size}", size * count
    return {
        f"{name}_envelopes_per_s": envelopes / wall,
        f"{name}_envelope_cpu_us": cpu / envelopes * 1e6,
        f"{name}_signature_check_cpu_us": bare / (_CHECKS * count) * 1e6,
        f"{name}_envelope_to_check_ratio": cpu / envelopes / (bare / (_CHECKS * count)),
    }


def _lone(world: World, folder: Path, count: int) -> dict[str, float]:
    """Time lone envelopes from submit to durable, in turn with bare durable writes of as many bytes."""
    batches = [world.region.batch(envelope) for envelope in world.grants(count)]
    descriptor = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    data = bytes(len(batches[0]) + 400)  # a header and the heads

    def bare(_: bytes) -> None:
        os.write(descriptor, data)
        os.fdatasync(descriptor)

    lone, writes = [], []
    for batch in batches:
        lone.append(_timed(lambda raw: world.ledger.submit(raw).result(), batch))
        writes.append(_timed(bare, b""))
    os.close(descriptor)
    return {**_quantiles("lone_envelope", lone), **_quantiles("durable_write", writes)}


def _timed(work: Callable[[bytes], object], raw: bytes) -> float:
    start = time.perf_counter()
    work(raw)
    return (time.perf_counter() - start) * 1e3


def _quantiles(name: str, times_ms: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times_ms, n=100, method="inclusive")
    return {f"{name}_p50_ms": cuts[49], f"{name}_p99_ms": cuts[98]}


def _check(world: World) -> Callable[[], None]:
    """Return what makes `_CHECKS` bare Ed25519 checks over a message of an envelope's size."""
    handle, device = world.people[0]
    message = to_be_signed("envelope", world.region.network, next(world.grants(1)), handle)
    signature = device.sign(message)

    def check() -> None:
        for _ in range(_CHECKS):
            if not verify(device.public, message, signature):
                raise RuntimeError("a good signature was refused")

    return check


def _cpu(work: Callable[[], None]) -> float:
    start = time.thread_time()
    work()
    return time.thread_time() - start
