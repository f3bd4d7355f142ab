"""`salus ledger witness`, `cosign`, `accept`: another's key under the log's checkpoints."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click

from salus.cli.init import keep_passphrase
from salus.cli.options import (
    FILE,
    FOLDER,
    OUT_FILE,
    as_json_option,
    genesis_option,
    header_option,
    in_home,
    opened,
    passphrase,
)
from salus.cli.output import print_fields, print_json, print_result, print_table, short
from salus.cli.published import TILES, print_conflict
from salus.client.published import PublishedLog
from salus.merkle.checkpoint import cosignatures, parse
from salus.services.cosign import Contradiction, cosign
from salus.services.witness import Witness

witness_folder = click.option("--witness", "folder", type=FOLDER, required=True, help="The witness's own folder.")


@click.command("witness")
@click.argument("folder", type=FOLDER)
@click.option("--name", default=None, help="Make one of this name, an address without a scheme.")
@click.option("--unattended", is_flag=True, help="Make a passphrase and keep it in the folder.")
@as_json_option
def show_witness(folder: Path, name: str | None, unattended: bool, as_json: bool) -> None:
    """Show the witness in FOLDER, or make it: its verifier key, and how far it has seen each log.

    Its folder belongs on another machine than the ledger's. Readers give its key to `salus verify --witness`.
    """
    if name is None:
        witness = Witness.open(folder, passphrase(folder))
    else:
        secret = keep_passphrase(folder) if unattended else passphrase(folder, new=True)
        witness = Witness.create(folder, name, secret)
    logs = [(log.network, 0 if log.checkpoint is None else log.checkpoint.checkpoint.size) for log in witness.logs()]
    if as_json:
        known = [{"network": network, "size": size} for network, size in logs]
        print_json({"name": witness.name, "verifier_key": witness.verifier_key, "logs": known})
        return
    print_fields({"name": witness.name, "verifier key": witness.verifier_key})
    if logs:
        print_table(("log", "entries seen"), ((network.hex(), size) for network, size in logs))


@click.command("cosign")
@click.argument("tiles", type=TILES)
@witness_folder
@genesis_option
@header_option
@click.option(
    "--out", type=OUT_FILE, default=None, help="Write the cosigned checkpoint here; by default it is printed."
)
@as_json_option
def cosign_log(
    tiles: Path, folder: Path, genesis: Path | None, headers: tuple[Path, ...], out: Path | None, as_json: bool
) -> None:
    """As a witness, look at a log published in TILES, or a copy, and cosign its checkpoint.

    Only what continues the checkpoint that this witness cosigned last is signed, and that is remembered before. A
    log that was put back or rewritten is refused: both checkpoints are printed, and kept in the witness's folder.
    The genesis is needed at the first look only.
    """
    witness = Witness.open(folder, passphrase(folder))
    raw = take_in(witness, genesis, headers)
    done = cosign(witness, PublishedLog(tiles), raw, int(datetime.now(UTC).timestamp()))
    if isinstance(done, Contradiction):
        tell_contradiction(done, as_json)
    note = done.signed.note()
    if out is not None:
        out.write_text(note)
    before = None if done.before is None else done.before.checkpoint.size
    size = done.signed.checkpoint.size
    words = note.removesuffix("\n")
    if out is not None:
        since = "the first look at this log" if before is None else f"it continues the {before} seen before"
        words = f"Cosigned {size} entries, root {short(done.signed.checkpoint.root)}: {since}."
    print_result(as_json, {"checkpoint": note, "size": size, "seen_before": before}, words)


def take_in(witness: Witness, genesis: Path | None, headers: Sequence[Path]) -> bytes | None:
    """Return the genesis that is given; the witness takes in its log where there are headers of that, and them."""
    raw = None if genesis is None else genesis.read_bytes()
    if raw is not None and headers:
        witness.add_log(raw)
    for file in headers:
        witness.learn_validators(file.read_bytes())
    return raw


def tell_contradiction(done: Contradiction, as_json: bool) -> NoReturn:
    """Print what contradicts what was seen; raise its refusal."""
    if as_json:
        told = {"seen": done.seen.note(), "shown": done.shown.note(), "proof": done.proof or None}
        print_json({"verdict": type(done.refusal).__name__, **told, "kept": str(done.folder)})
    else:
        print_conflict(done.seen, done.shown)
        proof = "with the proof of it " if done.proof else ""
        click.echo(f"Not signed. Both are kept {proof}in {done.folder}.")
    raise done.refusal


@click.command()
@click.argument("notes", type=FILE, nargs=-1, required=True)
@in_home
def accept(home: Path | None, as_json: bool, notes: tuple[Path, ...]) -> None:
    """Keep the NOTES that witnesses cosigned, and publish their cosignatures with the checkpoint they are on."""
    with opened(home) as region:
        for note in notes:
            region.ledger.keep_cosigned(note.read_bytes())
        signed = parse(region.ledger.witnessed())
    names = [name for name, _ in cosignatures(signed)]
    size = signed.checkpoint.size
    words = f"Of {size} entries, cosigned by {', '.join(names) or 'nobody'}."
    print_result(as_json, {"size": size, "cosigned_by": names}, words)
