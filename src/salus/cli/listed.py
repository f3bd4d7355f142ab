"""Groups of commands whose help lists each command with its whole first sentence: click cuts it at the line's end."""

from collections.abc import Callable
from typing import Any

import click


class Listed(click.Group):
    """A group that lists its commands in words that end."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(1000)) for name, command in found if command])


def command_group(name: str | None = None) -> Callable[[Callable[..., Any]], Listed]:
    """Make a group of commands of a function, as click.group does."""
    return click.group(name, cls=Listed)
