"""`salus network card`, `found`, `agree`, `begin`: founders make a network together, each on its own host."""

import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from salus.bootstrap import MemberSpec
from salus.bootstrap.network import (
    AGREEMENT,
    CARD,
    LISTEN,
    P2P,
    Card,
    Founding,
    Place,
    agree,
    begin,
    examine,
    found,
    make_card,
    open_founder,
    place_of,
)
from salus.cli.init import MEMBER, new_passphrase, refuse_used
from salus.cli.options import FILE, OUT_FILE, WHOLE_ID, as_json_option, home_folder, home_option, passphrase
from salus.cli.output import print_json, print_result, print_table

name_option = click.option("--name", default="consortium", show_default=True, help="Name of the network.")
_NODE = (
    click.option("--host", default="127.0.0.1", show_default=True, help="Where others reach this node."),
    click.option("--first-port", type=click.IntRange(1, 65_000), default=P2P, show_default=True, help="Of CometBFT."),
    click.option(
        "--listen", type=click.IntRange(1, 65_535), default=LISTEN, show_default=True, help="Of the Salus server."
    ),
    click.option("--url", default=None, metavar="URL", help="What others reach that by, behind a proxy."),
    click.option("--unattended", is_flag=True, help="Make a passphrase and keep it in the home."),
    click.argument("member", metavar="SLUG:ROLE:NAME", type=MEMBER),
    home_option("A new or empty folder."),
    as_json_option,
)


def new_home(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that makes one member's home what says where the member is, which reaches it as one `place`."""

    @wraps(command)
    def placed(*, host: str, first_port: int, listen: int, url: str | None, member: MemberSpec, **rest: Any) -> Any:
        return command(place=place_of(member, host, first_port, listen, url), **rest)

    for option in reversed(_NODE):
        placed = option(placed)
    return placed


@click.command("card")
@new_home
def card(home: Path | None, as_json: bool, unattended: bool, place: Place) -> None:
    """Make a founder's home with keys of its own, and its card, for whoever gathers the cards of all founders.

    The card says name, roles, addresses and public keys, signed by every key it names. It holds no secret.
    """
    folder = home_folder(home)
    refuse_used(folder)
    make_card(folder, place, new_passphrase(folder, unattended=unattended), time.time_ns() // 1_000_000)
    made = folder / CARD
    words = f"Hand {made} to whoever gathers the cards; it holds no secret. {folder} stays here."
    print_result(as_json, {"home": str(folder), "card": str(made)}, words)


@click.command("found")
@click.argument("cards", metavar="CARD...", type=FILE, nargs=-1, required=True)
@name_option
@click.option("--out", type=OUT_FILE, required=True, metavar="FILE", help="Where to write the founding.")
@as_json_option
def found_one(cards: tuple[Path, ...], name: str, out: Path, as_json: bool) -> None:
    """Check the CARDs of all founders, and write the founding: genesis and members, for every founder.

    Anybody may do it. The founders tell one another the hash by voice, then `salus network agree`.
    """
    made_ms = time.time_ns() // 1_000_000
    raw, founding = found([(str(path), path.read_bytes()) for path in cards], name, made_ms)
    out.write_bytes(raw)
    if as_json:
        print_json({"founding": str(out), **said(founding)})
        return
    show(founding)
    click.echo(f"Hand {out} to every founder. Founding hash, to be compared by voice:\n{founding.hash.hex()}")


@click.command("agree")
@click.argument("founding", type=FILE)
@click.option("--hash", "told", type=WHOLE_ID, required=True, metavar="HEX", help="As another founder told you it.")
@home_option("The founder's home.")
@as_json_option
def agree_one(founding: Path, told: bytes, home: Path | None, as_json: bool) -> None:
    """Sign the genesis of a FOUNDING, if its hash is the one you were told and it holds this home's card unaltered.

    Writes the agreement, which every other founder needs; it holds no secret.
    """
    folder, raw = home_folder(home), founding.read_bytes()
    examine(folder, raw, told)
    agreed = agree(folder, raw, told, open_founder(folder, passphrase(folder)))
    made = folder / AGREEMENT
    if as_json:
        print_json({"agreement": str(made), **said(agreed)})
        return
    show(agreed)
    click.echo(f"Hand {made} to every other founder; it holds no secret.")


@click.command("begin")
@click.argument("agreements", metavar="AGREEMENT...", type=FILE, nargs=-1)
@home_option("The founder's home.")
@as_json_option
def begin_one(agreements: tuple[Path, ...], home: Path | None, as_json: bool) -> None:
    """Make a founder's home a member's, by the AGREEMENTs of all other founders: genesis, vault, the others' addresses.

    `salus network up` then runs its node; blocks come once more than two thirds of the members are up.
    """
    folder = home_folder(home)
    given = [(str(path), path.read_bytes()) for path in agreements]
    begun = begin(folder, given, open_founder(folder, passphrase(folder)))
    words = f"{folder} is of network {begun.network.hex()}.\nBring it up with `salus network up --home {folder}`."
    print_result(as_json, {"home": str(folder), **said(begun)}, words)


def said(founding: Founding) -> dict[str, Any]:
    """Return what a founding says, for programs."""
    members = [
        {
            "slug": one.slug,
            "name": one.founder.name,
            "roles": _roles(one),
            "account": one.account,
            "p2p": one.p2p,
            "rpc": one.rpc,
            "url": one.url,
        }
        for one in founding.cards
    ]
    return {"hash": founding.hash, "network": founding.network, "name": founding.genesis.name, "members": members}


def _roles(card: Card) -> list[str]:
    return [role.name.lower() for role in card.spec.roles]


def show(founding: Founding) -> None:
    """Print a founding for who is to agree to it."""
    rows = [(one.slug, one.founder.name, "+".join(_roles(one)), one.p2p, one.url) for one in founding.cards]
    print_table(("member", "name", "roles", "node", "server"), rows)
    click.echo(f"Network {founding.genesis.name}, {founding.network.hex()}")
