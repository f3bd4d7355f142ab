"""`salus home backup` and `salus home restore`: a member's whole home, copied while it is served."""

from pathlib import Path

import click

from salus.bootstrap import back_up, restore
from salus.cli.beside.client import standing_still
from salus.cli.healing import TRUST_HASH, TRUST_HEIGHT, trusted
from salus.cli.init import refuse_used
from salus.cli.options import FILE, FOLDER, as_json_option, home_folder, in_home, passphrase
from salus.cli.output import print_fields, print_json, print_result
from salus.cli.status import BadInput

NOT_SIGNING = """\
This home follows the network and signs nothing: what its validator signed last is not in the backup, and without it
the validator could sign twice. Rotate its key, or restore with --signed and the file of the old machine."""


@click.command("backup")
@click.argument("to", type=FOLDER)
@in_home
def backup(home: Path | None, as_json: bool, to: Path) -> None:
    """Copy the home into the new folder TO, also while it is served: its server stands still for a moment.

    Keystores, wallets and vaults are in it, sealed; the passphrase is not: keep it elsewhere. What the validator signed
    last is not in it either, since an old one must never be put back.
    """
    folder = home_folder(home)
    if to.resolve().is_relative_to(folder.resolve()):
        raise BadInput("a backup within the home would be lost with it; give a folder elsewhere")
    refuse_used(to)
    said = back_up(folder, to, standing_still(folder))
    data = {"backup": str(to), "network": said.network, "height": said.height}
    print_result(as_json, data, f"The home as of block {said.height} is in {to}.")


@click.command("restore")
@click.argument("backup", type=FOLDER)
@click.argument("to", type=FOLDER)
@click.option("--signed", type=FILE, default=None, help="What the validator signed last, of the old machine.")
@TRUST_HEIGHT
@TRUST_HASH
@as_json_option
def restore_home(
    backup: Path, to: Path, signed: Path | None, trust_height: int | None, trust_hash: str | None, as_json: bool
) -> None:
    """Make the new home TO of a BACKUP. A member of a network fetches the ledger from the others, and verifies it.

    A validator signs again only with --signed, the file cometbft/signed/priv_validator_state.json of a machine that
    never runs again; without it the home follows and signs nothing.
    """
    trust = trusted(trust_height, trust_hash)
    refuse_used(to)
    done = restore(backup, to, passphrase(to) if signed is not None else "", signed, trust)
    if as_json:
        print_json(
            {
                "home": str(to),
                "network": done.network,
                "height": done.height,
                "signs": done.signs,
                "ledger": done.ledger,
            }
        )
        return
    print_fields({"home": to, "backup of block": done.height, "ledger": done.ledger})
    if done.ledger == "fetched" and not done.signs:
        click.echo(NOT_SIGNING)
