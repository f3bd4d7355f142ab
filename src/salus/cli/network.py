"""`salus network`: a consortium's ledger over CometBFT, and the nodes of its members."""

from collections.abc import Callable
from pathlib import Path

import click

from salus.bootstrap.network import LISTEN, P2P, found_network, read_members, usual
from salus.cli.init import keep_passphrase
from salus.cli.listed import command_group
from salus.cli.network_follow import follow_one
from salus.cli.network_found import agree_one, begin_one, card, found_one, name_option
from salus.cli.network_join import admit_one, invite_one, join_one
from salus.cli.network_peers import peers
from salus.cli.network_status import status
from salus.cli.network_up import stop, up
from salus.cli.options import FILE, FOLDER, as_json_option, passphrase
from salus.cli.output import print_fields, print_json, progress
from salus.core.genesis import read_genesis

FIRST_PORT = click.option(
    "--first-port",
    type=click.IntRange(1, 65_000),
    default=P2P,
    show_default=True,
    help="Of CometBFT: peers, RPC one above, figures four above; the next member's ten above.",
)
FIRST_LISTEN = click.option(
    "--first-listen",
    type=click.IntRange(1, 65_000),
    default=LISTEN,
    show_default=True,
    help="Port of the first member's Salus server; the next member's is one above.",
)
TOLERANT = 4  # validators of equal power, of which one may be away


@command_group()
def command() -> None:
    """A consortium over CometBFT: found it, run its nodes, see how they are, join it."""


@command.command("init")
@click.option("--folder", type=FOLDER, required=True, metavar="FOLDER", help="A new folder for the homes.")
@click.option("--members", type=click.IntRange(1, 100), default=4, show_default=True, help="How many, all here.")
@click.option(
    "--from",
    "file",
    type=FILE,
    default=None,
    help="JSON: a list of {slug, name, roles}, and host, ports and url where they are others.",
)
@name_option
@FIRST_PORT
@FIRST_LISTEN
@click.option("--unattended", is_flag=True, help="Make a passphrase for each home and keep it there.")
@as_json_option
def init(
    folder: Path,
    members: int,
    file: Path | None,
    name: str,
    first_port: int,
    first_listen: int,
    unattended: bool,
    as_json: bool,
) -> None:
    """Found a network of homes that are all made here: for trying out, since this machine sees all keys.

    Members on hosts of their own: `salus network card`, `found`, `agree`, `begin`.
    """
    if file is None:
        planned = usual(members, first_port, first_listen)
    else:
        planned = read_members(file.read_bytes(), first_port, first_listen)
    secret = keep_passphrase if unattended else _asked_once(folder)
    with progress("Founding the network", None) as bar:

        def show(what: str, done: int, total: int) -> None:
            bar.update(bar.task_ids[0], description=what, completed=done, total=total)

        homes = found_network(folder, name, planned, secret, progress=show)
    network, _ = read_genesis((folder / "genesis.cbor").read_bytes())
    if as_json:
        listed = [
            {"slug": place.spec.slug, "home": str(home), "url": place.url, "rpc": place.asked}
            for place, home in zip(planned, homes, strict=True)
        ]
        print_json({"network": network, "folder": str(folder), "members": listed})
        return
    print_fields(
        {
            "network": network.hex(),
            **{one.spec.slug: f"{home}  {one.url}" for one, home in zip(planned, homes, strict=True)},
        }
    )
    if unattended:
        click.echo("Each home holds the passphrase of its keystores: for trying out only.")
    if len(planned) < TOLERANT:
        click.echo("With fewer than four members no validator may be away: blocks wait until it is back.")
    click.echo(f"Bring it up with `salus network up --folder {folder}`.")


def _asked_once(folder: Path) -> Callable[[Path], str]:
    secret = passphrase(folder, new=True)
    return lambda home: secret


for added in (card, found_one, agree_one, begin_one, up, status, stop):
    command.add_command(added)
for added in (peers, invite_one, join_one, admit_one, follow_one):
    command.add_command(added)
