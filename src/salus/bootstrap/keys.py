"""The keys of an organisation and of the node, as their keystores hold them."""

from pathlib import Path
from typing import NamedTuple

from salus.bootstrap.layout import keystore_path, node_keystore_path
from salus.core.signatures import SigningKey
from salus.vault.keystore import Keystore
from salus.vault.seals import SealKey

ADMINISTRATORS, THRESHOLD = 3, 2  # administration keys of a member, and how many must sign

# Names of secrets in an organisation's keystore.
ADMINISTRATION = "administration/"  # and a number
GATEWAY, SEAL, MASTER = "gateway", "seal", "vault"
OLD_SEAL = "seal-old/"  # and a number of eight digits
NEXT_GATEWAY, NEXT_SEAL, NEXT_MASTER = "gateway-next", "seal-next", "vault-next"  # on their way to replace them
NEXT_ADMINISTRATION = "next-administration/"
NEXT_UNTIL = "next-until"  # block time after which the ledger cannot list them any more, eight bytes
MASTER_MADE = "vault-made"  # since when the master key is in use, milliseconds, eight bytes


class OrganisationKeys(NamedTuple):
    """The secrets of an organisation's keystore."""

    administration: tuple[SigningKey, ...]
    gateway: SigningKey
    seal: SealKey
    vault: bytes

    @property
    def signing(self) -> tuple[SigningKey, ...]:
        """Return those that the ledger lists, in the order in which it does: administration, gateway."""
        return (*self.administration, self.gateway)

    def __repr__(self) -> str:
        return "OrganisationKeys()"


def new_node(home: Path, passphrase: str) -> SigningKey:
    """Make and keep the key of a node."""
    secrets = Keystore(node_keystore_path(home), {})
    node = SigningKey.from_seed(secrets.new("node"))
    secrets.save(passphrase)
    return node


def new_keys(home: Path, slug: str, passphrase: str, made_ms: int) -> OrganisationKeys:
    """Make and keep the keys of an organisation."""
    secrets = Keystore(keystore_path(home, slug), {})
    for name in (*(f"{ADMINISTRATION}{n}" for n in range(ADMINISTRATORS)), GATEWAY, SEAL, MASTER):
        secrets.new(name)
    secrets.put(MASTER_MADE, made_ms.to_bytes(8, "big"))
    secrets.save(passphrase)
    return keys_of(secrets)


def keys_of(secrets: Keystore) -> OrganisationKeys:
    """Return the keys of a keystore; it may hold no administration key, where the administrators keep their own.

    Raises NoSuchSecret.
    """
    names = secrets.names()
    older = [name for name in names if name.startswith(OLD_SEAL)]
    seal = SealKey.from_seed(secrets.get(SEAL))
    return OrganisationKeys(
        tuple(SigningKey.from_seed(secrets.get(name)) for name in names if name.startswith(ADMINISTRATION)),
        SigningKey.from_seed(secrets.get(GATEWAY)),
        seal._replace(older=tuple(SealKey.from_seed(secrets.get(name)) for name in reversed(older))),
        secrets.get(MASTER),
    )
