"""What a hostile member sends to everybody's nodes: old batches, garbage, and batches that only look right."""

import random
import time
from collections.abc import Callable
from threading import Event, Thread

from network.chaos.load import Writer
from network.chaos.members import Four, Node
from salus.bootstrap.network.config import MEMPOOL_BATCHES, MEMPOOL_BYTES
from salus.client.cometbft.rpc import Rpc
from salus.core.envelope import seal_batch
from salus.core.errors import Refusal

SENDERS = 4
LIFETIME_MS = 60_000


def replay(four: Four, victim: Node, rng: random.Random, seconds: float) -> int:
    """Send batches of earlier blocks to every node again; return how many."""
    assert victim.rpc is not None
    old: list[bytes] = []
    for height in range(victim.rpc.status().height, 0, -1):
        old += victim.rpc.block(height).batches
        if len(old) >= 50:
            break
    sent, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for node in four.nodes.values():
            assert node.rpc is not None
            try:
                sent += 1 if node.rpc.broadcast(rng.choice(old)) else 0
            except Refusal:
                continue
    return sent


def flood(
    four: Four, network: bytes, writer: Writer, rng: random.Random, seconds: float, watch: Callable[[], None]
) -> dict[str, int]:
    """Send as much as goes to every node for a while; fail where a mempool outgrows its bounds.

    `watch` is called meanwhile. Returns how many of each kind were sent, and taken.
    """
    ended = Event()
    counts: dict[str, int] = {}
    urls = [f"http://{node.said.rpc}" for node in four.nodes.values()]

    def run(seed: int) -> None:
        own = random.Random(seed)
        rpcs = [Rpc(url, read_s=5) for url in urls]
        while not ended.is_set():
            kind, raw = made(network, writer, own)
            try:
                code = own.choice(rpcs).broadcast(raw).code
            except Refusal as refusal:
                code = refusal.code
            for key in (f"{kind} sent", *([] if code else [f"{kind} taken"])):
                counts[key] = counts.get(key, 0) + 1
        for rpc in rpcs:
            rpc.close()

    threads = [Thread(target=run, args=(rng.randrange(2**32),), daemon=True) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    try:
        watch()
        while time.monotonic() < end:
            for node in four.nodes.values():
                assert node.rpc is not None
                batches, size = node.rpc.mempool()
                assert batches <= MEMPOOL_BATCHES and size <= MEMPOOL_BYTES
            time.sleep(0.5)
    finally:
        ended.set()
        for thread in threads:
            thread.join(60)
    return counts


def made(network: bytes, writer: Writer, rng: random.Random) -> tuple[str, bytes]:
    """Return something to send, and what it is."""
    not_after = time.time_ns() // 1_000_000 + LIFETIME_MS
    kind = rng.choice(("garbage", "empty words", "late"))
    if kind == "garbage":
        return kind, rng.randbytes(rng.choice((1, 100, 10_000, 200_000)))
    envelopes = [rng.randbytes(rng.choice((10, 1_000, 20_000))) for _ in range(rng.randrange(1, 4))]
    until_ms = not_after if kind == "empty words" else not_after - 10 * LIFETIME_MS
    return kind, seal_batch(network, rng.randbytes(16), until_ms, writer.account, writer.gateway, envelopes)
