"""`salus network up`, `salus network stop`."""

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import orjson

from salus.bootstrap.network import (
    Halted,
    NoPassphraseFile,
    NothingToStop,
    NotUp,
    homes_in,
    is_running,
    kept,
    said_by,
    served_at,
    stop_home,
)
from salus.cli.options import FILE, FOLDER, PASSPHRASE_FILE, Command, as_json_option, home_folder, home_option
from salus.cli.output import print_result
from salus.cli.status import NOT_NOW, Final, SaidElsewhere
from salus.config import read_config, read_passphrase

STARTED_S, ENDED_S = 150.0, 10.0
LOG = "network.log"


def where(command: Command) -> Command:
    """Give a command --folder and --home."""
    command = click.option(
        "--folder", type=FOLDER, default=None, metavar="FOLDER", help="All members' homes in it, all of this machine."
    )(command)
    return home_option("The home of one member.")(command)


def chosen(folder: Path | None, home: Path | None) -> tuple[Path, ...]:
    """Return the homes that are meant, absolute; raise NoConsensusHome."""
    if folder is not None and home is not None:
        raise click.UsageError("give --folder or --home")
    if folder is not None:
        return tuple(path.absolute() for path in homes_in(folder))
    one = home_folder(home).absolute()
    said_by(one)
    return (one,)


@click.command("up")
@where
@click.option("--cometbft", "program", type=FILE, default=None, help="The program, where it is not found by itself.")
@click.option("--background", is_flag=True, help="Return once the nodes are up; `salus network stop` ends them.")
@as_json_option
def up(folder: Path | None, home: Path | None, program: Path | None, background: bool, as_json: bool) -> None:
    """Run the nodes of members until Ctrl-C or SIGTERM: of each its Salus server, and CometBFT.

    What dies is started anew, at growing pauses. CometBFT is ended before Salus, and killed if it does not end. With
    --json one JSON line says that they are up.
    """
    homes = chosen(folder, home)
    if read_config().passphrase_file is not None:
        read_passphrase(read_config())
    elif not all((one / PASSPHRASE_FILE).is_file() for one in homes):
        raise NoPassphraseFile
    if background:
        _in_background(folder, homes, program, as_json)
        return
    with _told_to_end() as ended, kept(homes, program or read_config().cometbft) as keeper:
        _say_begun(homes, as_json)
        try:
            healthy = keeper.wait_healthy(ended)
        except Halted as halt:
            raise Final(str(halt)) from None
        if healthy:
            _say(homes, as_json)
            ended.wait()


def _say_begun(homes: Sequence[Path], as_json: bool) -> None:
    if not as_json:
        click.echo(f"Starting {', '.join(said_by(one).name for one in homes)}; up to two minutes.")


def _say(homes: Sequence[Path], as_json: bool) -> None:
    found = [{"name": one.name, "url": served_at(one), "rpc": one.own_rpc} for one in map(said_by, homes)]
    if as_json:
        click.echo(orjson.dumps({"up": found}))
        return
    for one in found:
        click.echo(f"{one['name']} is up at {one['url']}")
    click.echo("Ctrl-C ends " + ("it." if len(found) == 1 else "them."))


@contextmanager
def _told_to_end() -> Iterator[threading.Event]:
    """Give what is set once SIGINT, SIGTERM or SIGHUP comes."""
    ended = threading.Event()

    def end(number: int, frame: object) -> None:
        ended.set()

    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # else started to survive that (nohup)
        signals.append(signal.SIGHUP)
    before = {number: signal.signal(number, end) for number in signals}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_background(folder: Path | None, homes: Sequence[Path], program: Path | None, as_json: bool) -> None:
    """Start the command anew in a session of its own, and wait for its line."""
    _say_begun(homes, as_json)
    place = homes[0] if folder is None else folder.absolute()
    line = [sys.executable, "-m", "salus", "network", "up", "--json"]
    line += ["--folder" if folder is not None else "--home", str(place)]
    line += [] if program is None else ["--cometbft", str(program.absolute())]
    log = place / LOG
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    begun = os.fstat(descriptor).st_size
    try:
        started = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=descriptor, start_new_session=True
        )
    finally:
        os.close(descriptor)
    with started.stdout or open(os.devnull, "rb") as said:  # noqa: PTH123
        ready, _, _ = select.select([said], [], [], STARTED_S)
        first = said.readline() if ready else b""
    if not first:
        status = _status_of(started, ended=bool(ready))
        words = log.read_bytes()[begun:].decode("utf-8", "replace").strip().splitlines()
        said_last = words[-1].removeprefix("salus: ") if words else f"the nodes did not come up; see {log}"
        raise SaidElsewhere(said_last, status)
    _say(homes, as_json) if as_json else click.echo(
        f"{len(homes)} of {len(homes)} are up; `salus network status` shows them, `salus network stop` ends them."
    )


def _status_of(started: subprocess.Popen[bytes], ended: bool) -> int:
    """Return the exit status of a command that did not come up; it is ended where it has not by itself."""
    with suppress(subprocess.TimeoutExpired):
        if ended and started.wait(ENDED_S) > 0:
            return started.returncode
    started.terminate()
    return NOT_NOW


@click.command("stop")
@where
@as_json_option
def stop(folder: Path | None, home: Path | None, as_json: bool) -> None:
    """End the nodes that `salus network up` runs: of each CometBFT first, then its Salus server."""
    running = [one for one in chosen(folder, home) if is_running(one)]
    if not running:
        raise NothingToStop
    for one in running:
        with suppress(NotUp):  # who kept another kept this one too
            stop_home(one)
    ended = [said_by(one).name for one in running]
    print_result(as_json, {"ended": ended}, f"Ended: {', '.join(ended)}.")
