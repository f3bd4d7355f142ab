"""Check a ledger's folder: every block, every signature, the replayed state, and the state on disk."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from salus.core.errors import Refusal
from salus.evidence.format import origin
from salus.fsck.blocks import Chain, Linked, Record, read_records
from salus.fsck.plainlog import plain_log_root
from salus.fsck.replay import Replay
from salus.fsck.report import Finding, Progress, Severity
from salus.fsck.stored import StoredState, compare, read_state
from salus.merkle.checkpoint import NoteKey, parse, signed_by
from salus.verifier.helper import Alone, Helper

BLOCKS, STATE, STATE_FILE, GENESIS, WITNESSED = "blocks", "state", "data.mdb", "genesis", "witnessed"


AHEAD_BYTES = 4 * 1024**2  # of blocks whose signatures another process may check meanwhile


class LedgerCheck(NamedTuple):
    """What was found, what was counted, and the replayed state; None where the genesis could not be read."""

    findings: list[Finding]
    figures: dict[str, int]
    replay: Replay | None


def check_ledger(
    folder: Path, progress: Progress, genesis: bytes | None = None, helper: Helper | None = None
) -> LedgerCheck:
    """Check the ledger in `folder`, which nobody may have open for writing.

    `genesis` is the file from elsewhere, if there is one: the one in the folder must be the same.
    `helper` may check signatures beside the replay, and changes no finding; the caller closes it.
    """
    figures = dict.fromkeys(("blocks", "batches", "envelopes", "events", "keys"), 0)
    try:
        stored_genesis = (folder / GENESIS).read_bytes()
        if genesis is not None and stored_genesis != genesis:
            return LedgerCheck([Finding(GENESIS, "whole file", "not the genesis that was given")], figures, None)
        replay = Replay(stored_genesis, helper or Alone(), folder / STATE)
    except (OSError, Refusal):
        return LedgerCheck([Finding(GENESIS, "whole file", "missing, malformed, or a proof fails")], figures, None)
    stored = read_state(folder / STATE) if (folder / STATE / STATE_FILE).exists() else None
    findings = list(_blocks(folder, replay, stored, progress, figures))
    findings += replay.check(BLOCKS)
    if (folder / WITNESSED).exists() and not _sound_note(folder / WITNESSED, replay):
        findings.append(Finding(WITNESSED, "whole file", "not a note of the ledger's over this log"))
    figures["events"] = len(replay.rows)
    figures["keys"] = replay.machine.store.count
    return LedgerCheck(findings, figures, replay)


def _blocks(
    folder: Path, replay: Replay, stored: StoredState | None, progress: Progress, figures: dict[str, int]
) -> Iterator[Finding]:
    """Walk the block file once; where the stored state's height comes by, compare the two."""
    path = folder / BLOCKS
    if not path.exists():
        yield Finding(BLOCKS, "whole file", "missing")
        return
    size, chain, compared, whole = path.stat().st_size, Chain(replay.machine.network, BLOCKS), False, True
    for item in _offered(read_records(path), replay.helper):
        if isinstance(item, Finding):
            yield item
            whole = whole and item.severity is Severity.NOTE
            continue
        figures["blocks"] += 1
        if whole:
            linked = chain.link(item, replay.validators)
            if isinstance(linked, Linked):
                figures["batches"] += len(linked.batches)
                figures["envelopes"] += linked.envelopes
                yield from replay.run(linked, BLOCKS)
            else:
                yield linked
                whole = False
        elif item.block is None:  # damage behind damage is still named
            yield Finding(BLOCKS, item.place, item.what)
        if whole and stored is not None and stored.height == replay.machine.height:
            compared = True
            yield from _stored(stored, replay)
        progress("blocks", item.end, size)
    if stored is None:
        yield Finding(f"{STATE}/{STATE_FILE}", "whole file", "missing: opening the ledger makes it anew", Severity.NOTE)
    elif not compared:
        yield from _uncompared(stored, whole)


def _offered(items: Iterator[Record | Finding], helper: Helper) -> Iterator[Record | Finding]:
    """Yield the same, some of them read ahead, whose batches are offered to `helper`."""
    ahead: deque[Record | Finding] = deque()
    ahead_bytes = 0
    for item in items:
        ahead.append(item)
        if isinstance(item, Record):
            ahead_bytes += item.end - item.start
            for raw in item.block.batches if item.block is not None else ():
                helper.offer(raw)
        while ahead_bytes > AHEAD_BYTES:
            first = ahead.popleft()
            ahead_bytes -= first.end - first.start if isinstance(first, Record) else 0
            yield first
    yield from ahead


def _stored(stored: StoredState, replay: Replay) -> Iterator[Finding]:
    file = f"{STATE}/{STATE_FILE}"
    if stored.broken:
        yield Finding(file, stored.broken, "a damaged page: the file cannot be read further")
        return
    yield from compare(stored, replay, file)


def _uncompared(stored: StoredState, whole: bool) -> Iterator[Finding]:
    file = f"{STATE}/{STATE_FILE}"
    if stored.broken:
        yield Finding(file, stored.broken, "a damaged page: the file cannot be read further")
    elif not whole:
        yield Finding(file, f"height {stored.height}", "not compared: a block before it is damaged", Severity.NOTE)
    elif stored.height:
        yield Finding(file, "table meta, height", "there is no block of this height")
    else:
        yield Finding(file, "whole file", "no checkpoint in it yet", Severity.NOTE)


def _sound_note(path: Path, replay: Replay) -> bool:
    """True if the kept checkpoint is signed by a validator and gives the root the log had at its size."""
    try:
        signed = parse(path.read_bytes())
    except (OSError, Refusal):
        return False
    note, name = signed.checkpoint, origin(replay.machine.network)
    keys = [NoteKey(name, public) for public, _ in replay.validators.values()]
    if note.origin != name or note.size > len(replay.entries) or not any(signed_by(signed, key) for key in keys):
        return False
    return note.root == plain_log_root(replay.entries[: note.size])
