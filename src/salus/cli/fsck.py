"""`salus fsck`: check a closed home offline."""

from pathlib import Path

import click
import orjson

from salus.cli.options import home_folder, passphrase
from salus.cli.output import plain, print_table, progress
from salus.config import NoPassphrase
from salus.fsck.home import fsck_home
from salus.fsck.report import Report


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="The home to check, closed [SALUS_HOME].",
)
@click.option("--organisation", default=None, help="Check only this organisation's vault, against the ledger.")
@click.option(
    "--json",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=None,
    help="Write the report here; - for standard output.",
)
def command(home: Path | None, organisation: str | None, file: Path | None) -> int:
    """Read every block, replay it, compare state, trees, log and vaults; name each place that is wrong.

    Nothing is written. Exit status: 0 sound, 1 damaged.
    """
    folder = home_folder(home)
    if not (folder / "ledger").is_dir():
        raise click.UsageError(f"{folder} holds no region")
    try:
        secret: str | None = passphrase(folder)
    except NoPassphrase:
        secret = None
    with progress("checking", None, quiet=file is not None) as bar:

        def show(what: str, done: int, total: int) -> None:
            bar.update(bar.task_ids[0], description=what, completed=done, total=total or None)

        report = fsck_home(folder, secret, show, organisation)
    if file is not None:
        write(report, file)
    if file is None or str(file) != "-":
        print_report(report, vaults=secret is not None)
    return 0 if report.sound else 1


def write(report: Report, file: Path) -> None:
    """Write the report as JSON."""
    data = {
        "sound": report.sound,
        "findings": [
            {"file": f.file, "place": f.place, "what": f.what, "severity": f.severity.value} for f in report.findings
        ],
        "figures": report.figures,
    }
    raw = orjson.dumps(plain(data), option=orjson.OPT_INDENT_2)
    if str(file) == "-":
        click.echo(raw)
    else:
        file.write_bytes(raw)


def print_report(report: Report, *, vaults: bool) -> None:
    """Print findings, figures and the verdict."""
    if report.findings:
        print_table(
            ("severity", "file", "place", "what"),
            ((f.severity.value, f.file, f.place, f.what) for f in report.findings),
        )
        click.echo()
    click.echo(", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in report.figures.items()))
    if not vaults:
        click.echo("Vaults were not checked: that takes the passphrase.")
    click.echo("SOUND" if report.sound else "DAMAGED")
