"""`salus access reads`: who looked at a person's records inside the custodian."""

from pathlib import Path

import click

from salus.cli.access_words import print_request
from salus.cli.options import acting, at_option, in_home, opened, person
from salus.cli.output import print_json, print_table, short, when
from salus.cli.whom import find_relation
from salus.core.errors import Refusal
from salus.services.access_log import Read, What
from salus.services.inbox import collect
from salus.services.receive_own import OwnView
from salus.services.request import request_own

NOT_PROVED = "that every look was logged; a custodian that logs none shows none. Looks after the anchor come next time."


@click.command("reads")
@acting("The person.")
@at_option
@in_home
def reads_command(home: Path | None, as_json: bool, actor: str, relation: str | None) -> None:
    """Show who looked at her records inside the custodian. The first call asks, the next shows what came.

    The list is all that was anchored. That a look was logged at all, nobody can prove.
    """
    with opened(home) as region:
        who = person(region, actor)
        handle = find_relation(who, relation)
        came = collect(who, ("delivery",), handle)
        views = [view for view in came if isinstance(view, OwnView)]
        refused = [view for view in came if isinstance(view, Refusal)]
        if refused and not views:
            raise refused[0]
        if not views:
            package = request_own(who, handle)
            print_request(package, as_json)
            return
    if as_json:
        print_json({"relation": handle, "reads": views[-1].reads, "not_proved": NOT_PROVED})
    else:
        columns = ("time", "what", "why", "by", "records")
        print_table(columns, map(read_row, views[-1].reads), empty="No look was logged.")
        click.echo(f"Checked: this is the whole list under the relation's anchored root.\nNot proved: {NOT_PROVED}")


def read_row(read: Read) -> tuple[object, ...]:
    """Return a look as a row of the table."""
    what = What(read.what).name.lower()
    by = f"badge {short(read.staff)}" if read.staff else "the gateway"
    return when(read.time), what, read.purpose, by, len(read.records) or "headers only"
