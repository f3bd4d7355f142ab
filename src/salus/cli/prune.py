"""`salus ledger prune`: remove old blocks and the bodies of their events, for good."""

from pathlib import Path

import click

from salus.bootstrap import prune_region
from salus.cli.options import hand_over, home_folder, in_home, passphrase
from salus.cli.output import print_fields, print_json, when
from salus.cli.status import BadInput


@click.command("prune")
@click.option("--before", type=click.IntRange(2), default=None, metavar="HEIGHT", help="Blocks below this height.")
@click.option(
    "--keep-days",
    type=click.IntRange(1, 36_500),
    default=None,
    help="Blocks older than so many days of block time.",
)
@click.option("--dry-run", is_flag=True, help="Check everything, say what would go, change nothing.")
@in_home
def prune_blocks(home: Path | None, as_json: bool, before: int | None, keep_days: int | None, dry_run: bool) -> None:
    """Remove the batches of old blocks and the bodies of their events from this home. It cannot be undone.

    Headers stay, and the hashes of all events: what was proved stays proved. A signed export of the state at that
    height is put beside them first. Accounts then begin there; make the evidence that somebody may need before.
    """
    if (before is None) == (keep_days is None):
        raise click.UsageError("give --before or --keep-days")
    folder = home_folder(home)
    if not (folder / "genesis.cbor").is_file():
        raise BadInput(f"{folder} holds no region; `salus init` or `salus demo` makes one")
    hand_over(folder, alone=True)
    done = prune_region(folder, passphrase(folder), before=before, keep_days=keep_days or 0, dry_run=dry_run)
    if as_json:
        print_json({**done._asdict(), "time": when(done.time), "dry_run": dry_run})
        return
    print_fields(
        {
            "would remove" if dry_run else "removed": f"{done.blocks} blocks, {done.bytes} bytes",
            "first whole block": done.height,
            "gone until": when(done.time),
            "log entries without body": done.entries,
            "export": f"{done.export_bytes} bytes",
        }
    )
