"""`salus staff`: members of staff that an organisation attests, as salted commitments."""

from pathlib import Path

import click

from salus.cli.listed import command_group
from salus.cli.options import acting, choose, days_option, in_home, opened, organisation
from salus.cli.output import print_json, print_result, print_table, short, when
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge, attest_staff, list_staff
from salus.services.end_staff import end_staff

staff_option = click.option("--staff", default=None, metavar="BADGE", help="Badge of who acts; needed with several.")


@command_group()
def command() -> None:
    """Members of staff that an organisation attests: add, list, end.

    Names stay in its vault; the ledger holds salted commitments.
    """


@command.command("list")
@acting("The organisation.")
@in_home
def show_all(home: Path | None, as_json: bool, actor: str) -> None:
    """List attested staff."""
    with opened(home) as region:
        badges = list_staff(organisation(region, actor))
    if as_json:
        print_json([{"commitment": b.commitment, "name": b.name, "role": b.role, "end": when(b.end)} for b in badges])
        return
    rows = ((short(b.commitment), b.name, b.role, when(b.end)) for b in badges)
    print_table(("badge", "name", "role", "until"), rows, empty="Nobody yet (`salus staff add`).")


@command.command()
@acting("The organisation.")
@click.argument("name")
@click.option("--role", default="physician", show_default=True, help="What she works as, in a word.")
@days_option(365)
@in_home
def add(home: Path | None, as_json: bool, actor: str, name: str, role: str, days: int) -> None:
    """Attest a member of staff."""
    with opened(home) as region:
        badge = attest_staff(organisation(region, actor), name, role, days)
    data = {"commitment": badge.commitment, "end": when(badge.end)}
    print_result(as_json, data, f"Badge {short(badge.commitment)}, until {when(badge.end)}.")


@command.command()
@acting("The organisation.")
@click.argument("badge")
@in_home
def end(home: Path | None, as_json: bool, actor: str, badge: str) -> None:
    """End an attestation at once."""
    with opened(home) as region:
        employer = organisation(region, actor)
        landed = end_staff(employer, find_badge(employer, badge, "BADGE").commitment)
    print_result(as_json, {"height": landed.height}, f"Ended, in block {landed.height}.")


def find_badge(employer: Organisation, given: str | None, what: str = "--staff") -> Badge:
    """Return the badge that `given` begins, or the only one there is."""
    badges = {badge.commitment: badge for badge in list_staff(employer)}
    if given is None and len(badges) == 1:
        return next(iter(badges.values()))
    if given is None:
        words = "say who acts (`salus staff list`)" if badges else "nobody is attested yet (`salus staff add`)"
        raise click.BadParameter(words, param_hint=what)
    return badges[choose(given, badges, what, "staff list")]
