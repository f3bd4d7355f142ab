"""What a verification found: numbered steps, a verdict, and what it does and does not mean."""

from enum import IntEnum
from typing import NamedTuple

from salus.evidence.format import Annex, Evidence


class Outcome(IntEnum):
    OK = 1
    FAILED = 2
    NOT_CHECKED = 3


class Verdict(IntEnum):
    """The value is the exit status of `salus verify`."""

    PROVED = 0
    REFUTED = 1
    NO_GENESIS = 2  # nothing was refuted, and without a genesis nothing is proved
    UNWITNESSED = 3  # all holds if the ledger's operator shows everybody the same ledger


class Step(NamedTuple):
    """One numbered check, in plain words."""

    number: int
    name: str
    outcome: Outcome
    words: str


class Report(NamedTuple):
    """The result of `verify`. `evidence` is None unless the object could be read; trust it by the verdict."""

    verdict: Verdict
    steps: tuple[Step, ...]
    proved: tuple[str, ...]  # empty when refuted or without a genesis
    not_proved: tuple[str, ...]  # what a reader might think is proved and is not
    height: int | None  # of the header whose app hash the proofs stand under
    time: int | None  # of that header, milliseconds: how old the proof is
    evidence: Evidence | None
    annex: Annex | None
    release: bytes | None  # id of the release, push or session that was proved
