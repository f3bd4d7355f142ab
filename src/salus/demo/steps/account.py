"""The account of who received what; fsck finds everything sound; then one byte is changed, four times."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from salus.demo import tamper
from salus.demo.stage import HOSPITALS, PATIENT, REGULATOR, Figures, Stage, Step, in_columns, shortened
from salus.evidence.state import relation_key
from salus.fsck.home import fsck_home
from salus.fsck.report import Report
from salus.services.account.line import Line, ground_of
from salus.services.accounting import accounting
from salus.services.directives import show_directive

TOLD = (
    *("granted", "in-force", "denied", "revoked", "released", "acknowledged", "refused"),
    *("break-glass", "reviewed", "session", "session-closed", "pushed"),
    *("asked", "done", "deferred", "held", "lifted"),
)
COLUMNS = ("when", "what", "who", "why", "on which ground")


def account(stage: Stage) -> Step:
    """Print her account, check the home, damage a copy of it in four places in turn."""
    told = accounting(stage.region.ledger, stage.handle)
    view = show_directive(stage.patient, stage.handle, stage.directive)
    lines = in_columns([COLUMNS, *(account_row(line) for line in told.lines if line.what in TOLD)])
    if view.sealed is not None:
        lines.append(f"{short(stage.directive)} in her words, which no ledger holds: {view.sealed.text}")
    lines += [f"{stage.organisation(REGULATOR).name} runs fsck over the ledger, each hospital over its own vault:"]
    names = {slug: stage.organisation(slug).name for slug in (*HOSPITALS, REGULATOR)}
    home = stage.region.home
    stage.pause()  # fsck reads a closed home
    stage.region.close()
    sound, figures = True, Figures()
    for slug in (REGULATOR, *HOSPITALS):
        report = checked(stage, home, slug, names[slug])
        sound = sound and report.sound
        figures |= report.figures
        lines += told_of(names[slug], report)
    lines.append("Then one byte of a copy of the home is changed at a time:")
    damages = list(damage(stage, names))
    for one in damages:
        lines += [f"  {one.words}, {one.place}", f"    {one.finder}: {one.found or 'NOT FOUND'}"]
    found = sum(1 for one in damages if one.found)
    commands = (f"access accounting --as {PATIENT} --at {short(stage.handle)}", "fsck")
    counted: Figures = {"account_lines": len(told.lines), "damages_made": len(damages), "damages_found": found}
    title = "Who received what; and fsck names each changed byte"
    return Step("account", title, sound and found == len(damages), {**counted, **figures}, tuple(lines), commands)


def account_row(line: Line) -> tuple[str, ...]:
    """Return a line of the account as a row of the table."""
    time = datetime.fromtimestamp(line.time / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return time, line.what, line.name, line.purpose, ground_of(line)


def short(identity: bytes) -> str:
    """Return the beginning of an id in hex."""
    return identity.hex()[:12]


def checked(stage: Stage, home: Path, slug: str, name: str) -> Report:
    """Run fsck as an organisation would: the regulator over the ledger, a hospital over its own vault as well."""

    def show(what: str, done: int, total: int) -> None:
        stage.progress(f"{name} runs fsck: {what}", done, total or None)

    return fsck_home(home, None if slug == REGULATOR else stage.passphrase, show, slug)


def told_of(name: str, report: Report) -> Iterator[str]:
    """Yield what fsck told an organisation."""
    counted = ", ".join(f"{report.figures[what]:,} {what}" for what in ("blocks", "envelopes", "events", "keys"))
    vault = "; its vault" if report.figures["vaults"] else ""
    yield f"  {name}: {'sound' if report.sound else 'DAMAGED'} ({counted}{vault})"
    for finding in report.findings:
        yield f"    {shortened(f'{finding.file}, {finding.place}: {finding.what}')}"


class Damage(NamedTuple):
    """A changed byte, and what fsck said of it."""

    words: str
    place: str
    finder: str
    found: str


def damage(stage: Stage, names: dict[str, str]) -> Iterator[Damage]:
    """Change a byte of a stored block, a live value, a vault's index and a blob in turn, and let fsck find it."""
    with tamper.copied(stage.region.home) as copy:
        for words, slug, find in places(stage, copy):
            file, at = find()
            with tamper.flipped(file, at):
                report = checked(stage, copy, slug, names[slug])
            where = str(file.relative_to(copy))
            hits = [finding for finding in report.findings if finding.file == where]
            found = shortened(f"{hits[0].file}, {hits[0].place}: {hits[0].what}") if hits and not report.sound else ""
            yield Damage(f"{words[0].upper()}{words[1:]}", f"{shortened(where)} at byte {at:,}", names[slug], found)


def places(stage: Stage, copy: Path) -> Iterator[tuple[str, str, Callable[[], tuple[Path, int]]]]:
    """Yield (words, who is to find it, what finds the place); no blob where no record is larger than 64 KiB."""
    hospital = stage.hospital
    yield "a stored block", REGULATOR, lambda: tamper.place_in_block(copy)
    yield "a live value of the state", REGULATOR, lambda: tamper.place_of_value(copy, "values", anchor_of(stage))
    yield "a vault's index", hospital, lambda: tamper.place_in_index(copy, hospital)
    holder = next((slug for slug in (hospital, *HOSPITALS) if tamper.blobs(copy, slug)), None)
    if holder is not None:
        yield "a blob", holder, lambda: tamper.place_in_blob(copy, holder)


def anchor_of(stage: Stage) -> Callable[[bytes], bool]:
    """Return what tells the key of her relation's root in the state."""
    wanted = relation_key(stage.handle)
    return lambda key: key == wanted
