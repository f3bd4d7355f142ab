"""`salus wallet share-code` and `salus access from-code`: a patient shows where her relation is."""

from pathlib import Path

import click

from salus.cli.options import acting, at_option, in_home, opened, organisation, person
from salus.cli.output import print_fields, print_json, when
from salus.cli.whom import find_directive, find_relation
from salus.services.members import member_name
from salus.services.share_code import MINUTES, make_share_code, read_share_code


@click.command("share-code")
@acting("The person.")
@at_option
@click.option("--directive", default=None, metavar="ID", help="What she grants there, for the recipient to ask under.")
@click.option("--minutes", default=MINUTES, show_default=True, type=click.IntRange(1, 1440), help="How long it holds.")
@in_home
def share_code(
    home: Path | None, as_json: bool, actor: str, relation: str | None, directive: str | None, minutes: int
) -> None:
    """Make a code by which a recipient finds one relation of hers; it permits nothing, and is recorded nowhere."""
    with opened(home) as region:
        who = person(region, actor)
        handle = find_relation(who, relation)
        named = None if directive is None else find_directive(region.ledger, handle, directive)
        code = make_share_code(who, handle, named, minutes)
    if as_json:
        print_json({"code": code.printed, "link": code.link, "end": when(code.ends)})
    else:
        print_fields({"code": code.printed, "link": code.link, "valid until": when(code.ends)})
        click.echo(
            "The link is for a QR code; a recipient reads either: `salus access from-code --as ORGANISATION CODE`."
        )


@click.command("from-code")
@acting("The organisation that was shown the code.")
@click.argument("code")
@in_home
def from_code(home: Path | None, as_json: bool, actor: str, code: str) -> None:
    """Read a patient's share code: whom to ask, and about which relation."""
    with opened(home) as region:
        shared = read_share_code(organisation(region, actor), code)
        name = member_name(region.ledger, shared.custodian)
    if as_json:
        print_json({**shared._asdict(), "name": name})
        return
    handle, directive = shared.relation.hex(), "-" if shared.directive is None else shared.directive.hex()
    print_fields({"custodian": name, "relation": handle, "directive": directive, "valid until": when(shared.ends)})
    click.echo(f"Ask with `salus access request --as {actor} {handle}`.")
