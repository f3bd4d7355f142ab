"""`salus network status`: a table of the nodes, as they answer."""

from pathlib import Path

import click

from salus.bootstrap.network import NetworkStatus, NodeStatus, network_status
from salus.cli.network_up import chosen, where
from salus.cli.options import as_json_option
from salus.cli.output import print_json, print_table
from salus.cli.status import NO

COLUMNS = ("member", "state", "height", "app hash", "behind", "peers", "power", "CometBFT", "server")


@click.command("status")
@where
@click.option("--own", is_flag=True, help="Of the homes here alone, and nothing of their peers.")
@as_json_option
def status(folder: Path | None, home: Path | None, own: bool, as_json: bool) -> int:
    """Show the members' nodes: height, app hash, peers, validators, what lags, versions.

    Of one home also its peers, as far as they answer. Status 1 where a node is away or halted, or app hashes differ.
    Below the table it says why a node has halted, and what to do.
    """
    found = network_status(chosen(folder, home), peers=not own)
    if as_json:
        print_json(found)
    else:
        print_table(COLUMNS, map(row, found.nodes))
        click.echo(summary(found))
        for node in found.nodes:
            for words in filter(None, (node.halted, node.warning)):
                click.echo(f"{node.name}: {words}")
    well = all(node.up and node.halted is None for node in found.nodes)
    return 0 if found.agree is not False and well else NO


def row(node: NodeStatus) -> tuple[object, ...]:
    """Return a node's line of the table."""
    return (
        node.name,
        state(node),
        _shown(node.height),
        "-" if node.app_hash is None else node.app_hash[:12],
        "-" if node.behind_ms is None else f"{node.behind_ms / 1000:.1f} s",
        _shown(node.peers),
        _shown(node.power),
        node.cometbft or "-",
        node.server or "-",
    )


def state(node: NodeStatus) -> str:
    """Return how a node is, in a word or three."""
    if node.halted is not None:
        return "halted"
    if not node.up:
        return "down" if not node.served else "no CometBFT"
    if node.served is False:
        return "no server"
    return "catching up" if node.catching_up else "up"


def summary(found: NetworkStatus) -> str:
    """Return the network in one line."""
    up = [node for node in found.nodes if node.up]
    parts = [f"{len(up)} of {len(found.nodes)} answer"]
    if found.agree is not None:
        words = "same app hash" if found.agree else "DIFFERENT APP HASHES"
        parts.append(f"{words} at height {found.compared_at}")
    if found.power:
        online = sum(node.power or 0 for node in up)
        needed = 2 * found.power // 3 + 1
        parts.append(f"validators' power {online} of {found.power} answers, {needed} decide")
    return "; ".join(parts) + ("" if found.chain is None else f". Chain {found.chain}")


def _shown(value: object) -> object:
    return "-" if value is None else value
