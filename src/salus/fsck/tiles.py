"""Compare the published files with the log that the blocks give; by a reading of C2SP tlog-tiles of its own.

`tile/<level>/<number>`: 256 hashes of 32 bytes; `tile/entries/<number>`: 256 times a length of two bytes and
an entry; `.p/<width>` in a name: the first ones of them. The number in groups of three digits, all but
the last after an `x`. https://c2sp.org/tlog-tiles
"""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from salus.core.errors import Refusal
from salus.evidence.format import origin
from salus.fsck.replay import Replay
from salus.fsck.report import Finding, Severity
from salus.merkle.checkpoint import NoteKey, parse, signed_by

NAME = "checkpoint"
FULL = 256
_FILE = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)
_UNFINISHED = ".tmp"


def check_tiles(folder: Path, named: Path, replay: Replay, *, whole: bool) -> Iterator[Finding]:
    """Yield what is wrong in the published folder, which findings call `named`; `whole`: no block is damaged."""
    if not folder.is_dir():
        return
    if not whole:
        yield Finding(str(named), "whole folder", "not compared: a block is damaged", Severity.NOTE)
        return
    if replay.before:
        words = "not compared: the ledger began with a state from elsewhere, and the log's older entries are not here"
        yield Finding(str(named), "whole folder", words, Severity.NOTE)
        return
    size = _published(folder / NAME, replay)
    if isinstance(size, str):
        yield Finding(str(named / NAME), "whole file", size)
        size = 0
    elif size is None:
        yield Finding(str(named / NAME), "whole file", "missing: opening the ledger publishes it", Severity.NOTE)
    elif size < len(replay.entries):
        words = f"{size} of {len(replay.entries)} entries: opening the ledger publishes the rest"
        yield Finding(str(named / NAME), "size", words, Severity.NOTE)
    levels = list(_levels(replay.entries))
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    for name in sorted(found - {NAME}):
        yield from _file(folder, named, name, levels)
    for name in _needed(size or 0):
        if name not in found and re.sub(r"\.p/\d+$", "", name) not in found:
            yield Finding(str(named / name), "whole file", "missing")


def check_note(path: Path, replay: Replay) -> int | str:
    """Return the size of the log that a kept note is over; or what is wrong with it."""
    wrong = "not a note of the ledger's over this log"
    try:
        signed = parse(path.read_bytes())
    except (OSError, Refusal):
        return wrong
    note, name = signed.checkpoint, origin(replay.machine.network)
    keys = [NoteKey(name, public) for public, _ in replay.validators.values()]
    if note.origin != name or note.size > replay.size or not any(signed_by(signed, key) for key in keys):
        return wrong
    return note.size if replay.log_root(note.size) in (note.root, None) else wrong


def _published(path: Path, replay: Replay) -> int | str | None:
    return check_note(path, replay) if path.exists() else None


def _levels(entries: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield the hashes of each level of tiles, from the leaves up."""
    row = [sha256(b"\x00" + entry).digest() for entry in entries]
    while row:
        yield row
        row = [_root(row[at : at + FULL]) for at in range(0, len(row) - FULL + 1, FULL)]


def _root(row: list[bytes]) -> bytes:
    while len(row) > 1:
        row = [sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
    return row[0]


def _file(folder: Path, named: Path, name: str, levels: list[list[bytes]]) -> Iterator[Finding]:
    """Compare one file with the log; yield the first place where it differs."""
    matched = _FILE.fullmatch(name)
    if matched is None:
        left = name.endswith(_UNFINISHED)
        what = "left by a write that was cut off" if left else "no file of a published log"
        yield Finding(str(named / name), "whole file", what, Severity.NOTE if left else Severity.DAMAGED)
        return
    kind, number, partial = matched.groups()
    index, width = int(number.replace("x", "").replace("/", "")), int(partial or FULL)
    step = 34 if kind == "entries" else 32
    try:
        raw = (folder / name).read_bytes()
    except OSError as error:
        yield Finding(str(named / name), "whole file", f"cannot be read: {error.strerror}")
        return
    level = 0 if kind == "entries" else int(kind)
    row = levels[level][index * FULL : index * FULL + width] if level < len(levels) else []
    if len(row) < width or partial == str(FULL):
        yield Finding(str(named / name), "whole file", "the log is not that long")
    elif len(raw) != width * step:
        yield Finding(str(named / name), f"byte {min(len(raw), width * step)}", f"{len(raw)} bytes, not {width * step}")
    else:
        for at, expected in enumerate(row):
            part = raw[at * step : at * step + step]
            if (_leaf(part) if kind == "entries" else part) != expected:
                place = f"hash {at}, bytes {at * step} to {at * step + step - 1}"
                yield Finding(str(named / name), place, "not what the blocks give")
                return


def _leaf(part: bytes) -> bytes:
    """Return the leaf of an entry in a bundle; nothing where its length is another than 32."""
    return sha256(b"\x00" + part[2:]).digest() if part[:2] == b"\x00\x20" else b""


def _needed(size: int) -> Iterator[str]:
    """Yield the names of the files that a log of `size` must have."""
    level, count = 0, size
    while count:
        for kind in ("entries", "0") if level == 0 else (str(level),):
            for index in range(-(-count // FULL)):
                width = min(FULL, count - index * FULL)
                digits = str(index)
                digits = digits.zfill(-(-len(digits) // 3) * 3)
                groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
                path = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
                yield f"tile/{kind}/{path}" + (f".p/{width}" if width < FULL else "")
        level, count = level + 1, count // FULL
