"""Another passphrase for a home: every keystore and wallet of it, the node's last, so that it can be gone on with.

Each file is replaced as a whole. Until the node's is, the old passphrase opens the region; files that were changed
already open by the new one only, and doing it again goes on from there.
"""

from pathlib import Path

from salus.bootstrap.layout import node_keystore_path
from salus.bootstrap.region import Region
from salus.services.errors import ReadOnly
from salus.vault.errors import WrongPassphrase
from salus.vault.keystore import Keystore


def change_passphrase(region: Region, new: str) -> int:
    """Seal every file of the region's home by `new`, then close the region; return how many there are.

    Raises ReadOnly, WrongPassphrase (a file opens by neither), KeystoreDamaged, StorageFull, StorageFailed.
    """
    if region.read_only:
        raise ReadOnly
    home, old = region.home, region.passphrase()
    files = [*sorted(home.glob("organisations/*/keystore.sealed")), *sorted(home.glob("people/*/wallet.sealed"))]
    region.release_actors()
    node = node_keystore_path(home)
    files += [node] if node.is_file() else []  # a home that follows a node has none
    for path in files:
        _seal(path, old, new)
    region.close()
    return len(files)


def _seal(path: Path, old: str, new: str) -> None:
    try:
        keystore = Keystore.open(path, old)
    except WrongPassphrase:
        Keystore.open(path, new)  # done before
        return
    keystore.save(new)
