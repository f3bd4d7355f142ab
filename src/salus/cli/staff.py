"""`salus staff`: members of staff that an organisation attests, as salted commitments."""

from pathlib import Path

import click

from salus.bootstrap import Region
from salus.cli.options import acting, choose, in_home, opened
from salus.cli.output import print_json, print_table, short, when
from salus.services.attest_staff import Badge, attest_staff, list_staff
from salus.services.end_staff import end_staff


@click.group()
def command() -> None:
    """Staff of an organisation. Names stay in its vault; the ledger holds salted commitments."""


@command.command("list")
@acting("The organisation.")
@in_home
def show_all(home: Path | None, as_json: bool, actor: str) -> None:
    """List attested staff."""
    with opened(home) as region:
        badges = list_staff(region.organisation(actor))
    if as_json:
        print_json([{"commitment": b.commitment, "name": b.name, "role": b.role, "end": when(b.end)} for b in badges])
        return
    print_table(
        ("badge", "name", "role", "until"), ((short(b.commitment), b.name, b.role, when(b.end)) for b in badges)
    )


@command.command()
@acting("The organisation.")
@click.argument("name")
@click.option("--role", default="physician", show_default=True)
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3650))
@in_home
def add(home: Path | None, as_json: bool, actor: str, name: str, role: str, days: int) -> None:
    """Attest a member of staff."""
    with opened(home) as region:
        badge = attest_staff(region.organisation(actor), name, role, days)
    if as_json:
        print_json({"commitment": badge.commitment, "end": when(badge.end)})
    else:
        click.echo(f"Badge {short(badge.commitment)}, until {when(badge.end)}.")


@command.command()
@acting("The organisation.")
@click.argument("badge")
@in_home
def end(home: Path | None, as_json: bool, actor: str, badge: str) -> None:
    """End an attestation at once."""
    with opened(home) as region:
        landed = end_staff(region.organisation(actor), find_badge(region, actor, badge).commitment)
    if as_json:
        print_json({"height": landed.height})
    else:
        click.echo(f"Ended, in block {landed.height}.")


def find_badge(region: Region, actor: str, given: str | None) -> Badge:
    """Return the badge that `given` begins, or the only one there is."""
    badges = {badge.commitment: badge for badge in list_staff(region.organisation(actor))}
    if given is None and len(badges) == 1:
        return next(iter(badges.values()))
    if given is None:
        raise click.UsageError("--staff: say who asks (`salus staff list`, `salus staff add`)")
    return badges[choose(given, badges, "--staff")]
