"""200 slow connections and 1,000 idle ones at a real server, beside a load of envelopes: nobody is kept out by them."""

import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from serving_load import Load, executed, found_home, fresh, signed, stands
from slow_peers import BODIES, HEADS, IDLE, READERS, slow_peers

from e2e.command_line import once, salus
from e2e.serving_process import served

WAIT_S = 200.0
ROUND, ROUNDS, TOGETHER = 8, 200, 5
MIB = 1024  # in KiB, as /proc counts
MOST_MORE = 64 * MIB


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "for-serving", found_home)


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process have as many sockets as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def memory_kib(process: int, name: str) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def opened(process: int) -> int:
    """Return how many files and sockets a process has open."""
    return len(os.listdir(f"/proc/{process}/fd"))


@pytest.mark.timeout(600)
def test_slow_and_idle_connections_keep_nobody_out(made: Path, tmp_path: Path, many_files: None) -> None:
    home, load = fresh(made, tmp_path / "home"), Load()
    envelopes = signed(home, ROUND * ROUNDS)
    with served(home) as server:
        pid, port = server.process.pid, int(server.url.rpartition(":")[2])
        rounds = [envelopes[at : at + ROUND] for at in range(0, len(envelopes), ROUND)]
        for few in rounds[:10]:
            load.post_all(server.url, few)
        before = memory_kib(pid, "VmRSS")
        with slow_peers(port) as peers:
            until = time.monotonic() + WAIT_S
            while peers.up["answered"] < IDLE and time.monotonic() < until:
                time.sleep(0.05)
            beside = 0
            for few in rounds[10:]:
                load.post_all(server.url, few)  # from an address of its own
                assert httpx2.get(f"{server.url}/ready", timeout=30).status_code == 200
                up = dict(peers.up)
                beside += (up["answered"], up["reader"]) == (IDLE, READERS) and opened(pid) > IDLE + READERS + HEADS
                refused = peers.ended["head", 408] >= HEADS and peers.ended["body", 408] >= BODIES
                if refused and beside >= TOGETHER:
                    break
                time.sleep(0.1)
            assert beside >= TOGETHER  # rounds in which all were there
            assert (peers.ended["head", 408] >= HEADS, peers.ended["body", 408] >= BODIES) == (True, True), peers.ended
            assert {(kind, status) for kind, status in peers.ended} <= {("head", 408), ("body", 408)}, peers.ended
            assert peers.octets > 0
        assert memory_kib(pid, "VmHWM") - before < MOST_MORE
        assert not load.refused and len(load.acknowledged) % ROUND == 0 and len(load.acknowledged) > 10 * ROUND
        assert {landed.code for landed in load.acknowledged.values()} == {0}
        assert server.end()[0] == 0
    stands(home, load)
    assert executed(home) == len(load.acknowledged)
    assert salus("fsck", home=home).status == 0
