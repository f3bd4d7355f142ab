"""How long a ledger takes to open again: after a clean end, and after its process was killed under load.

A process of its own fills it, another opens it; time is that of the opening alone, in a process that has imported
everything, by the wall and of the processor. `serve` is the whole start of a small home's server, from the command
until it listens.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OPENING = """
import json, sys, time
from pathlib import Path
from salus.core.genesis import read_genesis
from salus.ledger.embedded.ledger import EmbeddedLedger
from salus.ledger.embedded.tuning import tune_process
from salus.testing.clock import FakeClock
from salus.testing.region import START_MS, Region
region = Region()
tune_process()
start, begun = time.perf_counter(), time.process_time()
ledger = EmbeddedLedger.open(Path(sys.argv[1]), region.node, FakeClock(START_MS + 10**9))
took, cpu = time.perf_counter() - start, time.process_time() - begun
replayed = ledger.height() - ledger.status().checkpoint_height
print(json.dumps([took, cpu, ledger.height(), replayed, ledger.status().log_entries]))
ledger.close()
"""


def run(full: bool) -> dict[str, float]:
    """Return the figures, at 1,000,000 envelopes or 30,000."""
    envelopes = 1_000_000 if full else 30_000
    with tempfile.TemporaryDirectory(prefix=".benchmark-", dir=Path.cwd()) as folder:
        figures = _ledger(Path(folder) / "ledger", envelopes, 1000)
        return {name: round(value, 3) for name, value in (figures | _serve(Path(folder) / "home")).items()}


def _ledger(folder: Path, envelopes: int, size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.restart_load", str(folder), str(envelopes), str(size)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as load:
        _wait_for(load, b"filled\n")
        load.send_signal(signal.SIGKILL)
    killed = _opened(folder)
    closed = _opened(folder)
    shutil.rmtree(folder)
    return {
        "envelopes_count": float(envelopes),
        "blocks_count": closed[2],
        "log_entries_count": closed[4],
        "after_a_clean_end_open_s": closed[0],
        "after_a_clean_end_open_cpu_s": closed[1],
        "after_a_kill_open_s": killed[0],
        "after_a_kill_open_cpu_s": killed[1],
        "after_a_kill_replayed_blocks_count": killed[3],
    }


def _opened(folder: Path) -> list[float]:
    done = subprocess.run([sys.executable, "-c", OPENING, str(folder)], capture_output=True, check=True, text=True)
    found: list[float] = json.loads(done.stdout)
    return found


def _serve(home: Path) -> dict[str, float]:
    member = ("--member", "north:hospital:North", "--member", "south:clinic:South")
    program = [sys.executable, "-m", "salus"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SALUS_")}
    subprocess.run([*program, "init", "--unattended", *member, "--home", str(home)], check=True, capture_output=True)
    start = time.perf_counter()
    command = [*program, "serve", "--home", str(home), "--listen", "127.0.0.1:0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as server:
        try:
            line = server.stdout.readline() if server.stdout else b""
            took = time.perf_counter() - start
        finally:
            server.terminate()
    if not line:
        raise RuntimeError("the server did not start")
    return {"serve_small_home_s": took}


def _wait_for(process: "subprocess.Popen[bytes]", line: bytes) -> None:
    if process.stdout is None or process.stdout.readline() != line:
        raise RuntimeError("the load ended early")
