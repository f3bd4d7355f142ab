"""What somebody does for another person, and what a person does about it with her own wallet."""

from pathlib import Path

import click
from msgspec.structs import replace

from salus.cli.accounting import print_accounting
from salus.cli.options import WHOLE_ID, about_data, acting, at_option, choose, days_option, in_home, opened, person
from salus.cli.output import print_fields, print_json, print_result, when
from salus.cli.representation_options import POWERS
from salus.cli.whom import find_account, find_directive, find_relation
from salus.policy.types import Effect, GranteeKind, Provision
from salus.services.account.data import as_data
from salus.services.act_for import accounting_for, acts_for, deny_for, grant_for, revoke_for
from salus.services.confirm_grant import confirm_grant
from salus.services.delegates import end_delegate, name_delegate
from salus.services.grant import Granted, Terms, sealed_part, to_organisation
from salus.services.representations import list_delegations
from salus.services.request import request_for


def _printed(granted: Granted, as_json: bool) -> None:
    if as_json:
        print_json({**granted._asdict(), "start": when(granted.start), "end": when(granted.end)})
        return
    print_fields({"directive": granted.directive.hex(), "in force": f"{when(granted.start)} to {when(granted.end)}"})


@click.command("grant")
@acting("Who acts for the person.")
@click.argument("relation", type=WHOLE_ID)
@click.option("--to", "grantee", required=True, metavar="WHOM", help="The organisation.")
@click.option("--for", "purposes", multiple=True, default=("TREAT",), show_default=True, metavar="PURPOSE", help="Why.")
@click.option("--deny", is_flag=True, help="A deny of this data instead of a permit.")
@about_data
@days_option(30)
@in_home
def give(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: bytes,
    grantee: str,
    purposes: tuple[str, ...],
    deny: bool,
    data: Provision,
    days: int,
) -> None:
    """Let somebody receive data of the person of a RELATION. It ends with the authority, unless she confirms it."""
    with opened(home) as region:
        who = person(region, actor)
        acts = acts_for(who, relation)
        whom = to_organisation(find_account(region, grantee, "--to"))
        effect = Effect.DENY if deny else Effect.PERMIT
        made = grant_for(who, acts, Terms(whom, purposes, days, replace(sealed_part(), base=data), effect))
    _printed(made, as_json)


@click.command("deny")
@acting("Who acts for the person.")
@click.argument("relation", type=WHOLE_ID)
@click.option("--to", "grantee", default=None, metavar="WHOM", help="The organisation; left out: anyone.")
@days_option(365)
@in_home
def forbid(home: Path | None, as_json: bool, actor: str, relation: bytes, grantee: str | None, days: int) -> None:
    """Deny everything for the person of a RELATION, at once."""
    with opened(home) as region:
        who = person(region, actor)
        acts = acts_for(who, relation)
        anyone = (int(GranteeKind.ANYONE), b"")
        whom = anyone if grantee is None else to_organisation(find_account(region, grantee, "--to"))
        made = deny_for(who, acts, whom, days=days)
    _printed(made, as_json)


@click.command("revoke")
@acting("Who acts for the person.")
@click.argument("relation", type=WHOLE_ID)
@click.argument("directive")
@in_home
def take_back(home: Path | None, as_json: bool, actor: str, relation: bytes, directive: str) -> None:
    """End a directive of the person of a RELATION; a deny that she signed herself stays."""
    with opened(home) as region:
        who = person(region, actor)
        acts = acts_for(who, relation)
        done = revoke_for(who, acts, find_directive(region.ledger, relation, directive))
    print_result(as_json, done, "Revoked.")


@click.command("request")
@acting("Who acts for the person.")
@click.argument("relation", type=WHOLE_ID)
@in_home
def ask(home: Path | None, as_json: bool, actor: str, relation: bytes) -> None:
    """Ask the custodian for the records of the person of a RELATION; they come with `salus access collect`."""
    with opened(home) as region:
        who = person(region, actor)
        package = request_for(who, acts_for(who, relation).account, relation)
    print_result(as_json, {"request": package.request}, f"Asked: {package.request.hex()}")


@click.command("accounting")
@acting("Who acts for the person, and may see what she may see.")
@click.argument("relation", type=WHOLE_ID)
@in_home
def account(home: Path | None, as_json: bool, actor: str, relation: bytes) -> None:
    """Tell who received what of the person of a RELATION, from the ledger."""
    with opened(home) as region:
        told = accounting_for(person(region, actor), relation)
    if as_json:
        print_json(as_data(told, {}))
        return
    print_accounting(told)


@click.command("confirm")
@acting("The person.")
@at_option
@click.argument("directive")
@in_home
def confirm(home: Path | None, as_json: bool, actor: str, relation: str | None, directive: str) -> None:
    """Make one's own what somebody permitted for one: it then outlives that authority."""
    with opened(home) as region:
        who = person(region, actor)
        handle = find_relation(who, relation)
        found = find_directive(region.ledger, handle, directive)
        height = confirm_grant(who, handle, found)
    print_result(as_json, {"directive": found, "height": height}, "It is her own now.")


@click.command("delegate")
@acting("The person.")
@at_option
@click.argument("delegate")
@click.option(
    "--power", "powers", multiple=True, required=True, type=click.Choice(list(POWERS)), help="What it may do."
)
@click.option("--for", "purposes", multiple=True, metavar="PURPOSE", help="What it may permit for.")
@days_option(365)
@in_home
def delegate(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: str | None,
    delegate: str,
    powers: tuple[str, ...],
    purposes: tuple[str, ...],
    days: int,
) -> None:
    """Let a helper (an account, or a member) do some things; ended at will, void when all one's keys change."""
    with opened(home) as region:
        who = person(region, actor)
        account = bytes.fromhex(delegate) if _is_account(delegate) else find_account(region, delegate, "DELEGATE")
        chosen = tuple(POWERS[name] for name in powers)
        made = name_delegate(who, find_relation(who, relation), account, chosen, purposes, days)
    print_result(as_json, {**made._asdict(), "end": when(made.end)}, f"delegation  {made.delegation.hex()}")


def _is_account(given: str) -> bool:
    return len(given) == 64 and all(letter in "0123456789abcdef" for letter in given.lower())


@click.command("end-delegate")
@acting("The person, or the helper.")
@click.argument("relation", type=WHOLE_ID)
@click.argument("delegation")
@in_home
def undelegate(home: Path | None, as_json: bool, actor: str, relation: bytes, delegation: str) -> None:
    """End what a helper may do, at once."""
    with opened(home) as region:
        who = person(region, actor)
        own = relation in [kept.handle for kept in who.wallet.relations()]
        account = relation if own else acts_for(who, relation).account
        known = (key for key, _ in list_delegations(region.ledger, relation))
        found = choose(delegation, known, "DELEGATION", "representation delegate")
        done = end_delegate(who, account, relation, found)
    print_result(as_json, {"delegation": found, "height": done.height}, "Ended.")


COMMANDS = (give, forbid, take_back, ask, account, confirm, delegate, undelegate)
