"""A gateway over a real CometBFT: what its batches come to, and when it refuses to decide because it is behind."""

import shutil
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import cast

import pytest

from consensus import one_validator
from consensus.kvstore_nodes import until
from consensus.one_validator import Member
from salus.client.batcher import Carrier
from salus.client.cometbft.rpc import Rpc
from salus.client.remote_errors import NodeAway
from salus.contracts.governance.parameters import Parameter
from salus.core.envelope import parse_batch
from salus.ledger.consensus.broadcast import Broadcaster
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.machine.errors import Expired, Replayed
from salus.services.actors import Organisation
from salus.services.errors import StateTooOld
from salus.services.freshness import check_fresh
from salus.testing.region import TREATMENT, Region

WAIT_S = 60.0
STALE_MS = 60_000


class Shifted:
    """The machine's clock, and how far it is set ahead."""

    ahead_ms = 0

    def now_ms(self) -> int:
        """Return the time."""
        return time.time_ns() // 1_000_000 + self.ahead_ms


class Gateway(Member):
    """A member whose ledger is dated by a clock that can be set, and sends through its own node."""

    def __init__(self, folder: Path, region: Region, seed: bytes) -> None:
        super().__init__(folder, region, seed)
        self.clock = Shifted()

    def open(self) -> ConsensusLedger:
        """Open the ledger."""
        sender = Broadcaster(self.region.network, [Rpc(self.url)], again_s=0.5, tries_s=1.0)
        where = self.folder / "ledger", self.region.genesis_file, self.socket
        self.ledger = ConsensusLedger.open(*where, sender, self.node, self.clock, votes=Rpc(self.url))
        return self.ledger


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A member whose heart beats several times in a second."""
    monkeypatch.setitem(one_validator.SETTINGS, "create_empty_blocks_interval", '"300ms"')
    folder = Path(mkdtemp(prefix="gate-", dir="/tmp"))
    made = None
    try:
        made = Gateway(folder, Region(parameters=[(Parameter.STALE_MS, STALE_MS)]), sha256(b"node").digest())
        made.open()
        made.start()
        yield made
    finally:
        if made is not None:
            made.close()
        shutil.rmtree(folder, ignore_errors=True)


def opened(gateway: Gateway) -> ConsensusLedger:
    """Return its ledger."""
    assert gateway.ledger is not None
    return gateway.ledger


def decide(ledger: ConsensusLedger) -> None:
    """Do what a gateway does before it decides."""
    check_fresh(cast(Organisation, SimpleNamespace(ledger=ledger)), TREATMENT)


def test_many_envelopes_at_once_come_each_to_its_own_result(gateway: Gateway) -> None:
    ledger, region = opened(gateway), gateway.region
    until_ms = ledger.now() + 120_000
    with Carrier(ledger, region.hospital.id, region.hospital.gateway) as carrier:
        envelopes = [region.open_accounts(1, until_ms)[0] for _ in range(60)]
        landed = [future.result(WAIT_S) for future in [carrier.submit(one) for one in envelopes]]
        assert [one.result.code for one in landed] == [0] * 60
        assert len({one.result.id for one in landed}) == 60
        again = carrier.submit(envelopes[0]).result(WAIT_S)
        assert again == landed[0]  # the carrier remembers
    for one in landed:
        events = [event.body for event in ledger.events() if event.height == one.height]
        assert set(one.result.events) <= set(events)
    assert ledger.as_of() >= max(one.time for one in landed)


def test_the_same_batch_again_is_a_replay_for_who_remembers_it_and_for_who_does_not(gateway: Gateway) -> None:
    ledger, region = opened(gateway), gateway.region
    until_ms = ledger.now() + 120_000
    raw = region.batch(region.open_accounts(1, until_ms)[0], not_after=until_ms)
    assert ledger.submit(raw).result(WAIT_S).code == 0
    key = parse_batch(region.network, raw).id
    again = ledger.submit(raw).result(WAIT_S)
    assert (again.id, again.code, again.results) == (key, Replayed.code, ())
    gateway.stop(hard=True)
    ledger.close()
    ledger = gateway.open()  # neither it nor CometBFT's cache knows the batch now: the state does
    gateway.start()
    assert ledger.submit(raw).result(WAIT_S).code == Replayed.code


def test_a_batch_that_is_too_old_is_refused_before_it_is_sent_on(gateway: Gateway) -> None:
    ledger, region = opened(gateway), gateway.region
    until_ms = ledger.now() - 1
    raw = region.batch(region.open_accounts(1, until_ms)[0], not_after=until_ms)
    assert ledger.submit(raw).result(WAIT_S).code == Expired.code


def test_empty_blocks_keep_an_idle_gateway_fresh_and_one_that_gets_none_refuses_to_decide(gateway: Gateway) -> None:
    ledger = opened(gateway)
    height, known = ledger.height(), ledger.as_of()
    until(lambda: ledger.height() >= height + 3 and ledger.as_of() > known)
    decide(ledger)

    gateway.stop(hard=True)
    known = ledger.as_of()
    decide(ledger)  # it is not that old yet
    gateway.clock.ahead_ms = STALE_MS + 1
    assert ledger.now() - ledger.as_of() > STALE_MS
    with pytest.raises(StateTooOld):
        decide(ledger)
    assert ledger.as_of() == known
    with pytest.raises(NodeAway):
        ledger.submit(gateway.region.batch(gateway.region.open_accounts(1)[0])).result(WAIT_S)

    gateway.clock.ahead_ms = 0
    gateway.start()
    until(lambda: ledger.as_of() > known)
    decide(ledger)
