"""`salus demo`: the whole story on a region of its own, which is then served."""

import re
import shlex
import shutil
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click
import orjson
from rich.console import Console

from salus.bootstrap.network import P2P, Trial
from salus.cli.init import keep_passphrase, refuse_used
from salus.cli.options import FOLDER, OUT_FILE, PASSPHRASE_FILE, hand_over, home_folder, home_option, passphrase
from salus.cli.output import console, program, progress
from salus.cli.serve import Address, serve_home, take_address
from salus.config import read_config
from salus.demo.spread import SUFFIXES
from salus.demo.stage import Step
from salus.demo.steps import STEPS
from salus.demo.story import REGION, network_of, play
from salus.disk import take_lock
from salus.ledger.errors import LedgerLocked

INDENT = 5


@click.command()
@home_option("Where the region is left; a new or empty folder.")
@click.option("--once", is_flag=True, help="End after the story; else the region is served until Ctrl-C.")
@click.option(
    "--listen",
    "address",
    type=Address(),
    default="127.0.0.1:8080",
    show_default=True,
    metavar="HOST:PORT",
    help="Where to serve it then.",
)
@click.option("--anew", is_flag=True, help="Remove the unattended region that is in the folder first.")
@click.option("--data", type=FOLDER, default=None, help="A folder of Synthea bundles instead of our generator.")
@click.option("--json", "file", type=OUT_FILE, default=None, help="Write the report here.")
@click.option(
    "--network",
    "validators",
    type=click.IntRange(1, len(REGION.members)),
    default=None,
    help="On so many validators over CometBFT instead of the embedded ledger; some minutes longer.",
)
@click.option("--first-port", type=click.IntRange(1, 65_000), default=P2P, show_default=True, help="Of the validators.")
def command(
    home: Path | None,
    once: bool,
    address: tuple[str, int],
    anew: bool,
    data: Path | None,
    file: Path | None,
    validators: int | None,
    first_port: int,
) -> int:
    """Play the whole story on a region of its own, and serve it.

    The embedded ledger is one operator's: tamper-evident, not Byzantine-tolerant. With --network its blocks are decided
    by validators: four of them go on while one is away, or lies.
    """
    folder = home_folder(home)
    hand_over(folder, alone=True)
    refuse_empty(data)
    with nullcontext() if once else take_address(address) as bound:  # before anything is removed or made
        if anew:
            remove_last(folder)
        refuse_used(folder)
        with playing_on(validators, address, first_port) as network:
            ok = tell_story(folder, data, file, network)
            if ok and bound is not None:
                if network is not None:
                    network.resume()
                serve_home(folder, bound, closing=lambda: None if network is None else network.pause())
    return 0 if ok else 1


@contextmanager
def playing_on(validators: int | None, address: tuple[str, int], first_port: int) -> Iterator[Trial | None]:
    """Give the network that the story is played on, None for the embedded ledger; it ends with the block."""
    if validators is None:
        yield None
        return
    with network_of(validators, f"{address[0]}:{address[1]}", first_port, read_config().cometbft) as network:
        yield network


def tell_story(folder: Path, data: Path | None, file: Path | None, network: Trial | None = None) -> bool:
    """Play the story, print it and what can be done on its region; return whether it came to its end."""
    attended = read_config().passphrase_file is not None
    secret = passphrase(folder) if attended else keep_passphrase(folder)
    out = console()
    ledger = "one embedded ledger" if network is None else f"a ledger of {network.validators} validators over CometBFT"
    out.print(f"[bold]Salus[/bold]: two hospitals, a clinic, a regulator and their patients, on {ledger}.")
    if not attended:
        print_plain(out, f"An unattended run: its passphrase is in {folder / PASSPHRASE_FILE}, for trying out only.")
    steps = show_story(out, folder, secret, data, network)
    ok = len(steps) == len(STEPS) and all(step.ok for step in steps)
    if file is not None:
        write_report(file, folder, steps, ok)
    if ok:
        print_ways_on(out, folder, steps)
    else:
        out.print("\n[red]The story stopped.[/red]")
    return ok


def remove_last(folder: Path) -> None:
    """Remove the unattended region in the folder, which nobody may have open; nothing where there is none."""
    if not (folder / PASSPHRASE_FILE).is_file():
        return
    if (folder / "ledger").is_dir():
        try:
            take_lock(folder / "ledger/lock")()
        except BlockingIOError:
            raise LedgerLocked from None
    print_plain(console(), f"Removing the region of the last demonstration, {folder}")
    shutil.rmtree(folder)


def refuse_empty(data: Path | None) -> None:
    """Raise unless the folder of bundles is there and has some."""
    if data is not None and not (data.is_dir() and any(path.name.endswith(SUFFIXES) for path in data.iterdir())):
        raise click.BadParameter(f"there are no bundles ({', '.join(SUFFIXES)}) in this folder", param_hint="--data")


def show_story(out: Console, folder: Path, secret: str, data: Path | None, network: Trial | None = None) -> list[Step]:
    """Play the story and print each step once it is done."""
    steps: list[Step] = []
    with progress("Founding the region", None, shown=out) as bar:

        def show(what: str, done: int, total: int | None) -> None:
            bar.update(bar.task_ids[0], description=what, completed=done, total=total)

        for step in play(folder, secret, data, show, network):
            steps.append(step)
            print_step(out, len(steps), step)
    return steps


def print_step(out: Console, number: int, step: Step) -> None:
    """Print what a step did."""
    mark = "[green]✓[/green]" if step.ok else "[red]✗[/red]"
    out.print(f"\n{mark} [bold]{number}. {step.title}[/bold]  ({step.figures['took_s']} s)")
    for line in step.lines:
        for part in wrapped(line, out.width - INDENT) if out.is_terminal else [line]:
            print_plain(out, " " * INDENT + part)


def wrapped(line: str, width: int) -> list[str]:
    """Return a line in parts that fit; what goes on stands under the first word."""
    first = re.match(r" *(?:\d+\. \S+ +)?", line)
    indent = " " * (first.end() if first else 0)
    return textwrap.wrap(line, max(width, 40), subsequent_indent=indent, drop_whitespace=True) or [""]


def print_ways_on(out: Console, folder: Path, steps: list[Step]) -> None:
    """Print commands that work on the region as it was left."""
    print_plain(out, f"\nThe region is in {folder}. Look around:\n")
    home = shlex.quote(str(folder))
    for line in dict.fromkeys(line for step in steps for line in step.commands):
        where = "" if "{home}" in line else f" --home {home}"
        print_plain(out, f"  {program()} {line.format(home=home)}{where}")


def print_plain(out: Console, line: str) -> None:
    """Print a line as it is: no markup, no wrapping, so that it can be copied."""
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def write_report(file: Path, folder: Path, steps: list[Step], ok: bool) -> None:
    """Write the report as JSON."""
    listed = [{"name": step.name, "title": step.title, "ok": step.ok, **step.figures} for step in steps]
    data = {"ok": ok, "home": str(folder), "steps": listed}
    file.write_bytes(orjson.dumps(data, option=orjson.OPT_INDENT_2))
