"""Opening an organisation of a home: its keys, its vault, what carries its envelopes."""

from pathlib import Path
from typing import Protocol

from salus.bootstrap.keys import OrganisationKeys, keys_of
from salus.bootstrap.layout import (
    FILES,
    MemberSpec,
    OrganisationFile,
    keystore_path,
    organisation_file,
    organisation_folder,
)
from salus.client.batcher import Carrier
from salus.core.encoding import encode
from salus.ledger.embedded.ledger import EmbeddedLedger
from salus.services.actors import Organisation
from salus.services.errors import NoSuchActor
from salus.services.ports import Exchange
from salus.services.situations import Situations
from salus.vault.keystore import Keystore
from salus.vault.rotation import rotate
from salus.vault.vault import Vault

NEXT_MASTER = "vault-next"  # in a keystore: the master key that the vault is being put under


class Place(Protocol):
    """What organisations of one home share; a `Region` is one."""

    @property
    def home(self) -> Path: ...
    @property
    def network(self) -> bytes: ...
    @property
    def genesis(self) -> bytes: ...
    @property
    def ledger(self) -> EmbeddedLedger: ...
    @property
    def exchange(self) -> Exchange: ...


def set_up(place: Place, spec: MemberSpec, made: OrganisationKeys, account: bytes) -> Organisation:
    """Make the vault of an organisation whose keys are kept and whose account the ledger has."""
    folder = organisation_folder(place.home, spec.slug)
    vault = Vault.create(folder / "vault", made.vault, place.network, account)
    place.exchange.publish_key(made.seal.public)
    FILES.write(folder / "organisation.cbor", encode(OrganisationFile(spec.name, account)))
    return _organisation(place, spec.slug, spec.name, account, made, vault)


def open_organisation(place: Place, slug: str, passphrase: str) -> Organisation:
    """Open an organisation, an interrupted rotation finished; raise NoSuchActor and what keystore and vault raise."""
    if not (organisation_folder(place.home, slug) / "organisation.cbor").is_file():
        raise NoSuchActor
    file = organisation_file(place.home, slug)
    secrets = Keystore.open(keystore_path(place.home, slug), passphrase)
    if NEXT_MASTER in secrets.names():  # a rotation was interrupted
        finish_rotation(place, slug, secrets, passphrase)
    made = keys_of(secrets)
    vault = Vault.open(organisation_folder(place.home, slug) / "vault", made.vault, place.network, file.account)
    return _organisation(place, slug, file.name, file.account, made, vault)


def finish_rotation(place: Place, slug: str, secrets: Keystore, passphrase: str) -> None:
    """Put the closed vault under the next master key, then forget the old one."""
    folder = organisation_folder(place.home, slug) / "vault"
    rotate(folder, secrets.get("vault"), secrets.get(NEXT_MASTER), place.network)
    secrets.put("vault", secrets.get(NEXT_MASTER))
    secrets.remove(NEXT_MASTER)
    secrets.save(passphrase)


def _organisation(
    place: Place, slug: str, name: str, account: bytes, made: OrganisationKeys, vault: Vault
) -> Organisation:
    return Organisation(
        name,
        slug,
        account,
        place.network,
        made.administration,
        made.gateway,
        made.seal,
        vault,
        Carrier(place.ledger, account, made.gateway),
        place.ledger,
        place.exchange,
        place.genesis,
        Situations(place.network),
    )
