"""`salus`: finds the command, runs it, and turns what went wrong into one line and an exit status.

| status | meaning |
|---|---|
| 0 | done; for `verify`: proved; for `fsck`: sound |
| 1 | the answer is no: refused, refuted, damaged, not found |
| 2 | wrong usage or bad input |
| 3 | `verify` only: everything holds, and no witness you trust has signed |
| 4 | not now: the home is in use, the disk is full, a quota is used up |
| 70 | a bug in Salus |
"""

import sys
from importlib import import_module

import click

from salus import __version__
from salus.core.errors import Kind, Refusal

GROUPS = {
    "demo": "Play the whole story on a region of its own.",
    "init": "Found a region: genesis, ledger, members with their vaults.",
    "org": "Members of the network.",
    "staff": "Members of staff that an organisation attests.",
    "patient": "Patients of an organisation, invitations, claims.",
    "record": "Import, list and show records.",
    "consent": "Grant, show and revoke.",
    "access": "Request, release, receive; who received what.",
    "ledger": "Status, blocks, proofs, export, checkpoints.",
    "verify": "Check an evidence file offline, step by step.",
    "fsck": "Check a whole home offline: blocks, state, vaults.",
}
STATUS_OF_KIND = {
    Kind.INVALID: 2,
    Kind.UNAUTHENTICATED: 1,
    Kind.FORBIDDEN: 1,
    Kind.NOT_FOUND: 1,
    Kind.CONFLICT: 1,
    Kind.GONE: 1,
    Kind.EXHAUSTED: 4,
    Kind.UNAVAILABLE: 4,
}


class Commands(click.Group):
    """Imports a command's file when it is asked for, so that `--help` costs nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in GROUPS:
            return None
        command: click.Command = import_module(f"salus.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(GROUPS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="salus")
def salus() -> None:
    """Keep, share and verify medical data; the data stays off the ledger.

    Begin with `salus demo --home demo-home --once`. Every command takes --json for programs.
    Exit status: 0 done, 1 the answer is no, 2 wrong usage, 3 unwitnessed, 4 not now, 70 a bug.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run a command; return its exit status. Prints at most one line of error, never a traceback."""
    try:
        status = salus.main(arguments, prog_name="salus", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "salus"
        return _say(f"{error.format_message()} (see `{where} --help`)", error.exit_code if error.exit_code > 1 else 2)
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted; what was reported as done is durable", 130)
    except Refusal as refusal:
        return _say(str(refusal), STATUS_OF_KIND[refusal.kind])
    except BrokenPipeError:
        return 0
    except OSError as error:
        name = f": {error.filename}" if error.filename else ""
        return _say(f"{error.strerror or type(error).__name__}{name}", 4)
    except Exception as error:  # noqa: BLE001 - the last resort shows a bug's kind, never somebody's data
        return _say(f"a bug in Salus ({type(error).__name__} {_place(error)}); nothing half-done is kept", 70)
    return status if isinstance(status, int) else 0


def _say(line: str, status: int) -> int:
    click.echo(f"salus: {line}", err=True)
    return status


def _place(error: Exception) -> str:
    """Where it was raised: file and line, no values."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"at {trace.tb_frame.f_code.co_filename.rsplit('salus/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
