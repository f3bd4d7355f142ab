"""`salus org propose`, `salus org suspend`: what members decide about one another."""

from pathlib import Path

import click

from salus.cli.listed import command_group
from salus.cli.options import acting, in_home, opened, organisation
from salus.cli.org_validators import set_validator, upgrade, withdraw_upgrade
from salus.cli.output import print_result, when
from salus.cli.proposing import effective_option, open_vote
from salus.cli.signing import by_file, keep_file, member_id, signers_of
from salus.contracts.governance.messages import SetMemberState, SetParameter, SucceedMember
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.types import MemberState
from salus.services.signing_file import draw_up
from salus.services.suspend import suspend_together, suspension

STATES = {"active": MemberState.ACTIVE, "winding-down": MemberState.WINDING_DOWN, "left": MemberState.LEFT}
PARAMETERS = {one.name.lower().replace("_", "-"): one for one in Parameter}


@command_group("propose")
def group() -> None:
    """Open a vote on a member's state, its succession or validator, on a parameter or an upgrade of the network."""


@group.command("state")
@acting("The member that proposes.")
@click.argument("member")
@click.argument("state", metavar="STATE", type=click.Choice(list(STATES)))
@click.option("--suspend-recipient", is_flag=True, help="It gets nothing.")
@click.option("--suspend-custodian", is_flag=True, help="It takes in nothing; its patients keep their access.")
@effective_option
@by_file
@in_home
def set_state(
    home: Path | None,
    as_json: bool,
    actor: str,
    member: str,
    state: str,
    suspend_recipient: bool,
    suspend_custodian: bool,
    effective: int | None,
    out: Path | None,
    signers: tuple[str, ...],
) -> None:
    """Set a member's STATE and suspensions; ends an emergency suspension.

    STATE is active, winding-down or left.
    """
    with opened(home) as region:
        action = SetMemberState(member_id(region, member), int(STATES[state]), suspend_recipient, suspend_custodian)
        open_vote(region, actor, [action], effective, out, signers, as_json)


@group.command("succeed")
@acting("The member that proposes.")
@click.argument("member")
@click.argument("successor")
@effective_option
@by_file
@in_home
def succeed(
    home: Path | None,
    as_json: bool,
    actor: str,
    member: str,
    successor: str,
    effective: int | None,
    out: Path | None,
    signers: tuple[str, ...],
) -> None:
    """Let SUCCESSOR take over from MEMBER, for good. It inherits duties and none of its grants."""
    with opened(home) as region:
        action = SucceedMember(member_id(region, member), member_id(region, successor, "SUCCESSOR"))
        open_vote(region, actor, [action], effective, out, signers, as_json)


@group.command("parameter", help=f"Set a parameter of the network. NAME is one of: {', '.join(PARAMETERS)}.")
@acting("The member that proposes.")
@click.argument("name", metavar="NAME", type=click.Choice(list(PARAMETERS)))
@click.argument("value", type=click.IntRange(0))
@effective_option
@by_file
@in_home
def set_parameter(
    home: Path | None,
    as_json: bool,
    actor: str,
    name: str,
    value: int,
    effective: int | None,
    out: Path | None,
    signers: tuple[str, ...],
) -> None:
    with opened(home) as region:
        open_vote(region, actor, [SetParameter(int(PARAMETERS[name]), value)], effective, out, signers, as_json)


for added in (set_validator, upgrade, withdraw_upgrade):
    group.add_command(added)


@click.command("suspend")
@acting("A member that suspends.")
@click.option("--with", "others", multiple=True, metavar="MEMBER", help="Another member that suspends; repeat it.")
@click.argument("member")
@click.option("--recipient", is_flag=True, help="It gets nothing.")
@click.option("--custodian", is_flag=True, help="It takes in nothing; its patients keep their access.")
@by_file
@in_home
def suspend(
    home: Path | None,
    as_json: bool,
    actor: str,
    others: tuple[str, ...],
    member: str,
    recipient: bool,
    custodian: bool,
    out: Path | None,
    signers: tuple[str, ...],
) -> None:
    """Suspend MEMBER at once, together with other members; it ends by itself. Who did so once needs a vote next."""
    with opened(home) as region:
        target = member_id(region, member)
        by = [member_id(region, one, "--with") for one in (actor, *others)]
        if out is not None:
            message = suspension(target, by, recipient=recipient, custodian=custodian)
            if signers and len(by) > 1:
                raise click.UsageError("--signer is for the file of one organisation")
            waited = [pair for one in by for pair in signers_of(region, one, signers)]
            keep_file(draw_up(region.ledger, waited, message), out, as_json)
            return
        members = [organisation(region, one) for one in (actor, *others)]
        done = suspend_together(members, target, recipient=recipient, custodian=custodian)
    until = when(max(done.recipient_until, done.custodian_until))
    print_result(as_json, done, f"Suspended, in block {done.height}, until {until} or until members vote.")
