"""`salus access`: requests, releases, what was received, and who received what."""

from pathlib import Path

import click

from salus.cli.access_bulk import bulk_command, deferred_command
from salus.cli.access_glass import glass_command, review_command
from salus.cli.access_missing import push_command, unanswered_command
from salus.cli.access_reads import reads_command
from salus.cli.access_sealed import command as sealed_command
from salus.cli.access_session import command as session_command
from salus.cli.access_words import print_request
from salus.cli.accounting import account
from salus.cli.letters import keep, keep_receipts, print_told, tell
from salus.cli.listed import command_group
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
from salus.cli.output import print_json, print_table, short, when
from salus.cli.share import from_code
from salus.cli.staff import find_badge, staff_option
from salus.cli.whom import find_relation
from salus.core.glass import GlassReason
from salus.policy.types import Provision
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.ahead import ReceivedAhead
from salus.services.break_glass import request_break_glass
from salus.services.deliver import Delivery
from salus.services.explain import explain
from salus.services.inbox import collect, process_inbox
from salus.services.life_state import life_state
from salus.services.lookup import purpose_number
from salus.services.members import member_name
from salus.services.notify import changes_of, list_notices
from salus.services.petition_letters import Change
from salus.services.receive import Received
from salus.services.receive_bulk import ReceivedBulk
from salus.services.receive_for import ReceivedFor
from salus.services.receive_own import OwnView
from salus.services.receive_receipt import ReceiptView
from salus.services.receive_session import ClosedSession, ReceivedPage
from salus.services.received import list_evidence, list_received
from salus.services.request import request, request_own
from salus.services.tell_release import ToldView

_LETTERS: dict[type, str] = {ReceiptView: "receipt", ToldView: "notice"}
REASONS = {reason.name.lower().replace("_", "-"): reason for reason in GlassReason}


@command_group()
def command() -> None:
    """Ask for data, answer, receive; see who received what."""


@command.command("relations")
@acting("The person.")
@in_home
def relations(home: Path | None, as_json: bool, actor: str) -> None:
    """List the relations in a wallet by custodian: unlinked on the ledger, unless she approved a merge.

    Where each is in its life stands beside it.
    """
    with opened(home) as region:
        state, now = region.ledger.view(), region.ledger.now()
        handles = [one.handle for one in person(region, actor).wallet.relations()]
        kept = [(one, lookup.person(state, one).custodian, life_state(state, one, now)) for one in handles]
        listed = [(one, account, member_name(region.ledger, account), life) for one, account, life in kept]
        listed.sort(key=lambda row: (row[2], row[1]))
    if as_json:
        named = ("handle", "custodian", "name", "life")
        print_json([dict(zip(named, row, strict=True)) for row in listed])
    else:
        rows = ((handle.hex(), name, ", ".join(state.words for state in life)) for handle, _, name, life in listed)
        print_table(("handle", "custodian", "state"), rows, empty="No relation yet (`salus patient claim`).")


@command.command("request")
@acting("The organisation that asks.")
@click.argument("relation", type=WHOLE_ID)
@click.option("--for", "purpose", default="TREAT", show_default=True, metavar="PURPOSE", help="v3-ActReason.")
@staff_option
@click.option("--break-glass", "emergency", is_flag=True, help="In an emergency, whatever was denied; needs --reason.")
@click.option("--reason", type=click.Choice(list(REASONS)), default=None, help="What the recipient signs it meets.")
@about_data
@in_home
def ask(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: bytes,
    purpose: str,
    staff: str | None,
    emergency: bool,
    reason: str | None,
    data: Provision,
) -> None:
    """Ask a custodian for a patient's data; RELATION is the whole handle, which the patient hands over.

    With --break-glass it is asked in an emergency: the patient is alerted, and a review is opened.
    """
    if emergency != (reason is not None):
        raise click.UsageError("--break-glass and --reason go together")
    with opened(home) as region:
        asker = organisation(region, actor)
        badge = find_badge(asker, staff)
        if reason is not None:
            package = request_break_glass(asker, relation, badge, REASONS[reason], data)
        else:
            package = request(asker, relation, purpose, badge, data)
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


@command.command("answer")
@acting("The organisation.")
@save_option("Write evidence and records of what was received here.")
@in_home
def answer(home: Path | None, as_json: bool, actor: str, save: Path | None) -> None:
    """Work through the inbox: acknowledge grants, decide requests and release or refuse, receive deliveries."""
    with opened(home) as region:
        member = organisation(region, actor)
        done = process_inbox(member)
        told = [tell(item.kind, item.outcome, ground_words(member, item.outcome)) for item in done]
    outcomes = [item.outcome for item in done]
    print_told(told, as_json, empty="The inbox is empty.")
    parts = [part for one in outcomes if isinstance(one, ReceivedBulk) for part in one.parts]
    brought = [one for one in outcomes if isinstance(one, Received | ReceivedAhead | ReceivedPage)]
    evidence = {one.release: one.evidence for one in brought if isinstance(one, Received | ReceivedAhead)}
    evidence |= {part.release: part.evidence for part in parts}
    pages = {one.name: one.evidence for one in outcomes if isinstance(one, ReceivedPage | ClosedSession)}
    named = {short(release): raw for release, raw in evidence.items()} | pages
    keep(save, named, (record for one in (*brought, *parts) for record in one.records))


def ground_words(member: Organisation, outcome: object) -> str:
    """Return the rule that a release rests on, given or received; empty where it rests on none."""
    if isinstance(outcome, Delivery):
        return explain(member.ledger, outcome.basis, outcome.recipient, outcome.purpose)
    if isinstance(outcome, Received):
        number = purpose_number(member.ledger.view(), outcome.purpose)
        return explain(member.ledger, outcome.basis, member.account, number)
    return ""


@command.command("collect")
@acting("The person.")
@save_option("Write records and evidence here.")
@in_home
def fetch(home: Path | None, as_json: bool, actor: str, save: Path | None) -> None:
    """Open what custodians sent to a wallet: check that nothing is missing, and that receipts are the ledger's."""
    with opened(home) as region:
        views = collect(person(region, actor))
    own = [view for view in views if isinstance(view, OwnView | ReceivedFor)]
    print_told((tell(_LETTERS.get(type(view), "delivery"), view) for view in views), as_json, empty="Nothing new.")
    keep_receipts(save, [view for view in views if isinstance(view, ReceiptView)])
    named = {short(view.release): view.evidence for view in own}
    keep(save, named, (record for view in own for record in view.records))


@command.command("received")
@acting("The organisation.")
@save_option("Write the records here, with the evidence of their releases.")
@in_home
def show_received(home: Path | None, as_json: bool, actor: str, save: Path | None) -> None:
    """List the records that the organisation received: by which release, and what it was told of them since."""
    with opened(home) as region:
        recipient = organisation(region, actor)
        found, changes = list_received(recipient), changes_of(list_notices(recipient))
        evidence = {f"{name[:12]}{name[64:]}": raw for name, raw in list_evidence(recipient)} if save else {}
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
    keep(save, evidence, (record for _, record in found))


def change_words(change: Change | None) -> str | None:
    """Return what became of a received record at its custodian."""
    return None if change is None else change.name.lower().replace("_", " ")


for part in (
    *(account, reads_command, session_command, review_command),
    *(glass_command, push_command, unanswered_command, from_code),
    *(bulk_command, deferred_command, sealed_command),
):
    command.add_command(part)
