"""The keystore's side of an escrow: what goes in, and how it comes back."""

from pathlib import Path

from salus.bootstrap.keys import ADMINISTRATION, GATEWAY, MASTER, MASTER_MADE, OLD_SEAL, SEAL
from salus.bootstrap.layout import FILES, keystore_path, organisation_file, organisation_folder
from salus.bootstrap.region import Region
from salus.services.errors import NoSuchActor, NoSuchEscrow, OtherEscrow, SecretsInTheWay
from salus.services.escrow_objects import Escrowed
from salus.vault.keystore import Keystore

_NAMES = (GATEWAY, SEAL, MASTER, MASTER_MADE)


def escrow_path(region: Region, slug: str) -> Path:
    """Return where the file of an organisation's escrow lies; it belongs with the backups of the vault."""
    return organisation_folder(region.home, slug) / "escrow.sealed"


def escrow_secrets(region: Region, slug: str) -> tuple[tuple[str, bytes], ...]:
    """Return the secrets that go into an escrow: all but the administration keys. Raises NoSuchActor."""
    region.organisation(slug)
    secrets = Keystore.open(keystore_path(region.home, slug), region.passphrase())
    names = [name for name in secrets.names() if name in _NAMES or name.startswith(OLD_SEAL)]
    return tuple((name, secrets.get(name)) for name in names)


def keep_escrow(region: Region, slug: str, raw: bytes) -> None:
    """Store the file; durable once it returns."""
    FILES.write(escrow_path(region, slug), raw)


def read_escrow(region: Region, slug: str) -> bytes:
    """Return the file; raise NoSuchEscrow where there is none."""
    path = escrow_path(region, slug)
    if not path.is_file():
        raise NoSuchEscrow
    return path.read_bytes()


def restore_secrets(region: Region, slug: str, escrowed: Escrowed) -> tuple[str, ...]:
    """Put secrets from an escrow into the organisation's keystore, made anew where it is lost; return their names.

    A secret that is there and differs is never replaced. Raises NoSuchActor, OtherEscrow, SecretsInTheWay.
    """
    if slug not in region.organisations():
        raise NoSuchActor
    if organisation_file(region.home, slug).account != escrowed.organisation:
        raise OtherEscrow
    path = keystore_path(region.home, slug)
    secrets = Keystore.open(path, region.passphrase()) if path.is_file() else Keystore(path, {})
    there = secrets.names()
    for name, secret in escrowed.secrets:
        if name in there and secrets.get(name) != secret and name != MASTER_MADE:
            raise SecretsInTheWay
        if name.startswith(ADMINISTRATION):
            raise OtherEscrow  # no escrow of ours holds one
        secrets.put(name, secret)
    secrets.save(region.passphrase())
    return tuple(name for name, _ in escrowed.secrets)
