"""The grammar of ABCI as a driver: whatever the order of steps, two machines that decide the same blocks agree.

One machine checks, prepares, processes, executes, undoes and goes on as it likes; its twin only
executes what was committed. https://docs.cometbft.com/v0.38/spec/abci/abci++_comet_expected_behavior
"""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from salus.machine.machine import Machine
from salus.merkle.plain import plain_root
from salus.state.store import Store
from salus.testing.region import START_MS, Region

GARBAGE = (b"", b"\x00", b"\xd8\x62\x84")


class Steps(RuleBasedStateMachine):
    """The driver; `pool` is the mempool."""

    def __init__(self) -> None:
        super().__init__()
        self.region = Region()
        self.machine, self.twin = Machine(Store.in_memory()), Machine(Store.in_memory())
        for machine in (self.machine, self.twin):
            machine.init(self.region.genesis_file)
        self.time = START_MS
        self.pool: list[bytes] = []
        self.handles: list[bytes] = []
        self.directives: list[tuple[bytes, bytes]] = []
        self.sent: list[bytes] = []
        self.executed: tuple[int, list[bytes]] | None = None

    def _send(self, envelopes: list[bytes]) -> None:
        self.sent += envelopes
        self.pool.append(self.region.batch(*envelopes, not_after=self.time + 30_000))

    @rule(number=st.integers(1, 3))
    def open_accounts(self, number: int) -> None:
        envelope, handles = self.region.open_accounts(number, not_after=self.time + 60_000)
        self.handles += handles
        self._send([envelope])

    @precondition(lambda self: self.handles)
    @rule(data=st.data(), number=st.integers(1, 3))
    def grant(self, data: st.DataObject, number: int) -> None:
        envelopes = []
        for _ in range(number):
            relation = data.draw(st.sampled_from(self.handles))
            envelope, directive = self.region.grant(relation, not_after=self.time + 60_000)
            self.directives.append((relation, directive))
            envelopes.append(envelope)
        self._send(envelopes)

    @precondition(lambda self: self.directives)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        relation, directive = data.draw(st.sampled_from(self.directives))
        self._send([self.region.revoke(relation, directive, not_after=self.time + 60_000)])

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        self._send([data.draw(st.sampled_from(self.sent))])

    @rule(step=st.sampled_from((0, 1, 999, 29_999, 30_000, 60_000, 600_000)))
    def pass_time(self, step: int) -> None:
        self.time += step

    @precondition(lambda self: self.executed is None and self.pool)
    @rule()
    def check_changes_nothing(self) -> None:
        before = self.machine.app_hash
        for raw in self.pool:
            self.machine.check(raw, self.time)
        assert self.machine.app_hash == before

    @precondition(lambda self: self.executed is None)
    @rule(limit=st.sampled_from((0, 2000, 1 << 22)), garbage=st.sampled_from(GARBAGE))
    def prepare_then_process(self, limit: int, garbage: bytes) -> None:
        before = self.machine.app_hash
        prepared = self.machine.prepare([garbage, *self.pool, *self.pool[:1]], limit, self.time)
        assert self.twin.process(prepared, self.time)  # a correct proposer is never refused
        assert not self.machine.process([*prepared, garbage], self.time)
        assert sum(map(len, prepared)) <= limit
        assert self.machine.app_hash == before

    @precondition(lambda self: self.executed is None)
    @rule(empty=st.booleans())
    def execute(self, empty: bool) -> None:
        batches = [] if empty else self.machine.prepare(self.pool, 1 << 22, self.time)
        before = self.machine.app_hash
        result = self.machine.execute(self.machine.height + 1, self.time, batches)
        assert result.app_hash == self.machine.app_hash
        assert (result.app_hash == before) == (not batches)
        self.executed = (self.time, batches)

    @precondition(lambda self: self.executed is not None)
    @rule()
    def undo(self) -> None:
        self.machine.undo()
        self.executed = None

    @precondition(lambda self: self.executed is not None)
    @rule(checkpoint=st.booleans())
    def commit(self, checkpoint: bool) -> None:
        time, batches = self.executed or (0, [])
        app_hash = self.machine.commit()
        self.twin.execute(self.twin.height + 1, time, batches)
        assert self.twin.commit() == app_hash
        self.pool = [raw for raw in self.pool if raw not in batches]
        self.executed = None
        if checkpoint:
            self.machine.checkpoint()
            self.machine = Machine(self.machine.store)  # as after a restart

    @invariant()
    def agree(self) -> None:
        if self.executed is None:
            assert self.machine.app_hash == self.twin.app_hash
            assert self.machine.log.root == self.twin.log.root
            assert self.machine.seen.items() == self.twin.seen.items()
            assert self.machine.height == self.twin.height

    def teardown(self) -> None:
        assert plain_root(self.machine.store.items()) == self.machine.app_hash


Steps.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
test_steps = Steps.TestCase
