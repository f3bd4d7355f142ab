"""`salus relation`: the life of a relation."""

import click

from salus.cli.relation_merge import COMMANDS


@click.group()
def command() -> None:
    """Relations: merge two that are one person's, approve, unmerge; move a record filed under the wrong patient."""


for one in COMMANDS:
    command.add_command(one)
