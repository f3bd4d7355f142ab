"""`salus demo`: the whole story on a region of its own."""

from pathlib import Path

import click
import orjson
from rich.padding import Padding
from rich.text import Text

from salus.cli.init import keep_passphrase, refuse_used
from salus.cli.options import PASSPHRASE_FILE, home_folder, passphrase
from salus.cli.output import console, progress
from salus.config import read_config
from salus.demo.stage import Step
from salus.demo.story import play


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Where the region is left; new or empty [SALUS_HOME].",
)
@click.option("--once", is_flag=True, help="End after the story.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=None,
    help="A folder of Synthea bundles instead of our generator.",
)
@click.option(
    "--json", "file", type=click.Path(path_type=Path, dir_okay=False), default=None, help="Write the report here."
)
def command(home: Path | None, once: bool, data: Path | None, file: Path | None) -> int:
    """Play the story: import, claim, consent, release, verification, revocation, fsck.

    The embedded ledger is one operator's: tamper-evident, not Byzantine-tolerant.
    """
    folder = home_folder(home)
    refuse_used(folder)
    attended = read_config().passphrase_file is not None
    secret = passphrase(folder) if attended else keep_passphrase(folder)
    out = console()
    out.print("[bold]Salus[/bold]: two hospitals, a clinic, a regulator and their patients, on one embedded ledger.")
    if not attended:
        out.print(
            f"This run is unattended: its passphrase is kept in {folder / PASSPHRASE_FILE} (fit for trying out, not for real data)."
        )
    steps: list[Step] = []
    with progress("founding the region", None, shown=out) as bar:

        def show(what: str, done: int, total: int | None) -> None:
            bar.update(bar.task_ids[0], description=what, completed=done, total=total)

        for step in play(folder, secret, data, show):
            steps.append(step)
            mark = "[green]✓[/green]" if step.ok else "[red]✗[/red]"
            out.print(f"\n{mark} [bold]{len(steps)}. {step.title}[/bold]  ({step.figures['took_s']} s)")
            for line in step.lines:
                out.print(Padding(Text(line), (0, 0, 0, 5)), soft_wrap=not out.is_terminal)
    ok = all(step.ok for step in steps) and len(steps) == 6
    if file is not None:
        report = {
            "ok": ok,
            "home": str(folder),
            "steps": [{"name": s.name, "title": s.title, "ok": s.ok, **s.figures} for s in steps],
        }
        file.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    if ok:
        out.print(f"\nThe region is in {folder}. Look around:")
        for line in ("org list", "patient list --as north", "consent list --as alma --at …", "ledger status", "fsck"):
            out.print(f"  salus {line} --home {folder}", highlight=False, markup=False)
    else:
        out.print("\n[red]The story stopped.[/red]")
    return 0 if ok else 1
