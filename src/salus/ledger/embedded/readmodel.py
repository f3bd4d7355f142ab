"""Events with their bodies, by index and by the accounts they are about: local rows, rebuilt by a replay.

| table    | key                          | row                                            |
|----------|------------------------------|------------------------------------------------|
| `events` | index, 8 bytes, BE           | height (8), time (8), body (none for a block's own entry) |
| `about`  | account (32), index (8)      | nothing                                        |
"""

from collections.abc import Iterator

from salus.client.ledger import LoggedEvent
from salus.core.types import Message
from salus.ledger.errors import PrunedEvent
from salus.machine.machine import BlockResult
from salus.state.store import Store

EVENTS, ABOUT = "events", "about"
PAGE = 256

Rows = list[tuple[bytes, bytes | None]]


class ReadModel:
    """The rows of the last checkpoint and those since. Not thread-safe.

    `rows` are for a checkpoint; once it is durable, `saved` lets go of them, also if more was added meanwhile.
    """

    def __init__(self, store: Store, first: int = 0) -> None:
        self._store = store
        self.first = first  # what lies before is pruned: rows of it that a crash left are as good as gone
        self._fresh: dict[int, LoggedEvent] = {}
        self._about: dict[bytes, list[int]] = {}
        self._given = 0  # up to which index to the last checkpoint

    def add(self, result: BlockResult) -> None:
        """Take in the entries of a non-empty block."""
        index = result.log_size - len(result.events) - 1
        self._fresh[index] = LoggedEvent(index, result.height, result.time, b"")
        for message, body in result.events:
            index += 1
            self._fresh[index] = LoggedEvent(index, result.height, result.time, body)
            for account in subjects(message):
                self._about.setdefault(account, []).append(index)

    def get(self, index: int) -> LoggedEvent:
        """Return one entry; raises LookupError if it is not there, PrunedEvent if it was."""
        if 0 <= index < self.first:
            raise PrunedEvent
        fresh = self._fresh.get(index)
        if fresh is not None:
            return fresh
        raw = self._store.table_get(EVENTS, index.to_bytes(8, "big")) if index >= 0 else None
        if raw is None:
            raise LookupError(index)
        return _event(index, raw)

    def pruned(self) -> dict[str, list[tuple[bytes, bytes]]]:
        """Return the ranges of rows that are pruned, of each table."""
        zero, first = bytes(8), self.first.to_bytes(8, "big")
        about = dict.fromkeys(key[:32] for key, _ in self._store.table_scan(ABOUT))
        return {EVENTS: [(zero, first)], ABOUT: [(account + zero, account + first) for account in about]}

    def page(self, start: int, subject: bytes | None) -> list[LoggedEvent]:
        """Return up to `PAGE` entries from index `start`, about `subject` where it is given, oldest first."""
        return [self.get(index) for index in self._indexes(max(start, self.first), subject)]

    def _indexes(self, start: int, subject: bytes | None) -> list[int]:
        found: list[int] = []
        first = next(iter(self._fresh), None)  # a checkpoint that failed in its last step may have written more
        for index in self._stored(start, subject):
            if first is not None and index >= first:
                break
            found.append(index)
            if len(found) == PAGE:
                return found
        fresh = self._fresh if subject is None else self._about.get(subject, ())
        return (found + [index for index in fresh if index >= start])[:PAGE]

    def _stored(self, start: int, subject: bytes | None) -> Iterator[int]:
        low = start.to_bytes(8, "big")
        if subject is None:
            for key, _ in self._store.table_scan(EVENTS, low):
                yield int.from_bytes(key, "big")
        else:
            for key, _ in self._store.table_scan(ABOUT, subject + low, subject + b"\xff" * 8):
                yield int.from_bytes(key[32:], "big")

    def rows(self) -> dict[str, Rows]:
        """Return what a checkpoint writes."""
        self._given = next(reversed(self._fresh), -1) + 1
        events: Rows = [
            (e.index.to_bytes(8, "big"), e.height.to_bytes(8, "big") + e.time.to_bytes(8, "big") + e.body)
            for e in self._fresh.values()
        ]
        about: Rows = [(a + i.to_bytes(8, "big"), b"") for a in sorted(self._about) for i in self._about[a]]
        return {EVENTS: events, ABOUT: about}

    def saved(self) -> None:
        """A checkpoint with the last `rows` is durable."""
        if next(reversed(self._fresh), -1) < self._given:  # nearly always nothing came meanwhile, or much
            self._fresh, self._about = {}, {}
            return
        self._fresh = {index: event for index, event in self._fresh.items() if index >= self._given}
        left = {account: [i for i in some if i >= self._given] for account, some in self._about.items()}
        self._about = {account: some for account, some in left.items() if some}

    def __len__(self) -> int:
        return len(self._fresh)


def subjects(message: Message) -> list[bytes]:
    """Return the accounts an event is about, each once: the fields that its class names in SUBJECTS."""
    found: dict[bytes, None] = {}
    for name in getattr(type(message), "SUBJECTS", ()):
        value = getattr(message, name)
        for account in value if isinstance(value, tuple) else (value,):
            if account is not None:
                found[account] = None
    return list(found)


def _event(index: int, raw: bytes) -> LoggedEvent:
    return LoggedEvent(index, int.from_bytes(raw[:8], "big"), int.from_bytes(raw[8:16], "big"), raw[16:])
