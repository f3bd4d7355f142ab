"""An administrator's own key: in a file of its own, sealed by a passphrase that only the administrator knows."""

from pathlib import Path
from typing import NamedTuple

from salus.core.encoding import decode, encode
from salus.core.keys import KeyEntry, Role, list_key, proved
from salus.core.signatures import SigningKey
from salus.services.errors import ActorExists, NotASigner
from salus.vault.keystore import Keystore

_KEY = "administration"


class Administrator(NamedTuple):
    """A key file that is open. Its repr shows nothing."""

    key: SigningKey

    def entry(self, network: bytes, account: bytes) -> bytes:
        """Return what the organisation lists the key by: it proves possession, for that account alone."""
        return encode(list_key(network, account, Role.ADMINISTRATION, self.key))

    def __repr__(self) -> str:
        return "Administrator()"


def new_administrator(path: Path, passphrase: str) -> Administrator:
    """Make a key file; raise ActorExists where there is one."""
    if path.exists():
        raise ActorExists
    secrets = Keystore(path, {})
    seed = secrets.new(_KEY)
    secrets.save(passphrase)
    return Administrator(SigningKey.from_seed(seed))


def open_administrator(path: Path, passphrase: str) -> Administrator:
    """Open a key file; raise NoKeystore, KeystoreDamaged, WrongPassphrase, NoSuchSecret."""
    return Administrator(SigningKey.from_seed(Keystore.open(path, passphrase).get(_KEY)))


def change_administrator_passphrase(path: Path, old: str, new: str) -> None:
    """Seal a key file by another passphrase; raise as `open_administrator`."""
    secrets = Keystore.open(path, old)
    secrets.save(new)


def read_entry(network: bytes, account: bytes, raw: bytes) -> KeyEntry:
    """Return the key that an administrator hands in; raise Malformed, NotASigner (not proved for this account)."""
    entry = decode(raw, KeyEntry)
    if entry.role != Role.ADMINISTRATION or not proved(network, account, entry):
        raise NotASigner
    return entry
