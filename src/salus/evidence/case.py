"""One verification under way: what the steps found so far."""

from dataclasses import dataclass, field
from typing import NamedTuple

from salus.core.types import Message
from salus.evidence import committed
from salus.evidence.follow import Remembered, RememberedRelation
from salus.evidence.format import Annex, Evidence
from salus.evidence.header import SignedHeader, Validators
from salus.evidence.report import Outcome
from salus.evidence.state import LogValue
from salus.merkle.checkpoint import NoteKey


class Memory(Message, frozen=True):
    """What the reader saw before, of the ledger and of the relation in question."""

    ledger: Remembered | None
    relation: RememberedRelation | None


class Result(NamedTuple):
    outcome: Outcome
    words: str


def ok(words: str) -> Result:
    return Result(Outcome.OK, words)


def failed(words: str) -> Result:
    return Result(Outcome.FAILED, words)


def unchecked(words: str) -> Result:
    return Result(Outcome.NOT_CHECKED, words)


@dataclass(slots=True)
class Case:
    """Input, and what each step established for the later ones; a step runs only if none failed before."""

    raw: bytes
    genesis: bytes | None
    witnesses: tuple[NoteKey, ...]
    remembered: Memory | None
    evidence: Evidence | None = None  # step 1
    annex: Annex | None = None  # step 1
    network: bytes = b""
    validators: Validators = field(default_factory=dict)  # step 2; empty without a genesis
    signed: SignedHeader | None = None  # step 3
    values: dict[bytes, bytes | None] = field(default_factory=dict)  # step 4: key -> value, proved
    log: LogValue | None = None  # step 5
    bodies: list[bytes] = field(default_factory=list)  # step 5: event bodies, proved
    witnessed: bool = False  # step 6
    leaves: list[bytes] = field(default_factory=list)  # step 8: of the records, proved to be in the map
    committed: bytes | None = None  # step 9: what the ledger holds of the leaves, or of the log of a session
    release: bytes | None = None  # step 9: id of the release, push or session
    proved: list[str] = field(default_factory=list)

    @property
    def read(self) -> Evidence:
        """The object, for the steps after the first."""
        if self.evidence is None:
            raise LookupError("evidence")
        return self.evidence

    @property
    def committed_by_many(self) -> bool:
        """True if the header is one that CometBFT's validators committed; for the steps after the third."""
        return self.signed is not None and self.signed.header.format == committed.FORMAT

    @property
    def app_hash(self) -> bytes:
        """The root of the state, for the steps after the third."""
        if self.signed is None:
            raise LookupError("header")
        return self.signed.header.app_hash
