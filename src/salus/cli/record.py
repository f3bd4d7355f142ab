"""`salus record`: a custodian's own records."""

from pathlib import Path

import click

from salus.cli.bundles import find_bundles, import_bundles
from salus.cli.keeping import COMMANDS
from salus.cli.options import acting, choose, in_home, opened, organisation
from salus.cli.output import print_json, print_result, print_table, progress, short, when
from salus.cli.patient import find_patient
from salus.cli.retention import kept_words, retention_command
from salus.cli.staff import find_badge, staff_option
from salus.fhir.rule_sets import DIGESTS, NEWEST
from salus.services.read_records import list_records, read_record
from salus.services.relabel import relabel


@click.group()
def command() -> None:
    """Records of a custodian: import FHIR R4 bundles, list, show, label anew; correct, erase, hold, restrict."""


for one in (*COMMANDS, retention_command):
    command.add_command(one)


@command.command("import")
@acting("The custodian.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True), metavar="FILE...")
@in_home
def take_in(home: Path | None, as_json: bool, actor: str, files: tuple[Path, ...]) -> None:
    """Take in FHIR R4 transaction or batch bundles (.json, .json.bz2, .json.gz, or folders of them).

    A bundle is taken in as a whole or not at all, and once: again it changes nothing.
    """
    paths = find_bundles(files)
    with opened(home) as region, progress("taking in bundles", len(paths), quiet=as_json) as bar:
        custodian = organisation(region, actor)
        done = import_bundles(custodian, paths, lambda n: bar.update(bar.task_ids[0], completed=n))
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
@staff_option
@in_home
def show_all(home: Path | None, as_json: bool, actor: str, handle: str, staff: str | None) -> None:
    """List a patient's records; the look is entered in the patient's access log."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        badge = find_badge(custodian, staff) if staff else None
        headers = list_records(custodian, find_patient(custodian, handle), staff=badge)
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
@staff_option
@in_home
def show(home: Path | None, as_json: bool, actor: str, handle: str, record: str, staff: str | None) -> None:
    """Print a record as it was stored; the look is entered in the patient's access log."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        relation = find_patient(custodian, handle)
        badge = find_badge(custodian, staff) if staff else None
        known = (header.record for header in list_records(custodian, relation, staff=badge))
        wanted = choose(record, known, "RECORD", "record list")
        found = read_record(custodian, relation, wanted, staff=badge)
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
