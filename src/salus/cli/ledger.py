"""`salus ledger`: what the ledger holds, with proofs."""

from pathlib import Path

import click

from salus.cli.options import in_home, opened
from salus.cli.output import print_fields, print_json, print_table, when
from salus.services.inspect import export_state, inspect_block, ledger_status, prove_state


@click.group()
def command() -> None:
    """The ledger: status, blocks, proofs, export, checkpoints."""


@command.command()
@in_home
def status(home: Path | None, as_json: bool) -> None:
    """Height, time, sizes, and what kind of trust this ledger deserves."""
    with opened(home, read_only=True) as region:
        now = ledger_status(region.ledger)
    if as_json:
        print_json(now)
        return
    print_fields(
        {
            "network": now.network.hex(),
            "height": now.height,
            "time": when(now.time),
            "log entries": now.log_size,
            "engine": "embedded: one operator. Tamper-evident, not Byzantine-tolerant",
        }
    )


@command.command()
@click.argument("height", type=click.IntRange(1))
@in_home
def show(home: Path | None, as_json: bool, height: int) -> None:
    """Show a block: its header, and each envelope's messages and outcome."""
    with opened(home, read_only=True) as region:
        block = inspect_block(region.ledger, height)
    if as_json:
        print_json(block)
        return
    print_fields(
        {
            "height": block.height,
            "time": when(block.time),
            "app hash before": block.app_hash.hex(),
            "batches": block.batches,
        }
    )
    rows = ((e.id.hex()[:12], ", ".join(e.messages), e.signers) for e in block.envelopes)
    print_table(("envelope", "messages", "signers"), rows, empty="An empty block.")


@command.command()
@click.argument("key")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Evidence file to write.")
@in_home
def proof(home: Path | None, as_json: bool, key: str, out: Path) -> None:
    """Prove the present value, or absence, of a state KEY (hex) as evidence for `salus verify`."""
    try:
        raw = bytes.fromhex(key)
    except ValueError:
        raise click.UsageError("KEY: give hex digits") from None
    with opened(home) as region:
        evidence, value = prove_state(region.ledger, raw)
    out.write_bytes(evidence)
    if as_json:
        print_json({"key": raw, "value": value, "evidence": str(out)})
    else:
        print_fields({"value": value.hex() if value is not None else "none", "evidence": out})


@command.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@in_home
def export(home: Path | None, as_json: bool, folder: Path) -> None:
    """Write the state in canonical chunks; an import of them has the same app hash."""
    with opened(home) as region:
        manifest, chunks = export_state(region.ledger, folder)
    if as_json:
        print_json({"manifest": manifest, "chunks": chunks})
    else:
        click.echo(f"{chunks} chunks in {folder}; manifest {manifest.hex()}.")


@command.command()
@in_home
def checkpoint(home: Path | None, as_json: bool) -> None:
    """Print the signed note over the log as it stands (C2SP tlog-checkpoint), for witnesses to cosign."""
    with opened(home) as region:
        note = region.ledger.checkpoint().decode()
    if as_json:
        print_json({"checkpoint": note})
    else:
        click.echo(note, nl=False)
