"""The own index of a region's ledger, which is closed meanwhile."""

from pathlib import Path

from salus.bootstrap.layout import GENESIS
from salus.ledger.consensus.kinds import kind_of
from salus.ledger.embedded.indexing import Indexed, check_index
from salus.services.errors import NoRegion


def index_region(home: Path, *, write: bool) -> Indexed:
    """Compare the index with the blocks, with `write` put it right; raise NoRegion, and what `check_index` does."""
    if not (home / GENESIS).is_file():
        raise NoRegion
    return check_index(home / "ledger", kind_of(home / "ledger"), write=write)
