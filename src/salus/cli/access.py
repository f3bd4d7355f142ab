"""`salus access`: requests, releases, what was received, and who received what."""

from pathlib import Path

import click

from salus.cli.letters import keep, keep_receipts, print_told, tell
from salus.cli.options import (
    WHOLE_ID,
    about_data,
    acting,
    at_option,
    in_home,
    opened,
    organisation,
    person,
    save_option,
)
from salus.cli.output import print_fields, print_json, print_result, print_table, short, when
from salus.cli.staff import find_badge, staff_option
from salus.cli.whom import find_relation
from salus.core.errors import Refusal
from salus.policy.types import Provision
from salus.services.access_log import Read, What
from salus.services.accounting import Accounting, Line, accounting
from salus.services.inbox import collect, process_inbox
from salus.services.members import member_name
from salus.services.notify import changes_of, list_notices
from salus.services.petition_letters import Change
from salus.services.receive import Received
from salus.services.receive_own import OwnView
from salus.services.receive_receipt import ReceiptView
from salus.services.received import list_received
from salus.services.request import RequestPackage, request, request_own

NOT_PROVED = "that every look was logged; a custodian that logs none shows none. Looks after the anchor come next time."


@click.group()
def command() -> None:
    """Access: ask, answer, receive, and the account of it all."""


@command.command("relations")
@acting("The person.")
@in_home
def relations(home: Path | None, as_json: bool, actor: str) -> None:
    """List the relations in a wallet: one per custodian, unlinked on the ledger."""
    with opened(home) as region:
        kept = person(region, actor).wallet.relations()
        listed = [(one.handle, one.custodian, member_name(region.ledger, one.custodian)) for one in kept]
    if as_json:
        print_json([{"handle": handle, "custodian": account, "name": name} for handle, account, name in listed])
    else:
        rows = ((handle.hex(), name) for handle, _, name in listed)
        print_table(("handle", "custodian"), rows, empty="No relation yet (`salus patient claim`).")


@command.command("request")
@acting("The organisation that asks.")
@click.argument("relation", type=WHOLE_ID)
@click.option("--for", "purpose", default="TREAT", show_default=True, metavar="PURPOSE", help="v3-ActReason.")
@staff_option
@about_data
@in_home
def ask(
    home: Path | None, as_json: bool, actor: str, relation: bytes, purpose: str, staff: str | None, data: Provision
) -> None:
    """Ask a custodian for a patient's data; RELATION is the whole handle, which the patient hands over."""
    with opened(home) as region:
        asker = organisation(region, actor)
        package = request(asker, relation, purpose, find_badge(asker, staff), data)
    print_request(package, as_json)


@command.command("request-own")
@acting("The person.")
@at_option
@in_home
def ask_own(home: Path | None, as_json: bool, actor: str, relation: str | None) -> None:
    """Ask for all of one's own records, with the complete view."""
    with opened(home) as region:
        who = person(region, actor)
        package = request_own(who, find_relation(who, relation))
    print_request(package, as_json)


def print_request(package: RequestPackage, as_json: bool) -> None:
    """Print what was asked, and what comes next."""
    words = f"Request {short(package.request)} is in the custodian's inbox (`salus access answer --as CUSTODIAN`)."
    print_result(as_json, {"request": package.request, "custodian": package.custodian}, words)


@command.command("answer")
@acting("The organisation.")
@save_option("Write evidence and records of what was received here.")
@in_home
def answer(home: Path | None, as_json: bool, actor: str, save: Path | None) -> None:
    """Work through the inbox: acknowledge grants, decide requests and release or refuse, receive deliveries."""
    with opened(home) as region:
        done = process_inbox(organisation(region, actor))
    received = [item.outcome for item in done if isinstance(item.outcome, Received)]
    print_told((tell(item.kind, item.outcome) for item in done), as_json, empty="The inbox is empty.")
    keep(save, {r.release: r.evidence for r in received}, (record for r in received for record in r.records))


@command.command("collect")
@acting("The person.")
@save_option("Write records and evidence here.")
@in_home
def fetch(home: Path | None, as_json: bool, actor: str, save: Path | None) -> None:
    """Open what custodians sent to a wallet: check that nothing is missing, and that receipts are the ledger's."""
    with opened(home) as region:
        views = collect(person(region, actor))
    own = [view for view in views if isinstance(view, OwnView)]
    kinds = ("receipt" if isinstance(view, ReceiptView) else "delivery" for view in views)
    print_told(map(tell, kinds, views), as_json, empty="Nothing new.")
    keep_receipts(save, [view for view in views if isinstance(view, ReceiptView)])
    keep(save, {view.release: view.evidence for view in own}, (record for view in own for record in view.records))


@command.command("received")
@acting("The organisation.")
@save_option("Write the records here.")
@in_home
def show_received(home: Path | None, as_json: bool, actor: str, save: Path | None) -> None:
    """List the records that the organisation received: by which release, and what it was told of them since."""
    with opened(home) as region:
        recipient = organisation(region, actor)
        found, changes = list_received(recipient), changes_of(list_notices(recipient))
    told = [(release, record.header, changes.get((release, record.header.record))) for release, record in found]
    if as_json:
        print_json([{"release": r, "header": h, "since": change_words(change)} for r, h, change in told])
    else:
        rows = (
            (short(r), short(h.record), h.type, h.data_class, when(h.start), change_words(change) or "-")
            for r, h, change in told
        )
        columns = ("release", "record", "type", "class", "from", "since then")
        print_table(columns, rows, empty="Nothing was received yet.")
    keep(save, {}, (record for _, record in found))


def change_words(change: Change | None) -> str | None:
    """Return what became of a received record at its custodian."""
    return None if change is None else change.name.lower().replace("_", " ")


@command.command("reads")
@acting("The person.")
@at_option
@in_home
def reads(home: Path | None, as_json: bool, actor: str, relation: str | None) -> None:
    """Who looked at her records inside the custodian. The first call asks, the next shows what came.

    The list is all that was anchored. That a look was logged at all, nobody can prove.
    """
    with opened(home) as region:
        who = person(region, actor)
        handle = find_relation(who, relation)
        came = collect(who, ("delivery",), handle)
        views = [view for view in came if isinstance(view, OwnView)]
        refused = [view for view in came if isinstance(view, Refusal)]
        if refused and not views:
            raise refused[0]
        if not views:
            package = request_own(who, handle)
            print_request(package, as_json)
            return
    if as_json:
        print_json({"relation": handle, "reads": views[-1].reads, "not_proved": NOT_PROVED})
    else:
        columns = ("time", "what", "why", "by", "records")
        print_table(columns, map(read_row, views[-1].reads), empty="No look was logged.")
        click.echo(f"Checked: this is the whole list under the relation's anchored root.\nNot proved: {NOT_PROVED}")


def read_row(read: Read) -> tuple[object, ...]:
    """Return a look as a row of the table."""
    what = What(read.what).name.lower()
    by = f"badge {short(read.staff)}" if read.staff else "the gateway"
    return when(read.time), what, read.purpose, by, len(read.records) or "headers only"


@command.command("accounting")
@acting("The person, or with --of any member.")
@at_option
@click.option(
    "--of", "handle", type=WHOLE_ID, default=None, help="The whole handle, for who has no wallet entry of it."
)
@in_home
def account(home: Path | None, as_json: bool, actor: str, relation: str | None, handle: bytes | None) -> None:
    """Who received what, when, why, under which directive; refusals too.

    It is read off the ledger, which every member has; it names no record.
    """
    with opened(home) as region:
        if handle is None:
            handle = find_relation(person(region, actor), relation)
        else:
            organisation(region, actor)
        told = accounting(region.ledger, handle)
    if as_json:
        print_json(told)
    else:
        print_accounting(told)


def print_accounting(told: Accounting) -> None:
    """Print the lines of an account as a table; each names its place in the log."""
    print_fields({"relation": told.relation.hex()})
    columns = ("log", "time", "what", "who", "purpose", "directive or reason")
    print_table(columns, map(account_row, told.lines))


def account_row(line: Line) -> tuple[object, ...]:
    """Return a line of an account as a row."""
    under = f"{short(line.directive)}, version {line.version or 1}" if line.directive else line.reason or line.basis
    return line.index, when(line.time), line.what, line.name or "-", line.purpose or "-", under or "-"
