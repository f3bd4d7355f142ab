"""What a command prints: for people a few lines or a table, with --json one JSON value on standard output."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
import orjson
from rich.console import Console, ConsoleDimensions
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from salus.cli.terminal import terminal
from salus.core.keys import FOREVER
from salus.services.plain import plain

SHORT = 12  # hex digits of an id in tables; commands take any unambiguous beginning of six or more


def when(ms: int | None) -> str:
    """Return block time in milliseconds as ISO 8601 in UTC."""
    if ms is None:
        return "-"
    if ms >= FOREVER:
        return "no end"
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError):
        return str(ms)


def short(value: bytes | None) -> str:
    """Return the beginning of an id in hex."""
    return "-" if value is None else value.hex()[:SHORT]


def print_json(value: Any) -> None:
    """Print one JSON value."""
    click.echo(orjson.dumps(plain(value), option=orjson.OPT_INDENT_2))


def print_result(as_json: bool, data: Any, words: str) -> None:
    """Print `data` as JSON, or the words for people."""
    if as_json:
        print_json(data)
    else:
        click.echo(words)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "Nothing here yet.") -> None:
    """Print rows under their columns, or one line where there are none."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns[:-1]:
        table.add_column(column, no_wrap=True)
    table.add_column(columns[-1], overflow="fold", min_width=12)  # gives way first
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    if table.row_count:
        console().print(table)
    else:
        click.echo(empty)


def print_fields(named: Mapping[str, object]) -> None:
    """Print names and values, a line each."""
    width = max(map(len, named))
    for name, value in named.items():
        click.echo(f"{name:<{width}}  {value}")


def console(*, error: bool = False) -> Console:
    """Return a console that neither colours nor wraps what goes into a file."""
    here = terminal()
    made = Console(stderr=error, highlight=False, soft_wrap=False, _environ=here.environment)
    if not made.is_terminal:
        made.width = 200
    elif here.size is not None:
        made.size = ConsoleDimensions(*here.size)
    return made


class _Watched(Progress):
    """A bar that ends the command between two steps where its caller went away."""

    def update(self, *arguments: Any, **named: Any) -> None:
        terminal().check()
        super().update(*arguments, **named)

    def advance(self, *arguments: Any, **named: Any) -> None:
        terminal().check()
        super().advance(*arguments, **named)


@contextmanager
def progress(words: str, total: int | None, *, quiet: bool = False, shown: Console | None = None) -> Iterator[Progress]:
    """Show a bar while the block runs, on standard error or `shown`; nothing where that is no terminal."""
    shown = shown or console(error=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with _Watched(*columns, console=shown, transient=True, disable=quiet or not shown.is_terminal) as bar:
        bar.add_task(words, total=total)
        yield bar


def program() -> str:
    """Return how this program is called from here: `salus`, or its path where the shell does not find it."""
    return terminal().program
