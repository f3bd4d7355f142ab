"""`salus`: finds the command, runs it, and turns what went wrong into one line and an exit status (status.py)."""

import sys
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper

import click
from click.shell_completion import CompletionItem

from salus import __version__
from salus.cli.beside.client import Refused, RunThere
from salus.cli.status import BUG, INTERRUPTED, NOT_NOW, USAGE, Stopped, status_of
from salus.core.errors import Refusal

GROUPS = {
    "demo": "Play the whole story on a region of its own.",
    "home": "Homes apart: take a region to pieces; begin a home that follows a node.",
    "serve": "Serve a home over HTTP until it is told to end.",
    "node": "Serve the ledger of a home that has the node's key, for others to follow.",
    "network": "A consortium over CometBFT: found it, bring its nodes up, see how they are, end them, join it.",
    "signer": "A validator's key apart from its node: make one, show it to the members, sign with it.",
    "tls": "Make a certificate for development.",
    "init": "Found a region: genesis, ledger, members with their vaults.",
    "org": "Members of the network: list, add, vote, propose, suspend; their keys and escrows.",
    "admin": "Administrators' own keys; files that several sign; the passphrase of a home.",
    "staff": "Members of staff that an organisation attests.",
    "patient": "Patients of an organisation: list, invite, claim, confirm; segments.",
    "record": "Records of a custodian: import, list, show, label anew; correct, erase, hold, restrict.",
    "relation": "The life of a relation: state, death, closing, change of custody; merge, unmerge, move a record.",
    "petition": "A person's petitions: amend, erase, restrict; what became of them.",
    "consent": "A person's directives: grant, deny, show, revoke, FHIR in and out; her preference; attested consents.",
    "representation": "Who acts for a person: attest, name, renew, dispute; act for another; helpers.",
    "wallet": "What a wallet does by itself: waiting wishes, appointments, claims.",
    "recovery": "Keyholders, devices, a lost phone, a thief: recover, veto, freeze; and what the desk does for it.",
    "backup": "A wallet's backup: make, restore after a recovery; hand out a share.",
    "policy": "Policy sets: list, show, propose, name.",
    "order": "Orders of courts and authorities: record, withdraw, list.",
    "discover": "Find somebody's relation: match, locate, share codes; keys, tokens and limits of look-ups.",
    "access": "Request, answer, receive; who received what.",
    "ledger": "Status, blocks, proofs, export, checkpoints.",
    "witness": "Witnesses over HTTP: serve one, watch a log as one, ask one to cosign the ledger's checkpoint.",
    "verify": "Check an evidence file offline, step by step.",
    "fsck": "Check a whole home offline: blocks, state, published files, vaults.",
    "completion": "Print what lets a shell complete commands and options.",
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

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = [CompletionItem(name, help=words) for name, words in GROUPS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(GROUPS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="salus")
def salus() -> None:
    """Keep, share and verify medical data; the data stays off the ledger.

    Begin with `salus demo --home demo-home --once`. Every command takes --json for programs.

    Exit status: 0 done, 1 the answer is no, 2 wrong usage or bad input, 3 unwitnessed (verify, audit), 4 not now
    (in use, disk full), 70 a bug, 130 interrupted.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows a question mark
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run a command; return its exit status. What went wrong is one line on standard error, never a traceback."""
    status = _run(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_output()
    except OSError as error:
        _leave_output()
        return _say(f"standard output: {error.strerror}", NOT_NOW)
    return status


def _run(arguments: list[str]) -> int:
    try:
        status = _called(arguments)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return 0
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "salus"
        said_all = isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter)
        return _say(error.format_message() + ("" if said_all else f" (see `{where} --help`)"), USAGE)
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted; what was reported as done is durable", INTERRUPTED)
    except SystemExit:  # click's way out where the reader of a pipe has gone
        _leave_output()
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort shows a bug's kind, never somebody's data
        return _failed(error)
    return status if isinstance(status, int) else 0


def _called(arguments: list[str]) -> object:
    try:
        return salus.main(arguments, prog_name="salus", standalone_mode=False)
    except RunThere as there:
        return there.run(arguments)


def _failed(error: Exception) -> int:
    """Say what failed, in words without anybody's data; return the exit status."""
    match error:
        case Stopped():
            return _say(error.message, status_of(error.refusal))
        case click.ClickException():
            return _say(error.format_message(), error.exit_code)
        case Refused():
            return _say(error.words, error.status)
        case Refusal():
            return _say(str(error), status_of(error))
        case BrokenPipeError():
            _leave_output()
            return 0
        case OSError():
            name = f": {error.filename}" if error.filename else ""
            return _say(f"{error.strerror or type(error).__name__}{name}", NOT_NOW)
        case MemoryError():
            return _say("out of memory; what was reported as done is durable", NOT_NOW)
    return _say(f"a bug in Salus ({type(error).__name__} {_place(error)}); nothing half-done is kept", BUG)


def _say(line: str, status: int) -> int:
    with suppress(OSError):
        click.echo(f"salus: {' '.join(line.split())}", err=True)
    return status


def _leave_output() -> None:
    """Nobody reads standard output any more: let what is still buffered go nowhere when Python ends."""
    with suppress(OSError, ValueError):
        sys.stdout = open("/dev/null", "w", encoding="utf-8")  # noqa: PTH123, SIM115 - open until the process ends


def _place(error: Exception) -> str:
    """Where it was raised: file and line, no values."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"at {trace.tb_frame.f_code.co_filename.rsplit('salus/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
