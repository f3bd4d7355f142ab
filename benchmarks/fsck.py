"""fsck of a ledger: envelopes per second in one process and in two, beside the signature checks of the same run.

The ledger is made here: custodial accounts, then consents, one signature each, in batches of 500.
The time is the whole check: every record, signature, replay, plain tree and log, the state on disk
row by row, the contracts' invariants. Two consents to an account.
"""

import os
import tempfile
import time
from pathlib import Path

from salus.core.cose import to_be_signed
from salus.core.signatures import verify
from salus.fsck.check import fsck
from salus.fsck.report import Report
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.embedded.tuning import tune_process
from salus.testing.clock import FakeClock
from salus.testing.region import START_MS, Region
from salus.verifier.helper import Alone, Helper
from salus.verifier.process import VerifierProcess

BATCH = 500
ACCOUNTS = 1000
DEFAULT = 20_000  # envelopes


def run(full: bool) -> dict[str, float]:
    """Return the figures; `full` takes five times as many envelopes."""
    count = DEFAULT * (5 if full else 1)
    region = Region()
    with tempfile.TemporaryDirectory(prefix=".benchmark-", dir=Path.cwd()) as name:
        home = Path(name)
        _fill(home / "ledger", region, count)
        tune_process()
        report, took_s, cpu_s, _ = _checked(home, region, Alone())
        two, two_took_s, two_cpu_s, other_cpu_s = _checked(home, region, VerifierProcess(eager=True, closed=True))
        size = (home / "ledger/blocks").stat().st_size
    if not report.sound or two != report:
        raise RuntimeError("unsound, or two reports")
    envelopes = report.figures["envelopes"]
    checks_per_s, check_cpu_us = _signature_checks(region)
    return {
        "fsck_envelopes_count": float(report.figures["envelopes"]),
        "fsck_keys_in_state_count": float(report.figures["keys"]),
        "fsck_block_file_bytes": float(size),
        "fsck_s": round(took_s, 3),
        "envelopes_per_s": round(envelopes / took_s, 1),
        "envelope_cpu_us": round(cpu_s / envelopes * 1e6, 1),
        "envelope_to_check_ratio": round(cpu_s / envelopes * 1e6 / check_cpu_us, 2),
        "two_processes_envelopes_per_s": round(envelopes / two_took_s, 1),
        "two_processes_envelope_cpu_us": round(two_cpu_s / envelopes * 1e6, 1),
        "two_processes_helper_cpu_us": round(other_cpu_s / envelopes * 1e6, 1),
        "signature_checks_per_s": round(checks_per_s, 1),
        "signature_check_cpu_us": round(check_cpu_us, 1),
    }


def _checked(home: Path, region: Region, helper: Helper) -> tuple[Report, float, float, float]:
    """Return the report, its time, the time of this process's processor, and that of the processes it started."""
    start, begun, before = time.perf_counter(), time.process_time(), os.times()
    try:
        report = fsck(home, home / "ledger", {}, region.genesis_file, helper=helper)
        took_s, cpu_s = time.perf_counter() - start, time.process_time() - begun
    finally:
        helper.close()
    after = os.times()
    return report, took_s, cpu_s, after[2] + after[3] - before[2] - before[3]


def _fill(folder: Path, region: Region, count: int) -> None:
    with EmbeddedLedger.create(folder, region.genesis_file, region.node, FakeClock(START_MS + 1000)) as ledger:
        opened, handles = [], []
        for _ in range(-(-count // (ACCOUNTS * 2))):  # two consents to an account
            envelope, some = region.open_accounts(ACCOUNTS)
            opened.append(envelope)
            handles += some
        _submit(ledger, region, opened)
        for at in range(0, count, BATCH):
            _submit(ledger, region, [region.grant(handles[i % len(handles)])[0] for i in range(at, at + BATCH)])


def _submit(ledger: EmbeddedLedger, region: Region, envelopes: list[bytes]) -> None:
    result = ledger.submit(region.batch(*envelopes)).result()
    if result.code or any(one.code for one in result.results):
        raise RuntimeError("refused")


def _signature_checks(region: Region) -> tuple[float, float]:
    """Return bare Ed25519 checks per second over messages of an envelope's size, and one's processor time, µs."""
    (account, key), *_ = region.by_hospital
    message = to_be_signed("envelope", region.network, region.grant(account)[0], account)
    signature = key.sign(message)
    start, begun = time.perf_counter(), time.thread_time()
    for _ in range(4000):
        if not verify(key.public, message, signature):
            raise RuntimeError("a good signature was refused")
    return 4000 / (time.perf_counter() - start), (time.thread_time() - begun) / 4000 * 1e6
