"""Witnesses over HTTP, in processes of their own: a log that asks is cosigned; its fork is caught, both ways of looking.

1. A region is served, and a witness on its own. The region asks the witness: cosigned, and published so.
2. Its operator makes a second history: the home as it was, gone on with differently, under the same node key.
3. The second history asks the witness: refused. The witness looks at it by itself: refused, with proof.
4. The first history goes on, and is cosigned again.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from command_line import bundle_file, data, done, found, salus

from salus.merkle.checkpoint import cosigned_at, parse, parse_note_key


@contextmanager
def process(*arguments: object) -> Iterator[dict[str, Any]]:
    """Run `salus` as a process that serves; give what its first line says, and end it."""
    command = [sys.executable, "-m", "salus", *map(str, arguments), "--listen", "127.0.0.1:0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ)) as started:
        try:
            assert started.stdout is not None
            yield json.loads(started.stdout.readline())
        finally:
            started.terminate()
            assert started.wait(30) == 0


def grow(home: Path, folder: Path, value: str) -> None:
    done("record", "import", "--as", "north", bundle_file(folder, f"{value}.json", "Nobody", value), home=home)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = found(tmp_path / "home")
    grow(made, tmp_path, "N-1")
    return made


def test_a_fork_is_caught_by_a_witness_that_is_asked_and_by_one_that_looks(home: Path, tmp_path: Path) -> None:
    witness, genesis = tmp_path / "witness", home / "genesis.cbor"
    assert salus("ledger", "witness", witness, "--name", "witness.example/one", "--unattended").status == 0
    with process("witness", "serve", witness, "--log", genesis) as served:
        url, verifier_key = served["url"], served["verifier_key"]
        first = data("witness", "ask", "--of", url, "--key", verifier_key, home=home)
        other = Path(shutil.copytree(home, tmp_path / "other"))
        grow(home, tmp_path, "N-2")
        grow(other, tmp_path, "N-3")
        second = data("witness", "ask", "--of", url, "--key", verifier_key, home=home)
        assert second["size"] > first["size"] and second["name"] == "witness.example/one"
        note = parse((home / "ledger/tiles/checkpoint").read_bytes())
        assert cosigned_at(note, parse_note_key(verifier_key)) == second["time_s"]

        refused = salus("witness", "ask", "--of", url, "--key", verifier_key, home=other)
        assert refused.status == 1 and "0x60e5" in refused.err
        answer = httpx2.post(f"{url}/add-checkpoint", content=b"nonsense")
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
        assert httpx2.get(f"{url}/health").status_code == 404
    assert len(list((witness / "forks").iterdir())) == 1

    with process("serve", "--home", other) as forked:
        looked = salus("witness", "watch", forked["url"], "--witness", witness, "--json")
    assert looked.status == 1 and json.loads(looked.out)["verdict"] == "Forked"
    kept = Path(json.loads(looked.out)["kept"])
    assert (kept / "proof").is_file(), "one size, or the longer with its files: two histories are proved"
    compared = salus("ledger", "compare", kept / "proof", "--genesis", genesis)
    assert compared.status == 1 and "FORKED" in compared.out

    with process("serve", "--home", home) as honest:
        seen = salus("witness", "watch", honest["url"], "--witness", witness)
    assert seen.status == 0 and seen.out.startswith("Cosigned")
