"""halted.json: why a home's node does not go on, as its keeper found out. Its Salus server and `status` say it.

The keeper writes it, and removes it once the node goes on or is brought up anew. It holds nothing but words of the two
programs: codes, heights, hashes.
"""

from contextlib import suppress
from pathlib import Path

import msgspec

from salus.core.errors import Kind, Refusal
from salus.shapes import made
from salus.vault.files import LocalFiles

FILE = "halted.json"


class Halted(Refusal):
    """Why a node does not go on; `cause` in the words of the program that said it. Raised where it is given up."""

    kind = Kind.UNAVAILABLE

    def __init__(self, cause: str = "") -> None:
        super().__init__(cause)
        self.cause = cause

    def __str__(self) -> str:
        return super().__str__() + (f" [{self.cause}]" if self.cause else "")


class StateDiffers(Halted):
    code = 0x6344
    text = (
        "The others decided on another state than this node has: its CometBFT is ended and stays so. Look with `salus "
        "fsck`, then heal it with `salus ledger reset` (docs/operate/failures.md)."
    )


class HomeDamaged(Halted):
    code = 0x6345
    text = (
        "The ledger of this home is damaged: starting it anew does not help. `salus fsck` names the places; heal it "
        "with `salus ledger reset` (docs/operate/failures.md)."
    )


class ConsensusEnded(Halted):
    code = 0x6346
    text = "The consensus of this node's CometBFT has ended: it is started anew. logs/cometbft.log says why."


class ApplicationStopped(Halted):
    code = 0x6347
    text = "The ledger of this node has stopped at a block: both processes are started anew. logs/salus.log says why."


class StandsStill(Halted):
    code = 0x6348
    text = "The others' blocks go on and this node's do not, though its CometBFT answers: it was started anew once."


class NeverRecovered(Halted):
    code = 0x6349
    text = (
        "The ledger of this node stopped at one block again and again: it is not started anew any more. Run `salus "
        "fsck`; heal it with `salus ledger reset`, or install the others' version (docs/operate/failures.md)."
    )


class RulesMissing(Halted):
    code = 0x634A
    text = (
        "The members voted for rules that this node's program does not have: its CometBFT is ended and stays so. "
        "Install the program that has them, end the node, and bring it up again (docs/operate/failures.md)."
    )


WHY: dict[int, type[Halted]] = {
    one.code: one
    for one in (
        *(StateDiffers, HomeDamaged, ConsensusEnded, ApplicationStopped, StandsStill, NeverRecovered),
        RulesMissing,
    )
}
GIVEN_UP = frozenset(one.code for one in (StateDiffers, HomeDamaged, NeverRecovered, RulesMissing))


class Halt(msgspec.Struct, frozen=True):
    """Why a node does not go on; `cause` in the words of the program that said it."""

    code: int
    height: int  # of the newest block that its CometBFT was known to have
    cause: str = ""

    @property
    def given_up(self) -> bool:
        """True if its keeper does not start it anew."""
        return self.code in GIVEN_UP

    @property
    def refusal(self) -> Halted:
        return WHY[self.code](self.cause)

    def __str__(self) -> str:
        return str(self.refusal)


def read_halt(home: Path) -> Halt | None:
    """Return why a home's node does not go on, None where nothing is known to keep it from that."""
    try:
        found = msgspec.json.decode((home / FILE).read_bytes(), type=made(Halt))
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return found if found.code in WHY else None


def keep_halt(home: Path, halt: Halt | None) -> None:
    """Write it down, or remove what was; raise OSError or a refusal of the disk."""
    if halt is None:
        with suppress(FileNotFoundError):
            (home / FILE).unlink()
        return
    LocalFiles().write(home / FILE, msgspec.json.encode(halt))
