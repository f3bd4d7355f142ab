"""`salus network peers`: the other members' nodes that a home knows, and cards of nodes."""

from pathlib import Path

import click

from salus.bootstrap.network import add_peer, own_card, read_card, remove_peer, said_by, write_card
from salus.cli.options import FILE, OUT_FILE, as_json_option, home_folder, home_option
from salus.cli.output import print_json, print_table


@click.command("peers")
@click.option("--add", type=FILE, default=None, metavar="CARD", help="Add the node of a card, or its new addresses.")
@click.option("--remove", default=None, metavar="NAME", help="Take the node of a member out.")
@click.option("--card", type=OUT_FILE, default=None, metavar="FILE", help="Write this home's own card, for the others.")
@home_option("The home of one member.")
@as_json_option
def peers(home: Path | None, as_json: bool, add: Path | None, remove: str | None, card: Path | None) -> None:
    """Show the other members' nodes that a home dials, and change them in its consensus.json.

    A node that runs dials whom it knew when it was started: end it and begin it anew, one member after the other.
    """
    folder = home_folder(home).absolute()
    if card is not None:
        card.write_bytes(write_card(own_card(folder)))
    changed = add is not None or remove is not None
    if remove is not None:
        remove_peer(folder, remove)
    if add is not None:
        add_peer(folder, read_card(add.read_bytes()))
    found = said_by(folder).peers
    if as_json:
        print_json({"peers": found, "changed": changed})
        return
    rows = [(one.name, one.node, one.p2p, one.rpc, one.url or "-") for one in found]
    print_table(("member", "node", "dialled at", "asked at", "server"), rows)
    if changed:
        click.echo("The node dials them once it is ended and begun anew: `salus network stop`, `salus network up`.")
