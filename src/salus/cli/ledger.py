"""`salus ledger`: what the ledger holds, with proofs."""

from pathlib import Path

import click

from salus.cli.following import fields, following
from salus.cli.healing import index, reset
from salus.cli.init import refuse_used
from salus.cli.listed import command_group
from salus.cli.options import FILE, FOLDER, OUT_FILE, in_home, opened, tiles_of
from salus.cli.output import print_fields, print_json, print_result, print_table, short, when
from salus.cli.prune import prune_blocks
from salus.cli.published import PLACE, audit_files, compare_notes, publish
from salus.cli.rules import rules_data, rules_fields
from salus.cli.status import Absent
from salus.cli.witness_files import accept, cosign_log, show_witness
from salus.client.published import PublishedLog
from salus.core.errors import Refusal
from salus.ledger.errors import ReadOnly
from salus.merkle.checkpoint import cosignatures, parse
from salus.services.attach_checkpoint import attach_checkpoint
from salus.services.inspect import export_state, inspect_block, ledger_status, prove_state
from salus.services.proofs import prove_entry
from salus.services.validators import rules_now
from salus.vault.files import LocalFiles

ENGINE = "embedded: one operator. Tamper-evident, not Byzantine-tolerant"


@command_group()
def command() -> None:
    """The ledger: status, blocks, proofs, checkpoints; publish, audit, prune, reset."""


@command.command()
@in_home
def status(home: Path | None, as_json: bool) -> None:
    """Show height, time, sizes, and what kind of trust this ledger deserves."""
    with opened(home, read_only=True) as region:
        now, gone = ledger_status(region.ledger), region.ledger.pruned()
        replica, rules = following(region), rules_now(region.ledger)
    size, names = published_size(tiles_of(home))
    if as_json:
        said = {"published": size, "cosigned_by": names, "engine": "embedded", "pruned": gone}
        print_json({**now._asdict(), "time": when(now.time), **said, **rules_data(*rules), **(replica or {})})
        return
    named = {"network": now.network.hex(), "height": now.height, "time": when(now.time)}
    published = f"{size} entries, cosigned by {', '.join(names) or 'nobody'}" if size is not None else "nothing yet"
    if gone is not None:
        named["pruned"] = f"all before block {gone.height}, until {when(gone.time)}"
    rest = {"published": published, "engine": ENGINE} if replica is None else fields(replica)
    print_fields({**named, "log entries": now.log_size, **rules_fields(*rules), **rest})


def published_size(folder: Path) -> tuple[int | None, list[str]]:
    """Return how many entries are published, and who cosigned just that; None where there is no checkpoint."""
    try:
        signed = PublishedLog(folder).checkpoint()
    except Refusal:
        return None, []
    return signed.checkpoint.size, [name for name, _ in cosignatures(signed)]


@command.command()
@click.argument("height", type=click.IntRange(1))
@in_home
def show(home: Path | None, as_json: bool, height: int) -> None:
    """Show the block of a HEIGHT: its header, and each envelope's messages."""
    with opened(home, read_only=True) as region:
        last = region.ledger.height()
        if height > last:
            raise Absent(f"there is no block {height}; the last is {last}")
        block = inspect_block(region.ledger, height)
    if as_json:
        print_json({**block._asdict(), "time": when(block.time)})
        return
    named = {"height": block.height, "time": when(block.time), "app hash before": block.app_hash.hex()}
    if block.pruned:
        print_fields({**named, "pruned": "its batches and the bodies of their events are gone; this is its header"})
        return
    print_fields({**named, "batches": block.batches})
    rows = ((short(e.id), ", ".join(e.messages), e.signers) for e in block.envelopes)
    print_table(("envelope", "messages", "signers"), rows, empty="An empty block.")


@command.command()
@click.argument("key", required=False)
@click.option("--entry", type=click.IntRange(0), default=None, metavar="INDEX", help="Prove an entry of the log.")
@click.option("--out", type=OUT_FILE, required=True, help="Evidence file to write.")
@in_home
def proof(home: Path | None, as_json: bool, key: str | None, entry: int | None, out: Path) -> None:
    """Prove the present value, or absence, of a state KEY (hex), or an event, as evidence for `salus verify`.

    The layout of keys is in the README of each contract. The anchor of a relation is at 0301 and its handle; the
    entries of the log about it are those that `salus access accounting` numbers.
    """
    if (key is None) == (entry is None):
        raise click.UsageError("give a KEY or --entry")
    if entry is not None:
        with opened(home) as region:
            try:
                evidence = prove_entry(region.ledger, entry)
            except LookupError:
                raise Absent(f"entry {entry} of the log is no event") from None
        out.write_bytes(evidence)
        print_result(as_json, {"entry": entry, "evidence": str(out)}, f"Entry {entry} is proved in {out}.")
        return
    try:
        raw = bytes.fromhex(key or "")
    except ValueError:
        raise click.BadParameter("give an even number of hex digits", param_hint="KEY") from None
    if not raw:
        raise click.BadParameter("give an even number of hex digits", param_hint="KEY")
    with opened(home) as region:
        evidence, value = prove_state(region.ledger, raw)
    out.write_bytes(evidence)
    if as_json:
        print_json({"key": raw, "value": value, "evidence": str(out)})
    else:
        print_fields({"value": value.hex() if value is not None else "none", "evidence": out})


@command.command()
@click.argument("folder", type=FOLDER)
@in_home
def export(home: Path | None, as_json: bool, folder: Path) -> None:
    """Write the state in canonical chunks into a new FOLDER; an import of them has the same app hash."""
    refuse_used(folder)
    with opened(home, read_only=True) as region:
        manifest, chunks = export_state(region.ledger, folder)
    print_result(as_json, {"manifest": manifest, "chunks": chunks}, f"A manifest and {chunks} chunks are in {folder}.")


@command.command()
@click.option("--witnessed", is_flag=True, help="The last one that witnesses cosigned.")
@in_home
def checkpoint(home: Path | None, as_json: bool, witnessed: bool) -> None:
    """Print the signed note over the log as it stands (C2SP tlog-checkpoint), with the cosignatures on it.

    Once the log has grown, --witnessed shows the last one that witnesses cosigned.
    """
    with opened(home) as region:
        try:
            note = (region.ledger.witnessed() if witnessed else region.ledger.checkpoint()).decode()
        except ReadOnly:
            raise Absent("no witness has cosigned a checkpoint of this ledger") from None
    signed = parse(note)
    lines = [{"name": name, "time": when(time_s * 1000)} for name, time_s in cosignatures(signed)]
    data = {"checkpoint": note, "size": signed.checkpoint.size, "cosignatures": lines}
    print_result(as_json, data, note.removesuffix("\n"))


@command.command()
@click.argument("evidence", type=PLACE)
@click.argument("note", type=FILE)
@in_home
def attach(home: Path | None, as_json: bool, evidence: Path, note: Path) -> None:
    """Put a checkpoint NOTE that witnesses cosigned into an EVIDENCE file made before, or into all of a folder.

    `salus verify --witness KEY` then proves it without the operator's word. The note must be of the evidence's log or
    a later one: `salus ledger checkpoint` prints it, witnesses add their lines.
    """
    cosigned = note.read_bytes()
    files = sorted(evidence.glob("*.evidence")) if evidence.is_dir() else [evidence]
    with opened(home) as region:
        made = [attach_checkpoint(region.ledger, file.read_bytes(), cosigned) for file in files]
        region.ledger.keep_cosigned(cosigned)
    for file, raw in zip(files, made, strict=True):
        LocalFiles().write(file, raw)
    words = f"The checkpoint is in {evidence}." if evidence.is_file() else f"The checkpoint is in {len(files)} files."
    print_result(as_json, {"evidence": str(evidence), "files": len(files)}, words)


for part in (prune_blocks, index, reset, publish, audit_files, compare_notes, show_witness, cosign_log, accept):
    command.add_command(part)
