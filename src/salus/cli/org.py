"""`salus org`: members of the network."""

from pathlib import Path

import click

from salus.bootstrap import enrol
from salus.cli.init import read_member
from salus.cli.options import acting, choose, in_home, opened
from salus.cli.output import print_fields, print_json, print_table, short
from salus.contracts.governance.messages import AdmitMember
from salus.policy.types import OrganisationRole
from salus.services.members import list_members
from salus.services.propose import propose
from salus.services.vote import vote


@click.group()
def command() -> None:
    """Members of the network: list, add, admit by vote."""


@command.command("list")
@in_home
def show_all(home: Path | None, as_json: bool) -> None:
    """List members and applicants."""
    with opened(home, read_only=True) as region:
        members = list_members(region.ledger)
    if as_json:
        print_json(members)
        return
    rows = []
    for member in members:
        roles = ", ".join(OrganisationRole(role).name.lower() for role in member.roles)
        stops = [
            w
            for w, on in (
                ("receives nothing", member.suspended_recipient),
                ("takes nothing in", member.suspended_custodian),
            )
            if on
        ]
        rows.append((short(member.account), member.name, roles, member.state, ", ".join(stops) or "-"))
    print_table(("account", "name", "roles", "state", "suspended"), rows)


@command.command()
@acting("The member that sponsors the applicant.")
@click.argument("member", metavar="SLUG:ROLE:NAME")
@in_home
def add(home: Path | None, as_json: bool, actor: str, member: str) -> None:
    """Open an applicant's account and propose its admission."""
    with opened(home) as region:
        sponsor = region.organisation(actor)
        applicant = enrol(region, actor, read_member(member))
        proposed = propose(sponsor, [AdmitMember(applicant.account)])
        result = {"account": applicant.account, "proposal": proposed.proposal, "effective_height": proposed.effective}
    if as_json:
        print_json(result)
        return
    print_fields(
        {
            "account": applicant.account.hex(),
            "proposal": proposed.proposal.hex(),
            "effective at height": proposed.effective,
        }
    )
    click.echo("Members vote with `salus org vote --as MEMBER PROPOSAL`.")


@command.command("vote")
@acting("The member that votes.")
@click.argument("proposal")
@click.option("--against", is_flag=True, help="Vote no.")
@in_home
def cast(home: Path | None, as_json: bool, actor: str, proposal: str, against: bool) -> None:
    """Cast the member's one ballot on a proposal (its whole id)."""
    if len(proposal) != 64:
        raise click.UsageError("PROPOSAL: give all 64 hex digits")
    with opened(home) as region:
        landed = vote(
            region.organisation(actor), choose(proposal, [bytes.fromhex(proposal)], "PROPOSAL"), approve=not against
        )
    if as_json:
        print_json({"height": landed.height})
    else:
        click.echo(f"Voted {'no' if against else 'yes'}, in block {landed.height}.")
