"""`salus record retention`: how long what comes in is kept from destruction, and which rules there are."""

from pathlib import Path

import click

from salus.cli.options import acting, in_home, opened, organisation
from salus.cli.output import print_json, print_table, when
from salus.core.record import LeafHeader
from salus.fhir.retention_sets import DIGESTS, load
from salus.services.retaining import choose_retention, retention_in_use
from salus.services.retention import FOREVER_MS, RULES, kept_until

NONE = "none"


@click.command("retention")
@acting("The custodian.")
@click.option("--use", "chosen", type=click.Choice([*map(str, sorted(DIGESTS)), NONE]), default=None, help="Set.")
@in_home
def retention_command(home: Path | None, as_json: bool, actor: str, chosen: str | None) -> None:
    """Show the retention sets, and choose one with --use for what comes in from now on.

    An erasure waits until the rule of a record has run out, and then runs by itself (`salus record due`).
    """
    with opened(home) as region:
        custodian = organisation(region, actor)
        if chosen is not None:
            choose_retention(custodian, None if chosen == NONE else int(chosen))
        in_use = retention_in_use(custodian)
    sets = [load(number) for number in sorted(DIGESTS)]
    number = None if in_use is None else in_use.number
    if as_json:
        print_json({"in_use": number, "sets": [{"number": one.number, "title": one.title} for one in sets]})
        return
    rows = [
        (one.number, one.title, "in use" if one.number == number else "-", rule_words(row.rule), row.source)
        for one in sets
        for row in one.rows
    ]
    print_table(("set", "title", "", "rule", "source"), rows)


def rule_words(rule: int) -> str:
    """Return a rule with its number."""
    known = RULES.get(rule)
    return f"{rule}: for ever" if known is None else f"{rule}: {known.years} years"


def kept_words(header: LeafHeader) -> str:
    """Return until when a record may not be destroyed."""
    until = kept_until(header)
    return "-" if not until else "for ever" if until >= FOREVER_MS else when(until)[:10]
