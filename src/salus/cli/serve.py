"""`salus serve`: a home over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson

from salus.api.listening import Bound, bind, read_address
from salus.api.operate.logs import start_logging
from salus.api.server import Listening
from salus.bootstrap.running import serve_region
from salus.cli.beside.host import hosting
from salus.cli.main import run
from salus.cli.options import FILE, Command, home_folder, in_home, opened
from salus.config import read_config
from salus.core.errors import Refusal
from salus.services.anchor_windows import WindowRule


class Address(click.ParamType[tuple[str, int]]):
    """HOST:PORT."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        try:
            return value if isinstance(value, tuple) else read_address(str(value))
        except Refusal as refusal:
            self.fail(str(refusal), param, ctx)


_LISTENING = (
    click.option(
        "--listen",
        "address",
        type=Address(),
        default="127.0.0.1:8080",
        show_default=True,
        metavar="HOST:PORT",
        help="Where to listen; port 0 is one that is free.",
    ),
    click.option("--name", "names", multiple=True, metavar="HOST", help="A name it is reached by; may be repeated."),
    click.option("--certificate", type=FILE, default=None, help="A certificate chain in PEM: TLS. Needs --key."),
    click.option("--key", type=FILE, default=None, help="The certificate's private key in PEM."),
)


def listening_options(command: Command) -> Command:
    """Give a command --listen, --name, --certificate and --key."""
    for option in reversed(_LISTENING):
        command = option(command)
    return command


@contextmanager
def take_address(
    address: tuple[str, int], names: tuple[str, ...] = (), certificate: Path | None = None, key: Path | None = None
) -> Iterator[Bound]:
    """Give the address that the options ask for, taken; see `api.listening.bind` for what it raises."""
    if (certificate is None) != (key is None):
        raise click.UsageError("give --certificate and --key, or neither")
    bound = bind(Listening(*address, certificate, key), names)
    with bound.socket:
        yield bound


def serve_home(
    folder: Path,
    bound: Bound,
    *,
    as_json: bool = False,
    closing: Callable[[], None] = lambda: None,
    executor: str | None = None,
) -> None:
    """Open the home, say where it is served, serve it and run commands on it until it is told to end.

    `closing` is called before it is closed. `executor` counts before the setting of that name.
    """
    config = read_config()
    start_logging(config.log)
    chosen = executor or config.executor
    with opened(folder.absolute(), alone=True, executor=chosen) as region, hosting(region, run):
        told = announce(bound, as_json, f"Serving {folder}", organisations=region.organisations())
        rule = WindowRule(config.anchor_window_s * 1000, config.anchor_cycle)
        try:
            serve_region(region, bound, told, rule, config.traces)
        finally:
            closing()


def announce(bound: Bound, as_json: bool, words: str, **more: object) -> Callable[[], None]:
    """Return what says in one line, once it is so, where a server listens."""

    def say() -> None:
        listening = bound.listening
        found = {"url": bound.url, "host": listening.host, "port": listening.port, **more}
        click.echo(orjson.dumps(found) if as_json else f"{words} at {bound.url} (Ctrl-C ends it)")

    return say


@click.command()
@listening_options
@click.option(
    "--executor",
    type=click.Choice(("inside", "apart")),
    default=None,
    help="Where the blocks of an embedded ledger are made: in the server, or in a process of its own. "
    "By default apart where there are two processors.",
)
@in_home
def command(
    home: Path | None,
    address: tuple[str, int],
    names: tuple[str, ...],
    certificate: Path | None,
    key: Path | None,
    executor: str | None,
    as_json: bool,
) -> None:
    """Serve a home over HTTP until Ctrl-C or SIGTERM.

    What was asked before is answered, then the ledger is closed. With --json one JSON line says where it listens.
    """
    with take_address(address, names, certificate, key) as bound:
        serve_home(home_folder(home), bound, as_json=as_json, executor=executor)
