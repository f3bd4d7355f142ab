"""The embedded ledger: consent envelopes with real signatures, durable, over a filled state.

Each envelope is a GrantConsent signed by a person's own device key, in a batch signed by a gateway.
Blocks of a size are batches of that size, one after another; the time includes every durable write
and the checkpoints, the last one too. What people and gateways do (signing) is not in it.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

from benchmarks.world import KEYS_PER_PERSON, World, state_bytes
from salus.client.ledger import BatchResult
from salus.core.cose import to_be_signed
from salus.core.signatures import verify
from salus.ledger.embedded.tuning import tune_process
from salus.verifier.process import VerifierProcess

_CHECKS = 100  # between two blocks
_WINDOW = 3  # batches that wait while a block is made, for the verifier process


def run(full: bool) -> dict[str, float]:
    """Return the figures; `full` takes five times as many envelopes, and ten times the keys in a second world."""
    scale = 5 if full else 1
    with tempfile.TemporaryDirectory(prefix=".benchmark-", dir=Path.cwd()) as folder:
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
        figures |= _lone(world, folder, 400 * scale)
        world.reopen(VerifierProcess(eager=True))
        _piped(world, 4)  # until the process is there
        figures |= _piped(world, 16 * scale)
        figures |= _sizes(world)
        return {name: round(value, 3) for name, value in figures.items()}
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
    slowest = 0.0
    start, begun = time.perf_counter(), time.process_time()
    for batch in batches:
        bare += _cpu(check)
        slowest = max(slowest, _timed(lambda raw: _done(world.ledger.submit(raw)), batch))
    world.ledger.save()
    wall, cpu = time.perf_counter() - start - bare, time.process_time() - begun - bare
    name, envelopes = f"blocks_of_{size}", size * count
    return {
        f"{name}_envelopes_per_s": envelopes / wall,
        f"{name}_envelope_cpu_us": cpu / envelopes * 1e6,
        f"{name}_signature_check_cpu_us": bare / (_CHECKS * count) * 1e6,
        f"{name}_slowest_ms": slowest,
        f"{name}_envelope_to_check_ratio": cpu / envelopes / (bare / (_CHECKS * count)),
    }


def _piped(world: World, count: int) -> dict[str, float]:
    """Return the figures of `count` blocks of 1,000 with the verifier process; some batches wait at any time.

    `verifier_executor_cpu_us` is the time of the ledger's own process per envelope, that of the other is apart.
    """
    batches = [world.region.batch(*world.grants(1000)) for _ in range(count)]
    waiting: list[Future[BatchResult]] = []
    bare = _cpu(_check(world)) / _CHECKS
    start, begun = time.perf_counter(), time.process_time()
    for batch in batches:
        waiting.append(world.ledger.submit(batch))
        if len(waiting) > _WINDOW:
            _done(waiting.pop(0))
    for future in waiting:
        _done(future)
    world.ledger.save()
    wall, cpu = time.perf_counter() - start, time.process_time() - begun
    return {
        "verifier_envelopes_per_s": 1000 * count / wall,
        "verifier_executor_cpu_us": cpu / (1000 * count) * 1e6,
        "verifier_executor_to_check_ratio": cpu / (1000 * count) / bare,
    }


def _done(future: "Future[BatchResult]") -> None:
    result = future.result()
    refused = [code for code in (result.code, *(one.code for one in result.results)) if code]
    if refused:
        raise RuntimeError(f"refused: {refused[0]:#06x}")


def _sizes(world: World) -> dict[str, float]:
    """Return what files hold for a relation (account, key and its reservation), and grew by for an envelope."""
    status = world.ledger.status()
    envelopes = status.state_keys - world.keys  # a directive each; the few keys of the machine's own apart
    return {
        "keys_at_the_end_count": float(status.state_keys),
        "block_bytes_per_envelope": status.blocks_bytes / envelopes,
        "state_bytes_per_relation": world.state_bytes / (world.keys / KEYS_PER_PERSON),
        "state_bytes_per_envelope": (state_bytes(world.folder) - world.state_bytes) / envelopes,
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
