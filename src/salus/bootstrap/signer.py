"""A home with a validator's key: make one of its own for a signer, open it to sign."""

from pathlib import Path

from salus.bootstrap.layout import GENESIS, node_keystore_path
from salus.core.encoding import encode
from salus.core.genesis import read_genesis
from salus.core.keys import Role, list_key
from salus.core.signatures import SigningKey
from salus.signer.errors import NoKeyHere, NoSignState, SignerExists
from salus.signer.signing import Signer
from salus.signer.state import SignState, read_state
from salus.vault.files import LocalFiles
from salus.vault.keystore import Keystore

_NAME = "node"  # of the key in the keystore


def new_signer(home: Path, network: bytes, passphrase: str) -> bytes:
    """Make a new validator's key in `home`, which never signed; return the public key.

    Raises SignerExists, SignerInUse, StorageFull, StorageFailed.
    """
    path, files = node_keystore_path(home), LocalFiles()
    if path.exists() or read_state(home, files) is not None:
        raise SignerExists
    files.create_folder(path.parent)
    secrets = Keystore(path, {})
    public = SigningKey.from_seed(secrets.new(_NAME)).public
    secrets.save(passphrase)
    SignState.open(home, network, public, 0, files).close()
    return public


def open_signer(home: Path, passphrase: str, after: int | None = None) -> Signer:
    """Open the key of a home to sign with it; `after` begins what is kept of its signatures, see `SignState.open`.

    Raises NoKeyHere, WrongPassphrase, KeystoreDamaged, NoSuchSecret; Malformed or InvalidKey (genesis); and what
    `SignState.open` raises.
    """
    key = signing_key(home, passphrase)
    files = LocalFiles()
    last = read_state(home, files)
    if last is not None:
        network = last.network
    elif (home / GENESIS).is_file():
        network, _ = read_genesis((home / GENESIS).read_bytes())
    else:
        raise NoSignState
    return Signer(key, network, SignState.open(home, network, key.public, after, files))


def validator_entry(home: Path, passphrase: str, network: bytes, account: bytes) -> bytes:
    """Return what members vote a validator in by: its public key, with proof of possession for that account alone.

    Raises as `signing_key`.
    """
    return encode(list_key(network, account, Role.VALIDATOR, signing_key(home, passphrase)))


def signing_key(home: Path, passphrase: str) -> SigningKey:
    """Return the validator's key of a home; raise NoKeyHere, WrongPassphrase, KeystoreDamaged, NoSuchSecret."""
    path = node_keystore_path(home)
    if not path.is_file():
        raise NoKeyHere
    return SigningKey.from_seed(Keystore.open(path, passphrase).get(_NAME))
