"""The whole story on four validators, and what is left of it: the main job, as `make run NETWORK=4` does it."""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import httpx2
import pytest

from network.networks import SALUS, Network, environment, free_run, get, salus, until
from salus.bootstrap.consensus import read_consensus
from salus.demo.steps import STEPS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200), pytest.mark.long]
VALIDATORS = 4


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="salus-story-"))
    yield made
    network = Network(made / "home/validators", Path("cometbft"))
    for home in (made / "home", *network.homes):
        for process in network.processes(home):
            os.kill(process, signal.SIGKILL)
    rmtree(made, ignore_errors=True)


def test_the_story_on_four_validators(folder: Path, cometbft: Path) -> None:
    home, report = folder / "home", folder / "report.json"
    first = free_run(10 * VALIDATORS + 1)
    listen = first + 10 * VALIDATORS
    command = ["demo", "--home", home, "--network", VALIDATORS, "--first-port", first]
    command += ["--listen", f"127.0.0.1:{listen}", "--json", report]
    with (folder / "out").open("wb") as out:
        playing = subprocess.Popen(
            [*SALUS, *map(str, command)], stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=environment(cometbft)
        )
    try:
        playing_on = f"http://127.0.0.1:{listen}"
        while not report.exists():
            assert playing.poll() is None, (folder / "out").read_text()[-3000:]
            try:
                playing.wait(1)
            except subprocess.TimeoutExpired:
                continue
        told = json.loads(report.read_bytes())
        assert told["ok"] is True, [step for step in told["steps"] if not step["ok"]]
        assert [step["name"] for step in told["steps"]] == list(STEPS)
        assert "a ledger of 4 validators over CometBFT" in (folder / "out").read_text()

        until(lambda: answers(f"{playing_on}/ready"), "the region, served again")
        until(lambda: agreed(home), "four nodes of one app hash")
        assert len(list(home.glob("validators/*/consensus.json"))) == VALIDATORS - 1
        salus("staff", "add", "--as", "north", "Somebody", "--home", home)  # its ledger takes more
        until(lambda: agreed(home), "four nodes of one app hash again")
    finally:
        playing.terminate()
        assert playing.wait(120) == 0
    for one in (home, *home.glob("validators/*/consensus.json")):
        said = read_consensus(one if one.is_dir() else one.parent)
        assert said is not None and not answers(f"http://{said.rpc}/health"), "nothing is left running"
    assert salus("fsck", "--home", home).status == 0


def agreed(home: Path) -> bool:
    found = salus("network", "status", "--folder", home, "--json", status=None).data
    return found["agree"] is True and all(node["up"] for node in found["nodes"]) and len(found["nodes"]) == VALIDATORS


def answers(url: str) -> bool:
    try:
        return get(url, 5).status_code == 200
    except httpx2.HTTPError:
        return False
