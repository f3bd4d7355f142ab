"""`salus network follow`: a home without a validator, whose gateway believes no node."""

from pathlib import Path
from typing import Any

import click
import msgspec

from salus.bootstrap import MemberSpec, Trust
from salus.bootstrap.network import HERE, LISTEN, Begun, Node, Url, Wanted, follow, read_origin
from salus.cli.init import MEMBER, keep_passphrase, refuse_used
from salus.cli.options import FILE, WHOLE_ID, as_json_option, home_folder, home_option, passphrase
from salus.cli.output import print_result
from salus.cli.status import BadInput
from salus.shapes import made


class UrlText(click.ParamType[str]):
    """An address of http or https, without a / at its end."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return msgspec.convert(str(value).rstrip("/"), made(Url))
        except msgspec.ValidationError:
            self.fail("give http://HOST:PORT, or https://", param, ctx)


URL = UrlText()
BEGINS = {
    "genesis": "the genesis: all of them are fetched and executed, and the nodes must have them",
    "snapshot": "a snapshot from a member's server; what was before it is not here",
}


@click.command("follow")
@click.argument("file", type=FILE, metavar="INVITATION_OR_GENESIS")
@click.argument("member", type=MEMBER, required=False, metavar="[SLUG:ROLE:NAME]")
@home_option("A new or empty folder.")
@click.option("--rpc", "rpcs", type=URL, multiple=True, help="Of a node of CometBFT to ask; name three or more.")
@click.option("--server", "servers", type=URL, multiple=True, help="The Salus server beside the --rpc at its place.")
@click.option("--trust-height", type=click.IntRange(1, 2**53), default=None, help="Of a block that you know of.")
@click.option("--trust-hash", type=WHOLE_ID, default=None, metavar="HEX", help="Of that block.")
@click.option("--every-block", is_flag=True, help="Fetch the chain from its genesis on, though there is a snapshot.")
@click.option("--network", default=None, metavar="HEX", help="The network's id, which you have from elsewhere.")
@click.option("--ca", type=FILE, default=None, help="Certificates in PEM that alone are trusted for the nodes.")
@click.option(
    "--listen", type=click.IntRange(1, 65_535), default=LISTEN, show_default=True, help="Of its Salus server."
)
@click.option("--url", type=URL, default=None, help="What others reach that by, behind a proxy.")
@click.option("--unattended", is_flag=True, help="Make a passphrase and keep it in the home.")
@as_json_option
def follow_one(
    home: Path | None,
    as_json: bool,
    file: Path,
    member: MemberSpec | None,
    rpcs: tuple[str, ...],
    servers: tuple[str, ...],
    trust_height: int | None,
    trust_hash: bytes | None,
    every_block: bool,
    network: str | None,
    ca: Path | None,
    listen: int,
    url: str | None,
    unattended: bool,
) -> None:
    """Make a home that runs no node and follows those of others, of which it believes none.

    With a newcomer as SLUG:ROLE:NAME it holds its keys, and an application for the member that invited it. Nodes, and
    the block where trust begins, are the invitation's unless they are named.
    """
    folder = home_folder(home)
    refuse_used(folder)
    trust = _trust(trust_height, trust_hash)
    origin = read_origin(file.read_bytes())
    if network is not None and network.strip().lower() != origin.network:
        raise BadInput("the file is of another network than --network says")
    if member is not None and origin.invitation is None:
        raise BadInput("a newcomer needs an invitation: its account follows from that")
    if not rpcs and origin.invitation is None:
        raise click.UsageError("a genesis names no nodes: give --rpc")
    if len(servers) > len(rpcs):
        raise click.UsageError("give no more of --server than of --rpc")
    nodes = [Node(rpc, servers[at] if at < len(servers) else None) for at, rpc in enumerate(rpcs)]

    def secret() -> str:
        return keep_passphrase(folder) if unattended else passphrase(folder, new=True)

    found = follow(folder, origin, nodes, Wanted(f"{HERE}:{listen}", url, trust, every_block, ca, member, secret))
    if unattended:
        keep_passphrase(folder)
    _say(as_json, folder, origin.network, found)


def _trust(height: int | None, digest: bytes | None) -> Trust | None:
    if (height is None) != (digest is None):
        raise click.UsageError("give --trust-height and --trust-hash, or neither")
    return None if height is None or digest is None else Trust(height, digest.hex())


def _say(as_json: bool, folder: Path, network: str, found: Begun) -> None:
    data = {
        "home": str(folder),
        "network": network,
        "trust_height": found.block.height,
        "trust_hash": found.block.hash,
        "confirmed_by": found.showed,
        "begins": found.consensus.begin,
        "away": list(found.away),
        "application": None if found.application is None else str(found.application),
    }
    nodes = f"{found.showed} nodes show it" if found.showed > 1 else "one node shows it, and nobody confirms it"
    lines = [
        f"{folder} follows network {network}",
        f"and believes what follows from block {found.block.height}, {found.block.hash.hex()}: {nodes}.",
        "Compare both with somebody you trust, by another way than the file and the nodes.",
        f"Its blocks begin with {BEGINS[found.consensus.begin]}.",
        *(f"Away now: {url}" for url in found.away),
    ]
    if found.application is not None:
        lines.append(f"Hand {found.application} to the member that invited you; it holds no secret.")
    lines.append(f"Serve it with `salus network up --home {folder}`.")
    print_result(as_json, data, "\n".join(lines))
