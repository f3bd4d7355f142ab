"""`salus discover`: find the relation of somebody who is here: at a custodian, or in an emergency by a locator."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import click

from salus.bootstrap import Region
from salus.cli.discover_keep import PARTS
from salus.cli.listed import command_group
from salus.cli.options import WHOLE_ID, Command, acting, in_home, opened, organisation
from salus.cli.output import print_json, print_result, print_table, short, when
from salus.cli.share import from_code, share_code
from salus.cli.staff import find_badge, staff_option
from salus.cli.whom import find_account
from salus.services.look_up import ask_locator, ask_match, read_match_input
from salus.services.members import member_name
from salus.services.tickets import TicketView, list_tickets

_known = click.option(
    "--known",
    multiple=True,
    type=WHOLE_ID,
    metavar="HANDLE",
    help="A relation that need not be told again; may recur.",
)


def patient_option(words: str) -> Callable[[Command], Command]:
    """Give a command --patient; who is looked for is never an argument, which other users of a machine could read."""
    return click.option(
        "--patient", "asked", type=click.File("rb"), required=True, metavar="FILE", help=f"{words}; - reads the input."
    )


@command_group()
def command() -> None:
    """Find where somebody is a patient: match, locate, share codes; keys, tokens, limits.

    Each look-up stands on the ledger, limited, and shown to whom it found.
    """


@command.command("match")
@acting("The organisation that asks.")
@click.argument("custodian")
@patient_option("A FHIR Patient, or the Parameters of $match, in JSON")
@click.option("--for", "purpose", default="TREAT", show_default=True, metavar="PURPOSE", help="v3-ActReason.")
@staff_option
@_known
@in_home
def match_command(
    home: Path | None,
    as_json: bool,
    actor: str,
    custodian: str,
    asked: BinaryIO,
    purpose: str,
    staff: str | None,
    known: tuple[bytes, ...],
) -> None:
    """Ask CUSTODIAN whether somebody is its patient, as FHIR's Patient/$match does."""
    with opened(home) as region:
        wanted = read_match_input(asked.read())  # standard input is read once: by who runs the command
        asker = organisation(region, actor)
        account = find_account(region, custodian, "CUSTODIAN")
        lookup = ask_match(asker, account, purpose, find_badge(asker, staff), wanted, known)
        _say_asked(region, lookup, account, actor, as_json)


@command.command("locate")
@acting("The organisation that asks; it is of an emergency group.")
@patient_option("What is known, as a FHIR Patient in JSON: a document's number, or name and date of birth")
@staff_option
@click.option("--locator", default=None, metavar="LOCATOR", help="Which locator.  [default: the first by name]")
@_known
@in_home
def locate_command(
    home: Path | None,
    as_json: bool,
    actor: str,
    asked: BinaryIO,
    staff: str | None,
    locator: str | None,
    known: tuple[bytes, ...],
) -> None:
    """In an emergency, ask a locator where somebody is a patient, to break the glass there."""
    with opened(home) as region:
        wanted = read_match_input(asked.read())  # standard input is read once: by who runs the command
        asker = organisation(region, actor)
        at = None if locator is None else find_account(region, locator, "--locator")
        lookup = ask_locator(asker, find_badge(asker, staff), wanted.patient, known, at)
        _say_asked(region, lookup, None, actor, as_json)


def _say_asked(region: Region, lookup: bytes, answerer: bytes | None, actor: str, as_json: bool) -> None:
    whom = "The locator" if answerer is None else member_name(region.ledger, answerer)
    words = (
        f"Look-up {short(lookup)} was sent. {whom} answers it with `salus access answer`; "
        f"then `salus access answer --as {actor}` and `salus discover tickets --as {actor}`."
    )
    print_result(as_json, {"lookup": lookup}, words)


@command.command("tickets")
@acting("The organisation that asked.")
@in_home
def tickets_command(home: Path | None, as_json: bool, actor: str) -> None:
    """Show what look-ups were answered with, as long as it may be used."""
    with opened(home) as region:
        tickets = list_tickets(organisation(region, actor))
        names = {t.lookup: member_name(region.ledger, t.custodian) if t.custodian else "-" for t in tickets}
    if as_json:
        print_json(tickets)
        return
    rows = (
        (
            short(t.lookup),
            names[t.lookup],
            "-" if t.relation is None else t.relation.hex(),
            t.how or "-",
            ", ".join(_grades(t)) or "-",
            when(t.expiry),
        )
        for t in tickets
    )
    print_table(("look-up", "custodian", "relation", "by", "grades", "until"), rows, empty="No ticket is good now.")


def _grades(ticket: TicketView) -> list[str]:
    """Return the grade and score of each entry of a searchset."""
    entries: list[dict[str, Any]] = [] if ticket.bundle is None else ticket.bundle.get("entry", [])
    return [f"{e['search']['extension'][0]['valueCode']} {e['search']['score']:.2f}" for e in entries]


for part in (*PARTS, share_code, from_code):
    command.add_command(part)
