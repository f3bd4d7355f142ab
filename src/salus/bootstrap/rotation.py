"""Another master key for the vault of an organisation."""

from salus.bootstrap.keys import NEXT_MASTER
from salus.bootstrap.layout import keystore_path
from salus.bootstrap.organisations import finish_rotation
from salus.bootstrap.region import Region
from salus.vault.keystore import Keystore


def rotate_vault(region: Region, slug: str) -> None:
    """Give an organisation's vault another master key: copies of it from before open by no key that is left.

    Both keys are in the keystore until the vault is written anew; an interrupted rotation is finished when the
    organisation is opened. Raises NoSuchActor, ReadOnly, StorageFull, StorageFailed.
    """
    with region.closed(slug) as passphrase:
        secrets = Keystore.open(keystore_path(region.home, slug), passphrase)
        secrets.new(NEXT_MASTER)
        secrets.save(passphrase)
        finish_rotation(region, slug, secrets, passphrase)
