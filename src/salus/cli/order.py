"""`salus order`: data that a court or an authority demands."""

from pathlib import Path

import click

from salus.bootstrap import Region
from salus.cli.listed import command_group
from salus.cli.options import (
    FILE,
    WHOLE_ID,
    acting,
    at_option,
    choose,
    days_option,
    in_home,
    opened,
    organisation,
    person,
)
from salus.cli.output import print_fields, print_json, print_result, print_table, short, when
from salus.cli.whom import find_account, find_relation
from salus.policy.policies import LEVELS
from salus.services.lookup import purpose_code
from salus.services.members import member_name
from salus.services.orders import OrderView, list_orders, record_order, withdraw_order


@command_group()
def command() -> None:
    """Orders of courts and authorities: record, list, withdraw."""


@command.command("record")
@acting("A regulator, or the custodian that was served the order.")
@click.argument("relation", type=WHOLE_ID)
@click.option("--to", "recipient", required=True, metavar="WHOM", help="The organisation that receives.")
@click.option("--for", "purpose", required=True, metavar="PURPOSE", help="v3-ActReason.")
@click.option("--up-to", "ceiling", type=click.Choice(LEVELS), default="N", show_default=True, help="Confidentiality.")
@click.option("--document", type=FILE, required=True, help="The order itself; it stays in the vault.")
@days_option(30)
@in_home
def record(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: bytes,
    recipient: str,
    purpose: str,
    ceiling: str,
    document: Path,
    days: int,
) -> None:
    """Record an order about a RELATION; the ledger holds a salted commitment to its document."""
    with opened(home) as region:
        issuer = organisation(region, actor)
        whom = find_account(region, recipient, "--to")
        level, writ = LEVELS.index(ceiling), document.read_bytes()
        made = record_order(issuer, relation, whom, purpose, days, level, writ)
    if as_json:
        print_json({**made._asdict(), "start": when(made.start), "end": when(made.end)})
        return
    print_fields(
        {
            "order": made.order.hex(),
            "in force": f"{when(made.start)} to {when(made.end)}",
            "salt of the document": made.salt.hex(),
        }
    )


@command.command("withdraw")
@acting("Who recorded it.")
@click.argument("relation", type=WHOLE_ID)
@click.argument("order")
@in_home
def withdraw(home: Path | None, as_json: bool, actor: str, relation: bytes, order: str) -> None:
    """End an ORDER at once."""
    with opened(home) as region:
        issuer = organisation(region, actor)
        known = (view.id for view in list_orders(region.ledger, relation))
        found = choose(order, known, "ORDER", "order list")
        landed = withdraw_order(issuer, relation, found)
    print_result(as_json, {"order": found, "height": landed.height}, f"Withdrawn, in block {landed.height}.")


@command.command("list")
@acting("The person, or with --of any member.")
@at_option
@click.option(
    "--of", "handle", type=WHOLE_ID, default=None, help="The whole handle, for who has no wallet entry of it."
)
@in_home
def show_all(home: Path | None, as_json: bool, actor: str, relation: str | None, handle: bytes | None) -> None:
    """List the orders about a relation, as the ledger shows them."""
    with opened(home) as region:
        if handle is None:
            handle = find_relation(person(region, actor), relation)
        else:
            organisation(region, actor)
        found = list_orders(region.ledger, handle)
        rows = [order_row(region, view) for view in found]
    if as_json:
        print_json([{"order": view.id, "terms": view.order} for view in found])
    else:
        columns = ("order", "by", "recipient", "purpose", "up to", "until", "state")
        print_table(columns, rows, empty="No order was recorded.")


def order_row(region: Region, view: OrderView) -> tuple[str, ...]:
    """Return an order as a row of the table."""
    ledger, order = region.ledger, view.order
    return (
        short(view.id),
        member_name(ledger, order.issuer),
        member_name(ledger, order.recipient),
        purpose_code(ledger.view(), order.purpose),
        LEVELS[order.ceiling],
        when(order.end),
        "withdrawn" if order.withdrawn else "stands",
    )
