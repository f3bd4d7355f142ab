"""Whose a folder is: `vault.id` of a vault, `organisation.cbor` beside it. Nothing is secret, nor tied to a person."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.types import Digest, Id, Message, Name
from salus.vault.errors import NoVault, VaultDamaged
from salus.vault.files import Files

FILE, ORGANISATION = "vault.id", "organisation.cbor"


class VaultIdentity(Message, frozen=True):
    """`check` comes of the master key one way: it tells a wrong key from a damaged index."""

    format: Annotated[int, Meta(ge=1, le=1)]
    network: Id
    custodian: Id
    check: Digest

    def facts(self) -> dict[str, bytes]:
        """Return what the index notes of it, so that neither can be changed alone."""
        return {"network": self.network, "custodian": self.custodian, "check": self.check}


class OrganisationFile(Message, frozen=True):
    """What an organisation's folder says in clear; all of it stands on the ledger."""

    name: Name
    account: Id


def read_identity(folder: Path, files: Files) -> VaultIdentity:
    """Return the identity of the vault in `folder`; raise NoVault or VaultDamaged."""
    try:
        return decode(files.read(folder / FILE), VaultIdentity)
    except FileNotFoundError:
        raise NoVault from None
    except Malformed:
        raise VaultDamaged from None


def write_identity(folder: Path, files: Files, identity: VaultIdentity) -> None:
    """Store it durably: from then on there is a vault."""
    files.write(folder / FILE, encode(identity))
