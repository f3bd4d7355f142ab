"""`salus home`: homes apart, which follow a node."""

from collections.abc import Iterator
from pathlib import Path

import click

from salus.bootstrap import GENESIS, Region, UpstreamFile, split_region, write_upstream
from salus.cli.home_copies import backup, restore_home
from salus.cli.init import keep_passphrase, refuse_used
from salus.cli.listed import command_group
from salus.cli.options import (
    FILE,
    FOLDER,
    as_json_option,
    hand_over,
    home_folder,
    home_option,
    in_home,
    opened,
    passphrase,
)
from salus.cli.output import print_fields, print_json, print_result, print_table, progress, short, when
from salus.core.genesis import read_genesis
from salus.services.errors import NoSuchMember
from salus.services.members import member_name
from salus.services.remote.endpoint import check_url
from salus.services.remote.exchange import RemoteExchange
from salus.vault.files import LocalFiles


class Url(click.ParamType[str]):
    """The base URL of a server."""

    name = "url"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip().rstrip("/")
        try:
            check_url(text)
        except Exception as refusal:  # noqa: BLE001 - of one kind only, and its text is fixed
            self.fail(getattr(refusal, "text", "no URL"), param, ctx)
        return text


NODE = click.option("--node", type=Url(), required=True, metavar="URL", help="Where the ledger's node is served.")
CERTIFICATES = click.option(
    "--ca", type=FILE, default=None, help="Certificates to trust for the node and the members, in PEM; copied."
)
PUBLIC = click.option(
    "--url", type=Url(), default=None, metavar="URL", help="What others reach this home's server by, behind a proxy."
)


@command_group()
def command() -> None:
    """Homes apart: split a region, follow a node, back up, restore."""


command.add_command(backup)
command.add_command(restore_home)


@command.command("split")
@click.option("--to", type=FOLDER, required=True, metavar="FOLDER", help="A new folder for the homes.")
@NODE
@CERTIFICATES
@in_home
def split(home: Path | None, as_json: bool, to: Path, node: str, ca: Path | None) -> None:
    """Take a region apart: a home for its node, one for each organisation, one for each person.

    Files are copied and compared; then the region is put out of use, with a note. Broken off, it is done again.
    One machine has seen all keys: rotate them afterwards, and destroy the old folder.
    """
    folder = home_folder(home)
    hand_over(folder, alone=True)
    with progress("Taking the region apart", None) as bar:

        def show(what: str, done: int, total: int) -> None:
            bar.update(bar.task_ids[0], description=what, completed=done, total=total)

        parts = split_region(folder, to, UpstreamFile(node), passphrase(folder), ca, show)
    listed = {"node": str(parts.node), "members": [*map(str, parts.members)], "people": [*map(str, parts.people)]}
    if as_json:
        print_json({**listed, "letters_left": parts.left})
        return
    print_fields({"node": str(parts.node), **{path.name: str(path) for path in (*parts.members, *parts.people)}})
    if parts.left:
        click.echo(f"{parts.left} letters are to accounts that nobody here keeps an inbox for; they stay behind.")
    click.echo(f"{folder} is out of use and still holds every key: destroy it once the new homes work.")


@command.command("follow")
@NODE
@click.option(
    "--genesis", type=FILE, required=True, help="The network's genesis document, which you have from elsewhere."
)
@CERTIFICATES
@PUBLIC
@click.option("--unattended", is_flag=True, help="Make a passphrase and keep it in the home.")
@home_option("A new or empty folder.")
@as_json_option
def follow(
    home: Path | None, as_json: bool, node: str, genesis: Path, ca: Path | None, url: str | None, unattended: bool
) -> None:
    """Begin a home of one's own: without a node, it follows one, and checks every block itself."""
    folder = home_folder(home)
    refuse_used(folder)
    raw = genesis.read_bytes()
    network, *_ = read_genesis(raw)
    if unattended:
        keep_passphrase(folder)
    files = LocalFiles()
    files.create_folder(folder)
    write_upstream(folder, UpstreamFile(node, url=url), ca)
    files.write(folder / GENESIS, raw)
    words = "is in it" if unattended else "is asked for with the first wallet or organisation"
    data = {"home": str(folder), "node": node, "network": network}
    print_result(as_json, data, f"{folder} follows {node}; its passphrase {words}.")


@command.command("waiting")
@in_home
def waiting(home: Path | None, as_json: bool) -> None:
    """List letters that wait for another's server, and those that were given up.

    What waits is sent again by the server of the home, or with a person's next command. What was given up was refused
    for good, or nobody took it for fourteen days; it stays in `exchange/outbox`, in folders named given-up.
    """
    with opened(home) as region:
        found = [row for name, exchange in senders(region) for row in letters_of(region, name, exchange)]
    if as_json:
        print_json(found)
        return
    rows = ((one["from"], one["to"], one["kind"], one["since"], one["state"]) for one in found)
    print_table(("from", "to", "kind", "since", "state"), rows, empty="Nothing waits.")


def senders(region: Region) -> Iterator[tuple[str, RemoteExchange]]:
    """Yield (slug, exchange) of everybody of the home that sends letters elsewhere."""
    everybody = [(slug, region.organisation(slug).exchange) for slug in region.organisations()]
    everybody += [(slug, region.person(slug).exchange) for slug in region.people()]
    yield from ((slug, exchange) for slug, exchange in everybody if isinstance(exchange, RemoteExchange))


def letters_of(region: Region, name: str, exchange: RemoteExchange) -> list[dict[str, str]]:
    """Return the letters of one sender, oldest first: those that wait, then those that were given up."""
    both = [("waiting", one) for one in exchange.outbox.waiting()]
    both += [("given up", one) for one in exchange.outbox.given_up()]
    return [
        {
            "from": name,
            "to": recipient_name(region, letter.recipient),
            "kind": letter.kind,
            "since": when(letter.since_ms),
            "state": state,
        }
        for state, letter in both
    ]


def recipient_name(region: Region, account: bytes) -> str:
    """Return the name of an organisation, the beginning of a person's account."""
    try:
        return member_name(region.ledger, account)
    except NoSuchMember:
        return short(account)
