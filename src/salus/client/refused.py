"""From the integer code of a result to the refusal class it stands for."""

from typing import NoReturn

from salus.contracts.registry import REFUSALS
from salus.core.errors import Kind, Refusal


class UnknownRefusal(Refusal):
    """The ledger refused with a code this version does not know."""

    code, kind, text = 0x5001, Kind.INVALID, "The ledger refused for a reason this version does not know."


def refusal(code: int) -> Refusal:
    """Return a fresh refusal of `code` (not 0)."""
    return REFUSALS.get(code, UnknownRefusal)()


def raise_refused(code: int) -> NoReturn:
    """Raise the refusal of `code` (not 0)."""
    raise refusal(code)


def accept(code: int) -> None:
    """Return if `code` is 0, success; raise its refusal otherwise."""
    if code:
        raise_refused(code)
