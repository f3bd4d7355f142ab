"""Ask CometBFT's own Go code (`tests/vectors/cometbft`) and write its answers, or with --check compare them.

    .venv/bin/python -m tests.vectors.cometbft_facts [--check] [--seeds N]

`--seeds` compares ours with CometBFT's answers to N more draws, whose seeds are printed. It needs Go, and the proxy of
Go's modules the first time; without Go it says so and ends well, since the tests need the committed answers alone.
"""

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.evidence.committed import Committed

HERE = Path(__file__).parent
PROGRAM = HERE / "cometbft"
FACTS = PROGRAM / "facts.json"
SEED = 1
Facts = dict[str, Any]


def go() -> str | None:
    """Return where Go is, if it is anywhere."""
    return shutil.which("go") or shutil.which("/usr/local/go/bin/go")


def ask(command: str, seed: int) -> str:
    """Return what the program says of `seed`, and of our committed headers and our genesis."""
    committed = json.loads((HERE / "committed.json").read_text())
    cases = [
        {"name": case["name"], "chain": committed["chain"], "steps": _steps(case["header"])}
        for case in committed["valid"] + committed["invalid"]
    ]
    genesis = json.loads((HERE / "cometbft-genesis.json").read_text())["cometbft"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "committed.json").write_text(json.dumps({"trusted": committed["trusted"], "cases": cases}))
        (folder / "genesis.json").write_text(json.dumps(genesis))
        files = ["-committed", folder / "committed.json", "-genesis", folder / "genesis.json"]
        return subprocess.run(
            [command, "run", ".", "-seed", str(seed), *files],
            cwd=PROGRAM, env={**os.environ, "GOFLAGS": "-mod=readonly"}, capture_output=True, text=True,
            timeout=1200, check=True,
        ).stdout  # fmt: skip


def _steps(raw: str) -> list[dict[str, str]]:
    try:
        read = decode(bytes.fromhex(raw), Committed)
    except Malformed:
        return []
    return [dict(zip(("header", "commit", "validators"), map(bytes.hex, step), strict=True)) for step in read.steps]


def main(arguments: list[str]) -> int:
    """Write or compare; return the exit status."""
    from .test_cometbft import differences  # imports pytest, which writing does without

    parser = argparse.ArgumentParser(description="What CometBFT's own code answers.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--seeds", type=int, default=0, help="how many more draws to compare")
    chosen = parser.parse_args(arguments)
    command = go()
    if command is None:
        print("Go is not installed: CometBFT's own code was not asked.")
        return 0
    said = ask(command, SEED)
    if not chosen.check:
        FACTS.write_text(said)
    wrong = [] if FACTS.read_text() == said else ["facts.json is not what CometBFT answers"]
    for _ in range(chosen.seeds):
        seed = secrets.randbelow(2**62)
        print(f"seed {seed}")
        wrong += [f"seed {seed}: {one}" for one in differences(json.loads(ask(command, seed)))]
    for one in wrong:
        print(one, file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
