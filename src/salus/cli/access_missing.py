"""`salus access push` and `salus access unanswered`: what goes unasked, and what nobody answered."""

from pathlib import Path

import click

from salus.cli.letters import print_told, tell
from salus.cli.options import WHOLE_ID, about_data, acting, at_option, in_home, opened, organisation, person
from salus.cli.output import print_json, print_table, short
from salus.cli.whom import find_account, find_relation
from salus.client.ledger import Ledger
from salus.policy.types import Provision
from salus.services.members import member_name
from salus.services.push import NotPushed, push
from salus.services.unanswered import Unacknowledged, Unanswered, unacknowledged, unanswered, unanswered_own


@click.command("push")
@acting("The custodian.")
@click.argument("relation", type=WHOLE_ID)
@click.argument("recipient")
@click.option("--for", "purpose", required=True, metavar="PURPOSE", help="v3-ActReason, for instance PUBHLTH.")
@about_data
@in_home
def push_command(
    home: Path | None, as_json: bool, actor: str, relation: bytes, recipient: str, purpose: str, data: Provision
) -> int:
    """Hand over what nobody asked for: under a standing directive, a mandate or an order.

    The ground is looked for, not chosen: without one nothing leaves, and the exit status is 1.
    """
    with opened(home) as region:
        custodian = organisation(region, actor)
        account = find_account(region, recipient, "RECIPIENT")
        outcome = push(custodian, account, relation, purpose, data)
    print_told([tell("push", outcome)], as_json, empty="")
    return 1 if isinstance(outcome, NotPushed) else 0


@click.command("unanswered")
@acting("The organisation or the person.")
@at_option
@in_home
def unanswered_command(home: Path | None, as_json: bool, actor: str, relation: str | None) -> None:
    """List requests that nobody answered, with how long ago; and releases that nobody confirmed."""
    with opened(home) as region:
        if actor in region.people():
            who = person(region, actor)
            asked = unanswered_own(who)
            missing = unacknowledged(region.ledger, find_relation(who, relation))
        else:
            member = organisation(region, actor)
            asked, missing = unanswered(member), unacknowledged(region.ledger, member.account)
        if as_json:
            print_json({"unanswered": asked, "unacknowledged": missing})
            return
        print_table(
            ("request", "custodian", "purpose", "asked", "state"),
            (request_row(region.ledger, one) for one in asked),
            empty="Every request was answered.",
        )
        print_table(
            ("release", "recipient", "what", "released", "state"),
            (release_row(region.ledger, one) for one in missing),
            empty="Every release was acknowledged.",
        )


def request_row(ledger: Ledger, one: Unanswered) -> tuple[object, ...]:
    """Return a request as a row."""
    state = "its time has passed" if one.over else "waits"
    return short(one.request), member_name(ledger, one.custodian), one.purpose, ago(one.ago_ms), state


def release_row(ledger: Ledger, one: Unacknowledged) -> tuple[object, ...]:
    """Return a release as a row."""
    name = "the person" if one.recipient == one.relation else member_name(ledger, one.recipient)
    return short(one.release), name, one.what, ago(one.ago_ms), "late" if one.late else "not yet confirmed"


def ago(ms: int) -> str:
    """Return a span of time in its largest unit."""
    for size, unit in ((86_400_000, "days"), (3_600_000, "hours"), (60_000, "minutes")):
        if ms >= size:
            return f"{ms // size} {unit} ago"
    return f"{max(0, ms) // 1000} seconds ago"
