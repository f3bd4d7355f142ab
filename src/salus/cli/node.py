"""`salus node`: the ledger's node, which orders and keeps blocks and serves them to whoever follows."""

from pathlib import Path

import click

from salus.bootstrap import GENESIS, has_node
from salus.cli.options import home_folder, in_home
from salus.cli.serve import listening_options, serve_home, take_address
from salus.ledger.errors import NotANode


@click.command()
@listening_options
@in_home
def command(
    home: Path | None,
    address: tuple[str, int],
    names: tuple[str, ...],
    certificate: Path | None,
    key: Path | None,
    as_json: bool,
) -> None:
    """Serve the ledger of a home that has the node's key, for others to follow.

    Members' and people's homes follow it: their upstream.json names its address. One operator orders and keeps the
    blocks: tamper-evident, no consensus. With --json one JSON line says where it listens.
    """
    folder = home_folder(home)
    if (folder / GENESIS).is_file() and not has_node(folder):
        raise NotANode
    with take_address(address, names, certificate, key) as bound:
        serve_home(folder, bound, as_json=as_json)
