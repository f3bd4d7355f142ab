"""An import killed at any moment: opened again and repeated, it is that of a process nobody disturbed."""

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from salus.bootstrap import MemberSpec, Region, RegionSpec, create_region, open_region
from salus.contracts.records import queries as records
from salus.demo.generator import generate
from salus.fsck.home import fsck_home
from salus.policy.types import OrganisationRole
from salus.services.actors import Organisation
from salus.services.anchor import anchor
from salus.services.authorise import own_records
from salus.services.deposit import Deposited, deposit_many
from salus.services.open_accounts import find_spare
from salus.vault import keystore

PASSPHRASE = "a passphrase of the tests"
SPEC = RegionSpec("Testland", (MemberSpec("North Hospital", "north", (OrganisationRole.HOSPITAL,)),))
SEED, PATIENTS, NOW = 7, 6, 1_790_000_000_000
_IDS = re.compile(rb"[0-9a-f]{32}")

LOAD = """
import sys
from pathlib import Path
from faults.test_import_faults import PASSPHRASE, bundles, cheap
from salus.bootstrap import open_region
from salus.services import read_ahead
from salus.services.anchor import anchor
from salus.services.deposit import deposit_many
cheap()
read_ahead.WORTH = 1
with open_region(Path(sys.argv[1]), PASSPHRASE) as region:
    north = region.organisation("north")
    def told(count):
        print(count, flush=True)
        if count % 2 == 0:
            anchor(north)
    print(0, flush=True)
    deposit_many(north, bundles(), told)
"""


def cheap() -> None:
    """Argon2id at its least: nobody tries passphrases here."""
    keystore.MEMORY_KIB, keystore.ITERATIONS = 128, 1


@pytest.fixture(autouse=True)
def quick_keystores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)


def bundles() -> list[bytes]:
    return generate(SEED, PATIENTS, NOW)["north"]


@contextmanager
def opened(home: Path) -> Iterator[tuple[Region, Organisation]]:
    with open_region(home, PASSPHRASE) as region:
        yield region, region.organisation("north")  # which runs `resume`


def contents(organisation: Organisation) -> Counter[bytes]:
    """What the vault holds of all patients, but for the ids, which are random."""
    found: Counter[bytes] = Counter()
    for handle in organisation.vault.relations():
        scope = own_records(organisation, handle, "administration", None)
        for header in organisation.vault.headers(scope):
            octets = organisation.vault.read(scope, header.record, header.version).octets
            about = (header.data_class, header.type, header.start, header.end, header.labels, header.version)
            found[_IDS.sub(b"#", octets) + repr(about).encode()] += 1
    return found


def finish(home: Path) -> tuple[tuple[Deposited, ...], Counter[bytes], int]:
    """Repeat the whole import; return what it did, what the vault holds, how many accounts were opened."""
    with opened(home) as (region, north):
        done = deposit_many(north, bundles())
        assert anchor(north).refused == ()
        state = region.ledger.view()
        for handle in north.vault.relations():
            held = records.relation(state, handle)
            assert held is not None and held.root == north.vault.anchors.opening(handle).root
        held_now = contents(north)
        accounts = len(north.vault.relations()) + len(find_spare(north).handles)
    report = fsck_home(home, PASSPHRASE)
    assert report.sound, report.findings
    return done, held_now, accounts


def kill(home: Path, rng: random.Random) -> list[int]:
    """Import in a process of its own, kill it at a random moment; return which bundles it had acknowledged."""
    tests = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tests.parent / "src"), str(tests)))}
    command = [sys.executable, "-c", LOAD, str(home)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        lines = [process.stdout.readline() for _ in range(1 + rng.randrange(PATIENTS))]
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(rng.random() * 0.15)
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines(keepends=True)
        assert process.stderr.read() == ""
    return [int(line) for line in lines if line.endswith("\n")]


def test_killed_imports_are_repeated(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    create_region(tmp_path / "empty", SPEC, PASSPHRASE).close()
    shutil.copytree(tmp_path / "empty", tmp_path / "calm")
    calm, expected, accounts = finish(tmp_path / "calm")
    assert expected.total() == sum(d.records for d in calm) > 100
    for turn in range(max(6, request.config.getoption("--fault-runs") // 25)):
        home = tmp_path / str(turn)
        shutil.copytree(tmp_path / "empty", home)
        acknowledged = kill(home, rng)
        done, held, opened_accounts = finish(home)
        assert acknowledged == list(range(len(acknowledged))), turn
        stored = [one.again for one in done]
        assert stored in ([n < whole for n in range(len(done))] for whole in range(len(done) + 1)), turn
        assert sum(stored) in (len(acknowledged) - 1, len(acknowledged)), turn  # at most one more, and whole
        assert held == expected, turn
        assert opened_accounts == accounts, turn  # none was opened twice
        shutil.rmtree(home)


def test_the_reading_process_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    code = (
        "import os, signal\n"
        "from salus.services.read_ahead import Reader\n"
        "print(Reader()._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    reader = int(done.stdout)
    for _ in range(200):
        if not is_reader(reader):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(["sleep", "0.05"], timeout=1, check=False)
    pytest.fail("the reading process is still there")


def is_reader(pid: int) -> bool:
    """Return whether the process runs; one that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z" and b"salus.fhir.reader" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
