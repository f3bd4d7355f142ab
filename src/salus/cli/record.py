"""`salus record`: a custodian's own records."""

from pathlib import Path

import click

from salus.cli.bundles import find_bundles, import_bundles
from salus.cli.keeping import COMMANDS
from salus.cli.listed import command_group
from salus.cli.options import acting, choose, in_home, opened, organisation, purpose_option
from salus.cli.output import print_json, print_result, print_table, progress, short, when
from salus.cli.retention import kept_words, retention_command
from salus.cli.staff import find_badge, staff_option
from salus.cli.whom import find_patient
from salus.fhir.rule_sets import DIGESTS, NEWEST
from salus.services.read_records import list_sides, read_record
from salus.services.relabel import relabel


@command_group()
def command() -> None:
    """Records of a custodian: import, list, show, label, correct, erase, hold, restrict."""


for one in (*COMMANDS, retention_command):
    command.add_command(one)


@command.command("import")
@acting("The custodian.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True), metavar="FILE...")
@click.option("--segment", metavar="HANDLE", help="Of the one patient: her records go to this segment of hers.")
@in_home
def take_in(home: Path | None, as_json: bool, actor: str, files: tuple[Path, ...], segment: str | None) -> None:
    """Take in FHIR R4 transaction or batch bundles (.json, .json.bz2, .json.gz, or folders of them).

    A bundle is taken in as a whole or not at all, and once: again it changes nothing. What has a label of a segment of
    its patient goes to the segment, and what refers to it as well.
    """
    paths = find_bundles(files)
    with opened(home) as region, progress("taking in bundles", len(paths), quiet=as_json) as bar:
        custodian = organisation(region, actor)
        chosen = find_patient(custodian, segment) if segment else None
        done = import_bundles(custodian, paths, lambda n: bar.update(bar.task_ids[0], completed=n), chosen)
    words = (
        f"{done['records']:,} records and {done['shared']:,} shared resources of {done['bundles']} bundles, "
        f"{done['patients']} patients; {done['anchored_relations']} relations anchored."
    )
    if done["already_known_bundles"]:
        words += f" {done['already_known_bundles']} bundles were known already."
    print_result(as_json, done, words)


@command.command("list")
@acting("The custodian.")
@click.argument("handle")
@purpose_option("TREAT")
@staff_option
@in_home
def show_all(home: Path | None, as_json: bool, actor: str, handle: str, purpose: str, staff: str | None) -> None:
    """List a patient's records, of all relations merged with HANDLE; the look is entered in the access log of each."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        badge = find_badge(custodian, staff) if staff else None
        sides = list_sides(custodian, find_patient(custodian, handle), purpose=purpose, staff=badge)
    headers = [header for found in sides.values() for header in found]
    if as_json:
        print_json(headers)
        return
    rows = (
        (short(h.record), h.type, h.data_class, when(h.start), h.version, ", ".join(h.labels) or "-", kept_words(h))
        for h in headers
    )
    print_table(("record", "type", "class", "from", "version", "labels", "kept until"), rows)


@command.command("show")
@acting("The custodian.")
@click.argument("handle")
@click.argument("record")
@purpose_option("TREAT")
@staff_option
@in_home
def show(
    home: Path | None, as_json: bool, actor: str, handle: str, record: str, purpose: str, staff: str | None
) -> None:
    """Print a record as it was stored; the look is entered in the patient's access log."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        badge = find_badge(custodian, staff) if staff else None
        sides = list_sides(custodian, find_patient(custodian, handle), purpose=purpose, staff=badge)
        of = {header.record: relation for relation, found in sides.items() for header in found}
        wanted = choose(record, of, "RECORD", "record list")
        found = read_record(custodian, of[wanted], wanted, purpose=purpose, staff=badge)
    if as_json:
        print_json({"header": found.header, "content": found.octets.decode()})
    else:
        click.echo(found.octets)


@command.command("relabel")
@acting("The custodian.")
@click.option(
    "--rule-set", default=NEWEST, show_default=True, type=click.Choice(sorted(DIGESTS)), help="Number of the rule set."
)
@in_home
def label_anew(home: Path | None, as_json: bool, actor: str, rule_set: int) -> None:
    """Apply a newer rule set to all records: those whose labels change get a new version, the others nothing.

    Interrupted, it is run again, and does what is left. Grants are evaluated on the labels of the moment.
    """
    with opened(home) as region:
        custodian = organisation(region, actor)
        with progress("labelling", None, quiet=as_json) as bar:
            done = relabel(custodian, rule_set, lambda n: bar.update(bar.task_ids[0], completed=n))
    words = (
        f"{done.records:,} records of {done.changed_relations:,} relations labelled anew under rule set "
        f"{done.rule_set}; {done.relations:,} relations looked at, {done.anchored_relations:,} anchored."
    )
    print_result(as_json, done, words)
