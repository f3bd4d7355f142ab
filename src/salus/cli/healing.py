"""`salus ledger index` and `salus ledger reset`: what is derived made anew, what others have fetched anew."""

from pathlib import Path

import click

from salus.bootstrap import Trust, index_region, reset_ledger
from salus.cli.options import hand_over, home_folder, in_home
from salus.cli.output import print_fields, print_json, print_result
from salus.cli.terminal import terminal

GONE = """\
This removes blocks, votes, state and snapshots of the ledger in {home}, and CometBFT's data.
It keeps every key, vault, wallet, letter and setting, the published log, and what the validator signed last.
At the next start the node fetches the ledger from the other members, and verifies it."""


@click.command("index")
@click.option("--rebuild", is_flag=True, help="Put right what differs.")
@in_home
def index(home: Path | None, as_json: bool, rebuild: bool) -> int:
    """Make the index of events anew from the blocks, beside what is stored, and compare the two.

    Nothing is changed without --rebuild. Exit status: 0 they are equal, or were made so; 1 they differ.
    """
    folder = home_folder(home)
    hand_over(folder, alone=True)
    found = index_region(folder, write=rebuild)
    if as_json:
        print_json({**found._asdict(), "equal": found.equal, "rebuilt": rebuild and not found.equal})
    else:
        print_fields(
            {
                "up to block": found.height,
                "rows": found.rows,
                "missing": found.missing,
                "changed": found.changed,
                "none of the blocks'": found.foreign,
                "index": "equal" if found.equal else "put right" if rebuild else "NOT equal: run it with --rebuild",
            }
        )
    return 0 if found.equal or rebuild else 1


TRUST_HEIGHT = click.option(
    "--trust-height", type=click.IntRange(1), default=None, help="Of a block that another member vouches for."
)
TRUST_HASH = click.option("--trust-hash", default=None, metavar="HEX", help="Its hash.")


def trusted(height: int | None, digest: str | None) -> Trust | None:
    """Return the block that state sync begins to verify from; raise UsageError for half of one."""
    if (height is None) != (digest is None):
        raise click.UsageError("give --trust-height and --trust-hash together")
    if height is None or digest is None:
        return None
    if len(digest) != 64 or any(one not in "0123456789abcdefABCDEF" for one in digest):
        raise click.BadParameter("give 64 hex digits", param_hint="--trust-hash")
    return Trust(height, digest)


@click.command("reset")
@TRUST_HEIGHT
@TRUST_HASH
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_home
def reset(home: Path | None, as_json: bool, trust_height: int | None, trust_hash: str | None, yes: bool) -> None:
    """Remove the ledger of a member's node, which the other members then give back.

    For a node whose state is damaged, or that fell too far behind. Say with --trust-height and --trust-hash which
    block to begin from: `salus network status` of another member shows them. Without them everything since the genesis
    is fetched, if somebody still has it.
    """
    folder = home_folder(home)
    trust = trusted(trust_height, trust_hash)
    hand_over(folder, alone=True)
    if not yes:
        click.echo(GONE.format(home=folder), err=True)
        terminal().ask_to_go_on("Remove it?")
    reset_ledger(folder, trust)
    print_result(as_json, {"home": str(folder)}, "Removed. Start the node: it fetches the ledger from the others.")
