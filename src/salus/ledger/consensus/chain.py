"""The chain of blocks that CometBFT decides, in the same folder and files as every other.

A decided block is executed when it is shown and kept when it is committed. In between the machine is one block ahead
of the file: `rewind` takes it back, and nothing is lost, for CometBFT shows the block again or commits it all the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from salus.cometbft.hashing import transactions_root
from salus.core.encoding import encode
from salus.evidence.decided import ADDRESS_BYTES, FORMAT, Decided, is_decided
from salus.evidence.header import Block, Header, SignedHeader, parse_header
from salus.ledger.consensus.errors import OtherEngine, OutOfOrder
from salus.ledger.embedded.chain import Chain
from salus.machine.machine import BlockResult


class DecidedBlock(NamedTuple):
    """A block as CometBFT shows it; `time` in milliseconds, `proposer` an address."""

    height: int
    time: int
    hash: bytes
    proposer: bytes
    batches: Sequence[bytes]


class _Ahead(NamedTuple):
    """A decided block that is not kept yet; without `result` it is not executed any more."""

    header: SignedHeader
    raw: bytes
    batches: tuple[bytes, ...]
    result: BlockResult | None


class _Before(NamedTuple):
    """What the machine said of itself before it was one block ahead of the file."""

    time: int
    log_size: int
    keys: int


_NOTHING = _Before(0, 0, 0)


@dataclass(slots=True)
class DecidedChain(Chain):
    """A chain whose blocks others decide. One thread at a time."""

    ahead: _Ahead | None = None
    before: _Before = _NOTHING  # the block that is ahead

    @property
    def time(self) -> int:
        """Of the last block that is kept; before the first, of the genesis."""
        return self.before.time if self.executed else self.machine.time

    @property
    def log_size(self) -> int:
        """Entries of the log with the last block that is kept."""
        return self.before.log_size if self.executed else self.machine.log.size

    @property
    def kept_app_hash(self) -> bytes:
        """The app hash after the last block that is kept."""
        ahead = self.ahead
        return ahead.header.header.app_hash if ahead is not None and ahead.result is not None else self.machine.app_hash

    @property
    def keys(self) -> int:
        """Keys of the state after the last block that is kept."""
        return self.before.keys if self.executed else self.machine.store.count

    @property
    def executed(self) -> bool:
        """True if the machine is one block ahead of the file."""
        return self.ahead is not None and self.ahead.result is not None

    def decide(self, shown: DecidedBlock, covered: Callable[[SignedHeader], None]) -> BlockResult:
        """Execute the next block as it is shown; nothing is written. One that was executed and not kept is taken back.

        `covered` is called before with its header, under whose app hash the state stands as it is. Raises OutOfOrder,
        UnknownRules: nothing has changed then.
        """
        if shown.height != self.height + 1:
            raise OutOfOrder
        self.rewind()
        self.machine.rules()
        if shown.time < self.machine.time:
            raise OutOfOrder
        self.ahead = None
        said = Decided(
            FORMAT,
            self.network,
            shown.height,
            shown.time,
            self.last_hash,
            self.batches_root(shown.batches),
            self.machine.app_hash,
            shown.hash,
            shown.proposer,
        )
        header, batches = parse_header(self.network, encode(said)), tuple(shown.batches)
        covered(header)
        self.before = _Before(self.machine.time, self.machine.log.size, self.machine.store.count)
        result = self._execute(header, batches)
        self.ahead = _Ahead(header, encode(Block(header.raw, batches)), batches, result)
        return result

    def rewind(self) -> None:
        """Take the machine back to the last block that is kept; `keep` executes the one ahead again."""
        if self.ahead is not None and self.ahead.result is not None:
            self.machine.undo()
            self.ahead = self.ahead._replace(result=None)

    def keep(self) -> BlockResult:
        """Make the block that was decided last durable; it is part of the chain once this returns.

        Raises OutOfOrder where none was, StorageFull or StorageFailed: then it can be repeated. An OSError
        means that the file could not even be cut back, and the chain must stop.
        """
        ahead = self.ahead
        if ahead is None:
            raise OutOfOrder
        result = ahead.result or self._execute(ahead.header, ahead.batches)
        self.ahead = ahead._replace(result=result)
        self._append(ahead.raw)
        self.machine.commit()
        self.ahead = None
        self._taken(ahead.header, ahead.batches, result)
        return result

    def become(self, other: "DecidedChain") -> None:
        """Go on as `other`, which was opened in the same folder, and whose files this one has from now on."""
        self.machine, self.blocks, self.events = other.machine, other.blocks, other.events
        self.tip, self.empty, self.pruned, self.ahead = other.tip, other.empty, other.pruned, None

    def batches_root(self, batches: Sequence[bytes]) -> bytes:
        """Return CometBFT's data hash."""
        return transactions_root(batches)

    def _execute(self, header: SignedHeader, batches: Sequence[bytes]) -> BlockResult:
        return self.machine.execute(header.header.height, header.header.time, batches)

    def _read(self, raw: bytes) -> SignedHeader:
        """Return a header of the file: nothing signs it, each names the hash of the one before."""
        if not is_decided(raw):
            raise OtherEngine
        return parse_header(self.network, raw)

    def _expected(self, height: int, found: Header, batches: Sequence[bytes]) -> Header:
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


def proposer_of(header: Header) -> bytes:
    """Return the address of the validator that proposed a decided block."""
    return header.node[:ADDRESS_BYTES]
