"""`salus patient`: an organisation's patients, and how they come to hold their own keys."""

from pathlib import Path

import click

from salus.bootstrap import Region, create_person
from salus.cli.options import acting, choose, in_home, opened
from salus.cli.output import print_fields, print_json, print_table, short, when
from salus.services.claim import claim
from salus.services.invite import invite
from salus.services.patients import list_patients
from salus.services.settle_claim import confirm_claim, reject_claim


@click.group()
def command() -> None:
    """Patients: list, invite, claim."""


@command.command("list")
@acting("The organisation.")
@in_home
def show_all(home: Path | None, as_json: bool, actor: str) -> None:
    """List the organisation's patients, from its own vault."""
    with opened(home) as region:
        patients = list_patients(region.organisation(actor))
    if as_json:
        print_json(patients)
        return
    rows = ((short(p.handle), p.name, p.birth_date, p.state, p.records) for p in patients)
    print_table(("handle", "name", "born", "account", "records"), rows)


@command.command("invite")
@acting("The organisation.")
@click.argument("handle")
@click.option("--days", default=14, show_default=True, type=click.IntRange(1, 90))
@in_home
def send(home: Path | None, as_json: bool, actor: str, handle: str, days: int) -> None:
    """Make an invitation; its code is the secret that lets her claim the account."""
    with opened(home) as region:
        made = invite(region.organisation(actor), find_patient(region, actor, handle), days)
    if as_json:
        print_json({"handle": made.handle, "code": made.code, "link": made.link, "end": when(made.end)})
        return
    print_fields({"code": made.code, "link": made.link, "valid until": when(made.end)})
    click.echo("Give it to the patient and to nobody else: `salus patient claim --as HER-WALLET CODE`.")


@command.command("claim")
@acting("The person; a wallet is made where there is none.")
@click.argument("code")
@in_home
def take(home: Path | None, as_json: bool, actor: str, code: str) -> None:
    """Claim the account of an invitation with fresh keys of one's own."""
    with opened(home) as region:
        person = region.person(actor) if actor in region.people() else create_person(region, actor)
        claimed = claim(person, code)
    if as_json:
        print_json(claimed)
        return
    print_fields({"handle": claimed.handle.hex(), "short code": claimed.short_code})
    click.echo("Tell the desk the short code; it confirms with `salus patient confirm`.")


@command.command("confirm")
@acting("The organisation.")
@click.argument("handle")
@click.argument("short_code")
@in_home
def agree(home: Path | None, as_json: bool, actor: str, handle: str, short_code: str) -> None:
    """Make a claim final: the person is here and her wallet shows this short code."""
    with opened(home) as region:
        landed = confirm_claim(region.organisation(actor), find_patient(region, actor, handle), short_code)
    if as_json:
        print_json({"height": landed.height})
    else:
        click.echo(f"The account is hers, from block {landed.height} on. The ledger reads: claimed by invitation.")


@command.command("reject")
@acting("The organisation.")
@click.argument("handle")
@in_home
def turn_down(home: Path | None, as_json: bool, actor: str, handle: str) -> None:
    """Void a claim and its invitation: the short code was not hers."""
    with opened(home) as region:
        landed = reject_claim(region.organisation(actor), find_patient(region, actor, handle))
    if as_json:
        print_json({"height": landed.height})
    else:
        click.echo(f"Rejected, in block {landed.height}; the invitation is void.")


def find_patient(region: Region, actor: str, given: str) -> bytes:
    """Return the handle that `given` begins, among the organisation's patients."""
    return choose(given, (p.handle for p in list_patients(region.organisation(actor))), "HANDLE")
