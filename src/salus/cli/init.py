"""`salus init`: found a region."""

import os
import re
import secrets
from pathlib import Path

import click

from salus.bootstrap import MemberSpec, RegionSpec, create_region, may_name_organisation
from salus.cli.options import PASSPHRASE_FILE, as_json_option, hand_over, home_folder, home_option, passphrase
from salus.cli.output import print_fields, print_json, short
from salus.cli.status import BadInput
from salus.config import read_config
from salus.policy.types import OrganisationRole

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST_NAME = 128  # salus.core.types.Name
ROLES = ", ".join(role.name.lower() for role in OrganisationRole)


class MemberText(click.ParamType[MemberSpec]):
    """A member as SLUG:ROLE[+ROLE]:NAME."""

    name = "member"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> MemberSpec:
        slug, _, rest = str(value).partition(":")
        roles, _, name = rest.partition(":")
        if SLUG.fullmatch(slug) and not may_name_organisation(slug):
            self.fail("a server has a page of this name: take another for SLUG", param, ctx)
        if not SLUG.fullmatch(slug) or not name.strip():
            self.fail("write SLUG:ROLE:NAME, for instance north:hospital:'Northside Hospital'", param, ctx)
        wanted = roles.upper().replace("-", "_").split("+")
        if len(name.strip()) > LONGEST_NAME:
            self.fail(f"NAME has {LONGEST_NAME} characters at most", param, ctx)
        if not all(role in OrganisationRole.__members__ for role in wanted):
            self.fail(f"there is no such role; there are {ROLES}", param, ctx)
        return MemberSpec(name.strip(), slug, tuple(sorted({OrganisationRole[role] for role in wanted})))


MEMBER = MemberText()


@click.command()
@home_option("A new or empty folder.")
@click.option("--name", default="region", show_default=True, help="Name of the network.")
@click.option(
    "--member",
    "members",
    multiple=True,
    required=True,
    type=MEMBER,
    metavar="SLUG:ROLE:NAME",
    help=f"A founder; may be repeated. The first runs the node. Roles, joined by +: {ROLES}.",
)
@click.option("--unattended", is_flag=True, help="Make a passphrase and keep it in the home.")
@as_json_option
def command(home: Path | None, name: str, members: tuple[MemberSpec, ...], unattended: bool, as_json: bool) -> None:
    """Found a region on this machine: genesis, ledger, members with keys and vaults."""
    folder = home_folder(home)
    if len({spec.slug for spec in members}) != len(members):
        raise click.UsageError("two members have the same slug")
    hand_over(folder, alone=True)
    refuse_used(folder)
    secret = new_passphrase(folder, unattended=unattended)
    with create_region(folder, RegionSpec(name, members), secret, tiles=read_config().tiles) as region:
        accounts = {slug: region.organisation(slug).account for slug in region.organisations()}
        network = region.network
    if as_json:
        print_json({"home": str(folder), "network": network, "members": accounts})
        return
    print_fields({"network": network.hex(), **{s.slug: f"{short(accounts[s.slug])}  {s.name}" for s in members}})
    if unattended:
        click.echo(f"The passphrase of every keystore is in {folder / PASSPHRASE_FILE}: for trying out only.")


def refuse_used(folder: Path) -> None:
    """Raise unless the folder is absent or empty."""
    if folder.exists() and any(path.name != PASSPHRASE_FILE for path in folder.iterdir()):
        again = (
            "; `salus demo --anew` removes the demonstration's first" if (folder / PASSPHRASE_FILE).is_file() else ""
        )
        raise BadInput(f"{folder} is not empty; give a new folder{again}")


def new_passphrase(folder: Path, *, unattended: bool) -> str:
    """Return the passphrase of a new home: made and kept there where it is to be unattended, else asked for."""
    return keep_passphrase(folder) if unattended else passphrase(folder, new=True)


def keep_passphrase(folder: Path) -> str:
    """Make a passphrase of 160 bits and keep it, readable by the owner alone; take one that is there already."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / PASSPHRASE_FILE).is_file():
        return (folder / PASSPHRASE_FILE).read_text().strip()
    secret = secrets.token_urlsafe(20)
    handle = os.open(folder / PASSPHRASE_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secret + "\n")
    return secret
