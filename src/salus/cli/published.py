"""`salus ledger publish`, `audit`, `compare`: the log as static files, which anybody can check without the node."""

from pathlib import Path

import click

from salus.cli.options import (
    FILE,
    OUT_FILE,
    as_json_option,
    genesis_option,
    header_option,
    in_home,
    known_genesis,
    opened,
    tiles_of,
)
from salus.cli.output import print_fields, print_json, print_table, short
from salus.cli.status import BadInput
from salus.cli.verify import UNWITNESSED_STATUS, read_witnesses, witness_option
from salus.client.published import PublishedLog
from salus.core.errors import Malformed
from salus.evidence.equivocation import check
from salus.evidence.follow import Forked
from salus.merkle.checkpoint import SignedCheckpoint, parse
from salus.services.audit import audit, continues, find_entry, holds
from salus.services.compare import Side, compare

PLACE = click.Path(path_type=Path, exists=True)
TILES = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@in_home
def publish(home: Path | None, as_json: bool) -> None:
    """Bring the published files up to the log as it stands (the node does so by itself a second after a change).

    They lie in ledger/tiles of the home, or in the folder of SALUS_TILES: C2SP tlog-tiles, for any web server.
    """
    with opened(home) as region:
        signed = region.ledger.publish()
    folder = tiles_of(home)
    if as_json:
        print_json({"folder": str(folder), "size": signed.checkpoint.size, "root": signed.checkpoint.root})
    else:
        print_fields({"folder": folder, "entries": signed.checkpoint.size, "root": signed.checkpoint.root.hex()})


@click.command("audit")
@click.argument("folder", type=TILES)
@genesis_option
@header_option
@witness_option
@click.option("--since", type=PLACE, default=None, metavar="NOTE", help="A checkpoint kept from before, or its folder.")
@click.option("--entry", "entries", multiple=True, type=click.IntRange(0), metavar="INDEX", help="Prove that it is in.")
@click.option("--evidence", "files", multiple=True, type=FILE, help="An evidence file whose log this must continue.")
@as_json_option
def audit_files(
    folder: Path,
    genesis: Path | None,
    headers: tuple[Path, ...],
    witnesses: tuple[str, ...],
    since: Path | None,
    entries: tuple[int, ...],
    files: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Check a published log in FOLDER, or a copy of it, by its files alone.

    Every file, the signature of the checkpoint, and what the options name. Exit status: 0 sound, 1 damaged or forked,
    2 wrong usage or no genesis, 3 sound, but of the witnesses named with --witness none has cosigned.
    """
    trusted, log = known_genesis(genesis), PublishedLog(folder)
    known = [file.read_bytes() for file in headers]
    found = audit(log, trusted, read_witnesses(witnesses), known)
    told: dict[str, object] = {"entries": found.signed.checkpoint.size, "root": found.signed.checkpoint.root.hex()}
    told["witnesses"] = found.witnesses
    shown = []
    if not found.damages:
        if since is not None:
            compared = continues(log, found.signed, side(since).signed, trusted, known)
            if compared.proof:
                print_conflict(compared.shorter, compared.longer)
                raise Forked
            told["continues"] = compared.shorter.checkpoint.size
        told["evidence"] = [holds(log, found.signed, file.read_bytes()) for file in files]
        shown = [find_entry(log, found.signed, index) for index in entries]
    sound = not found.damages
    if as_json:
        print_json({"sound": sound, **told, "included": shown, "damages": found.damages})
    else:
        if found.damages:
            print_table(("file", "place", "what"), found.damages)
        else:
            print_fields({name: value for name, value in told.items() if value not in ([], None)})
            if shown:
                print_table(("entry", "leaf"), ((one.number, one.leaf.hex()) for one in shown))
        click.echo("SOUND" if sound else "DAMAGED")
    return 1 if not sound else UNWITNESSED_STATUS if witnesses and not found.witnesses else 0


@click.command("compare")
@click.argument("one", type=PLACE)
@click.argument("other", type=PLACE, required=False)
@genesis_option
@header_option
@click.option("--out", type=OUT_FILE, default=None, help="Write the proof of a fork here.")
@as_json_option
def compare_notes(
    one: Path, other: Path | None, genesis: Path | None, headers: tuple[Path, ...], out: Path | None, as_json: bool
) -> int:
    """Compare two checkpoints of a log: files with notes, or folders of published logs.

    With two histories signed by one operator the exit status is 1, both notes are printed, and the proof is written
    to --out. With ONE alone, check such a proof.
    """
    trusted, known = known_genesis(genesis), [file.read_bytes() for file in headers]
    if other is None:
        found = check(one.read_bytes() if one.is_file() else b"", trusted, known)
        return tell(found.shorter, found.longer, True, as_json)
    compared = compare(side(one), side(other), trusted, known)
    if compared.proof and out is not None:
        out.write_bytes(compared.proof)
    return tell(compared.shorter, compared.longer, bool(compared.proof), as_json)


def side(place: Path) -> Side:
    """Return what lies in a folder of published files, or in a file with a note."""
    if place.is_dir():
        log = PublishedLog(place)
        return Side(log.checkpoint(), log)
    try:
        return Side(parse(place.read_bytes()), None)
    except Malformed:
        raise BadInput(f"{place.name} holds no checkpoint") from None


def tell(shorter: SignedCheckpoint, longer: SignedCheckpoint, forked: bool, as_json: bool) -> int:
    """Print how two checkpoints compare; return the exit status."""
    if as_json:
        notes = {"shorter": shorter.note(), "longer": longer.note()}
        print_json({"verdict": "forked" if forked else "one history", **notes})
    elif forked:
        print_conflict(shorter, longer)
        click.echo("FORKED: one log, two histories, both signed by its operator")
    else:
        sizes = f"{shorter.checkpoint.size} entries to {longer.checkpoint.size}"
        click.echo(f"ONE HISTORY: from {sizes}, root {short(longer.checkpoint.root)}")
    return 1 if forked else 0


def print_conflict(one: SignedCheckpoint, other: SignedCheckpoint) -> None:
    """Print two checkpoints that cannot both be true."""
    for signed in (one, other):
        click.echo(signed.note())
