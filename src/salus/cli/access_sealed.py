"""`salus access sealed`: orders that forbid notice, what was released under them, and what is due to be opened."""

from pathlib import Path

import click

from salus.cli.listed import command_group
from salus.cli.options import FILE, WHOLE_ID, acting, choose, days_option, in_home, opened, organisation
from salus.cli.output import print_fields, print_json, print_result, print_table, short, when
from salus.cli.whom import find_account
from salus.policy.policies import LEVELS
from salus.services.continue_sealed import Silent, list_silent
from salus.services.members import member_name
from salus.services.release_sealed import release_sealed
from salus.services.sealed_orders import list_sealed_orders, record_sealed_order


@command_group("sealed")
def command() -> None:
    """Releases under an order that forbids notice: only commitments show until its date, then they open."""


@command.command("order")
@acting("A regulator, or the custodian that was served the order.")
@click.argument("relation", type=WHOLE_ID)
@click.option("--to", "recipient", required=True, metavar="WHOM", help="The organisation that receives.")
@click.option("--for", "purpose", required=True, metavar="PURPOSE", help="v3-ActReason.")
@click.option("--up-to", "ceiling", type=click.Choice(LEVELS), default="N", show_default=True, help="Confidentiality.")
@click.option("--document", type=FILE, required=True, help="The order itself; it goes sealed to the custodian.")
@days_option(30)
@click.option("--silent-days", type=click.IntRange(1, 366), required=True, help="For how long it forbids notice.")
@in_home
def order(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: bytes,
    recipient: str,
    purpose: str,
    ceiling: str,
    document: Path,
    days: int,
    silent_days: int,
) -> None:
    """Record an order about a RELATION that forbids notice; the ledger names nobody but its issuer."""
    with opened(home) as region:
        issuer = organisation(region, actor)
        whom, level = find_account(region, recipient, "--to"), LEVELS.index(ceiling)
        made = record_sealed_order(issuer, relation, whom, purpose, days, silent_days, level, document.read_bytes())
    if as_json:
        print_json({"order": made.order, "terms": made.entry})
        return
    silent = when(made.entry.notice_until)
    print_fields({"order": made.order.hex(), "in force until": when(made.entry.end), "forbids notice until": silent})


@command.command("release")
@acting("The custodian.")
@click.argument("order_id", metavar="ORDER")
@in_home
def obey(home: Path | None, as_json: bool, actor: str, order_id: str) -> None:
    """Release what an ORDER demands that forbids notice; `salus access answer` takes such orders in."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        known = (one.order for one in list_sealed_orders(custodian))
        given = release_sealed(custodian, choose(order_id, known, "ORDER", "access sealed list"))
    words = f"Released {given.records} records in block {given.height}, under silence."
    print_result(as_json, {"release": given.release, "records": given.records, "height": given.height}, words)


@command.command("list")
@acting("Any member; the orders themselves are shown to issuer and custodian alone.")
@in_home
def show_all(home: Path | None, as_json: bool, actor: str) -> None:
    """List the orders that this member knows, and every release under silence: whose is due and not open shows."""
    with opened(home) as region:
        member = organisation(region, actor)
        orders, silent = list_sealed_orders(member), list_silent(member)
        names = {one.custodian: member_name(region.ledger, one.custodian) for one in silent}
    if as_json:
        print_json({"orders": [{"order": one.order, "terms": one.entry} for one in orders], "releases": silent})
        return
    rows = ((short(one.order), when(one.entry.end), when(one.entry.notice_until)) for one in orders)
    print_table(("order", "in force until", "forbids notice until"), rows, empty="No such order is known here.")
    shown = ((short(one.release), names[one.custodian], when(one.entry.recorded), state_of(one)) for one in silent)
    print_table(("release", "custodian", "recorded", "state"), shown, empty="Nothing was released under silence.")


def state_of(one: Silent) -> str:
    """Return how a release under silence stands."""
    if one.entry.opened is not None:
        return f"open since {when(one.entry.opened)}"
    return "overdue: to be opened" if one.overdue else f"silent until {when(one.entry.notice_until)}"
