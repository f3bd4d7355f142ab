"""Write docs/reference/cli.md from what `salus --help` says. With --check: exit 1 if it is not current."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from salus.cli import status
from salus.cli.main import GROUPS, salus

PAGE = Path(__file__).parents[1] / "docs/reference/cli.md"
WIDTH = 100
HEAD = """# The command line

Made by `python scripts/cli_reference.py` from what `salus --help` says; do not edit.

`--home` names the region's folder, or SALUS_HOME does. The passphrase is read from the file that SALUS_PASSPHRASE_FILE
names, else from the home's own file `passphrase` (an unattended region), else asked for at the terminal. Ids may be
shortened to any unambiguous beginning of six or more hex digits, except where a whole id is asked for. SALUS_VERIFIER
says whether a second process checks signatures: `auto` (under load, where there are two processors), `on` or `off`.
SALUS_EXECUTOR says where a server makes the blocks of an embedded ledger: `auto` (in a process of its own, where there
are two processors), `apart` or `inside`.

"""


def page() -> str:
    """Return the page as it should be."""
    root = click.Context(salus, info_name="salus", terminal_width=WIDTH, help_option_names=["-h", "--help"])
    parts = [HEAD, "## Exit statuses\n\n", (status.__doc__ or "").split("\n\n", 1)[1], "\n"]
    for name in GROUPS:
        command = salus.get_command(root, name)
        parts += _sections(command, click.Context(command, parent=root, info_name=name), 2) if command else ()
    return "".join(parts).rstrip("\n") + "\n"


def _sections(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    yield f"{'#' * level} {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _sections(inner, click.Context(inner, parent=context, info_name=name), level + 1)


def main() -> None:
    """Write the page, or compare it."""
    if "--check" not in sys.argv[1:]:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page())
    elif not PAGE.is_file() or PAGE.read_text() != page():
        sys.exit(f"{PAGE.name} is not current: run python scripts/cli_reference.py")


if __name__ == "__main__":
    main()
