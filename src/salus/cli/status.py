"""Exit statuses, and the errors that only the command line has.

| status | meaning |
|---|---|
| 0 | done; for `verify`: proved; for `fsck`: sound |
| 1 | the answer is no: refused, refuted, damaged, not found |
| 2 | wrong usage or bad input; for `verify`: no genesis |
| 3 | `verify`, `ledger audit`: everything holds, and no witness you trust has signed |
| 4 | not now: the home is in use, the disk is full or failed, a quota is used up |
| 70 | a bug in Salus |
| 130 | interrupted (Ctrl-C) |
"""

import click

from salus.config import NoPassphrase
from salus.core.errors import Kind, Refusal
from salus.vault.errors import WrongPassphrase

NO, USAGE, NOT_NOW, BUG, INTERRUPTED = 1, 2, 4, 70, 130

_OF_KIND = {Kind.INVALID: USAGE, Kind.EXHAUSTED: NOT_NOW, Kind.UNAVAILABLE: NOT_NOW}
_BAD_INPUT = (NoPassphrase, WrongPassphrase)  # fsck and verify keep 1 for their answer


def status_of(refusal: Refusal) -> int:
    """Return the exit status of a refusal."""
    return USAGE if isinstance(refusal, _BAD_INPUT) else _OF_KIND.get(refusal.kind, NO)


class BadInput(click.ClickException):
    """What was given cannot be worked on; no help text would say more."""

    exit_code = USAGE


class Absent(click.ClickException):
    """What was asked for is not there."""

    exit_code = NO


class Final(click.ClickException):
    """It will not go otherwise until somebody does what the words say: nobody need try again."""

    exit_code = NO


class Stopped(click.ClickException):
    """A refusal, with words on how far the command came."""

    def __init__(self, refusal: Refusal, words: str) -> None:
        super().__init__(words)
        self.refusal = refusal


class SaidElsewhere(Exception):
    """What another process of Salus said before it ended, which is said here too, and the exit status it gave."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.words, self.status = words, status
