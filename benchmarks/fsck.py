"""fsck of a ledger: envelopes per second in one process, beside the signature checks of the same run.

The ledger is made here: custodial accounts, then consents, one signature each, in batches of 500.
The time is the whole check: every record, signature, replay, plain tree and log, the state on disk
row by row, the contracts' invariants. Two consents to an account.
"""

import tempfile
import time
from pathlib import Path

from salus.core.cose import to_be_signed
from salus.core.signatures import verify
from salus.fsck.check import fsck
from salus.ledger.embedded import EmbeddedLedger
from salus.testing.clock import FakeClock
from salus.testing.region import START_MS, Region

BATCH = 500
ACCOUNTS = 1000
DEFAULT = 20_000  # envelopes


def run(full: bool) -> dict[str, float]:
    """Return the figures; `full` takes five times as many envelopes."""
    count = DEFAULT * (5 if full else 1)
    region = Region()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        home = Path(name)
        _fill(home / "ledger", region, count)
        start = time.perf_counter()
        report = fsck(home, home / "ledger", {}, region.genesis_file)
        took_s = time.perf_counter() - start
        size = (home / "ledger/blocks").stat().st_size
    if not report.sound:
        raise RuntimeError(report.findings[0])
    return {
        "fsck_envelopes_count": float(report.figures["envelopes"]),
        "fsck_keys_in_state_count": float(report.figures["keys"]),
        "fsck_block_file_bytes": float(size),
        "fsck_s": round(took_s, 3),
        "envelopes_per_s": round(report.figures["envelopes"] / took_s, 1),
        "signature_checks_per_s": round(_signature_checks(region), 1),
    }


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


def _signature_checks(region: Region) -> float:
    """Return bare Ed25519 checks per second over messages of an envelope's size."""
    (account, key), *_ = region.by_hospital
    message = to_be_signed("envelope", region.network, region.grant(account)[0], account)
    signature = key.sign(message)
    start = time.perf_counter()
    for _ in range(4000):
        if not verify(key.public, message, signature):
            raise RuntimeError("a good signature was refused")
    return 4000 / (time.perf_counter() - start)
