"""The chain of blocks of one folder: makes them, replays them, and keeps the state behind them. One thread at a time.

A block is durable in the block file first and executed then; its header needs the app hash after
the block before only. The state in LMDB is a checkpoint that lags behind: opening replays the rest.
"""

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from salus.client.ledger import Pruned
from salus.contracts.governance.queries import validators
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal, WrongSignature
from salus.core.genesis import GenesisFile, network_id
from salus.core.signatures import SigningKey, key_id
from salus.evidence.header import (
    FORMAT,
    Block,
    Header,
    SignedHeader,
    parse_header,
    read_block,
    read_header,
    sign_header,
)
from salus.ledger.embedded.blockfile import NAME, BlockFile
from salus.ledger.embedded.files import Files
from salus.ledger.embedded.pruned import PRUNED, clear, find_beginning, restored
from salus.ledger.embedded.readmodel import ReadModel, Rows
from salus.ledger.errors import (
    DamagedFile,
    HeaderOfNobody,
    OtherBatches,
    OtherGenesis,
    OtherHistory,
    OtherState,
    StorageFailed,
    StorageFull,
    TimeWentBack,
    TwoHeaders,
    WrongNodeKey,
)
from salus.machine.base import UNKNOWN
from salus.machine.machine import NETWORK, BlockResult, Machine
from salus.state.store import Store
from salus.state.tables import Changes, Damaged
from salus.verifier.helper import Alone, Helper

GENESIS = "genesis"
STATE = "state"
END = b"blocks"  # name in the store's `meta`: how far the block file reaches with the record of its height

Batches = Sequence[bytes]


@dataclass(slots=True)
class Chain:
    """A ledger folder with its blocks replayed. `tip` is None before the first block."""

    network: bytes
    machine: Machine
    blocks: BlockFile
    events: ReadModel
    tip: SignedHeader | None
    empty: bool  # the last block was empty, so that its header covers the state as it is
    pruned: Pruned | None = None
    told: Callable[[int], None] = field(default=lambda height: None)  # called once a block is executed
    saved: Callable[[], object] = field(default=lambda: None)  # called once a checkpoint is durable

    @property
    def height(self) -> int:
        """The height of the last block."""
        return self.blocks.height

    @property
    def last_hash(self) -> bytes:
        """The hash of the last block's header, which the next one names: before the first block, the network.

        Where the ledger began with a state from elsewhere, the last block before it is not known: 32 zero bytes.
        """
        if self.tip is not None:
            return self.tip.hash
        return self.network if self.blocks.base is None else UNKNOWN

    def batches_root(self, batches: Batches) -> bytes:
        """Return what the header of a block with these batches says of them."""
        return self.machine.batches_root(batches)

    def make(self, batches: Batches, now: int, node: SigningKey) -> BlockResult:
        """Make the next block of admitted `batches` at the later of `now` and the time of the last block.

        Durable once it returns. Raises UnknownRules, StorageFull or StorageFailed, and then the file is as before
        and nothing has changed; an OSError means that even this failed, and the chain must stop.
        """
        self.machine.rules()  # before anything is written
        time = max(self.machine.time, now)
        header = Header(
            FORMAT,
            self.network,
            self.height + 1,
            time,
            self.last_hash,
            self.batches_root(batches),
            self.machine.app_hash,
            node.id(self.network),
        )
        signed = sign_header(header, node)
        self._append(encode(Block(signed.raw, tuple(batches))))
        return self._follow(signed, batches)

    def take(self, raw: bytes, covered: Callable[[SignedHeader], None]) -> BlockResult:
        """Take in the next block, which another made: durable first, executed then.

        `covered` is called in between with its header, under whose app hash the state stands as it is. Raises
        UnknownRules, Malformed, HeaderOfNobody, TwoHeaders, OtherHistory, TimeWentBack, OtherBatches, OtherState:
        nothing has changed then; and what `make` raises.
        """
        self.machine.rules()
        block = read_block(raw)
        signed = self._checked(block)
        self._append(raw)
        covered(signed)
        return self._follow(signed, block.batches)

    def _checked(self, block: Block) -> SignedHeader:
        """Return the header of a block that can be the next; in the order in which `take` names the refusals."""
        try:
            signed = self._read(block.header)
        except WrongSignature:
            raise HeaderOfNobody from None
        header = signed.header
        if header.height <= self.height and self.header_hash(header.height) != signed.hash:
            raise TwoHeaders
        expected = self._expected(self.height + 1, header, block.batches)
        if (header.height, header.previous) != (expected.height, expected.previous):
            raise OtherHistory
        if header.time < self.machine.time:
            raise TimeWentBack
        if header.batches != expected.batches:
            raise OtherBatches
        if header != expected:
            raise OtherState
        return signed

    def header_hash(self, height: int) -> bytes:
        """Return the hash of a block's header, the network for 0; raises LookupError."""
        return parse_header(self.network, self.blocks.header(height)).hash if height else self.network

    def _append(self, body: bytes) -> None:
        try:
            self.blocks.append(body)
        except OSError as error:
            self.blocks.cut()
            raise (StorageFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StorageFailed) from None

    def replay(self) -> None:
        """Execute the blocks after the state's height; raises DamagedFile where one does not fit, UnknownRules."""
        if self.machine.height:
            base = self.blocks.base
            begun = base is not None and base.height == self.machine.height
            self.tip = None if begun else self._header(self.machine.height)
            pruned = self.machine.height <= self.blocks.pruned  # a state that was built anew, and blocks follow
            self.empty = pruned or not self.block(self.machine.height).batches
        for height in range(self.machine.height + 1, self.blocks.height + 1):
            block = self.block(height)
            with self._damage(height):
                signed = self._read(block.header)
            if signed.header != self._expected(height, signed.header, block.batches):
                raise DamagedFile(NAME, self.blocks.start(height), "a header that does not follow the one before")
            self._follow(signed, block.batches)

    def forget(self) -> None:
        """Remove the rows of pruned events, in one transaction with a checkpoint; raises StorageFailure."""
        first = self.events.first.to_bytes(8, "big")
        if self.events.first == 0 or self.machine.store.meta(PRUNED) == first:
            return
        meta, rows = self._beside()
        self.machine.checkpoint({**meta, PRUNED: first}, rows, self.events.pruned())
        self.events.saved()

    def checkpoint(self) -> None:
        """Make the state durable as it is; raises StorageFailure, and can be repeated."""
        if self.settled:
            return
        self.machine.checkpoint(*self._beside())
        self.events.saved()
        self.saved()

    def put_right(self, rows: dict[str, Rows]) -> None:
        """Replace rows of the local tables by those of the blocks, in one transaction; raises StorageFailure."""
        meta, _ = self._beside()
        self.machine.checkpoint(meta, rows)

    @property
    def settled(self) -> bool:
        """True if there is nothing that a checkpoint would write."""
        return self.machine.height == self.machine.store.height and not self.machine.store.pending_keys

    @property
    def pending(self) -> int:
        """How much the next checkpoint will write: keys, or entries of the log where few keys change over and over."""
        return max(self.machine.store.pending_keys, len(self.events))

    def seal(self) -> Changes:
        """Begin a checkpoint that is written beside further blocks (`Store.write`); `settle` must end it."""
        return self.machine.seal(*self._beside())

    def settle(self, *, written: bool) -> None:
        """End a checkpoint that `seal` began; raises StorageFailure."""
        self.machine.settle(written=written)
        if written:
            self.events.saved()
            self.saved()

    def close(self) -> None:
        """Let go of the files; writes nothing."""
        self.blocks.close()
        self.machine.store.close()

    def _beside(self) -> tuple[dict[bytes, bytes], dict[str, Rows]]:
        return {END: self.blocks.reach.to_bytes(8, "big")}, self.events.rows()

    def _follow(self, signed: SignedHeader, batches: Batches) -> BlockResult:
        result = self.machine.execute(signed.header.height, signed.header.time, batches)
        self.machine.commit()
        self._taken(signed, batches, result)
        return result

    def _taken(self, signed: SignedHeader, batches: Batches, result: BlockResult) -> None:
        """Go on to the block that was executed and is in the file."""
        if batches:
            self.events.add(result)
        self.tip, self.empty = signed, not batches
        self.told(signed.header.height)

    def _read(self, raw: bytes) -> SignedHeader:
        """Return the header of the next block, whose signature counts under the state as it is."""
        keys = {key_id(self.network, v.public): (v.public, v.power) for v in validators(self.machine.store)}
        return read_header(self.network, raw, keys)

    def _expected(self, height: int, found: Header, batches: Batches) -> Header:
        """Return the header that block must have; only its time and node are free."""
        return Header(
            FORMAT,
            self.network,
            height,
            max(found.time, self.machine.time),
            self.last_hash,
            self.batches_root(batches),
            self.machine.app_hash,
            found.node,
        )

    def _header(self, height: int) -> SignedHeader:
        with self._damage(height):
            return parse_header(self.network, self.blocks.header(height))

    def block(self, height: int) -> Block:
        """Return a whole block; raises LookupError, PrunedBlock, DamagedFile."""
        raw = self.blocks.read(height)
        with self._damage(height):
            return read_block(raw)

    @contextmanager
    def _damage(self, height: int) -> Iterator[None]:
        try:
            yield
        except DamagedFile:
            raise
        except Refusal as refusal:
            raise DamagedFile(NAME, self.blocks.start(height), f"block {height}: {refusal.text}") from None


C = TypeVar("C", bound=Chain)


def open_chain(
    folder: Path,
    genesis: bytes,
    files: Files,
    open_store: Callable[[Path], Store],
    readonly: bool = False,
    helper: Helper | None = None,
) -> Chain:
    """Return the chain in `folder`, replayed, under its lock; `helper` may check signatures beside it.

    Raises what `open_kind` does.
    """
    return open_kind(Chain, folder, genesis, files, open_store, readonly, helper)


@contextmanager
def _state_named() -> Iterator[None]:
    """Turn Damaged of the state into DamagedFile."""
    try:
        yield
    except Damaged as damage:
        raise DamagedFile(STATE, None, str(damage)) from None


@_state_named()
def open_kind(
    kind: type[C],
    folder: Path,
    genesis: bytes,
    files: Files,
    open_store: Callable[[Path], Store],
    readonly: bool = False,
    helper: Helper | None = None,
) -> C:
    """Return the chain of an engine's `kind` in `folder`, replayed, under its lock.

    Raises Malformed or InvalidKey (genesis), OtherGenesis, DamagedFile, UnknownRules; StorageFailure (state); OSError.
    """
    network = network_id(decode(genesis, GenesisFile).document)
    store = open_store(folder / STATE)
    try:
        if store.meta(NETWORK) not in (None, network):
            raise OtherGenesis
        blocks = BlockFile(files.open_append(folder / NAME, readonly))
        try:
            blocks.scan(store.height, int.from_bytes(store.meta(END) or b"", "big"), readonly)
            if blocks.base is not None and blocks.base.network != network:
                raise OtherGenesis
            if store.height < blocks.gone:  # it is of before the state that the blocks begin with
                store.close()
                store = Store.in_memory() if readonly else _anew(folder / STATE, files, open_store)
            pruned = find_beginning(folder, files, network, blocks)
            _check_pruned(store, pruned.entries if pruned else 0)
            machine = _machine(store, folder, genesis, files, network, blocks)
            (helper or Alone()).attach(machine.verified, folder / STATE, network)
            chain = kind(
                network, machine, blocks, ReadModel(store, pruned.entries if pruned else 0), None, True, pruned
            )
            chain.replay()
            if not readonly:
                clear(folder, files, blocks)
                chain.forget()
        except BaseException:
            blocks.close()
            raise
    except BaseException:
        store.close()
        raise
    return chain


def _anew(state: Path, files: Files, open_store: Callable[[Path], Store]) -> Store:
    """Return an empty store in the place of one that serves nobody any more."""
    files.withdraw(state)
    return open_store(state)


def _check_pruned(store: Store, entries: int) -> None:
    """Raise DamagedFile where the state was pruned further than the blocks: one of the two was put back."""
    if int.from_bytes(store.meta(PRUNED) or b"", "big") > entries:
        raise DamagedFile(NAME, 0, "the state on disk was pruned further than this file")


def _machine(store: Store, folder: Path, genesis: bytes, files: Files, network: bytes, blocks: BlockFile) -> Machine:
    """Return the machine of a store; one without a state begins with the genesis, or with what a pruning left."""
    if store.meta(NETWORK) is None and blocks.pruned:
        return restored(store, folder, files, network, blocks, (END, blocks.pruned_reach))
    machine = Machine(store)
    if not machine.network:
        machine.init(genesis)
    return machine


def check_node(chain: Chain, node: SigningKey) -> None:
    """Raise WrongNodeKey unless `node` is the key of a validator."""
    if node.public not in [validator.public for validator in validators(chain.machine.store)]:
        raise WrongNodeKey
