"""`salus init`: found a region."""

import os
import re
import secrets
from pathlib import Path

import click

from salus.bootstrap import MemberSpec, RegionSpec, create_region
from salus.cli.options import PASSPHRASE_FILE, home_folder, passphrase
from salus.cli.output import print_fields, print_json, short
from salus.policy.types import OrganisationRole

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def read_member(text: str) -> MemberSpec:
    """Return the member that SLUG:ROLE[+ROLE]:NAME describes."""
    parts = text.split(":", 2)
    if len(parts) != 3 or not SLUG.fullmatch(parts[0]) or not parts[2].strip():
        raise click.UsageError(
            f"a member is SLUG:ROLE:NAME, for instance north:hospital:'Northside Hospital', not {text!r}"
        )
    roles = parts[1].upper().split("+")
    unknown = [role.lower() for role in roles if role not in OrganisationRole.__members__]
    if unknown:
        known = ", ".join(role.name.lower() for role in OrganisationRole)
        raise click.UsageError(f"no role {unknown[0]!r}; there are {known}")
    return MemberSpec(parts[2].strip(), parts[0], tuple(sorted(OrganisationRole[role] for role in roles)))


@click.command()
@click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), default=None, help="A new or empty folder [SALUS_HOME]."
)
@click.option("--name", default="region", show_default=True, help="Name of the network.")
@click.option(
    "--member",
    "members",
    multiple=True,
    required=True,
    metavar="SLUG:ROLE:NAME",
    help="A founder; the first runs the node.",
)
@click.option("--unattended", is_flag=True, help="Make a passphrase and keep it in the home.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
def command(home: Path | None, name: str, members: tuple[str, ...], unattended: bool, as_json: bool) -> None:
    """Found a region: genesis, ledger, and each member's keys and vault."""
    folder = home_folder(home)
    specs = tuple(map(read_member, members))
    if len({spec.slug for spec in specs}) != len(specs):
        raise click.UsageError("two members have the same slug")
    refuse_used(folder)
    secret = keep_passphrase(folder) if unattended else passphrase(folder, new=True)
    with create_region(folder, RegionSpec(name, specs), secret) as region:
        made = {
            "home": str(folder),
            "network": region.network,
            "members": {slug: region.organisation(slug).account for slug in region.organisations()},
        }
    if as_json:
        print_json(made)
        return
    print_fields(
        {
            "network": region.network.hex(),
            **{spec.slug: f"{short(made['members'][spec.slug])}  {spec.name}" for spec in specs},
        }
    )  # type: ignore[index]
    if unattended:
        click.echo(
            f"The passphrase of every keystore is kept in {folder / PASSPHRASE_FILE}: fit for trying out, not for real data."
        )


def refuse_used(folder: Path) -> None:
    """Raise unless the folder is absent or empty."""
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty")


def keep_passphrase(folder: Path) -> str:
    """Make a passphrase of 160 bits and keep it, readable by the owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(20)
    handle = os.open(folder / PASSPHRASE_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secret + "\n")
    return secret
