"""Options and arguments that many commands share, and what they open."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from salus.bootstrap import GENESIS, SPLIT_NOTE, Region, needs_node, open_region, tiles_folder
from salus.bootstrap.network import NotUp
from salus.cli.beside.client import RunThere
from salus.cli.beside.host import hosted
from salus.cli.beside.place import HomeServed, OtherHome, connect
from salus.cli.status import BadInput
from salus.cli.terminal import terminal
from salus.config import NoPassphrase, read_config, read_passphrase
from salus.fhir.classes import DATA_CLASSES
from salus.services.actors import Organisation, Person
from salus.services.grant import provision

Command = TypeVar("Command", bound=Callable[..., Any])
PASSPHRASE_FILE = "passphrase"  # noqa: S105 - a file of the home of an unattended region
FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


class OutFile(click.Path):
    """A file to be written. Its folder must be there, which is asked before anything else is done."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(str(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail("the folder it is to be in does not exist", param, ctx)
        return path


OUT_FILE = OutFile(path_type=Path, dir_okay=False, writable=True)


class WholeId(click.ParamType[bytes]):
    """An id of which one has no list to choose from: all 64 hex digits."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        text = str(value).strip().lower()
        if len(text) != 64 or not _is_hex(text):
            self.fail("give all 64 hex digits of the id", param, ctx)
        return bytes.fromhex(text)


WHOLE_ID = WholeId()


def home_option(words: str) -> Callable[[Command], Command]:
    """Give a command --home."""
    return click.option("--home", type=FOLDER, default=None, help=f"{words} [default: $SALUS_HOME, else salus-home]")


as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON value, for programs.")


def in_home(command: Command) -> Command:
    """Give a command --home and --json."""
    return home_option("The region's folder.")(as_json_option(command))


def acting(words: str) -> Callable[[Command], Command]:
    """Give a command --as ACTOR."""
    return click.option("--as", "actor", metavar="ACTOR", required=True, help=words)


def days_option(default: int, most: int = 3650) -> Callable[[Command], Command]:
    """Give a command --days."""
    return click.option("--days", default=default, show_default=True, type=click.IntRange(1, most), help="How long.")


def purpose_option(default: str) -> Callable[[Command], Command]:
    """Give a command --purpose: what the custodian's own staff look for."""
    words = "Code of the purpose that staff act for; it shows the segments that were opened for it."
    return click.option("--purpose", default=default, show_default=True, metavar="CODE", help=words)


def save_option(words: str) -> Callable[[Command], Command]:
    """Give a command --save FOLDER."""
    return click.option("--save", type=FOLDER, default=None, metavar="FOLDER", help=words)


genesis_option = click.option(
    "--genesis", type=FILE, default=None, help="The network's genesis document, which you have from elsewhere."
)
at_option = click.option(
    "--at", "relation", metavar="HANDLE", default=None, help="Which of her relations; needed when she has several."
)


def about_data(command: Command) -> Command:
    """Give a command --class, --type, --since and --until, which reach it as one `Provision`, `data`."""

    @wraps(command)
    def collected(
        *, classes: tuple[str, ...], types: tuple[str, ...], since: datetime | None, until: datetime | None, **rest: Any
    ) -> Any:
        return command(data=provision(classes, types, since=_millis(since), until=_millis(until)), **rest)

    for option in reversed(_DATA_OPTIONS):
        collected = option(collected)
    return collected  # type: ignore[return-value]


_DAY = click.DateTime(["%Y-%m-%d"])
_DATA_OPTIONS = (
    click.option(
        "--class",
        "classes",
        multiple=True,
        type=click.Choice(DATA_CLASSES),
        metavar="CLASS",
        help="Only this class of data, for instance laboratory; may be repeated.",
    ),
    click.option(
        "--type", "types", multiple=True, metavar="TYPE", help="Only this FHIR resource type; may be repeated."
    ),
    click.option("--since", type=_DAY, metavar="DATE", help="Only what begins on this day or later (YYYY-MM-DD)."),
    click.option("--until", type=_DAY, metavar="DATE", help="Only what ends before this day."),
)


def _millis(day: datetime | None) -> int | None:
    return None if day is None else int(day.replace(tzinfo=UTC).timestamp()) * 1000


def home_folder(home: Path | None) -> Path:
    """Return the folder to work on, from --home or SALUS_HOME."""
    return home if home is not None else read_config().home


def tiles_of(home: Path | None) -> Path:
    """Return the folder in which the log of the region in `home` is published."""
    return tiles_folder(home_folder(home), read_config().tiles)


def kept_genesis(genesis: Path | None) -> bytes | None:
    """Return the genesis file of --genesis, else of the home that SALUS_HOME names, if there is one."""
    kept = read_config().home / GENESIS if genesis is None else genesis
    return kept.read_bytes() if kept.is_file() else None


def header_option(command: Command) -> Command:
    """Give a command --header."""
    words = (
        "A committed header (GET /ledger/headers/HEIGHT of a node): validators that joined by vote, and rotated keys, "
        "sign too. Its own validators are proved from the genesis."
    )
    return click.option("--header", "headers", type=FILE, multiple=True, metavar="FILE", help=words)(command)


def known_genesis(genesis: Path | None) -> bytes:
    """Return the genesis file of --genesis, else of SALUS_HOME; without one nothing can be proved."""
    found = kept_genesis(genesis)
    if found is None:
        raise click.UsageError("give the network's genesis document with --genesis")
    return found


def passphrase(home: Path, *, new: bool = False) -> str:
    """Return the passphrase: SALUS_PASSPHRASE_FILE, then the home's own file, then a question at a terminal.

    It is asked for twice where it is `new`, or where nothing in the home is sealed by it yet.
    """
    config = read_config()
    if config.passphrase_file is not None:
        return read_passphrase(config)
    kept = home / PASSPHRASE_FILE
    if not new and kept.is_file():
        return kept.read_text("utf-8", errors="replace").strip()
    if not terminal().attended():
        raise NoPassphrase
    sealed = any(home.glob("*/*.sealed")) or any(home.glob("*/*/*.sealed"))
    return terminal().ask_secret("Passphrase", twice=new or not sealed)


@contextmanager
def opened(
    home: Path | None, *, read_only: bool = False, alone: bool = False, executor: str = "inside"
) -> Iterator[Region]:
    """Open the region and close it again; give a server's own where one runs this command.

    `executor`: where the blocks of an embedded ledger are made (`config.Config`).

    Raises RunThere where the home is served, so that its server runs the command; HomeServed where `alone` says that
    the command needs the home for itself; NotUp where CometBFT decides its blocks, and its node does not run.
    """
    folder = home_folder(home)
    if not (folder / "genesis.cbor").is_file():
        if (folder / SPLIT_NOTE).is_file():
            raise BadInput(f"the region of {folder} was taken apart; {SPLIT_NOTE} in it says where its homes are")
        raise BadInput(f"{folder} holds no region; `salus init` or `salus demo` makes one")
    region = hosted()
    if region is not None:
        if folder.resolve() != region.home.resolve():
            raise OtherHome
        if alone:
            raise HomeServed
        yield region
        return
    hand_over(folder, alone=alone)
    if not (read_only or alone) and needs_node(folder):
        raise NotUp
    set_up = read_config()
    with open_region(
        folder,
        passphrase(folder),
        read_only=read_only,
        tiles=set_up.tiles,
        verifier=set_up.verifier,
        executor=executor,
    ) as region:
        yield region


def hand_over(folder: Path, *, alone: bool = False) -> None:
    """Raise RunThere where a server has the home open, HomeServed where the command needs it `alone`."""
    connection = connect(folder)
    if connection is None:
        return
    if alone:
        connection.close()
        raise HomeServed
    raise RunThere(connection)


def organisation(region: Region, slug: str) -> Organisation:
    """Return the organisation that acts; who types another name is told which there are."""
    known = region.organisations()
    if slug not in known:
        other = "; this one is a wallet's" if slug in region.people() else ""
        words = f"no organisation has this name here; there are {', '.join(known)}{other}"
        raise click.BadParameter(words, param_hint="--as")
    return region.organisation(slug)


def person(region: Region, slug: str) -> Person:
    """Return the person who acts; who types another name is told which there are."""
    known = region.people()
    if slug not in known:
        there = f"there are {', '.join(known)}" if known else "nobody has one yet (`salus patient claim`)"
        there += "; this one is an organisation's" if slug in region.organisations() else ""
        raise click.BadParameter(f"no wallet has this name here; {there}", param_hint="--as")
    return region.person(slug)


def choose(given: str, known: Iterable[bytes], what: str, listing: str, names: Iterable[str] = ()) -> bytes:
    """Return the one id that begins with the hex digits `given`; `listing` is the command that shows them.

    `names` are those that would have done as well, for who typed another one.
    """
    text = given.strip().lower()
    if len(text) < 6 or not _is_hex(text):
        or_name = ", ".join(names)
        words = f"nothing here is called so; there are {or_name}; or give" if or_name else "give"
        raise click.BadParameter(f"{words} the id's first hex digits, six or more (`salus {listing}`)", param_hint=what)
    found = sorted({item for item in known if item.hex().startswith(text)})
    if len(found) > 1:
        raise click.BadParameter(f"{len(found)} ids begin like this; give more digits", param_hint=what)
    if not found:
        raise click.BadParameter(f"no id here begins like this (`salus {listing}` shows them)", param_hint=what)
    return found[0]


def _is_hex(text: str) -> bool:
    return all(letter in "0123456789abcdef" for letter in text)
