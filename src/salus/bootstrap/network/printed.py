"""What a member's processes printed since they were looked at last, and which of its lines say why a node cannot go on.

CometBFT whose consensus has ended stays alive and answers: only its log says so. It writes JSON lines, of level error.
`CONSENSUS FAILURE!!!` is written when the consensus goroutine ends; `Error in validation` when a block that is fetched
is refused; where what was written before a halt is replayed, the process dies of the same. A block that more than two
thirds have signed and that has another header than the state here demands is in each: a single peer cannot bring that
about. https://github.com/cometbft/cometbft/blob/v0.39.4/consensus/state.go,
consensus/replay.go, blocksync/reactor.go, state/validation.go; the same words in v0.38 to v0.40.
"""

import re
from contextlib import suppress
from pathlib import Path

import orjson

from salus.ledger.consensus.errors import DamagedCommits, OtherEngine
from salus.ledger.errors import DamagedFile, LedgerStopped, OtherGenesis, StateDamaged
from salus.machine.errors import UnknownRules

MOST_BYTES = 1024**2  # that one look takes in; a line is shorter
MOST_WORDS = 300  # that are passed on
FAILED, REFUSED = "CONSENSUS FAILURE!!!", "Error in validation"
DIFFERS = "wrong Block.Header."
PANIC, REPLAYED = "panic: ", "AppHash does not match AppHash after replay"  # of a process that dies as it starts
STOPS, ENDS = "CometBFT stops", "salus: "  # of our application; of a command that ends; both in salus.log
HOPELESS = frozenset(one.code for one in (DamagedFile, DamagedCommits, StateDamaged, OtherEngine, OtherGenesis))
_CODE = re.compile(r"\(0x([0-9a-f]{4})\)")


class Printed:
    """A log that others write, from where it ends now. Not thread-safe."""

    def __init__(self, log: Path) -> None:
        self._log, self._at = log, 0
        with suppress(FileNotFoundError):
            self._at = log.stat().st_size

    def fresh(self) -> list[str]:
        """Return the whole lines that are new, at most MOST_BYTES of them at a time; raise OSError."""
        try:
            size = self._log.stat().st_size
        except FileNotFoundError:
            return []
        if size < self._at:
            self._at = 0  # a new file: the other one was laid aside
        if size == self._at:
            return []
        with self._log.open("rb") as file:
            file.seek(self._at)
            raw = file.read(MOST_BYTES)
        whole = raw[: raw.rfind(b"\n") + 1]
        self._at += len(whole) or (len(raw) if len(raw) == MOST_BYTES else 0)
        return whole.decode("utf-8", "replace").splitlines()


def ended_by(line: str) -> str | None:
    """Return why CometBFT's consensus has ended, by a line of its log; None for every other line."""
    return _error(line) if FAILED in line else None


def differs_by(line: str) -> str | None:
    """Return what of a decided block is not as the state here has it, by a line of CometBFT's log."""
    if line.startswith(PANIC):
        return _words(line) if DIFFERS in line or REPLAYED in line else None
    if FAILED not in line and REFUSED not in line:
        return None
    found = _error(line)
    return found if DIFFERS in found else None


def _error(line: str) -> str:
    said = _fields(line)
    found = said.get("err") if said.get("_msg") in (FAILED, REFUSED) else None
    return _words(found if isinstance(found, str) else line)


def hopeless_by(line: str) -> str | None:
    """Return what is wrong with the home's files, by a line of salus.log: starting anew does not change it."""
    code, words = _refused(line)
    return words if code in HOPELESS else None


def outdated_by(line: str) -> str | None:
    """Return which voted rules the program lacks, and what has them, by a line of salus.log."""
    code, words = _refused(line)
    return words if code == UnknownRules.code else None


def stopped_by(line: str) -> str | None:
    """Return why the application answers no block any more, by a line of salus.log: a new process may."""
    said = _fields(line)
    text = said.get("text")
    if not isinstance(text, str) or STOPS not in text:
        return None
    if "kind" in said or said.get("code") == LedgerStopped.code:
        return _words(f"{text} {said.get('kind', '')}")
    return None


def _refused(line: str) -> tuple[int | None, str]:
    """Return code and words of a refusal: of a process that did not open its ledger, or of a block's request."""
    if line.startswith(ENDS):
        named = _CODE.search(line)
        return (None if named is None else int(named[1], 16)), _words(line.removeprefix(ENDS))
    said = _fields(line)
    text, code = said.get("text"), said.get("code")
    if not isinstance(text, str) or STOPS not in text or not isinstance(code, int):
        return None, ""
    return code, _words(text if _CODE.search(text) else f"{text} (0x{code:04x})")


def _fields(line: str) -> dict[str, object]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _words(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text[:MOST_WORDS]).strip()
