"""The keys of an organisation and of the node, as their keystores hold them."""

from pathlib import Path
from typing import NamedTuple

from salus.bootstrap.layout import keystore_path, node_keystore_path
from salus.core.signatures import SigningKey
from salus.vault.keystore import Keystore
from salus.vault.seals import SealKey

ADMINISTRATORS, THRESHOLD = 3, 2  # administration keys of a member, and how many must sign


class OrganisationKeys(NamedTuple):
    """The secrets of an organisation's keystore."""

    administration: tuple[SigningKey, ...]
    gateway: SigningKey
    seal: SealKey
    vault: bytes

    def __repr__(self) -> str:
        return "OrganisationKeys()"


def new_node(home: Path, passphrase: str) -> SigningKey:
    """Make and keep the key of a node."""
    secrets = Keystore(node_keystore_path(home), {})
    node = SigningKey.from_seed(secrets.new("node"))
    secrets.save(passphrase)
    return node


def new_keys(home: Path, slug: str, passphrase: str) -> OrganisationKeys:
    """Make and keep the keys of an organisation."""
    secrets = Keystore(keystore_path(home, slug), {})
    keys = keys_of(secrets)
    secrets.save(passphrase)
    return keys


def keys_of(secrets: Keystore) -> OrganisationKeys:
    """Return the keys of a keystore, made where it is new."""
    return OrganisationKeys(
        tuple(SigningKey.from_seed(secrets.new(f"administration/{n}")) for n in range(ADMINISTRATORS)),
        SigningKey.from_seed(secrets.new("gateway")),
        SealKey.from_seed(secrets.new("seal")),
        secrets.new("vault"),
    )
