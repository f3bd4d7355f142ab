"""The machine: from the same genesis and blocks, every node comes to the same state, log and app hash.

Its steps are apart, as ABCI needs them: check, prepare, process, execute, commit, with undo.
`execute` computes and persists nothing; only `checkpoint` is durable, and what came after the last
one is replayed from the blocks. The app hash covers the tree alone, never height or time: an empty
block changes nothing.

| state key | length | value                                        |
|-----------|--------|----------------------------------------------|
| 00 02     | 2      | LogHead: size and root of the log of events  |
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from salus.contracts.context import ValidatorUpdate
from salus.core.encoding import encode
from salus.core.envelope import Batch, Envelope
from salus.core.errors import Refusal
from salus.core.hashing import T
from salus.core.types import Digest, Height, Message
from salus.machine.admission import Admission, Gate, Signed, max_block_bytes
from salus.machine.execution import Event, Execution, Outcome, block_entry, event_entry
from salus.machine.genesis import founded
from salus.machine.seen import SEEN_PREFIX, SeenIds
from salus.machine.seen import Undo as SeenUndo
from salus.machine.signing import Verified
from salus.machine.versions import Rules, rules_at
from salus.merkle.log import Frontier, leaf_hash
from salus.merkle.smt import Proof
from salus.state.events import EventLog
from salus.state.names import LOG_TABLE
from salus.state.store import Store
from salus.state.tables import Changes, Damaged

LOG_KEY = b"\x00\x02"
SEEN_TABLE = "seen"
NETWORK, TIME = b"network", b"time"  # names in the store's `meta`


class LogHead(Message, frozen=True):
    """The log as it stood after the block."""

    size: Height
    root: Digest


class BatchOutcome(NamedTuple):
    """What became of one batch; `code` is not 0 where it was refused, and then nothing of it ran."""

    id: bytes
    code: int
    outcomes: tuple[Outcome, ...]


class BlockResult(NamedTuple):
    """What a block did. Entries of the log: the block's own at `log_size - len(events) - 1`, then its events."""

    height: int
    time: int
    app_hash: bytes
    batches: tuple[BatchOutcome, ...]
    events: tuple[Event, ...]
    log_size: int
    validator_updates: tuple[ValidatorUpdate, ...]


class _Undo(NamedTuple):
    height: int
    time: int
    seen: SeenUndo | None  # None: the block was empty


class Machine:
    """One node's machine over `store`. Not thread-safe. `network` is empty before `init`."""

    def __init__(self, store: Store) -> None:
        """Raises Damaged where seen ids or log are not those that the tree tells of."""
        self.store = store
        self.network = store.meta(NETWORK) or b""
        self.height = store.height
        self.time = int.from_bytes(store.meta(TIME) or b"", "big")
        self.log = EventLog(store)
        self.verified = Verified()
        self.watch: Callable[[Mapping[bytes, bytes | None]], None] = _nobody  # told of writes before they are made
        self._undo: _Undo | None = None
        self._executed = False
        self._screened: tuple[object, list[Admission]] | None = None  # the last question since the state changed
        self._begin()

    def _begin(self) -> None:
        self.seen = SeenIds(self.network)
        try:
            self.seen.load(self.store.table_scan(SEEN_TABLE))
            known = takewhile(lambda row: row[0].startswith(SEEN_PREFIX), self.store.items())  # no key is before them
            sound = self.seen.hashes() == dict(known)
        except ValueError:
            sound = False
        if not sound:
            raise Damaged("the seen ids are not those of the state")
        self._gate = Gate(self.network, self.seen, self.verified)
        if self.log.size and self.store.get(LOG_KEY) != encode(LogHead(self.log.size, self.log.root)):
            raise Damaged("the log is not that of the state")

    @property
    def app_hash(self) -> bytes:
        """The root of the state as it is now."""
        return self.store.root

    def init(self, genesis_file: bytes) -> bytes:
        """Write the founders into an empty store; return the app hash before the first block.

        Raises Malformed, InvalidKey, or what a contract refuses in the document.
        """
        if self.network:
            raise ValueError("there is a genesis already")
        self.network, self.time, writes = founded(self.store, genesis_file)
        self.store.apply(writes)
        self._screened = None
        self._begin()
        return self.store.root

    def rules(self) -> Rules:
        """Return the rules of the next block; raise UnknownRules where members voted for others than are known here."""
        return rules_at(self.store, self.height + 1)

    def check(self, raw: bytes, time: int = 0) -> int:
        """Return 0 if the batch may be passed on, else the code of its refusal; verifies its envelopes ahead.

        `time` is the caller's clock; that of the last block counts where it is later. What an
        envelope will come to is not told: each succeeds or fails by itself when it is executed.
        """
        admitted = self.admit(raw, time)
        if admitted.batch is None or admitted.code:
            return admitted.code
        for one in admitted.batch.payload.envelopes:
            try:
                envelope = self._gate.read(one, keep=True)
                self._gate.envelope(self.store, max(time, self.time), envelope, remember=True)
            except Refusal:
                continue
        return 0

    def admit(self, raw: bytes, time: int = 0) -> Admission:
        """Answer a batch alone, as `check` does, and leave its envelopes for later."""
        try:
            self.rules()
            return Admission(0, self._gate.batch(self.store, max(time, self.time), raw))
        except Refusal as refusal:
            return Admission(refusal.code, None)

    def read(self, batch: Batch) -> list[Envelope]:
        """Return those envelopes of a batch that can be parsed, remembered until it is executed. In any thread."""
        found: list[Envelope] = []
        for raw in batch.payload.envelopes:
            try:
                found.append(self._gate.read(raw, keep=True))
            except Refusal:
                continue
        return found

    def signed(self, envelopes: Sequence[Envelope], time: int = 0) -> list[Signed]:
        """Return the signatures of `envelopes` whose keys are live: `verify` takes them."""
        return self._gate.signed(self.store, max(time, self.time), envelopes)

    def verify(self, one: Signed) -> None:
        """Verify a signature ahead of its block, and remember it if it is good. In any thread."""
        self._gate.verify(one)

    def screen(self, batches: Sequence[bytes], time: int, max_bytes: int | None = None) -> list[Admission]:
        """Answer each of `batches` as members of one block on top of the state as it is; raise UnknownRules."""
        self.rules()
        limit = max_block_bytes(self.store)
        if max_bytes is not None:
            limit = min(limit, max_bytes)
        asked = (time, limit, tuple(batches))
        if self._screened is None or self._screened[0] != asked:
            self._screened = asked, self._gate.block(self.store, time, batches, limit)
        return self._screened[1]

    def prepare(self, batches: Sequence[bytes], max_bytes: int, time: int) -> list[bytes]:
        """Return those of `batches` that can stand in the next block, in order; `process` accepts them.

        Both raise UnknownRules, as `execute` does.
        """
        return [
            raw for raw, answer in zip(batches, self.screen(batches, time, max_bytes), strict=True) if not answer.code
        ]

    def process(self, batches: Sequence[bytes], time: int) -> bool:
        """True if the block is one that a correct proposer could have prepared on the committed state."""
        return time >= self.time and not any(answer.code for answer in self.screen(batches, time))

    def execute(self, height: int, time: int, batches: Sequence[bytes]) -> BlockResult:
        """Run a decided block in memory; `commit` or `undo` must follow. Persists nothing.

        Raises UnknownRules where members voted for rules that this software does not have: nothing has changed
        then, and the node must stop before this block. Raises ValueError where height or time go back; whatever
        else is raised is a bug and must stop the node.
        """
        if self._executed or height <= self.height or time < self.time:
            raise ValueError("out of order")
        rules = rules_at(self.store, height)
        before = (self.height, self.time)
        if not batches:
            self._undo = _Undo(*before, None)
            self.height, self.time, self._executed = height, time, True
            return BlockResult(height, time, self.store.root, (), (), self.log.size, ())
        admitted = self.screen(batches, time)
        self._screened = None
        ids = [self._batch_id(raw) for raw in batches]
        for answer in admitted:
            if answer.batch is not None and not answer.code:
                self.seen.consume(answer.batch.id, answer.batch.payload.not_after)
        execution = Execution(self.network, self._gate, self.store, height, time, rules)
        executed = execution.run(admitted)
        entries = [block_entry(self.network, height, time, batches_root(ids))]
        entries += [event_entry(self.network, event.body) for event in executed.events]
        size, root = self.log.append(entries)
        writes, seen_undo = self.seen.close(time)
        writes |= {**execution.state.writes, LOG_KEY: encode(LogHead(size, root))}
        self.watch(writes)
        app_hash = self.store.apply(writes)
        self._undo = _Undo(*before, seen_undo)
        self.height, self.time, self._executed = height, time, True
        outcomes = tuple(
            BatchOutcome(key, answer.code, of_batch)
            for key, answer, of_batch in zip(ids, admitted, executed.outcomes, strict=True)
        )
        self._gate.executed(batches)
        return BlockResult(height, time, app_hash, outcomes, tuple(executed.events), size, executed.validator_updates)

    def batches_root(self, batches: Sequence[bytes]) -> bytes:
        """Return the root over the ids of `batches`, as header and log hold it."""
        return batches_root([self._batch_id(raw) for raw in batches])

    def commit(self) -> bytes:
        """Keep the executed block, in memory; return the app hash."""
        if not self._executed:
            raise ValueError("nothing was executed")
        self._executed = False
        return self.store.root

    def undo(self) -> None:
        """Take back the last block, executed or committed: once, and not past a checkpoint."""
        if self._undo is None:
            raise ValueError("nothing to undo")
        self._screened = None
        self.height, self.time, seen = self._undo
        if seen is not None:
            self.store.undo()
            self.log.undo()
            self.seen.undo(seen)
        self._undo, self._executed = None, False

    def checkpoint(
        self,
        meta: Mapping[bytes, bytes] | None = None,
        tables: Mapping[str, Iterable[tuple[bytes, bytes | None]]] | None = None,
        removed: Mapping[str, Iterable[tuple[bytes, bytes]]] | None = None,
    ) -> None:
        """Make the state of the last committed block durable, with `meta` and rows of the caller's tables;
        `removed` are ranges of them, as in `Store.checkpoint`.

        If it raises StorageFailure nothing is lost, and it can be repeated.
        """
        self.store.finish(self.seal(meta, tables, removed))
        self._saved()

    def seal(
        self,
        meta: Mapping[bytes, bytes] | None = None,
        tables: Mapping[str, Iterable[tuple[bytes, bytes | None]]] | None = None,
        removed: Mapping[str, Iterable[tuple[bytes, bytes]]] | None = None,
    ) -> Changes:
        """Return what a checkpoint of the last committed block writes (`Store.write`, which may run in another
        thread); blocks go on, and `settle` must follow before the next."""
        if self._executed:
            raise ValueError("the last block is not committed")
        rows, gone = self.seen.fresh()
        own = {**self.log.meta(), NETWORK: self.network, TIME: self.time.to_bytes(8, "big")}
        self._undo = None
        return self.store.seal(
            self.height,
            {**(meta or {}), **own},
            {**(tables or {}), LOG_TABLE: self.log.rows(), SEEN_TABLE: rows},
            {**(removed or {}), SEEN_TABLE: gone},
        )

    def settle(self, *, written: bool) -> None:
        """End a checkpoint that `seal` began: it is durable, or is to be repeated."""
        self.store.settle(written=written)
        if written:
            self._saved()

    def _saved(self) -> None:
        self.log.saved()
        self.seen.saved()

    def query(self, keys: Sequence[bytes]) -> list[tuple[bytes | None, Proof]]:
        """Return value and proof of each key under the app hash as it is now."""
        return [(self.store.get(key), self.store.prove(key)) for key in keys]

    def _batch_id(self, raw: bytes) -> bytes:
        try:
            return self._gate.parse(raw).id
        except Refusal:
            return T("batch", self.network, raw)  # only a faulty majority could have decided it


def _nobody(writes: Mapping[bytes, bytes | None]) -> None:
    """Watch nothing."""


def batches_root(ids: Sequence[bytes]) -> bytes:
    """Return the root of the RFC 9162 tree whose entries are the `ids` of a block's batches, in order."""
    frontier = Frontier()
    for key in ids:
        frontier.append(leaf_hash(key))
    return frontier.root()
