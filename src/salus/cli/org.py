"""`salus org`: members of the network."""

from pathlib import Path

import click

from salus.bootstrap import MemberSpec, enrol
from salus.cli.init import MEMBER
from salus.cli.listed import command_group
from salus.cli.options import WHOLE_ID, acting, in_home, opened, organisation
from salus.cli.org_escrow import group as escrow
from salus.cli.org_keys import hand_over, keys, rotate, winding_down
from salus.cli.org_propose import group as propose_group
from salus.cli.org_propose import suspend
from salus.cli.org_validators import show_validators
from salus.cli.output import print_fields, print_json, print_result, print_table, short, when
from salus.cli.signing import by_file, write_file
from salus.contracts.governance.messages import AdmitMember, Vote
from salus.policy.types import OrganisationRole
from salus.services.members import MemberView, list_members
from salus.services.propose import propose
from salus.services.vote import vote


@command_group()
def command() -> None:
    """Members of the network: list, add, propose, vote, suspend; their keys and escrows."""


@command.command("list")
@in_home
def show_all(home: Path | None, as_json: bool) -> None:
    """List the members."""
    with opened(home, read_only=True) as region:
        members = list_members(region.ledger)
    if as_json:
        print_json(members)
        return
    rows = ((short(m.account), m.name, role_names(m), standing(m), suspensions(m)) for m in members)
    print_table(("account", "name", "roles", "state", "suspended"), rows)


def role_names(member: MemberView) -> str:
    """Return the member's roles in words."""
    return ", ".join(OrganisationRole(role).name.lower().replace("_", "-") for role in member.roles)


def suspensions(member: MemberView) -> str:
    """Return what the member may not do at present: by vote, or in an emergency until when."""
    stops = (
        ("receives nothing", member.suspended_recipient, member.emergency[0]),
        ("takes nothing in", member.suspended_custodian, member.emergency[1]),
    )
    said = (words if on else f"{words} until {when(until)}" for words, on, until in stops if on or until)
    return ", ".join(said) or "-"


def standing(member: MemberView) -> str:
    """Return the member's state, and who succeeded it."""
    return member.state if member.successor is None else f"{member.state} by {short(member.successor)}"


@command.command()
@acting("The member that sponsors the applicant.")
@click.argument("member", metavar="SLUG:ROLE:NAME", type=MEMBER)
@in_home
def add(home: Path | None, as_json: bool, actor: str, member: MemberSpec) -> None:
    """Open an applicant's account and propose its admission; members then vote."""
    with opened(home) as region:
        sponsor = organisation(region, actor)
        applicant = enrol(region, actor, member)
        proposed = propose(sponsor, [AdmitMember(applicant.account)])
    if as_json:
        print_json(
            {"account": applicant.account, "proposal": proposed.proposal, "effective_height": proposed.effective}
        )
        return
    print_fields({"account": applicant.account.hex(), "proposal": proposed.proposal.hex()})
    click.echo(
        f"Members vote with `salus org vote --as MEMBER PROPOSAL`; approved by more than two thirds of them, "
        f"it takes effect at height {proposed.effective}."
    )


@command.command("vote")
@acting("The member that votes.")
@click.argument("proposal", type=WHOLE_ID)
@click.option("--against", is_flag=True, help="Vote no.")
@by_file
@in_home
def cast(
    home: Path | None,
    as_json: bool,
    actor: str,
    proposal: bytes,
    against: bool,
    out: Path | None,
    signers: tuple[str, ...],
) -> None:
    """Cast the member's one ballot on a PROPOSAL."""
    with opened(home) as region:
        voter = organisation(region, actor)
        if out is not None:
            write_file(region, voter, Vote(voter.account, proposal, not against), out, signers, as_json)
            return
        landed = vote(voter, proposal, approve=not against)
    words = f"Voted {'no' if against else 'yes'}, in block {landed.height}."
    print_result(as_json, {"height": landed.height}, words)


for added in (show_validators, propose_group, suspend, winding_down, keys, rotate, hand_over, escrow):
    command.add_command(added)
