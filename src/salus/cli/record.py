"""`salus record`: a custodian's own records."""

import bz2
import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from salus.cli.options import acting, choose, in_home, opened
from salus.cli.output import print_json, print_table, progress, when
from salus.cli.patient import find_patient
from salus.cli.staff import find_badge
from salus.services.anchor import anchor
from salus.services.deposit import deposit_many
from salus.services.read_records import list_records, read_record

OPENERS: dict[str, Callable[[bytes], bytes]] = {".bz2": bz2.decompress, ".gz": gzip.decompress}


@click.group()
def command() -> None:
    """Records of a custodian: import FHIR R4 bundles, list, show."""


@command.command("import")
@acting("The custodian.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@in_home
def take_in(home: Path | None, as_json: bool, actor: str, files: tuple[Path, ...]) -> None:
    """Take in FHIR R4 transaction or batch bundles (.json, .json.bz2, .json.gz, or folders of them)."""
    paths = [path for given in files for path in expand(given)]
    with opened(home) as region, progress("taking in bundles", len(paths), quiet=as_json) as bar:
        organisation = region.organisation(actor)
        done = deposit_many(
            organisation, map(read_bundle_file, paths), lambda n: bar.update(bar.task_ids[0], completed=n)
        )
        anchored = anchor(organisation)
    result = {
        "bundles": len(done),
        "records": sum(d.records for d in done),
        "shared": sum(d.shared for d in done),
        "patients": len({handle for d in done for handle in d.handles}),
        "already_known_bundles": sum(1 for d in done if d.again),
        "anchored_relations": anchored.anchored,
    }
    if as_json:
        print_json(result)
    else:
        click.echo(
            f"{result['records']} records and {result['shared']} shared resources of {result['bundles']} bundles, "
            f"{result['patients']} patients; {result['anchored_relations']} relations anchored."
        )


def expand(given: Path) -> Iterator[Path]:
    """Yield the bundle files of a folder, shared resources first by their names, or the file itself."""
    if given.is_dir():
        yield from sorted(p for p in given.iterdir() if p.name.endswith((".json", ".json.bz2", ".json.gz")))
    else:
        yield given


def read_bundle_file(path: Path) -> bytes:
    """Return the bundle's bytes, decompressed; a broken archive is bad input."""
    raw = path.read_bytes()
    try:
        return OPENERS.get(path.suffix, bytes)(raw)
    except (OSError, EOFError, ValueError):
        raise click.UsageError(f"{path.name} is not a whole {path.suffix[1:]} file") from None


@command.command("list")
@acting("The custodian.")
@click.argument("handle")
@click.option("--staff", default=None, help="Badge of who looks.")
@in_home
def show_all(home: Path | None, as_json: bool, actor: str, handle: str, staff: str | None) -> None:
    """List a patient's records; the look is entered in the patient's access log."""
    with opened(home) as region:
        badge = find_badge(region, actor, staff) if staff else None
        headers = list_records(region.organisation(actor), find_patient(region, actor, handle), staff=badge)
    if as_json:
        print_json(headers)
        return
    rows = (
        (h.record.hex(), h.type, h.data_class, when(h.start), h.version, ", ".join(h.labels) or "-") for h in headers
    )
    print_table(("record", "type", "class", "from", "version", "labels"), rows)


@command.command("show")
@acting("The custodian.")
@click.argument("handle")
@click.argument("record")
@click.option("--staff", default=None, help="Badge of who looks.")
@in_home
def show(home: Path | None, as_json: bool, actor: str, handle: str, record: str, staff: str | None) -> None:
    """Print a record as it was stored; the look is entered in the patient's access log."""
    with opened(home) as region:
        organisation, relation = region.organisation(actor), find_patient(region, actor, handle)
        badge = find_badge(region, actor, staff) if staff else None
        known = (h.record for h in list_records(organisation, relation, staff=badge))
        found = read_record(organisation, relation, choose(record, known, "RECORD"), staff=badge)
    if as_json:
        print_json({"header": found.header, "content": found.octets.decode()})
    else:
        click.echo(found.octets)
