"""The carrier: what gathers while a batch is under way goes together; nothing waits when it is idle."""

import threading
from concurrent.futures import Future
from pathlib import Path

import pytest

from salus.client import batcher
from salus.client.batcher import Carrier, Closed
from salus.client.envelopes import EnvelopeBuilder
from salus.client.ledger import BatchResult, EnvelopeResult
from salus.client.refused import UnknownRefusal
from salus.contracts.accounts.messages import OpenAccounts
from salus.core.envelope import MAX_BATCH_BYTES, parse_batch, parse_envelope
from salus.core.errors import Kind, Malformed, Refusal
from unit.fsck_home import GATEWAY, HOSPITAL, NETWORK, make_ledger
from vectors.fixed import NOW, fixed, key


class Held:
    """A ledger whose batches land when the test says so."""

    network = NETWORK

    def __init__(self) -> None:
        self.batches: list[tuple[bytes, Future[BatchResult]]] = []
        self.arrived = threading.Semaphore(0)
        self.broken: Exception | None = None

    def now(self) -> int:
        return NOW

    def submit(self, batch: bytes) -> Future[BatchResult]:
        if self.broken:
            raise self.broken
        future: Future[BatchResult] = Future()
        self.batches.append((batch, future))
        self.arrived.release()
        return future

    def land(self, number: int, code: int = 0, first: int = 0) -> list[bytes]:
        """Complete batch `number` and return its envelopes; each result's code is its index after `first`."""
        assert self.arrived.acquire(timeout=20)
        raw, future = self.batches[number]
        batch = parse_batch(NETWORK, raw)
        results = tuple(EnvelopeResult(fixed(str(i)), first + i, ()) for i in range(len(batch.payload.envelopes)))
        future.set_result(BatchResult(batch.id, code, 7, NOW, () if code else results))
        return list(batch.payload.envelopes)


BUILDER = EnvelopeBuilder(NETWORK, lambda: NOW)


def envelope(count: int = 1) -> bytes:
    return BUILDER.build([(HOSPITAL, GATEWAY)], OpenAccounts(HOSPITAL, count)).raw


def carrier(ledger: Held) -> Carrier:
    return Carrier(ledger, HOSPITAL, GATEWAY)  # type: ignore[arg-type]


def test_the_first_goes_at_once_and_those_that_gather_go_together() -> None:
    ledger = Held()
    sender = carrier(ledger)
    raws = [envelope() for _ in range(4)]
    futures = [sender.submit(raw) for raw in raws]
    assert len(ledger.batches) == 1
    assert ledger.land(0) == raws[:1]
    assert ledger.land(1) == raws[1:]
    assert [f.result(20).result.code for f in futures] == [0, 0, 1, 2]
    assert futures[0].result().height == 7 and futures[0].result().time == NOW
    late = sender.submit(envelope())
    assert ledger.land(2) and late.result(20).result.code == 0
    sender.close()


def test_the_batch_is_signed_by_the_carrier_and_valid_for_a_minute() -> None:
    ledger = Held()
    sender = carrier(ledger)
    sender.submit(envelope())
    payload = parse_batch(NETWORK, ledger.batches[0][0]).payload
    assert payload.carrier == (HOSPITAL, GATEWAY.id(NETWORK))
    assert payload.not_after == NOW + 60_000
    ledger.land(0)
    sender.close()


def test_the_same_envelope_under_way_is_sent_once() -> None:
    ledger = Held()
    sender = carrier(ledger)
    one, two = envelope(), envelope()
    first, second = sender.submit(one), sender.submit(two)
    assert sender.submit(one) is first and sender.submit(two) is second
    ledger.land(0)
    assert ledger.land(1) == [two]
    assert second.result(20).result.code == 0
    assert sender.submit(two) is second  # of the last batch: its result is still at hand
    assert len(ledger.batches) == 2
    sender.close()


def test_so_many_are_remembered_and_the_oldest_is_forgotten() -> None:
    ledger = Held()
    sender = Carrier(ledger, HOSPITAL, GATEWAY, remembered=2)  # type: ignore[arg-type]
    raws = [envelope() for _ in range(3)]
    futures = []
    for number, raw in enumerate(raws):
        futures.append(sender.submit(raw))
        ledger.land(number)
    ids = [parse_envelope(NETWORK, raw).id for raw in raws]
    assert [sender.known(one) for one in ids] == [None, *futures[1:]]
    assert sender.submit(raws[1]) is futures[1] and len(ledger.batches) == 3
    assert sender.submit(raws[0]) is not futures[0]  # the ledger refuses it
    ledger.land(3)
    sender.close()


def test_what_does_not_fit_one_batch_goes_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Held()
    monkeypatch.setattr(batcher, "MAX_ENVELOPES", 2)
    sender = carrier(ledger)
    raws = [envelope() for _ in range(6)]
    futures = [sender.submit(raw) for raw in raws]
    assert [len(ledger.land(i)) for i in range(4)] == [1, 2, 2, 1]
    for future in futures:
        future.result(20)
    monkeypatch.setattr(batcher, "ROOM_BYTES", 3 * (len(raws[0]) + 3) - 1)
    more = [sender.submit(envelope()) for _ in range(4)]
    assert [len(ledger.land(i)) for i in (4, 5, 6)] == [1, 2, 1]
    for future in more:
        future.result(20)
    sender.close()


def test_a_full_batch_is_within_the_limit() -> None:
    ledger = Held()
    sender = carrier(ledger)
    futures = [sender.submit(envelope()) for _ in range(4000)]
    ledger.land(0)
    sizes = []
    for number in range(1, 3):
        ledger.land(number)
        sizes.append(len(ledger.batches[number][0]))
    assert all(size <= MAX_BATCH_BYTES for size in sizes) and sizes[0] > MAX_BATCH_BYTES - 2048
    for future in futures:
        future.result(20)
    sender.close()


@pytest.mark.parametrize(("code", "kind"), [(0x0008, Kind.FORBIDDEN), (0x0003, Kind.UNAUTHENTICATED)])
def test_a_refused_batch_refuses_its_envelopes_and_they_may_be_tried_again(code: int, kind: Kind) -> None:
    ledger = Held()
    sender = carrier(ledger)
    raw = envelope()
    future = sender.submit(raw)
    ledger.land(0, code)
    with pytest.raises(Refusal) as refused:
        future.result(20)
    assert (refused.value.code, refused.value.kind) == (code, kind)
    again = sender.submit(raw)
    assert again is not future
    ledger.land(1)
    assert again.result(20).result.code == 0
    sender.close()


def test_what_the_ledger_raises_reaches_those_who_wait_and_the_next_are_sent() -> None:
    ledger = Held()
    sender = carrier(ledger)
    ledger.broken = OSError("disk")
    failed = sender.submit(envelope())
    with pytest.raises(OSError, match="disk"):
        failed.result(20)
    ledger.broken = None
    first, second = sender.submit(envelope()), sender.submit(envelope())
    ledger.arrived.acquire(timeout=20)
    ledger.batches[0][1].set_exception(OSError("later"))
    with pytest.raises(OSError, match="later"):
        first.result(20)
    ledger.land(1)
    assert second.result(20).result.code == 0
    sender.close()


def test_malformed_envelopes_are_refused_at_once_and_nothing_is_sent() -> None:
    ledger = Held()
    sender = carrier(ledger)
    with pytest.raises(Malformed):
        sender.submit(b"\x80")
    assert ledger.batches == []
    sender.close()


def test_closed_it_takes_no_more_and_has_landed_all() -> None:
    ledger = Held()
    with carrier(ledger) as sender:
        futures = [sender.submit(envelope()), sender.submit(envelope())]
        threading.Thread(target=lambda: (ledger.land(0), ledger.land(1))).start()
    assert all(future.done() for future in futures)
    with pytest.raises(Closed):
        sender.submit(envelope())


def test_submit_now_raises_the_refusal_of_the_envelope() -> None:
    ledger = Held()
    with carrier(ledger) as sender:
        threading.Thread(target=lambda: ledger.land(0)).start()
        assert sender.submit_now(envelope(), 20).result.code == 0
        threading.Thread(target=lambda: ledger.land(1, first=0x000A)).start()
        with pytest.raises(Refusal) as refused:
            sender.submit_now(envelope(), 20)
        assert refused.value.code == 0x000A


def test_many_threads_on_a_real_ledger_lose_and_double_nothing(tmp_path: Path) -> None:
    with make_ledger(tmp_path) as ledger, Carrier(ledger, HOSPITAL, GATEWAY) as sender:
        builder = EnvelopeBuilder(NETWORK, ledger.now)
        built = [[builder.build([(HOSPITAL, GATEWAY)], OpenAccounts(HOSPITAL, 1)) for _ in range(25)] for _ in range(4)]
        landed: list[bytes] = []

        def send(mine: list) -> None:  # type: ignore[type-arg]
            futures = [sender.submit(one.raw) for one in mine]
            for one, future in zip(mine, futures, strict=True):
                result = future.result(60).result
                assert (result.id, result.code) == (one.id, 0)
                landed.append(result.id)

        threads = [threading.Thread(target=send, args=(mine,)) for mine in built]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(landed) == sorted(one.id for mine in built for one in mine)
        view = ledger.view()
        for mine in built:
            for one in mine:
                ((handle,),) = one.created
                assert view.get(b"\x02\x04" + handle) is not None


def test_a_replay_is_refused_by_the_ledger_and_runs_once(tmp_path: Path) -> None:
    with make_ledger(tmp_path) as ledger, Carrier(ledger, HOSPITAL, GATEWAY, remembered=1) as sender:
        builder = EnvelopeBuilder(NETWORK, ledger.now)
        one, two = (builder.build([(HOSPITAL, GATEWAY)], OpenAccounts(HOSPITAL, 1)) for _ in range(2))
        sender.submit_now(one.raw)
        sender.submit_now(two.raw)
        with pytest.raises(Refusal) as refused:
            sender.submit_now(one.raw)
        assert refused.value.code == 0x0007


def test_a_stranger_is_refused_with_the_ledgers_code(tmp_path: Path) -> None:
    with make_ledger(tmp_path) as ledger, Carrier(ledger, fixed("nobody"), key("stranger")) as sender:
        with pytest.raises(Refusal) as refused:
            sender.submit_now(
                EnvelopeBuilder(NETWORK, ledger.now).build([(HOSPITAL, GATEWAY)], OpenAccounts(HOSPITAL, 1)).raw
            )
        assert not isinstance(refused.value, UnknownRefusal)
        assert refused.value.code == 0x0008


def test_what_is_gathered_goes_in_one_batch() -> None:
    ledger = Held()
    sender = carrier(ledger)
    with sender.gathering():
        raws = [envelope(), envelope()]
        futures = [sender.submit(raw) for raw in raws]
        assert ledger.batches == [] and sender.waiting() == 2
    assert ledger.land(0) == raws and sender.waiting() == 0
    assert [future.result(20).result.code for future in futures] == [0, 1]
    with sender.gathering():
        pass  # nothing gathered, nothing sent, and not busy for ever
    late = sender.submit(envelope())
    assert len(ledger.batches) == 2
    with sender.gathering():  # beside a batch under way
        more = sender.submit(envelope())
    ledger.land(1)
    ledger.land(2)
    assert late.result(20).result.code == more.result(20).result.code == 0
    sender.close()
