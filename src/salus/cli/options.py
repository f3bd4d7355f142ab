"""Options that many commands share, and what they open."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from salus.bootstrap import Region, open_region
from salus.config import NoPassphrase, read_config, read_passphrase

Command = TypeVar("Command", bound=Callable[..., Any])
PASSPHRASE_FILE = "passphrase"  # in the home of an unattended region


def in_home(command: Command) -> Command:
    """Give a command --home and --json."""
    home = click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        default=None,
        help="The region's folder [SALUS_HOME].",
    )
    as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
    return home(as_json(command))


def acting(words: str) -> Callable[[Command], Command]:
    """Give a command --as ACTOR."""
    return click.option("--as", "actor", metavar="ACTOR", required=True, help=words)


def home_folder(home: Path | None) -> Path:
    """Return the folder to work on, from --home or SALUS_HOME."""
    return home if home is not None else read_config().home


def passphrase(home: Path, *, new: bool = False) -> str:
    """Return the passphrase: SALUS_PASSPHRASE_FILE, then the home's own file, then a question at a terminal."""
    config = read_config()
    if config.passphrase_file is not None:
        return read_passphrase(config)
    kept = home / PASSPHRASE_FILE
    if not new and kept.is_file():
        return kept.read_text().strip()
    if not sys.stdin.isatty():
        raise NoPassphrase
    asked: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=new)
    return asked


@contextmanager
def opened(home: Path | None, *, read_only: bool = False) -> Iterator[Region]:
    """Open the region and close it again."""
    folder = home_folder(home)
    if not (folder / "genesis.cbor").is_file():
        raise click.UsageError(f"{folder} holds no region; `salus init` or `salus demo` makes one")
    with open_region(folder, passphrase(folder), read_only=read_only) as region:
        yield region


def choose(given: str, known: Iterable[bytes], what: str) -> bytes:
    """Return the one id that begins with the hex digits `given` (six or more)."""
    text = given.strip().lower()
    if len(text) < 6 or any(c not in "0123456789abcdef" for c in text):
        raise click.UsageError(f"{what}: give six or more hex digits of its id")
    found = sorted({item for item in known if item.hex().startswith(text)})
    if len(found) != 1:
        raise click.UsageError(f"{what}: {'no' if not found else 'more than one'} id here begins with these digits")
    return found[0]
