"""`salus`: finds the command, runs it, and turns what went wrong into one line and an exit status (status.py)."""

import gc
import sys
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper

import click
from click.shell_completion import CompletionItem

from salus import __version__
from salus.cli.beside.client import RunThere
from salus.cli.status import BUG, INTERRUPTED, NOT_NOW, USAGE, SaidElsewhere, Stopped, status_of
from salus.core.errors import Refusal

SECTIONS = {
    "Begin": {
        "demo": "Play the whole story on a region of its own, and serve it.",
        "init": "Found a region on this machine: genesis, ledger, members with keys and vaults.",
        "serve": "Serve a home over HTTP until Ctrl-C or SIGTERM.",
        "verify": "Check an evidence FILE offline, in numbered steps.",
        "fsck": "Check a whole home offline: blocks, state, vaults, keystores, letters; name what is wrong.",
        "completion": "Print the completion of a SHELL, for its start-up file.",
    },
    "Patients, and who acts for them": {
        "consent": "Who may receive what: grant, deny, revoke, opt in or out; FHIR Consent in and out.",
        "access": "Ask for data, answer, receive; see who received what.",
        "petition": "Ask a custodian to amend, erase or restrict records; see what became of it.",
        "wallet": "What a wallet does by itself: waiting wishes, appointments; receipts, share codes.",
        "recovery": "A lost or stolen phone: keyholders, devices, recover, veto, freeze; the desk's part.",
        "backup": "A wallet's backup: make it, restore it after a recovery, hand out a share.",
        "representation": "Who acts for a person: attest, name, renew, dispute; grant and revoke for another.",
    },
    "Hospitals, clinics, desks": {
        "patient": "Patients of an organisation: list, invite, claim, confirm; confidential segments.",
        "record": "Records of a custodian: import, list, show, label, correct, erase, hold, restrict.",
        "relation": "A patient's relation with a custodian: death, closing, change of custody, merge, move.",
        "staff": "Members of staff that an organisation attests: add, list, end.",
        "discover": "Find where somebody is a patient: match, locate, share codes; keys, tokens, limits.",
        "policy": "Policy sets, which say what is lawful without a consent: list, show, propose, name.",
        "order": "Orders of courts and authorities: record, list, withdraw.",
    },
    "Members of the network": {
        "org": "Members of the network: list, add, propose, vote, suspend; their keys and escrows.",
        "admin": "Administrators' own keys; files that several sign; the passphrase of a home.",
        "ledger": "The ledger: status, blocks, proofs, checkpoints; publish, audit, prune, reset.",
        "witness": "Witnesses over HTTP: serve one, watch a log as one, ask one for a cosignature.",
    },
    "Machines": {
        "home": "Homes apart: split a region, follow a node, back up, restore.",
        "node": "Serve the ledger of a home that has the node's key, for others to follow.",
        "network": "A consortium over CometBFT: found it, run its nodes, see how they are, join it.",
        "signer": "A validator's key apart from its node: make it, show it to the members, sign with it.",
        "tls": "Make a certificate for development.",
    },
}
GROUPS = {name: words for section in SECTIONS.values() for name, words in section.items()}


class Commands(click.Group):
    """Imports a command's file when it is asked for, so that `--help` costs nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in GROUPS:
            return None
        collecting = gc.isenabled()
        gc.disable()  # a thousand modules are about to be made, and none of them is garbage: a seventh of the time
        try:
            command: click.Command = import_module(f"salus.cli.{cmd_name}").command
        finally:
            if collecting:
                gc.enable()
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = [CompletionItem(name, help=words) for name, words in GROUPS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))


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
        return _say(_misused(error), USAGE)
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted; what was reported as done is durable", INTERRUPTED)
    except SystemExit:  # click's way out where the reader of a pipe has gone
        _leave_output()
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort shows a bug's kind, never somebody's data
        return _failed(error)
    return status if isinstance(status, int) else 0


def _misused(error: click.UsageError) -> str:
    """Say what is wrong with the command line: of an option that is missing also what it is for."""
    where = error.ctx.command_path if error.ctx else "salus"
    if not isinstance(error, click.BadParameter):
        return f"{error.format_message()} (see `{where} --help`)"
    if isinstance(error.param, click.Argument) and error.param_hint is None:
        error.param_hint = (error.param.name or "").upper()  # click would list all choices in the place of the name
    if not isinstance(error, click.MissingParameter):
        return error.format_message().replace("a valid integer range", "a whole number")
    meant = error.param.help if isinstance(error.param, click.Option) else None
    return f"{error.format_message()} {meant or ''} (see `{where} --help`)"


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
        case SaidElsewhere():
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
