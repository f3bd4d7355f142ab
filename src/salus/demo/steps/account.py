"""Step 6: the account of who received what; fsck finds everything sound; then one byte is changed, four times."""

from pathlib import Path

from salus.demo import tamper
from salus.demo.stage import REGULATOR, Stage, Step
from salus.fsck.home import fsck_home
from salus.fsck.report import Report
from salus.services.accounting import accounting
from salus.services.directives import list_directives

WORDS = ("a stored block", "a live value of the state", "a vault's index", "a blob")


def account(stage: Stage) -> Step:
    """Print her account, check the home, damage a copy of it in four places in turn."""
    told = accounting(stage.region.ledger, stage.handle)
    regulator = stage.organisation(REGULATOR).name
    home, directives = stage.region.home, len(list_directives(stage.region.ledger, stage.handle))
    lines = [
        f"log {line.index:>5}  {line.what:<12} {line.name or '':<20} {line.purpose or '':<7} {line.reason or ''}".rstrip()
        for line in told.lines
        if line.what in ("granted", "released", "acknowledged", "revoked", "refused")
    ]
    stage.region.close()  # fsck reads a closed home
    sound = checked(stage, home, "checks the ledger and every vault")
    lines.append(f"{regulator} and the hospitals run fsck: {'sound' if sound.sound else 'DAMAGED'}, {summary(sound)}")
    lines += [f"  {f.file}: {f.place}: {f.what}" for f in sound.findings]
    named = []
    with tamper.copied(home) as copy:
        for words, (file, at) in zip(WORDS, places(stage, copy), strict=True):
            with tamper.flipped(file, at):
                report = checked(stage, copy, f"one byte of {words}")
            where = str(file.relative_to(copy))
            hits = [f for f in report.findings if f.file == where]
            named.append(not report.sound and bool(hits))
            found = f"{hits[0].file}, {hits[0].place}: {hits[0].what}" if hits else "NOT FOUND"
            lines.append(f"One byte of {words} changed ({where} at {at:,}) -> {found}")
    return Step(
        "account",
        "Who received what; and fsck names each changed byte",
        sound.sound and all(named),
        {
            "account_lines": len(told.lines),
            "directives": directives,
            "damages_made": len(named),
            "damages_found": sum(named),
            **sound.figures,
        },
        tuple(lines),
    )


def places(stage: Stage, copy: Path) -> list[tuple[Path, int]]:
    """Return the four bytes to change."""
    relation = stage.handle
    return [
        tamper.place_in_block(copy),
        tamper.place_of_value(copy, "values", lambda key: key[:2] == b"\x03\x01" and key[2:34] == relation),
        tamper.place_in_index(copy, stage.hospital),
        tamper.place_in_blob(copy, stage.hospital),
    ]


def checked(stage: Stage, home: Path, words: str) -> Report:
    """Run fsck with progress under one heading."""
    return fsck_home(
        home, stage.passphrase, lambda what, done, total: stage.progress(f"fsck: {words}", done, total or None)
    )


def summary(report: Report) -> str:
    """Return the figures in words."""
    return ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in report.figures.items())
