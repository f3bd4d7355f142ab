"""Take in files of bundles; what is wrong with one is said in its own terms, without its name.

Names of bundle files often hold a patient's name, and errors go into logs: a file is told by its number.
"""

import bz2
import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from io import BufferedIOBase
from pathlib import Path

import click

from salus.cli.status import BadInput, Stopped
from salus.core.errors import Kind, Refusal
from salus.fhir.bundle import MAX_BUNDLE, BundleRefused
from salus.fhir.outcome import Issue
from salus.services.actors import Organisation
from salus.services.anchor import anchor
from salus.services.deposit import deposit_many

OPENERS: dict[str, Callable[[Path], BufferedIOBase]] = {".bz2": bz2.BZ2File, ".gz": gzip.GzipFile}
SUFFIXES = (".json", ".json.bz2", ".json.gz")
MOST_ISSUES = 20


class BrokenFile(BadInput):
    """A file that cannot be read or decompressed."""


def find_bundles(given: Sequence[Path]) -> list[Path]:
    """Return the files, and those of the folders in the order of their names: shared resources begin with 0."""
    paths = [path for place in given for path in (_in_folder(place) if place.is_dir() else [place])]
    if not paths:
        raise BadInput(f"there are no bundles here: no file ends in {', '.join(SUFFIXES)}")
    return paths


def import_bundles(
    custodian: Organisation, paths: Sequence[Path], progress: Callable[[int], None], segment: bytes | None = None
) -> dict[str, int]:
    """Take in every bundle, into the patient's segment if one is given, and anchor what changed; return counts.

    At the first that is refused the import stops; those before it are stored and anchored.
    """
    stored = 0
    broken: list[BrokenFile] = []

    def note(count: int) -> None:
        nonlocal stored
        stored = count
        progress(count)

    def bundles() -> Iterator[bytes]:
        for path in paths:  # read ahead of its turn: what cannot be read ends the row, and those before it get theirs
            try:
                yield read_bundle_file(path)
            except BrokenFile as error:
                broken.append(error)
                return

    try:
        done = deposit_many(custodian, bundles(), note, segment)
        if broken:
            raise broken[0]
    except (Refusal, BrokenFile) as error:
        if stored and (isinstance(error, BrokenFile) or error.kind in (Kind.INVALID, Kind.CONFLICT)):
            anchor(custodian)
        raise stopped(error, stored, len(paths)) from None
    anchored = anchor(custodian).anchored
    return {
        "bundles": len(done),
        "records": sum(d.records for d in done),
        "shared": sum(d.shared for d in done),
        "patients": len({handle for d in done for handle in d.handles}),
        "already_known_bundles": sum(d.again for d in done),
        "anchored_relations": anchored,
    }


def read_bundle_file(path: Path) -> bytes:
    """Return the bundle's bytes, unpacked, of one that is too large as many as get it refused; raise BrokenFile."""
    try:
        with OPENERS.get(path.suffix, open_plain)(path) as file:
            return file.read(MAX_BUNDLE + 1)
    except (OSError, EOFError, ValueError, zlib.error):
        raise BrokenFile(f"the file cannot be read as a whole {path.suffix}") from None


def open_plain(path: Path) -> BufferedIOBase:
    """Open a file that is not packed."""
    return path.open("rb")


def stopped(error: Refusal | BrokenFile, stored: int, total: int) -> click.ClickException:
    """Print the issues of a refused bundle; return the error to raise, which says how far the import came."""
    where = f"file {stored + 1} of {total}: " if total > 1 else ""
    rest = f" The {stored} before it stored, nothing of it and after it." if stored else " Nothing was stored."
    if isinstance(error, BrokenFile):
        return BrokenFile(f"{where}{error.message}.{rest}")
    if isinstance(error, BundleRefused):
        for line in issue_lines(error.issues):
            click.echo(line, err=True)
    return Stopped(error, f"{where}{error}{rest}")


def issue_lines(issues: Sequence[Issue]) -> Iterator[str]:
    """Yield what is wrong, one issue a line: severity, FHIRPath, diagnostics."""
    for issue in issues[:MOST_ISSUES]:
        yield f"{issue.severity}: {issue.expression}: {issue.diagnostics}"
    if len(issues) > MOST_ISSUES:
        yield f"and {len(issues) - MOST_ISSUES} more"


def _in_folder(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES))
