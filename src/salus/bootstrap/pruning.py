"""Pruning the ledger of a region, which is closed meanwhile."""

from pathlib import Path

from salus.bootstrap.layout import GENESIS, node_keystore_path
from salus.core.signatures import SigningKey
from salus.ledger.embedded.pruning import Pruning, keeping, prune, to_height
from salus.services.errors import NoRegion
from salus.vault.keystore import Keystore

DAY_MS = 86_400_000


def prune_region(home: Path, passphrase: str, *, before: int | None, keep_days: int, dry_run: bool = False) -> Pruning:
    """Prune the blocks below the height `before`; with None those older than `keep_days` of block time.

    A dry run changes nothing. Raises NoRegion, WrongPassphrase, and what `prune` raises.
    """
    if not (home / GENESIS).is_file():
        raise NoRegion
    secrets = Keystore.open(node_keystore_path(home), passphrase)
    node = None if dry_run else SigningKey.from_seed(secrets.get("node"))
    until = keeping(keep_days * DAY_MS) if before is None else to_height(before)
    return prune(home / "ledger", node, until)
