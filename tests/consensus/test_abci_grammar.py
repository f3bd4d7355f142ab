"""CometBFT's grammar of ABCI 2.0, walked at random: clean starts, rounds, blocks, ends of either side, replays.

https://docs.cometbft.com/v0.38/spec/abci/abci++_comet_expected_behavior. Whatever the way there, after each block the
application says what the blocks alone give, computed by a machine of its own; readers see what is kept, and no more.
State sync is `test_snapshots`' part of the grammar.
"""

import shutil
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from consensus.consensus_world import COMMIT, INFO, Node, Request
from salus.cometbft.proto import abci_pb2
from salus.evidence.state import LOG_KEY
from salus.machine.errors import Replayed
from salus.machine.machine import Machine
from salus.state.store import Store

ACCEPT, REJECT = abci_pb2.ResponseProcessProposal.ACCEPT, abci_pb2.ResponseProcessProposal.REJECT


class Grammar(RuleBasedStateMachine):
    """`node` is what is tested, `plain` executes each decided block once and is never opened anew."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="grammar-", dir="/tmp"))
        self.node = Node(self.folder / "ledger")
        self.plain = Machine(Store.in_memory())
        self.plain.init(self.node.region.genesis_file)
        self.hashes = [self.plain.app_hash]
        self.heads = [self.plain.store.get(LOG_KEY)]
        self.waiting: list[bytes] = []
        self.executed: list[bytes] = []
        self.copied = False

    @initialize()
    def clean_start(self) -> None:
        self.node.begin()
        assert self.node.deciding.app_hash == self.hashes[0]

    @property
    def shown(self) -> bool:
        return self.node.deciding.height > self.node.ledger.height()

    @rule(accounts=st.integers(1, 3))
    def check_new(self, accounts: int) -> None:
        batch = self.node.opening(accounts)
        self.waiting.append(batch)
        assert self.check(batch, abci_pb2.NEW) == 0

    @rule()
    def check_again(self) -> None:
        for batch in self.waiting:
            assert self.check(batch, abci_pb2.RECHECK) == 0
        for batch in () if self.shown else self.executed[-2:]:  # a block that is not kept may have been taken back
            assert self.check(batch, abci_pb2.RECHECK) == Replayed.code
        assert self.check(b"\x00garbage", abci_pb2.NEW) != 0

    def check(self, batch: bytes, kind: abci_pb2.CheckTxType) -> int:
        asked = abci_pb2.RequestCheckTx(tx=batch, type=kind)
        return self.node.handle(Request(check_tx=asked)).check_tx.code

    @precondition(lambda self: not self.shown)
    @rule(rounds=st.integers(1, 3), own=st.booleans())
    def rounds(self, rounds: int, own: bool) -> None:
        """Of several rounds none need be decided; in some this validator proposes."""
        chosen = self.waiting
        for _ in range(rounds):
            time = self.next_time()
            if own:
                asked = abci_pb2.RequestPrepareProposal(
                    max_tx_bytes=1 << 22, txs=[b"\x00", *self.executed[-1:], *self.waiting], time=time
                )
                chosen = list(self.node.handle(Request(prepare_proposal=asked)).prepare_proposal.txs)
                assert chosen == self.waiting
            assert self.process(chosen, time) == ACCEPT
            assert self.process([*chosen, b"\x00"], time) == REJECT
            assert self.process([*chosen, *self.executed[-1:]], time) == (REJECT if self.executed else ACCEPT)

    def process(self, batches: list[bytes], time: object) -> int:
        asked = abci_pb2.RequestProcessProposal(txs=batches, time=time, height=self.node.deciding.height + 1)
        return self.node.handle(Request(process_proposal=asked)).process_proposal.status

    def next_time(self) -> object:
        stamp = abci_pb2.RequestPrepareProposal().time
        stamp.FromMilliseconds(self.node.clock.time_ms + 1000)
        return stamp

    @precondition(lambda self: not self.shown)
    @rule(taken=st.integers(0, 4), faulty=st.booleans())
    def finalize(self, taken: int, faulty: bool) -> None:
        """Show a decided block; a faulty majority may have decided anything."""
        batches = self.waiting[:taken] + ([b"\x00faulty", b"\x01faulty"] if faulty else [])
        self.waiting, self.executed = self.waiting[taken:], self.executed + self.waiting[:taken]
        result = self.node.show(*batches)
        made = self.node.deciding.made[-1]
        known = self.plain.execute(made.header.height, made.header.time.ToMilliseconds(), made.txs)
        self.plain.commit()
        self.hashes.append(self.plain.app_hash)
        self.heads.append(self.plain.store.get(LOG_KEY))
        assert result.app_hash == known.app_hash
        assert [one.code for one in result.tx_results] == [one.code for one in known.batches]
        assert all(one.code for one in result.tx_results[-2:]) or not faulty

    @precondition(lambda self: self.shown)
    @rule()
    def commit(self) -> None:
        self.node.handle(COMMIT)

    @precondition(lambda self: self.shown)
    @rule()
    def query_decided(self) -> None:
        """What is decided and not kept may be proved already: no validator takes it back."""
        answer = self.node.query("/key", LOG_KEY)
        height = self.node.deciding.height
        assert answer.height in (height - 1, height)
        assert answer.value == (self.heads[answer.height] or b"")

    @rule()
    def cometbft_comes_back(self) -> None:
        """Over an application that ran on, be it between the two steps of a block."""
        self.node.begin()

    @rule(killed=st.booleans())
    def application_comes_back(self, killed: bool) -> None:
        if killed:
            self.node.kill()
        else:
            self.node.ledger.close()
        self.node.open()
        self.node.begin()

    @rule()
    def copy(self) -> None:
        """Keep a copy of the files, as a backup does while nothing runs."""
        self.node.ledger.close()
        shutil.rmtree(self.folder / "copy", ignore_errors=True)
        shutil.copytree(self.node.folder, self.folder / "copy")
        self.copied = True
        self.node.open()
        self.node.begin()

    @precondition(lambda self: self.copied)
    @rule()
    def put_back(self) -> None:
        """Begin with older files: CometBFT shows again what they lack."""
        self.node.kill()
        shutil.rmtree(self.node.folder)
        shutil.copytree(self.folder / "copy", self.node.folder)
        self.node.open()
        self.node.begin()

    @rule()
    def save(self) -> None:
        """A checkpoint may come at any time; it holds no block that is not kept."""
        self.node.ledger.save()

    @rule()
    def read_at_rest(self) -> None:
        """An export between the two steps of a block takes it back for as long as it lasts."""
        self.node.ledger.export()

    @invariant()
    def info_and_readers_agree_with_the_blocks(self) -> None:
        ledger = self.node.ledger
        height, info = ledger.height(), self.node.handle(INFO).info
        assert info.last_block_height == height
        assert info.last_block_app_hash == (self.hashes[height] if height else b"")
        assert (ledger.view().height, ledger.view().get(LOG_KEY)) == (height, self.heads[height])
        assert ledger.status().app_hash == self.hashes[height]
        assert self.node.sent.seen == sorted(set(self.node.sent.seen))

    def teardown(self) -> None:
        self.node.kill()
        shutil.rmtree(self.folder)


TestGrammar = Grammar.TestCase
TestGrammar.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
