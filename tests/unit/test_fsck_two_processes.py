"""fsck with a second process for signatures: the same report over sound and damaged ledgers, and no trace of it."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from salus.core import cose
from salus.core.envelope import parse_envelope
from salus.fsck.check import fsck
from salus.fsck.report import Report
from salus.ledger.embedded import EmbeddedLedger
from salus.machine import signing
from salus.testing.clock import FakeClock
from salus.testing.region import START_MS, Region
from salus.verifier.helper import Helper
from salus.verifier.process import VerifierProcess

BATCHES = 6
NOISE = "import os\nwhile True: os.write(1, os.urandom(4096))"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A ledger of some blocks, with forgeries among the envelopes."""
    region = Region()
    with EmbeddedLedger.create(tmp_path / "ledger", region.genesis_file, region.node, FakeClock(START_MS)) as ledger:
        envelope, handles = region.open_accounts(20)
        ledger.submit(region.batch(envelope)).result(30)
        for _ in range(BATCHES):
            good = [region.grant(handle)[0] for handle in handles]
            first, second = (parse_envelope(region.network, raw) for raw in good[:2])
            forged = cose.build("envelope", first.payload_bytes, second.signatures)
            ledger.submit(region.batch(forged, *good)).result(30)
    return tmp_path


def checked(home: Path, helper: Helper | None) -> Report:
    try:
        return fsck(home, home / "ledger", {}, helper=helper)
    finally:
        if helper is not None:
            helper.close()


def contents(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_the_report_is_the_same_and_nothing_is_written(home: Path) -> None:
    before = contents(home)
    alone = checked(home, None)
    assert alone.sound and alone.figures["envelopes"] == 1 + BATCHES * 21
    assert checked(home, VerifierProcess(eager=True, closed=True)) == alone
    noise = VerifierProcess(eager=True, closed=True, command=(sys.executable, "-c", NOISE))
    assert checked(home, noise) == alone
    assert contents(home) == before


def test_the_process_saves_the_replay_work(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = VerifierProcess(eager=True, closed=True)
    learn, hear, offer = signing.Verified.learn, helper.hear, helper.offer
    learnt: list[bytes] = []

    def learning(verified: signing.Verified, keys: list[bytes]) -> None:
        learn(verified, keys)
        learnt.extend(keys)

    def offering(raw: bytes) -> None:
        offer(raw)
        wait(lambda: helper._child is not None)

    def hearing() -> None:
        wait(lambda: hear() or len(learnt) >= wanted)  # all of it, before the first block is executed

    wanted = 1 + BATCHES * 20 + 1 + BATCHES  # good envelopes and batches
    monkeypatch.setattr(signing.Verified, "learn", learning)
    monkeypatch.setattr(helper, "offer", offering)
    monkeypatch.setattr(helper, "hear", hearing)
    checks: list[bytes] = []
    real = signing.verify
    monkeypatch.setattr(signing, "verify", lambda *check: (checks.append(check[2]), real(*check))[1])
    assert checked(home, helper).sound
    assert len(checks) == BATCHES  # the forgeries


def wait(done: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


@pytest.mark.parametrize(("file", "size"), [("blocks", 1), ("state/data.mdb", 8192)])
def test_damage_gives_the_same_findings(home: Path, file: str, size: int) -> None:
    path = home / "ledger" / file
    raw = path.read_bytes()
    found = 0
    for part in range(1, 8):
        at = len(raw) * part // 8
        spoilt = bytes(byte ^ 0x10 for byte in raw[at : at + size])
        path.write_bytes(raw[:at] + spoilt + raw[at + size :])
        alone = checked(home, None)
        assert checked(home, VerifierProcess(eager=True, closed=True)) == alone
        found += not alone.sound
    assert found
