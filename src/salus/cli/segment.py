"""`salus patient segment`: further relations of one patient, for what the main one must not tell of."""

from pathlib import Path

import click

from salus.cli.listed import command_group
from salus.cli.options import acting, in_home, opened, organisation, purpose_option
from salus.cli.output import print_json, print_result, print_table, short
from salus.cli.staff import find_badge, staff_option
from salus.cli.whom import find_patient
from salus.services.segments import change_segment, list_segments, open_segment


@command_group("segment")
def command() -> None:
    """Segments of a patient: confidential or psychiatric care in a relation of its own, unlinked on the ledger."""


@command.command("open")
@acting("The custodian.")
@click.argument("handle")
@click.option("--name", required=True, help="The custodian's word for it; it stays in the vault.")
@click.option(
    "--label", "labels", multiple=True, metavar="CODE", help="What an import labels so goes there; may be repeated."
)
@click.option(
    "--purpose", "purposes", multiple=True, metavar="CODE", help="Staff see it for this purpose; may be repeated."
)
@click.option("--locatable", is_flag=True, help="Who looks for the patient may be told of it.")
@in_home
def begin(
    home: Path | None,
    as_json: bool,
    actor: str,
    handle: str,
    name: str,
    labels: tuple[str, ...],
    purposes: tuple[str, ...],
    locatable: bool,
) -> None:
    """Open a segment for the patient HANDLE. Without --label, the desk chooses at each import."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        made = open_segment(
            custodian,
            find_patient(custodian, handle),
            name,
            labels=labels,
            purposes=purposes,
            locatable=locatable,
            sensitive=not locatable,
        )
    print_result(as_json, made, f"Segment {short(made.handle)} of {short(made.segment_of)}.")


@command.command("list")
@acting("The custodian.")
@purpose_option("TREAT")
@staff_option
@in_home
def show_all(home: Path | None, as_json: bool, actor: str, purpose: str, staff: str | None) -> None:
    """List the segments that a member of staff may see for a purpose."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        found = list_segments(custodian, purpose, find_badge(custodian, staff))
    if as_json:
        print_json(found)
        return
    rows = (
        (short(s.handle), short(s.segment_of), s.name, ", ".join(s.labels) or "-", "yes" if s.locatable else "no")
        for s in found
    )
    print_table(("segment", "patient", "name", "labels", "locatable"), rows, empty="None for this purpose.")


@command.command("change")
@acting("The custodian.")
@click.argument("handle")
@click.option("--locatable/--hidden", required=True, help="May who looks for the patient be told of it?")
@in_home
def change(home: Path | None, as_json: bool, actor: str, handle: str, locatable: bool) -> None:
    """Change whether whoever looks for the patient may learn that the segment exists."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        made = change_segment(custodian, find_patient(custodian, handle), locatable=locatable, sensitive=not locatable)
    print_result(as_json, made, f"Segment {short(made.handle)} is {'locatable' if locatable else 'hidden'}.")
