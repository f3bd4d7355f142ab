"""The verifying process: it saves the executor work, and whatever it answers or fails to answer changes no result."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from salus.client.ledger import BatchResult
from salus.contracts.accounts.messages import ChangeOrganisationKeys
from salus.core import cose
from salus.core.envelope import parse_envelope
from salus.core.errors import WrongSignature
from salus.core.keys import Role, list_key
from salus.ledger.embedded import EmbeddedLedger
from salus.machine import signing
from salus.machine.errors import RevokedKey, UnknownSigner
from salus.testing.clock import FakeClock
from salus.testing.region import START_MS, Region, key
from salus.verifier import child, process
from salus.verifier.helper import Alone, Helper, from_the_end
from salus.verifier.process import VerifierProcess

PATIENCE_S = 120.0


class Ledger:
    """A ledger with accounts in a checkpoint, where a verifying process finds the keys."""

    def __init__(self, folder: Path, helper: Helper) -> None:
        self.region = Region()
        self.helper = helper
        self.port = EmbeddedLedger.create(
            folder, self.region.genesis_file, self.region.node, FakeClock(START_MS), helper=helper
        )
        envelope, self.handles = self.region.open_accounts(40)
        self.port.submit(self.region.batch(envelope)).result(PATIENCE_S)
        self.port.save()

    def grants(self, number: int) -> list[bytes]:
        return [self.region.grant(self.handles[i % len(self.handles)])[0] for i in range(number)]

    def held(self, batches: Sequence[bytes], known: int) -> list["Future[BatchResult]"]:
        """Submit while no block can be made, until the process has found `known` signatures good."""
        memory = self.port._chain.machine.verified
        before = len(memory)
        with self.port._lock:
            futures = [self.port.submit(raw) for raw in batches]
            wait(lambda: self.helper.hear() or len(memory) - before >= known)
        return futures


def wait(done: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def codes(future: "Future[BatchResult]") -> list[int]:
    result = future.result(PATIENCE_S)
    assert result.code == 0
    return [one.code for one in result.results]


@contextlib.contextmanager
def ledger(folder: Path, helper: Helper) -> Iterator[Ledger]:
    made = Ledger(folder, helper)
    with made.port:
        yield made


def answering(program: str) -> VerifierProcess:
    """A process that answers as `program` (Python) says."""
    return VerifierProcess(eager=True, command=(sys.executable, "-c", program))


def test_what_the_process_found_good_is_not_checked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ledger(tmp_path / "l", VerifierProcess(eager=True)) as made:
        batches = [made.region.batch(*made.grants(30)) for _ in range(3)]
        with made.port._lock:
            futures = made.held(batches, 93)  # three of 30 and their batches
            monkeypatch.setattr(signing, "verify", lambda *_: pytest.fail("checked again"))
        assert [codes(future) for future in futures] == [[0] * 30] * 3


def forged(made: Ledger) -> tuple[list[bytes], list[int]]:
    """Return grants of which some are forged in different ways, and their codes."""
    good = made.grants(24)
    first, second = (parse_envelope(made.region.network, raw) for raw in good[:2])
    kid = first.signatures[0][0]
    hospital, stranger = made.region.hospital, key("stranger")
    message = cose.to_be_signed("envelope", made.region.network, first.payload_bytes, kid)
    forms = [
        cose.build("envelope", first.payload_bytes, [(kid, second.signatures[0][1])]),  # of another envelope
        cose.build("envelope", first.payload_bytes, [(kid, stranger.sign(message))]),  # of another key
        cose.build("envelope", first.payload_bytes, [(kid, bytes(64))]),
        made.region.envelope([(hospital.id, stranger)], made.region.permit(made.handles[0])),
        made.region.envelope([(made.region.other.id, hospital.gateway)], made.region.permit(made.handles[0])),
    ]
    wanted = [WrongSignature.code] * 3 + [UnknownSigner.code] * 2
    return forms + good, wanted + [0] * len(good)


@pytest.mark.parametrize(
    "helper",
    [
        Alone,
        lambda: VerifierProcess(eager=True),
        lambda: answering("import os\nwhile True: os.write(1, os.urandom(65536))"),
        lambda: answering("import os, sys\nos.write(1, bytes(31))\nsys.stdin.buffer.read()"),
        lambda: answering("import sys\nsys.stdin.buffer.read(5)\nsys.stdout.buffer.write(sys.stdin.buffer.read(999))"),
        lambda: answering("import time\ntime.sleep(1000)"),
        lambda: answering("raise SystemExit(1)"),
        lambda: VerifierProcess(eager=True, command=("/nonexistent",)),
    ],
    ids=["alone", "process", "noise", "short", "echo", "silent", "dying", "absent"],
)
def test_forgeries_are_refused_whatever_the_process_answers(tmp_path: Path, helper: Callable[[], Helper]) -> None:
    with ledger(tmp_path / "l", helper()) as made:
        for _ in range(3):
            envelopes, wanted = forged(made)
            assert codes(made.port.submit(made.region.batch(*envelopes))) == wanted


def test_forgeries_that_the_process_saw_first_are_refused(tmp_path: Path) -> None:
    with ledger(tmp_path / "l", VerifierProcess(eager=True)) as made:
        envelopes, wanted = forged(made)
        (future,) = made.held([made.region.batch(*envelopes)], 25)  # the batch and the good ones
        assert codes(future) == wanted


def test_a_key_revoked_after_the_process_looked_is_refused(tmp_path: Path) -> None:
    with ledger(tmp_path / "l", VerifierProcess(eager=True)) as made:
        region, hospital = made.region, made.region.hospital
        new = key("a new gateway")
        change = ChangeOrganisationKeys(
            hospital.id,
            (list_key(region.network, hospital.id, Role.GATEWAY, new),),
            (hospital.gateway.id(region.network),),
            1,
            bytes(32),
        )
        revoking = region.envelope([(hospital.id, hospital.administration)], change)
        signed_by_the_old = made.grants(20)
        with_the_new = region.envelope([(hospital.id, new)], region.permit(made.handles[0]))
        # By another carrier: the batch of one whose key is gone would be refused as a whole.
        batch = region.batch(revoking, *signed_by_the_old, with_the_new, member=region.other)
        (future,) = made.held([batch], 22)  # the batch, the revoking one, the grants; the new key is in no checkpoint
        assert codes(future) == [0] + [RevokedKey.code] * 20 + [0]


def test_results_and_app_hash_are_those_of_one_process(tmp_path: Path) -> None:
    hashes = []
    for number, helper in enumerate((Alone(), VerifierProcess(eager=True))):
        with ledger(tmp_path / str(number), helper) as made:
            for _ in range(4):
                envelopes, wanted = forged(made)
                assert codes(made.port.submit(made.region.batch(*envelopes))) == wanted
            hashes.append(made.port.status().app_hash)
    assert hashes[0] == hashes[1]


def test_a_killed_process_loses_nothing_and_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "RESTART_S", 0.0)
    helper = VerifierProcess(eager=True)
    with ledger(tmp_path / "l", helper) as made:
        killed = []
        for _ in range(6):
            futures = [made.port.submit(made.region.batch(*made.grants(40))) for _ in range(4)]
            wait(lambda: helper._beside() or all(future.done() for future in futures))
            started = helper._child
            if started is not None and started._process.pid not in killed:
                os.kill(started._process.pid, signal.SIGKILL)
                killed.append(started._process.pid)
            assert [codes(future) for future in futures] == [[0] * 40] * 4
        assert len(killed) > 1
        made.port.save()
    with EmbeddedLedger.open(tmp_path / "l", made.region.node, FakeClock(START_MS)) as again:
        assert again.status().log_entries == made.port._chain.machine.log.size


def test_a_stopped_process_holds_nothing_up_and_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "HUNG_S", 0.3)
    monkeypatch.setattr(child, "WAIT_S", 0.3)
    helper = VerifierProcess(eager=True)
    with ledger(tmp_path / "l", helper) as made:
        made.held([made.region.batch(*made.grants(20))], 21)
        stopped = helper._child
        assert stopped is not None
        os.kill(stopped._process.pid, signal.SIGSTOP)
        envelopes = [made.region.envelope(made.region.by_hospital, *[made.region.permit(made.handles[0])] * 60)]
        futures = [made.port.submit(made.region.batch(*envelopes * 20)) for _ in range(8)]  # more than a pipe holds
        for future in futures:
            assert len(codes(future)) == 20
        wait(lambda: not stopped.alive)


def test_small_load_starts_no_process(tmp_path: Path) -> None:
    helper = VerifierProcess()
    with ledger(tmp_path / "l", helper) as made:
        for _ in range(10):
            assert codes(made.port.submit(made.region.batch(*made.grants(3)))) == [0] * 3
        assert helper._child is None and helper._thread is None
        assert helper._waiting == {} and helper._waiting_bytes == 0


def test_what_is_settled_is_not_checked(tmp_path: Path) -> None:
    helper = VerifierProcess(eager=True)
    with ledger(tmp_path / "l", helper) as made:
        for _ in range(4):
            made.held([made.region.batch(*made.grants(20))], 21)[0].result(PATIENCE_S)
        assert helper._waiting == {}
        started = helper._child
        assert started is not None
        assert int.from_bytes(started._settled[:8], "little") == started.given


def test_from_the_end_meets_what_comes_from_the_beginning() -> None:
    heard: list[int] = []
    through: list[int] = []
    asked: list[int] = []

    def work(item: int) -> bool:
        asked.append(item)
        return item % 3 != 0

    for beside in (True, False):
        each = from_the_end(
            lambda: heard.append(len(asked)),
            lambda beside=beside: beside,
            signing._one_by_one,
            lambda: through.append(len(asked)),
        )
        assert each(work, list(range(40))) == [item % 3 != 0 for item in range(40)]
    assert asked == [*reversed(range(40)), *range(40)]
    assert heard == [7, 23, 39]
    assert through == [40]
