"""What commands that open a vote share: when it takes effect, and what is said of it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from salus.bootstrap import Region
from salus.cli.options import organisation
from salus.cli.output import print_result
from salus.cli.signing import write_file
from salus.core.types import Message
from salus.services.propose import proposal_of, propose

Command = TypeVar("Command", bound=Callable[..., Any])


def effective_option(command: Command) -> Command:
    """Give a command --effective."""
    return click.option(
        "--effective",
        type=click.IntRange(1, 2**53 - 1),
        default=None,
        metavar="HEIGHT",
        help="The block at which votes are counted; by default a few blocks ahead.",
    )(command)


def open_vote(
    region: Region,
    actor: str,
    actions: Sequence[Message],
    effective: int | None,
    out: Path | None,
    signers: tuple[str, ...],
    as_json: bool,
) -> None:
    """Open a vote, or write the file of it for administrators to sign; say how members vote."""
    proposer = organisation(region, actor)
    if out is not None:
        write_file(region, proposer, proposal_of(proposer, actions, effective), out, signers, as_json)
        return
    made = propose(proposer, actions, effective)
    words = (
        f"Proposal {made.proposal.hex()}\nMembers vote with `salus org vote --as MEMBER PROPOSAL`; approved by more "
        f"than two thirds of them, it takes effect at height {made.effective}."
    )
    print_result(as_json, {"proposal": made.proposal, "effective_height": made.effective}, words)
