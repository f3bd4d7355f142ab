"""`salus access bulk` and `salus access deferred`: exports over many patients, and what an outage left to commit."""

from pathlib import Path

import click

from salus.cli.options import about_data, acting, in_home, opened, organisation
from salus.cli.output import print_json, print_table, short, when
from salus.cli.whom import find_account
from salus.policy.types import Provision
from salus.services.bulk_release import bulk_release
from salus.services.defer import list_deferred
from salus.services.members import member_name


@click.command("bulk")
@acting("The custodian.")
@click.argument("recipient")
@click.option("--for", "purpose", required=True, metavar="PURPOSE", help="v3-ActReason, for instance PUBHLTH.")
@about_data
@in_home
def bulk_command(home: Path | None, as_json: bool, actor: str, recipient: str, purpose: str, data: Provision) -> None:
    """Release over all patients whom policy or their own permits let go to RECIPIENT, in one stream.

    Each is decided by herself; of those whom nothing lets go no word, number or total is said.
    """
    with opened(home) as region:
        custodian = organisation(region, actor)
        account = find_account(region, recipient, "RECIPIENT")
        done = bulk_release(custodian, account, purpose, data)
    if as_json:
        print_json(done)
        return
    rows = ((short(one.bulk), one.relations, one.records, one.height) for one in done)
    print_table(("bulk", "relations", "records", "block"), rows)


@click.command("deferred")
@acting("The custodian.")
@in_home
def deferred_command(home: Path | None, as_json: bool, actor: str) -> None:
    """List what was released in an outage and the ledger has not taken yet; `salus record due` tries again."""
    with opened(home) as region:
        waiting = list_deferred(organisation(region, actor))
        rows = [
            (
                short(one.release),
                member_name(region.ledger, one.recipient),
                one.records,
                when(one.occurred),
                f"refused (0x{one.refused:04x})" if one.refused else "waits",
            )
            for one in waiting
        ]
    if as_json:
        print_json(waiting)
    else:
        print_table(
            ("release", "recipient", "records", "happened", "state"), rows, empty="Nothing waits for the ledger."
        )
