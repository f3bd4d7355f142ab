"""From the integer code of a result to the refusal class it stands for."""

from typing import NoReturn

from salus.contracts.registry import REFUSALS
from salus.core.errors import Kind, Refusal


class UnknownRefusal(Refusal):
    """The ledger refused with a code this version does not know."""

    code, kind, text = 0x5001, Kind.INVALID, "The ledger refused for a reason this version does not know."


# How a ledger refuses to admit a batch or an envelope, stated a second time: a client knows the wire
# and not the machine. A test holds these equal to the machine's own.
_ADMISSION = (
    (0x0005, Kind.GONE, "Expired", "Block time has reached not_after."),
    (0x0006, Kind.INVALID, "TooFarAhead", "not_after lies further ahead of block time than ten minutes."),
    (0x0007, Kind.CONFLICT, "Replayed", "It was executed before."),
    (0x0008, Kind.FORBIDDEN, "NotAMember", "The carrier is no member of the network that serves patients."),
    (0x0009, Kind.UNAUTHENTICATED, "UnknownSigner", "No such key is listed for that account and use."),
    (0x000A, Kind.UNAUTHENTICATED, "RevokedKey", "The key is revoked, or not in force at block time."),
    (0x000B, Kind.EXHAUSTED, "ShareExceeded", "The carrier's share of the block is used up."),
    (0x000C, Kind.INVALID, "UnknownMessage", "No message of the network has that number."),
    (0x000D, Kind.UNAVAILABLE, "UnknownRules", "The members voted for rules that this software does not know"),
)


def _admission_refusals() -> dict[int, type[Refusal]]:
    return {
        code: type(name, (Refusal,), {"code": code, "kind": kind, "text": text, "__module__": __name__})
        for code, kind, name, text in _ADMISSION
    }


KNOWN: dict[int, type[Refusal]] = {**_admission_refusals(), **REFUSALS}


def refusal(code: int) -> Refusal:
    """Return a fresh refusal of `code` (not 0)."""
    return KNOWN.get(code, UnknownRefusal)()


def raise_refused(code: int) -> NoReturn:
    """Raise the refusal of `code` (not 0)."""
    raise refusal(code)


def accept(code: int) -> None:
    """Return if `code` is 0, success; raise its refusal otherwise."""
    if code:
        raise_refused(code)
