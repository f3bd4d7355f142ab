"""The ledger whose blocks are made elsewhere: the same answers, and what happens when the other side fails."""

import errno
import socket
import sys
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from executor_thread import Inside, Threaded, saying

from salus.client.ledger import BatchResult, StateView
from salus.contracts.accounts.keys import account_key
from salus.core import cose
from salus.core.errors import Malformed, Refusal, WrongSignature
from salus.ledger.apart import ApartLedger, session
from salus.ledger.apart import serve as serving
from salus.ledger.apart.child import Child
from salus.ledger.apart.wire import (
    MOST_BYTES,
    Answer,
    Bug,
    Damaged,
    Executed,
    Failed,
    Landed,
    Opened,
    Saved,
    Submit,
    ToExecutor,
    ToServer,
    Wire,
    failed,
    raised,
)
from salus.ledger.embedded import EmbeddedLedger
from salus.ledger.errors import (
    DamagedFile,
    ExecutorGone,
    LedgerLocked,
    LedgerStopped,
    NoLedger,
    PrunedEvent,
    ReadOnly,
    StorageFailed,
    StorageFull,
    WrongNodeKey,
)
from salus.machine import signing
from salus.machine.errors import UnknownRules
from salus.machine.machine import LOG_KEY
from salus.state.lmdb import DATA
from salus.testing.clock import FakeClock
from salus.testing.faults import FaultyFiles, Plan
from salus.testing.region import START_MS, Region, key

PATIENCE_S = 30.0
BEGUN = 2  # blocks in `folder`: the second, empty one comes at its end


class WithAccounts(Region):
    """A region with three accounts."""

    def __init__(self) -> None:
        super().__init__()
        self.opening, self.handles = self.open_accounts(3)


@pytest.fixture
def region() -> WithAccounts:
    return WithAccounts()


@pytest.fixture
def folder(tmp_path: Path, region: WithAccounts) -> Path:
    """The folder of a ledger of one block of three accounts."""
    with EmbeddedLedger.create(tmp_path / "l", region.genesis_file, region.node, FakeClock()) as ledger:
        ledger.submit(region.batch(region.opening)).result(PATIENCE_S)
    return tmp_path / "l"


def grants(region: WithAccounts, number: int = 3) -> bytes:
    handles = region.handles
    return region.batch(*[region.grant(handles[i % len(handles)])[0] for i in range(number)])


def landed(future: "Future[BatchResult]") -> BatchResult:
    return future.result(PATIENCE_S)


def answers(ledger: Any, keys: list[bytes]) -> dict[str, Any]:
    """What the port says of a ledger that stands still."""
    proof = ledger.prove(keys)
    size = len(list(ledger.events()))
    view: StateView = ledger.view()
    height = ledger.height()
    return {
        "proof": proof,
        "network": ledger.network,
        "height": height,
        "now": ledger.now(),
        "as_of": ledger.as_of(),
        "trouble": ledger.trouble(),
        "view": (view.height, view.time, view.get_all(keys), [view.get(one) for one in keys]),
        "scanned": [view.scan(one[:34]) for one in keys],
        "events": list(ledger.events()),
        "about": [list(ledger.events(1, one[2:34])) for one in keys if len(one) > 34],
        "entry": [ledger.prove_event(at) for at in range(size)],
        "earlier": ledger.prove_event(0, 1),
        "growth": ledger.prove_growth(1, size),
        "checkpoint": ledger.checkpoint(),
        "blocks": [ledger.block(at) for at in range(1, height + 1)],
        "pages": ledger.blocks(1, 2, 1 << 20),
        "headers": [ledger.header(at) for at in range(1, height + 1)],
        "pages of headers": ledger.headers(1, 9, 1 << 20),
        "pruned": ledger.pruned(),
        "export": ledger.export(),
        "tip": ledger.tip(),
    }


def test_it_answers_as_the_ledger_itself(folder: Path, tmp_path: Path, region: WithAccounts) -> None:
    with Inside(region).open(folder) as ledger:
        assert landed(ledger.submit(grants(region))).code == 0
        keys = [LOG_KEY, b"\x00\x00nothing", *landed_keys(region)]
        found = answers(ledger, keys)
    with EmbeddedLedger.open(folder, region.node, FakeClock()) as ledger:
        assert answers(ledger, keys) == found
    assert found["proof"].values[0] is not None and len(found["events"]) > 4 and found["trouble"] is None


def landed_keys(region: WithAccounts) -> list[bytes]:
    hospital = region.hospital
    return [account_key(hospital.id, hospital.gateway.id(region.network))]


def test_what_is_refused_is_refused_in_the_same_words(folder: Path, region: WithAccounts) -> None:
    with Inside(region).open(folder) as ledger:
        for ask in (lambda: ledger.block(99), lambda: ledger.header(0), lambda: ledger.prove_event(99)):
            with pytest.raises(LookupError):
                ask()
        with pytest.raises(LookupError):
            ledger.start_file("manifest")
        for refusal, wanted in (
            (ReadOnly, ledger.witnessed),
            (ReadOnly, ledger.publish),
            (Malformed, partial(ledger.keep_cosigned, b"no note")),
        ):
            with pytest.raises(refusal):
                wanted()
        assert landed(ledger.submit(b"no batch")).code == Malformed.code


def test_the_log_is_published_where_it_is_wanted(folder: Path, tmp_path: Path, region: WithAccounts) -> None:
    with Inside(region).open(folder, tmp_path / "tiles") as ledger:
        signed = ledger.publish()
        assert signed.note().encode() == ledger.checkpoint() == (tmp_path / "tiles/checkpoint").read_bytes()


def test_who_has_an_answer_finds_its_block_in_the_next_view(folder: Path, region: WithAccounts) -> None:
    with Inside(region).open(folder) as ledger:
        told: list[int] = []
        end, seen = ledger.subscribe(lambda height: told.append(ledger.view().height)), []
        before = ledger.view()
        for _ in range(20):
            done = ledger.submit(grants(region))
            done.add_done_callback(lambda done: seen.append(ledger.view().height - done.result().height))
            landed(done)
        assert min(seen) >= 0 and ledger.view().height == ledger.height() >= 21
        assert told == list(range(BEGUN + 1, BEGUN + 1 + len(told))) and len(told) >= 20
        end()
        assert before.height == BEGUN and before.get(LOG_KEY) != ledger.view().get(LOG_KEY)


def test_signatures_that_were_found_good_are_not_checked_again(
    folder: Path, region: WithAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[bytes] = []

    def counting(public: bytes, message: bytes, signature: bytes) -> bool:
        checked.append(signature)
        return True  # only what is not known to be good is asked for

    with Inside(region).open(folder) as ledger:
        handle = region.handles[0]
        envelopes = [region.grant(handle)[0] for _ in range(20)]
        for raw in envelopes:
            signed = cose.parse("envelope", raw)
            (kid, signature) = signed.signatures[0]
            message = cose.to_be_signed("envelope", region.network, signed.payload, kid)
            gateway = region.hospital.gateway
            assert ledger.verify(gateway.public, message, signature)
            assert not ledger.verify(gateway.public, message + b"!", signature)
            assert not ledger.verify(key("stranger").public, message, signature)
            assert not ledger.verify(b"", message, signature) and not ledger.verify(gateway.public, message, b"")
        monkeypatch.setattr(signing, "verify", counting)
        result = landed(ledger.submit(region.batch(*envelopes)))
        assert [one.code for one in result.results] == [0] * 20
        assert len(checked) == 1  # the batch's own


def test_what_is_called_good_and_is_not_serves_nothing(folder: Path, region: WithAccounts) -> None:
    with Inside(region).open(folder) as ledger:
        handle = region.handles[0]
        raw = region.grant(handle)[0]
        broken = raw[:-1] + bytes((raw[-1] ^ 1,))
        signed = cose.parse("envelope", broken)
        kid, signature = signed.signatures[0]
        message = cose.to_be_signed("envelope", region.network, signed.payload, kid)
        ledger._good.append(signing.memory_key(key("stranger").public, message, signature))
        ledger._good += [bytes(32), b"short"]
        result = landed(ledger.submit(region.batch(broken)))
        assert [one.code for one in result.results] == [WrongSignature.code]


def test_still_lets_nothing_be_written(folder: Path, region: WithAccounts) -> None:
    with Inside(region).open(folder) as ledger:
        with ledger.still():
            before = (folder / "blocks").stat().st_size
            done = ledger.submit(grants(region))
            with pytest.raises(TimeoutError):
                done.result(0.2)
            assert (folder / "blocks").stat().st_size == before and ledger.view().height == BEGUN
        assert landed(done).code == 0
        with ledger.still():
            pass


def test_what_waits_at_the_end_lands_and_the_next_opening_has_it(folder: Path, region: WithAccounts) -> None:
    ledger = Inside(region).open(folder)
    futures = [ledger.submit(grants(region)) for _ in range(30)]
    ledger.close()
    ledger.close()
    assert all(future.done() and future.result().code == 0 for future in futures)
    for ask in (ledger.checkpoint, partial(ledger.submit, b"")):
        with pytest.raises(LedgerStopped):
            ask()
    with EmbeddedLedger.open(folder, region.node, FakeClock()) as again:
        assert again.height() >= max(future.result().height for future in futures)


def test_an_executor_that_is_closed_while_it_stands_still_ends(folder: Path, region: WithAccounts) -> None:
    started = Inside(region)
    ledger = started.open(folder)
    held = ledger.still()
    held.__enter__()
    done = ledger.submit(grants(region))
    ledger.close()
    assert landed(done).code == 0
    held.__exit__(None, None, None)  # whose other end is gone


def test_a_disk_that_is_full_over_there_is_said_here_and_gone_on_with(folder: Path, region: WithAccounts) -> None:
    plan = Plan(2, error=OSError(errno.ENOSPC, "no space"))
    with Inside(region, files=FaultyFiles(plan)).open(folder) as ledger:
        assert landed(ledger.submit(grants(region))).code == 0
        plan.step = plan.steps + 1
        with pytest.raises(StorageFull):
            landed(ledger.submit(grants(region)))
        height = ledger.height()
        after = landed(ledger.submit(grants(region)))
        assert after.code == 0 and after.height > height and ledger.trouble() is None


def test_one_that_goes_takes_all_questions_with_it(folder: Path, region: WithAccounts) -> None:
    started, gone = Inside(region), Event()
    ledger = started.open(folder)
    ledger.when_gone(gone.set)
    with ledger.still():
        waiting = ledger.submit(grants(region))
        assert started.child is not None
        started.child.cut()
        with pytest.raises(ExecutorGone):
            landed(waiting)
    assert gone.wait(PATIENCE_S)
    for ask in (ledger.checkpoint, partial(ledger.submit, b""), partial(next, ledger.events())):
        with pytest.raises(ExecutorGone):
            ask()
    assert isinstance(ledger.trouble(), ExecutorGone)
    assert ledger.view().get(LOG_KEY) is not None and ledger.height() == BEGUN  # what was there can be read
    later = Event()
    ledger.when_gone(later.set)
    assert later.is_set()
    ledger.close()


def test_one_that_is_closed_is_not_gone(folder: Path, region: WithAccounts) -> None:
    gone = Event()
    with Inside(region).open(folder) as ledger:
        ledger.when_gone(gone.set)
    assert not gone.is_set()


def test_the_executor_ends_without_its_server(folder: Path, region: WithAccounts) -> None:
    """In a thread `serve` returns False, and `main` ends the process there."""
    ours, theirs = socket.socketpair()
    started = Inside(region)
    over: list[bool] = []
    thread = Thread(target=lambda: over.append(serving.serve(theirs, started._opened)))
    thread.start()
    wire = Wire(ours, ToServer)
    wire.send(serving.Open(str(folder), region.node.seed, None, False))
    assert isinstance(wire.receive(), Opened)
    wire.send(Submit(1, grants(region), b""))
    wire.end()
    thread.join(PATIENCE_S)
    assert over == [False]
    wire.close()
    theirs.close()
    assert started.ledger is not None
    started.ledger.close()


class Hung(Threaded):
    """One that says that it is open, and then reads nothing."""

    def __init__(self, opened: bytes) -> None:
        self._over = Event()

        def work(connection: socket.socket) -> None:
            connection.recv(1 << 16)
            connection.sendall(opened)
            self._over.wait()

        super().__init__(work)

    def end(self, patience_s: float) -> bool:
        assert patience_s == 0.0  # it had its time
        self._over.set()
        return super().end(patience_s)


def test_one_that_hangs_is_ended(folder: Path, region: WithAccounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CLOSING_S", 0.2)
    opened = framed(serving.msgspec.msgpack.encode(Opened(region.network, BEGUN, START_MS, {})))
    ledger = ApartLedger.open(folder, region.node, FakeClock(), start=partial(Hung, opened))
    waiting: list[Future[BatchResult]] = []
    sender = Thread(target=lambda: waiting.append(ledger.submit(bytes(1 << 24))))  # more than a socket holds
    sender.start()
    sender.join(0.2)
    assert sender.is_alive() and ledger.view().height == BEGUN
    ledger.close()
    sender.join(PATIENCE_S)
    with pytest.raises(LedgerStopped):
        landed(waiting[0])


LENGTH = 4


def framed(raw: bytes) -> bytes:
    return len(raw).to_bytes(LENGTH, "big") + raw


@pytest.mark.parametrize(
    "noise",
    [
        b"",
        b"\x00\x00",
        framed(b"\xc1"),
        framed(b"\x93\x09\x01\x02"),
        framed(b"\x93\x01\x01\x02"),  # a block without writes
        framed(b"\x92\x05\x01") + b"\xff\xff\xff\xff",
        (MOST_BYTES + 1).to_bytes(LENGTH, "big"),
    ],
)
def test_noise_instead_of_an_opening(folder: Path, region: WithAccounts, noise: bytes) -> None:
    with pytest.raises(ExecutorGone):
        ApartLedger.open(folder, region.node, FakeClock(), start=saying(noise))


@pytest.mark.parametrize(
    "noise",
    [
        framed(b"\xc1"),
        framed(b"\x93\x63\x01\x02"),
        (MOST_BYTES + 1).to_bytes(LENGTH, "big"),
        Answer(77, serving.msgspec.Raw(b"\xc0")),  # to no question
        Opened(bytes(32), 1, 1, {}),  # for the second time
        Landed(1, BatchResult(bytes(32), 0, 1, 1, ())),  # nothing was submitted
    ],
    ids=lambda noise: type(noise).__name__,
)
def test_noise_later_ends_the_session(folder: Path, region: WithAccounts, noise: Any) -> None:
    raw = noise if isinstance(noise, bytes) else framed(serving.msgspec.msgpack.encode(noise))
    with EmbeddedLedger.open(folder, region.node, FakeClock()) as ledger:
        height, time = ledger.height(), ledger.now()
    begin = framed(serving.msgspec.msgpack.encode(Opened(region.network, height, time, {})))
    found = ApartLedger.open(folder, region.node, FakeClock(), start=saying(begin, raw))
    gone = Event()
    found.when_gone(gone.set)
    assert gone.wait(PATIENCE_S) and isinstance(found.trouble(), ExecutorGone)
    found.close()


@pytest.mark.parametrize("noise", [framed(b"\xc1"), framed(b"\x92\x07\x01"), framed(b"\x91\x02")])
def test_noise_from_the_server_ends_the_executor(folder: Path, region: WithAccounts, noise: bytes) -> None:
    ours, theirs = socket.socketpair()
    started = Inside(region)
    with ours, theirs:
        ours.sendall(framed(serving.msgspec.msgpack.encode(serving.Open(str(folder), region.node.seed, None, False))))
        ours.sendall(noise)
        with pytest.raises(Damaged):
            serving.serve(theirs, started._opened)
    assert started.ledger is not None
    started.ledger.close()


def test_what_keeps_a_ledger_from_opening_is_raised_here(folder: Path, tmp_path: Path, region: WithAccounts) -> None:
    with pytest.raises(NoLedger):
        Inside(region).open(tmp_path / "nowhere")
    started = Inside(region)
    with pytest.raises(WrongNodeKey):
        ApartLedger.open(folder, key("stranger"), FakeClock(), start=started, read=started.read)
    with Inside(region).open(folder), pytest.raises(LedgerLocked):
        Inside(region).open(folder)
    (folder / "blocks").write_bytes(b"damage")
    with pytest.raises(DamagedFile) as found:
        Inside(region).open(folder)
    assert found.value.file == "blocks" and "byte" in str(found.value)


def test_a_state_that_cannot_be_read_here(folder: Path, region: WithAccounts) -> None:
    (folder / "state" / DATA).unlink()
    opening = framed(serving.msgspec.msgpack.encode(Opened(region.network, 1, START_MS, {})))
    with pytest.raises(StorageFailed):
        ApartLedger.open(folder, region.node, FakeClock(), start=saying(opening))


def test_a_process_that_cannot_be_started_or_ends_at_once(folder: Path, region: WithAccounts, tmp_path: Path) -> None:
    for command in ((str(tmp_path / "nothing"),), (sys.executable, "-c", "")):
        with pytest.raises(ExecutorGone):
            ApartLedger.open(folder, region.node, start=partial(Child, command))


@pytest.mark.parametrize(
    "refusal",
    [DamagedFile("blocks", 9, "torn"), UnknownRules(5, 2, "Salus 9"), PrunedEvent(), StorageFull()],
    ids=lambda refusal: type(refusal).__name__,
)
def test_refusals_cross_the_wire(refusal: Refusal) -> None:
    found = raised(failed(3, refusal))
    assert type(found) is type(refusal) and str(found) == str(refusal) and found.args == refusal.args


def test_what_is_no_refusal_crosses_as_what_it_is() -> None:
    assert raised(failed(1, KeyError(7))).args == (7,) and isinstance(raised(failed(1, KeyError(7))), LookupError)
    bug = raised(failed(1, RuntimeError("with something in it")))
    assert isinstance(bug, Bug) and str(bug) == "builtins.RuntimeError"
    assert isinstance(raised(Failed(1, failed(1, DamagedFile("a", 1, "b")).name, [])), LedgerStopped)


def test_a_wire_says_whether_the_other_end_is_there() -> None:
    ours, theirs = socket.socketpair()
    one, other = Wire(ours, ToServer), Wire(theirs, ToExecutor)
    assert other.send(Executed(1, 2, {b"key": None})) and one.receive() == Executed(1, 2, {b"key": None})
    assert other.send(Saved())
    other.end()
    assert one.receive() == Saved() and one.receive() is None
    assert not one.send(Submit(1, b"", b"")) and other.receive() is None
    one.close()
    other.close()
