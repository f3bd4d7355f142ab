"""Check a ledger's folder: every block, every signature, the replayed state, and the state on disk."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from salus.core.errors import Refusal
from salus.fsck.blocks import Chain, Linked, Record, read_records
from salus.fsck.bridge import Bridge
from salus.fsck.commits import Votes
from salus.fsck.pruned import Beginning, check_point, find_beginning, left_over, unchecked
from salus.fsck.replay import Replay
from salus.fsck.report import Finding, Progress, Severity
from salus.fsck.stored import StoredState, compare, read_state
from salus.fsck.tiles import check_note, check_tiles
from salus.fsck.trusted import TrustedHeaders
from salus.verifier.helper import Alone, Helper

BLOCKS, STATE, STATE_FILE, GENESIS, WITNESSED, TILES = "blocks", "state", "data.mdb", "genesis", "witnessed", "tiles"


AHEAD_BYTES = 4 * 1024**2  # of blocks whose signatures another process may check meanwhile


class LedgerCheck(NamedTuple):
    """What was found, what was counted, and the replayed state; None where the genesis could not be read."""

    findings: list[Finding]
    figures: dict[str, int]
    replay: Replay | None


def check_ledger(
    folder: Path,
    progress: Progress,
    genesis: bytes | None = None,
    tiles: Path | None = None,
    helper: Helper | None = None,
) -> LedgerCheck:
    """Check the ledger in `folder`, which nobody may have open for writing, and its published files.

    `genesis` is the file from elsewhere, if there is one: the one in the folder must be the same.
    `tiles` is where the log is published, if not within `folder`. `helper` may check signatures beside
    the replay, and changes no finding; the caller closes it.
    """
    figures = dict.fromkeys(("blocks", "batches", "envelopes", "events", "keys"), 0)
    wrong = Finding(GENESIS, "whole file", "missing, malformed, or a proof fails")
    try:
        stored_genesis = (folder / GENESIS).read_bytes()
    except OSError:
        return LedgerCheck([wrong], figures, None)
    if genesis is not None and stored_genesis != genesis:
        return LedgerCheck([Finding(GENESIS, "whole file", "not the genesis that was given")], figures, None)
    try:
        begun = find_beginning(folder, BLOCKS, stored_genesis)
        replay = Replay(stored_genesis, helper or Alone(), folder / STATE, begun)
    except OSError as error:
        return LedgerCheck([Finding(BLOCKS, "whole file", f"cannot be read: {error.strerror}")], figures, None)
    except Refusal:
        return LedgerCheck([wrong], figures, None)
    stored = read_state(folder / STATE) if (folder / STATE / STATE_FILE).exists() else None
    findings = [*replay.damage, *left_over(folder, begun.pruned + 1 if begun else 0)]
    findings += _blocks(folder, replay, begun, stored, progress, figures)
    if replay.whole:
        findings += replay.check(BLOCKS)
    note = check_note(folder / WITNESSED, replay) if replay.whole and (folder / WITNESSED).exists() else 0
    if isinstance(note, str):
        findings.append(Finding(WITNESSED, "whole file", note))
    whole = replay.whole and not any(f.file == BLOCKS and f.severity is Severity.DAMAGED for f in findings)
    findings += check_tiles(tiles or folder / TILES, tiles or Path(TILES), replay, whole=whole)
    figures["events"] = len(replay.rows)
    figures["keys"] = replay.machine.store.count
    return LedgerCheck(findings, figures, replay)


def _blocks(
    folder: Path,
    replay: Replay,
    begun: Beginning | None,
    stored: StoredState | None,
    progress: Progress,
    figures: dict[str, int],
) -> Iterator[Finding]:
    """Walk the block file once; where the stored state's height comes by, compare the two."""
    path = folder / BLOCKS
    if not path.exists():
        yield Finding(BLOCKS, "whole file", "missing")
        return
    size, chain, compared, whole = path.stat().st_size, Chain(replay.machine.network, BLOCKS), False, True
    signers = {**(begun.founders if begun else {}), **replay.validators}
    strangers = 0
    votes: Votes | None = None
    trusted = TrustedHeaders(folder, replay.machine.network)
    bridge = None if begun is None else Bridge(folder, replay.machine.network, begun.founders)
    for item in _offered(read_records(path), replay.helper):
        if isinstance(item, Finding):
            yield item
            whole = whole and item.severity is Severity.NOTE
            continue
        figures["blocks"] += item.base is None
        if item.base is not None:
            chain.begin(item.base)
            replay.end = item.end
            if item.number < replay.machine.height:  # it was pruned since
                continue
        elif whole and item.number <= (begun.pruned if begun else 0):
            followed = chain.follow(item, signers)
            replay.skip(item)
            if isinstance(followed, Finding):
                yield followed
                whole = False
            elif not followed:
                strangers += 1
            if item.number < replay.machine.height:
                continue
        elif whole and replay.whole:
            validators = replay.validators
            signers |= validators
            linked = chain.link(item, validators)
            if isinstance(linked, Linked):
                figures["batches"] += len(linked.batches)
                figures["envelopes"] += linked.envelopes
                if chain.decided and votes is None:
                    votes = Votes(folder, validators if begun is None else None)
                yield from replay.run(linked, BLOCKS)
                yield from trusted.check(linked.header)
                if bridge is not None:
                    yield from bridge.check(linked.header)
                if votes is not None:
                    yield from votes.check(linked.header, replay.validators)
            else:
                yield linked
                whole = False
        elif item.block is None and not item.header:  # damage behind damage is still named
            yield Finding(BLOCKS, item.place, item.what)
        if whole and replay.whole and stored is not None and stored.height == replay.machine.height:
            compared = True
            yield from _stored(stored, replay)
        progress("blocks", item.end, size)
    if votes is not None and whole:
        yield from votes.rest()
    yield from trusted.rest()
    if bridge is not None:
        yield from bridge.rest()
    if begun is not None:
        yield from check_point(folder, begun, replay.machine.network, signers)
        yield from unchecked(begun, BLOCKS, strangers)
    if stored is None:
        yield Finding(f"{STATE}/{STATE_FILE}", "whole file", "missing: opening the ledger makes it anew", Severity.NOTE)
    elif not compared:
        yield from _uncompared(stored, replay.machine.height, whole and replay.whole)


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


def _uncompared(stored: StoredState, height: int, whole: bool) -> Iterator[Finding]:
    """Yield why the stored state was not compared; `height` is the last block's."""
    file = f"{STATE}/{STATE_FILE}"
    if stored.broken:
        yield Finding(file, stored.broken, "a damaged page: the file cannot be read further")
    elif not whole:
        yield Finding(file, f"height {stored.height}", "not compared: a block before it is damaged", Severity.NOTE)
    elif stored.height:
        if stored.height > height:  # either of the two files may be the damaged one
            yield Finding(BLOCKS, f"after block {height}", "ends before the height that the state is of")
        yield Finding(file, "table meta, height", "there is no block of this height")
    else:
        yield Finding(file, "whole file", "no checkpoint in it yet", Severity.NOTE)
