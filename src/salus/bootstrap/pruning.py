"""Pruning the ledger of a region, which is closed meanwhile."""

from pathlib import Path

from salus.bootstrap.consensus import read_consensus
from salus.bootstrap.layout import GENESIS
from salus.bootstrap.opening import node_seed, validator_key
from salus.core.signatures import SigningKey
from salus.ledger.consensus.kinds import kind_of
from salus.ledger.embedded.pruning import Pruning, keeping, prune, to_height
from salus.ledger.errors import NotANode
from salus.services.errors import NoRegion

DAY_MS = 86_400_000


def prune_region(home: Path, passphrase: str, *, before: int | None, keep_days: int, dry_run: bool = False) -> Pruning:
    """Prune the blocks below the height `before`; with None those older than `keep_days` of block time.

    A dry run changes nothing. Raises NoRegion, NotANode, WrongPassphrase, and what `prune` raises.
    """
    if not (home / GENESIS).is_file():
        raise NoRegion
    key = validator_key(home, passphrase) if read_consensus(home) else SigningKey.from_seed(node_seed(home, passphrase))
    if key is None:
        raise NotANode
    node = None if dry_run else key
    until = keeping(keep_days * DAY_MS) if before is None else to_height(before)
    return prune(home / "ledger", node, until, kind=kind_of(home / "ledger"))
