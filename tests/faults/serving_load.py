"""A home whose server is killed, starved or put on a wrong clock while envelopes are posted to it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import NamedTuple

import httpx2

from e2e.command_line import quick
from e2e.serving_process import Server, first_line
from e2e.story_region import PASSPHRASE, SPEC
from salus.bootstrap import create_region, open_region
from salus.client.submission import Submitted
from salus.contracts.accounts.messages import OpenAccounts
from salus.core.encoding import decode, decode_plain
from salus.evidence.header import parse_header
from salus.ledger.embedded.clock import Clock, SystemClock

COSE = "application/cose"
OPENED = 0x0205  # the event AccountsOpened
THREADS = 8
CLOCKED = Path(__file__).with_name("serving_clocked.py")


class Landed(NamedTuple):
    """Where an acknowledged envelope stands."""

    code: int
    height: int
    time: int


@dataclass
class Load:
    """What was posted, and what was acknowledged."""

    acknowledged: dict[bytes, Landed] = field(default_factory=dict)  # envelope -> place
    refused: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # envelope -> status, code
    lock: Lock = field(default_factory=Lock)

    def post(self, client: httpx2.Client, envelope: bytes) -> None:
        """Post one envelope; one whose answer does not come is in neither list."""
        try:
            answer = client.post("/north/envelopes", content=envelope, headers={"content-type": COSE})
        except httpx2.TransportError:
            return
        with self.lock:
            if answer.status_code == 200:
                (outcome,) = decode(answer.content, Submitted).outcomes
                self.acknowledged[envelope] = Landed(outcome.code, outcome.height, outcome.time)
            else:
                self.refused[envelope] = (answer.status_code, answer.json()["code"])

    def post_all(self, url: str, envelopes: Sequence[bytes], enough: int = 0, then: Event | None = None) -> None:
        """Post them side by side, each once; set `then` once `enough` are acknowledged."""
        with httpx2.Client(base_url=url, timeout=30) as client, ThreadPoolExecutor(THREADS) as pool:

            def posted(envelope: bytes) -> None:
                self.post(client, envelope)
                if then is not None and len(self.acknowledged) >= enough:
                    then.set()

            list(pool.map(posted, envelopes))

    @contextmanager
    def posting(self, url: str, envelopes: Sequence[bytes], first: int) -> Iterator[None]:
        """Post them meanwhile: the block begins once `first` are acknowledged, and all have their answers after it."""
        enough = Event()
        thread = Thread(target=self.post_all, args=(url, envelopes, first, enough))
        thread.start()
        assert enough.wait(60)
        try:
            yield
        finally:
            thread.join(60)


def found_home(folder: Path) -> None:
    """Make folder/home, with the passphrase beside its keys."""
    with quick(), create_region(folder / "home", SPEC, PASSPHRASE):
        pass
    (folder / "home" / "passphrase").write_text(PASSPHRASE)


def signed(home: Path, count: int, clock: Clock | None = None) -> list[bytes]:
    """Return envelopes of one account each, of a home that is closed."""
    with open_region(home, PASSPHRASE, clock=clock or SystemClock()) as region:
        north = region.organisation("north")
        return [north.build(OpenAccounts(north.account, 1)).raw for _ in range(count)]


def executed(home: Path) -> int:
    """Return how many envelopes of `signed` a closed home's ledger executed."""
    with open_region(home, PASSPHRASE, read_only=True) as region:
        return sum(1 for event in region.ledger.events() if event.body and decode_plain(event.body)[0] == OPENED)


def stands(home: Path, load: Load) -> None:
    """Fail unless each acknowledged envelope is in the block that was named, at its time."""
    with open_region(home, PASSPHRASE, read_only=True) as region:
        for envelope, landed in load.acknowledged.items():
            block = region.ledger.block(landed.height)
            assert landed.code == 0 and envelope in block
            signed_header = parse_header(region.network, region.ledger.header(landed.height))
            assert signed_header.header.time == landed.time


@contextmanager
def clocked(home: Path, offset_file: Path) -> Iterator[Server]:
    """Serve a home on a clock that is off by as many milliseconds as a file says, read at each look."""
    command = [sys.executable, str(CLOCKED), str(home), str(offset_file)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    try:
        yield Server(process, {"url": first_line(process).strip()})
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


def fresh(made: Path, folder: Path) -> Path:
    """Return a copy of a home for one run."""
    return shutil.copytree(made / "home", folder)
