"""Blocks read and taken apart, the last few kept: blocks never change."""

from collections import Counter, OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

from salus.api.explorer.errors import BeforeBeginning, NoSuchBlock
from salus.api.explorer.view import BlockSummary, Phrase
from salus.api.explorer.words import MESSAGES
from salus.client.ledger import Ledger
from salus.contracts.registry import MESSAGES as BY_NUMBER
from salus.core.envelope import Batch, Envelope, parse_batch, parse_envelope
from salus.core.errors import Refusal
from salus.evidence.header import SignedHeader, parse_header, read_block

KEPT_BLOCKS, KEPT_SUMMARIES = 8, 2048
MOST_COUNTED, MOST_TITLES = 200, 3
K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """The last values that were asked for. Thread-safe; a value may be made twice at once."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K, make: Callable[[K], V]) -> V:
        """Return the value of a key; whatever `make` raises is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make(key)
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value


class Placed(NamedTuple):
    """An envelope of a block, or None where its bytes are none, and the number of its batch."""

    batch: int
    envelope: Envelope | None


class Parsed(NamedTuple):
    """A block. Of a pruned one only the header is there."""

    header: SignedHeader
    size: int  # bytes
    batches: tuple[Batch, ...]
    envelopes: tuple[Placed, ...]
    pruned: bool


class Blocks:
    """The blocks of a ledger. Thread-safe; every method may wait for the disk."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._parsed: Kept[int, Parsed] = Kept(KEPT_BLOCKS)
        self._summaries: Kept[int, BlockSummary] = Kept(KEPT_SUMMARIES)

    def parsed(self, height: int) -> Parsed:
        """Return a block; raises NoSuchBlock, BeforeBeginning."""
        return self._parsed.get(height, self._parse)

    def summary(self, height: int) -> BlockSummary:
        """Return what a list says of a block; raises NoSuchBlock, BeforeBeginning."""
        return self._summaries.get(height, lambda height: summarise(self._parse(height)))

    def _parse(self, height: int) -> Parsed:
        return parse(self._ledger, height)


def parse(ledger: Ledger, height: int) -> Parsed:
    """Read a block and take it apart; raises NoSuchBlock, BeforeBeginning."""
    gone = ledger.pruned()
    if gone is not None and 1 <= height < gone.headers:
        raise BeforeBeginning
    try:
        if gone is not None and height < gone.height:
            raw = ledger.header(height)
            return Parsed(parse_header(ledger.network, raw), len(raw), (), (), pruned=True)
        raw = ledger.block(height)
    except LookupError:
        raise NoSuchBlock from None
    block = read_block(raw)
    batches = tuple(parse_batch(ledger.network, batch) for batch in block.batches)
    placed = tuple(
        Placed(number, _envelope(ledger.network, one))
        for number, batch in enumerate(batches)
        for one in batch.payload.envelopes
    )
    return Parsed(parse_header(ledger.network, block.header), len(raw), batches, placed, pruned=False)


def _envelope(network: bytes, raw: bytes) -> Envelope | None:
    try:
        return parse_envelope(network, raw)
    except Refusal:
        return None


def summarise(parsed: Parsed) -> BlockSummary:
    """Return what a list says of a block; its kinds of messages are those of its first envelopes."""
    header = parsed.header
    found: Counter[int] = Counter(
        number
        for placed in parsed.envelopes[:MOST_COUNTED]
        if placed.envelope is not None
        for number, _ in placed.envelope.payload.messages
    )
    titles = [MESSAGES[BY_NUMBER[number]].title for number, _ in found.most_common(MOST_TITLES) if number in BY_NUMBER]
    return BlockSummary(
        header.header.height,
        header.header.time,
        header.hash.hex(),
        len(parsed.batches),
        len(parsed.envelopes),
        tuple(Phrase(title.en, title.zh) for title in titles),
        parsed.pruned,
    )
