"""`salus network invite`, `join`, `admit`: a newcomer's way into a network that runs."""

from pathlib import Path

import click
import msgspec

from salus.bootstrap.network import Place, admit, invite, join, read_invitation
from salus.cli.init import new_passphrase, refuse_used
from salus.cli.network_found import new_home
from salus.cli.options import FILE, OUT_FILE, acting, home_folder, in_home, opened
from salus.cli.output import print_result
from salus.cli.proposing import effective_option
from salus.cli.status import BadInput


@click.command("invite")
@acting("The member that invites, and will sponsor the newcomer.")
@click.option("--out", type=OUT_FILE, required=True, metavar="FILE", help="Where to write the invitation.")
@in_home
def invite_one(home: Path | None, as_json: bool, actor: str, out: Path) -> None:
    """Write an invitation for one newcomer: genesis, nodes, a block to begin with. Nothing of it is secret."""
    with opened(home) as region:
        made = invite(region, actor)
    out.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    begins = (
        "with the first block" if made.trust is None else f"with a snapshot, verified from block {made.trust.height}"
    )
    data = {"invitation": str(out), "network": made.network, "account": made.account}
    print_result(as_json, data, f"{out} invites to network {made.network}; its node begins {begins}.")


@click.command("join")
@click.option("--invitation", type=FILE, required=True, help="As a member wrote it.")
@click.option("--network", default=None, metavar="HEX", help="The network's id, which you have from elsewhere.")
@click.option("--ca", type=FILE, default=None, help="Certificates in PEM that alone are trusted for the others.")
@click.option("--no-validator", is_flag=True, help="A node that follows, and never signs blocks.")
@new_home
def join_one(
    home: Path | None,
    as_json: bool,
    invitation: Path,
    network: str | None,
    ca: Path | None,
    no_validator: bool,
    unattended: bool,
    place: Place,
) -> None:
    """Make the home of a newcomer with keys of its own, and its application, for the member that invited it.

    `salus network up` may run at once: the node follows. It signs blocks once members have voted.
    """
    folder = home_folder(home)
    refuse_used(folder)
    found = read_invitation(invitation.read_bytes())
    if network is not None and network.strip().lower() != found.network:
        raise BadInput("the invitation is to another network than --network says")
    secret = new_passphrase(folder, unattended=unattended)
    application = join(folder, found, place, secret, validator=not no_validator, authority=ca)
    data = {"home": str(folder), "application": str(application), "account": found.account, "network": found.network}
    print_result(as_json, data, f"Hand {application} to the member that invited you; it holds no secret.")


@click.command("admit")
@acting("The member that invited.")
@click.argument("application", type=FILE)
@click.option("--power", type=click.IntRange(1, 2**32 - 1), default=1, show_default=True, help="Of its validator.")
@effective_option
@in_home
def admit_one(
    home: Path | None, as_json: bool, actor: str, application: Path, power: int, effective: int | None
) -> None:
    """Open the account of a newcomer's APPLICATION, and propose its admission with its validator; members then vote."""
    raw = application.read_bytes()
    with opened(home) as region:
        account, proposed = admit(region, actor, raw, power, effective)
    words = (
        f"Account {account.hex()}\nProposal {proposed.proposal.hex()}\nMembers vote with `salus org vote --as MEMBER "
        f"PROPOSAL`; approved by more than two thirds of them, it takes effect at height {proposed.effective}.\n"
        "Its node is among this home's peers now, and is dialled once this node was ended and begun anew; others "
        "add it with `salus network peers --add peer.json`."
    )
    data = {"account": account, "proposal": proposed.proposal, "effective_height": proposed.effective}
    print_result(as_json, data, words)
