"""`salus consent`: a person's directives."""

from pathlib import Path

import click
from msgspec.structs import replace

from salus.cli.consent_form import give_out, take_in
from salus.cli.consent_others import attest, emergency_option, prefer, purpose_option
from salus.cli.directives import show, show_all
from salus.cli.everywhere import (
    check_everywhere,
    check_left_out,
    everywhere_options,
    forget,
    print_wished,
    show_pending,
)
from salus.cli.listed import command_group
from salus.cli.options import about_data, acting, at_option, days_option, in_home, opened, person
from salus.cli.output import print_fields, print_json, print_result, short, when
from salus.cli.whom import find_account, find_directive, find_relation
from salus.policy.types import EVERYTHING, Effect, Emergency, Provision
from salus.services.deny import deny_totally
from salus.services.everywhere import deny_everywhere, grant_everywhere, grant_everywhere_to, revoke_everywhere
from salus.services.grant import Terms, grant, sealed_part, to_anyone, to_organisation
from salus.services.revoke import revoke

to_option = click.option(
    "--to",
    "grantee",
    default=None,
    metavar="WHOM",
    help="Slug, name, or beginning of the account of an organisation. With --everywhere, left out: all who give care.",
)
uses_option = click.option(
    "--uses", default=0, show_default=True, type=click.IntRange(0), help="How many releases at most; 0: no limit."
)


@command_group()
def command() -> None:
    """Who may receive what: grant, deny, revoke, opt in or out; FHIR Consent in and out."""


command.add_command(prefer)
command.add_command(attest)


@command.command("grant")
@acting("The person.")
@at_option
@to_option
@purpose_option
@about_data
@days_option(30)
@uses_option
@everywhere_options
@click.option("--deny", is_flag=True, help="A deny of this data instead of a permit.")
@emergency_option
@in_home
def give(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: str | None,
    grantee: str | None,
    purposes: tuple[str, ...],
    data: Provision,
    days: int,
    uses: int,
    deny: bool,
    emergency: Emergency,
    everywhere: bool,
    at_once: bool,
) -> None:
    """Let somebody receive data, for a purpose and a time; with --deny, forbid it.

    A permit works once the custodian has acknowledged it (`salus access answer`). Days and uses are rounded to a
    short menu, days up, uses down, so that they tell accounts less apart.

    Days and uses are rounded to a short menu, days up, uses down, so that they tell accounts less apart.
    """
    check_everywhere(everywhere, at_once, relation)
    sealed = replace(sealed_part(), base=data)
    effect = Effect.DENY if deny else Effect.PERMIT
    if grantee is None and not everywhere:
        raise click.UsageError("say --to whom")
    if grantee is None:
        check_left_out(("purposes", "days", "uses", "deny"))
    with opened(home) as region:
        who = person(region, actor)
        if grantee is None:
            wished = grant_everywhere(who, data, at_once=at_once)
            print_wished(region, who, wished, as_json, "Granted")
            return
        if everywhere:
            named = to_organisation(find_account(region, grantee, "--to"))
            wished = grant_everywhere_to(
                who, Terms(named, purposes, days, sealed, effect, uses, emergency=emergency), at_once
            )
            print_wished(region, who, wished, as_json, "Granted")
            return
        whom = to_organisation(find_account(region, grantee, "--to"))
        terms = Terms(whom, purposes, days, sealed, effect, uses, emergency=emergency)
        granted = grant(who, find_relation(who, relation), terms)
    if as_json:
        print_json({**granted._asdict(), "start": when(granted.start), "end": when(granted.end)})
        return
    print_fields({"directive": granted.directive.hex(), "in force": f"{when(granted.start)} to {when(granted.end)}"})
    until = "It counts as a total deny" if deny else "It is unusable"
    click.echo(f"{until} until the custodian has acknowledged it: `salus access answer --as CUSTODIAN`.")


@command.command("deny")
@acting("The person.")
@at_option
@click.option("--to", "grantee", default=None, metavar="WHOM", help="The organisation; left out: anyone.")
@about_data
@days_option(365)
@everywhere_options
@in_home
def forbid(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: str | None,
    grantee: str | None,
    data: Provision,
    days: int,
    everywhere: bool,
    at_once: bool,
) -> None:
    """Deny everything, at once: runs before all else in its block and needs no acknowledgement.

    With --everywhere and not --at-once: leave what is named, or everything, out of what was granted everywhere.
    """
    check_everywhere(everywhere, at_once, relation)
    if data != EVERYTHING and (at_once or not everywhere):
        raise click.UsageError("what is denied at once is everything; some data: `salus consent grant --deny`")
    with opened(home) as region:
        who = person(region, actor)
        whom = to_anyone() if grantee is None else to_organisation(find_account(region, grantee, "--to"))
        if everywhere:
            wished = deny_everywhere(who, whom, data, days, at_once)
            print_wished(region, who, wished, as_json, "Denied")
            return
        made = deny_totally(who, find_relation(who, relation), whom, days=days)
    told = {"directive": made.directive, "height": made.height}
    print_result(as_json, told, f"Denied by {short(made.directive)}, in block {made.height}.")


@command.command("revoke")
@acting("The person.")
@at_option
@click.argument("directive", required=False)
@everywhere_options
@in_home
def take_back(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: str | None,
    directive: str | None,
    everywhere: bool,
    at_once: bool,
) -> None:
    """Revoke a directive, at once and for good; or, with --everywhere, what was granted everywhere."""
    check_everywhere(everywhere, at_once, relation)
    if everywhere == (directive is not None):
        raise click.UsageError("name one DIRECTIVE, or say --everywhere")
    with opened(home) as region:
        who = person(region, actor)
        if directive is None:
            print_wished(region, who, revoke_everywhere(who, at_once), as_json, "Revoked")
            return
        handle = find_relation(who, relation)
        done = revoke(who, handle, find_directive(region.ledger, handle, directive))
    words = f"Revoked, in block {done.height}. What was released before stays with who has it."
    print_result(as_json, {"directive": done.directive, "height": done.height}, words)


for part in (take_in, give_out, show_all, show, show_pending, forget):
    command.add_command(part)
