"""Replay the blocks by the machine in memory, beside code of our own for what it computes."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from salus.contracts.access.invariants import sealed_violations as sealed_rules
from salus.contracts.access.invariants import violations as access_rules
from salus.contracts.accounts.invariants import violations as accounts_rules
from salus.contracts.consent.invariants import violations as consent_rules
from salus.contracts.discovery.invariants import group_violations as group_rules
from salus.contracts.discovery.invariants import violations as lookup_rules
from salus.contracts.governance.invariants import violations as governance_rules
from salus.contracts.governance.queries import validators
from salus.contracts.records.invariants import violations as records_rules
from salus.contracts.representation.invariants import violations as representation_rules
from salus.core.encoding import encode
from salus.core.hashing import T
from salus.core.signatures import key_id
from salus.core.types import Message
from salus.evidence.header import Validators
from salus.evidence.state import LOG_KEY
from salus.fsck.blocks import Linked, Record
from salus.fsck.plainlog import plain_log_root
from salus.fsck.pruned import Beginning, restored
from salus.fsck.report import Finding
from salus.fsck.tables import ReplayTables
from salus.machine.machine import BlockResult, Machine
from salus.machine.seen import row_key
from salus.merkle.plain import plain_root
from salus.merkle.tiles import WIDTH
from salus.state.store import Store
from salus.verifier.helper import Helper

CHECKPOINT_KEYS = 16_384  # then the tree in memory may deepen
PERSONS, SEALED = b"\x02\x04", b"\x05\x11"
ABOUT_PERSONS = {b"\x03": records_rules, b"\x04": consent_rules, b"\x05": access_rules, b"\x06": representation_rules}
ABOUT_OTHERS = {SEALED: sealed_rules, b"\x07\x01": lookup_rules, b"\x07\x02": lookup_rules, b"\x07\x03": group_rules}


class LoggedRow(NamedTuple):
    """An entry of the log: `body` is empty for a block's own."""

    height: int
    time: int
    body: bytes
    about: tuple[bytes, ...]  # accounts


class Replay:
    """The state as the blocks make it. `entries` are of the log from `before` on, `rows` from `first` on, in order.

    `before` is not 0 where the ledger began with a state from elsewhere: then older entries are not here.
    """

    def __init__(self, genesis: bytes, helper: Helper, state: Path, begun: Beginning | None = None) -> None:
        """Raises Malformed, InvalidKey, or what a contract refuses in the genesis.

        A ledger that was pruned has `begun` with an export. Where it is damaged there is `damage`, and no block
        can be replayed.

        `helper` may look up public keys in the folder `state`; what it says saves work and changes no finding.
        """
        self._tables = ReplayTables()
        self.machine = Machine(Store(self._tables))
        self.machine.init(genesis)
        self.damage: tuple[Finding, ...] = ()
        self.entries: list[bytes] = []
        self.first = self.before = 0
        self.whole = begun is None
        if begun is not None:
            self._restore(begun)
        self.helper = helper
        helper.attach(self.machine.verified, state, self.machine.network)
        self.rows: list[LoggedRow] = []
        self.end = 0  # of the last block's record, had nothing been removed from the block file
        self._removed = 0

    def _restore(self, begun: Beginning) -> None:
        tables = ReplayTables()
        made = restored(begun, tables)
        self.damage = (*begun.findings, *((made,) if isinstance(made, Finding) else ()))
        if isinstance(made, Machine) and begun.start is not None:
            self._tables, self.machine, self.whole = tables, made, True
            self.first = begun.start.size
            self.before = 0 if begun.start.entries is not None else self.first
            self.entries = list(begun.start.entries or ())

    @property
    def size(self) -> int:
        """How many entries the log has."""
        return self.before + len(self.entries)

    def log_root(self, size: int) -> bytes | None:
        """Return the root of the log when it had `size` entries; None where older entries are needed that are not here.

        By a log of our own where all of it is here, else as the machine's log has it.
        """
        if not self.before:
            return plain_log_root(self.entries[:size])
        try:
            return self.machine.log.root_at(size)
        except ValueError:
            return None

    def skip(self, record: Record) -> None:
        """Pass over a pruned block, which stands in the export."""
        self._removed += record.removed
        self.end = record.end + self._removed

    @property
    def validators(self) -> Validators:
        """The validators in force."""
        network = self.machine.network
        return {key_id(network, v.public): (v.public, v.power) for v in validators(self.machine.store)}

    def run(self, block: Linked, file: str) -> Iterator[Finding]:
        """Execute the block; yield what does not agree with its header."""
        machine, said, place = self.machine, block.header.header, block.record.place
        if said.app_hash != machine.app_hash:
            yield Finding(file, place, "the header's app hash is not that of the state before")
        self.helper.hear()
        self.helper.take(block.batches)
        result = machine.execute(said.height, said.time, block.batches)
        machine.commit()
        self.helper.settle(block.batches)
        self.end = block.record.end + self._removed
        for number, batch in enumerate(result.batches, start=1):
            if batch.code:
                yield Finding(file, place, f"batch {number} is none that the machine admits (0x{batch.code:04x})")
        if block.batches:
            self._note(result, block.root)
        if machine.store.pending_keys > CHECKPOINT_KEYS:
            machine.checkpoint()

    def _note(self, result: BlockResult, batches: bytes) -> None:
        network = self.machine.network
        self.entries.append(T("block", network, result.height, result.time, batches))
        self.rows.append(LoggedRow(result.height, result.time, b"", ()))
        for message, body in result.events:
            self.entries.append(T("event", network, body))
            self.rows.append(LoggedRow(result.height, result.time, body, subjects(message)))

    def check(self, file: str) -> Iterator[Finding]:
        """Compare the end of the replay with a plain tree and a plain log, and ask the contracts' invariants."""
        store, place = self.machine.store, f"state after block {self.machine.height}"
        self.machine.checkpoint()  # the rules ask much: of the tables themselves, through no layer
        items = list(store.items())
        if plain_root(items) != store.root:
            yield Finding(file, place, "the tree and a plain tree give two roots")
        head = encode([self.size, self.log_root(self.size)]) if self.size else None
        if store.get(LOG_KEY) != head:
            yield Finding(file, place, "the log and a plain log give two roots")
        for rules in (governance_rules, accounts_rules):
            for key, text in rules(self.machine.network, items):
                yield Finding(file, f"{place}, {key_place(key)}", f"broken invariant: {text}")
        for group in _groups(items):
            space, name = group[:1], group[1:]
            if self._tables.get(PERSONS + name) is not None:
                for text in ABOUT_PERSONS[space](self._tables, name):
                    yield Finding(file, f"{place}, {key_place(PERSONS + name)}", f"broken invariant: {text}")
        for prefix in dict.fromkeys(key[:34] for key, _ in items if key[:2] in ABOUT_OTHERS):
            for text in ABOUT_OTHERS[prefix[:2]](self._tables, prefix[2:]):
                yield Finding(file, f"{place}, {key_place(prefix)}", f"broken invariant: {text}")

    def expected_rows(self) -> dict[bytes, bytes]:
        """Return the rows of the local tables as a checkpoint keeps them."""
        rows = {_row("seen", row_key(minute, i)): row for minute, i, row in self.machine.seen.items()}
        for level, width in _levels(self.size):
            for index in range((self.before >> 8 * level) // WIDTH, -(-width // WIDTH)):
                name = bytes((level,)) + index.to_bytes(8, "big")
                rows[_row("log", name)] = self.machine.log.tile(level, index)
        for index, row in enumerate(self.rows, self.first):
            name = index.to_bytes(8, "big")
            rows[_row("events", name)] = row.height.to_bytes(8, "big") + row.time.to_bytes(8, "big") + row.body
            for account in row.about:
                rows[_row("about", account + name)] = b""
        return rows


def _groups(items: list[tuple[bytes, bytes]]) -> dict[bytes, None]:
    """Return, in order, (namespace, id) of all that contracts about persons hold: their rules ask there alone."""
    return dict.fromkeys(key[:1] + key[2:34] for key, _ in items if key[:1] in ABOUT_PERSONS)


def _levels(size: int) -> Iterator[tuple[int, int]]:
    """Yield (level of tiles, how many hashes it holds) of a log."""
    level = 0
    while size:
        yield level, size
        level, size = level + 1, size >> 8


def _row(table: str, key: bytes) -> bytes:
    return bytes((len(table),)) + table.encode() + key


def subjects(message: Message) -> tuple[bytes, ...]:
    """Return the accounts that an event is about, each once."""
    found: dict[bytes, None] = {}
    for name in getattr(type(message), "SUBJECTS", ()):
        value = getattr(message, name)
        found.update(dict.fromkeys(value if isinstance(value, tuple) else () if value is None else (value,)))
    return tuple(found)


_NAMESPACES = ("machine", "governance", "accounts", "records", "consent", "access", "representation", "discovery")


def key_place(key: bytes) -> str:
    """Return how a finding names a key of the state."""
    number = key[0] if key else 255
    name = _NAMESPACES[number] if number < len(_NAMESPACES) else "unknown"
    return f"namespace {name}, key {key.hex()}"
