"""`salus fsck`: check a closed home offline, or a snapshot of one that is served."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import orjson

from salus.bootstrap import verifying
from salus.cli.beside.client import standing_still
from salus.cli.options import OutFile, home_folder, home_option, passphrase
from salus.cli.output import print_table, progress
from salus.cli.status import BadInput
from salus.config import NoPassphrase, read_config
from salus.fsck.home import fsck_home, organisations
from salus.fsck.report import Report
from salus.fsck.snapshot import room_for_snapshot, take_snapshot
from salus.ledger.embedded.tuning import tune_process
from salus.services.plain import plain

JSON_FILE = OutFile(path_type=Path, dir_okay=False, allow_dash=True)


@click.command()
@home_option("The home to check.")
@click.option("--organisation", default=None, metavar="SLUG", help="Check the ledger and only this one's vault.")
@click.option("--json", "file", type=JSON_FILE, default=None, help="Write the report here; - for standard output.")
def command(home: Path | None, organisation: str | None, file: Path | None) -> int:
    """Check a whole home offline: blocks, state, vaults, keystores, letters; name what is wrong.

    Every block is executed again, and the state it gives compared.

    Nothing is written. Of a home that is served a snapshot is checked, for which its server stands still for a moment;
    it takes the room of the ledger and the indexes until the check is over. Exit status: 0 sound, 1 damaged.
    """
    folder = home_folder(home)
    if not (folder / "ledger").is_dir():
        raise BadInput(f"{folder} holds no region")
    known = organisations(folder)
    if organisation is not None and organisation not in known:
        words = f"no organisation has this name here; there are {', '.join(known)}"
        raise click.BadParameter(words, param_hint="--organisation")
    secret = find_passphrase(folder, needed=organisation is not None)
    with progress("checking", None, quiet=file is not None) as bar:

        def show(what: str, done: int, total: int) -> None:
            bar.update(bar.task_ids[0], description=what, completed=done, total=total or None)

        tune_process()
        settings = read_config()
        helper = verifying(settings.verifier, closed=True)
        try:
            with what_to_check(folder, settings.tiles) as (closed, tiles):
                report = fsck_home(closed, secret, show, organisation, tiles, helper)
        finally:
            helper.close()
    if file is not None:
        write(report, file)
    if file is None or str(file) != "-":
        print_report(report, vaults=secret is not None)
    return 0 if report.sound else 1


@contextmanager
def what_to_check(home: Path, tiles: Path | None) -> Iterator[tuple[Path, Path | None]]:
    """Give the home and where its log is published; of one that is served, a snapshot of both."""
    with ExitStack() as kept:
        closed = home
        with standing_still(home) as still:
            if still:
                closed = kept.enter_context(room_for_snapshot(home))
                tiles = take_snapshot(home, closed, tiles)
        yield closed, tiles


def find_passphrase(folder: Path, needed: bool) -> str | None:
    """Return the passphrase; None where there is none and the ledger is all that was asked for."""
    try:
        return passphrase(folder)
    except NoPassphrase:
        if needed:
            raise
        return None


def write(report: Report, file: Path) -> None:
    """Write the report as JSON."""
    listed = [{**finding._asdict(), "severity": finding.severity.value} for finding in report.findings]
    data = {"sound": report.sound, "findings": listed, "figures": report.figures}
    raw = orjson.dumps(plain(data), option=orjson.OPT_INDENT_2)
    if str(file) == "-":
        click.echo(raw)
    else:
        file.write_bytes(raw)


def print_report(report: Report, *, vaults: bool) -> None:
    """Print findings, figures and the verdict."""
    if report.findings:
        rows = ((f.severity.value, f.file, f.place, f.what) for f in report.findings)
        print_table(("severity", "file", "place", "what"), rows)
        click.echo()
    click.echo(", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in report.figures.items()))
    if not vaults:
        click.echo("Vaults were not checked: that takes the passphrase.")
    click.echo("SOUND" if report.sound else "DAMAGED")
