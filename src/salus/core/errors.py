"""Refusals: the expected failures. Anything else that is raised is a bug and halts the machine.

A refusal is a class, so that each raise makes a fresh object: a shared exception instance keeps
the traceback of every raise, and with it the caller's data.
"""

from enum import Enum
from typing import ClassVar, Self


class Kind(Enum):
    """What went wrong, as far as an outside standard cares; each outer standard maps it once."""

    INVALID = "invalid"  # malformed, or against a stateless rule
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"  # exists already, or the state moved on
    GONE = "gone"  # existed, is ended or erased
    EXHAUSTED = "exhausted"  # quota, rate, uses
    UNAVAILABLE = "unavailable"  # try again later


class Refusal(Exception):
    """One expected failure. Carries nothing of the caller's: its text is fixed."""

    code: ClassVar[int]  # contract << 8 | number; never reused
    kind: ClassVar[Kind]
    text: ClassVar[str]

    def __str__(self) -> str:
        return f"{self.text} (0x{self.code:04x})"

    def again(self) -> Self:
        """Return a fresh object that says the same."""
        return type(self)(*self.args)


class Malformed(Refusal):
    code, kind, text = 0x0001, Kind.INVALID, "Not the one canonical encoding of the expected shape."


class Oversized(Refusal):
    code, kind, text = 0x0002, Kind.INVALID, "Larger than the network's limit."


class WrongSignature(Refusal):
    code, kind, text = 0x0003, Kind.UNAUTHENTICATED, "A signature does not verify."


class InvalidKey(Refusal):
    code, kind = 0x0004, Kind.INVALID
    text = "The public key is no point of the prime-order subgroup, or its proof of possession fails."
