"""Opening an organisation of a home: its keys, its vault, what carries its envelopes."""

from pathlib import Path
from typing import Protocol

from salus.bootstrap.engine import Engine
from salus.bootstrap.key_rotation import finish_change
from salus.bootstrap.keys import GATEWAY, MASTER, MASTER_MADE, NEXT_MASTER, OrganisationKeys, keys_of
from salus.bootstrap.layout import (
    FILES,
    MemberSpec,
    keystore_path,
    organisation_file,
    organisation_folder,
)
from salus.client.batcher import Carrier
from salus.contracts.governance import queries as governance
from salus.core.encoding import encode
from salus.core.signatures import SigningKey
from salus.services.actors import Organisation
from salus.services.errors import NoSuchActor
from salus.services.ports import Exchange
from salus.services.remote.sender import OrganisationSender, Sender
from salus.services.situations import Situations
from salus.vault.identity import ORGANISATION, OrganisationFile
from salus.vault.keystore import Keystore
from salus.vault.rotation import rotate
from salus.vault.vault import Vault


class Place(Protocol):
    """What organisations of one home share; a `Region` is one."""

    @property
    def home(self) -> Path: ...
    @property
    def network(self) -> bytes: ...
    @property
    def genesis(self) -> bytes: ...
    @property
    def ledger(self) -> Engine: ...
    @property
    def exchange(self) -> Exchange: ...
    def exchange_of(self, sender: Sender, name: str) -> Exchange: ...


def set_up(place: Place, spec: MemberSpec, made: OrganisationKeys, account: bytes) -> Organisation:
    """Make the vault of an organisation whose keys are kept and whose account the ledger has."""
    vault = make_vault(place.home, place.network, place.exchange, spec, made, account)
    file = OrganisationFile(spec.name, account)
    return _organisation(place, file, spec.slug, made, vault, (account, made.gateway))


def make_vault(
    home: Path, network: bytes, exchange: Exchange, spec: MemberSpec, made: OrganisationKeys, account: bytes
) -> Vault:
    """Make the vault and the file of an organisation whose keys are kept; return the vault open."""
    folder = organisation_folder(home, spec.slug)
    vault = Vault.create(folder / "vault", made.vault, network, account)
    exchange.publish_key(made.seal.public)  # and in the directory once it is a member: `services.tending`
    FILES.write(folder / ORGANISATION, encode(OrganisationFile(spec.name, account)))
    return vault


def open_organisation(place: Place, slug: str, passphrase: str) -> Organisation:
    """Open an organisation, an interrupted rotation finished; raise NoSuchActor and what keystore and vault raise."""
    if not (organisation_folder(place.home, slug) / "organisation.cbor").is_file():
        raise NoSuchActor
    file = organisation_file(place.home, slug)
    secrets = Keystore.open(keystore_path(place.home, slug), passphrase)
    if NEXT_MASTER in secrets.names():  # a rotation was interrupted
        finish_rotation(place, slug, secrets, passphrase)
    finish_change(place.ledger, file.account, secrets, passphrase)
    made = keys_of(secrets)
    vault = Vault.open(organisation_folder(place.home, slug) / "vault", made.vault, place.network, file.account)
    return _organisation(place, file, slug, made, vault, _carries(place, file.account, made.gateway, passphrase))


def _carries(place: Place, account: bytes, gateway: SigningKey, passphrase: str) -> tuple[bytes, SigningKey]:
    """Return who carries its envelopes and letters: it or, once it was succeeded, its successor, if that is here."""
    successor = governance.successor_of(place.ledger.view(), account)
    for path in sorted(place.home.glob("organisations/*/organisation.cbor")):
        slug = path.parent.name
        if successor is not None and organisation_file(place.home, slug).account == successor:
            seed = Keystore.open(keystore_path(place.home, slug), passphrase).get(GATEWAY)
            return successor, SigningKey.from_seed(seed)
    return account, gateway


def finish_rotation(place: Place, slug: str, secrets: Keystore, passphrase: str) -> None:
    """Put the closed vault under the next master key, then forget the old one."""
    folder = organisation_folder(place.home, slug) / "vault"
    rotate(folder, secrets.get(MASTER), secrets.get(NEXT_MASTER), place.network)
    secrets.put(MASTER, secrets.get(NEXT_MASTER))
    secrets.put(MASTER_MADE, place.ledger.now().to_bytes(8, "big"))
    secrets.remove(NEXT_MASTER)
    secrets.save(passphrase)


def _organisation(
    place: Place,
    file: OrganisationFile,
    slug: str,
    made: OrganisationKeys,
    vault: Vault,
    carries: tuple[bytes, SigningKey],
) -> Organisation:
    return Organisation(
        file.name,
        slug,
        file.account,
        place.network,
        made.administration,
        made.gateway,
        made.seal,
        vault,
        Carrier(place.ledger, *carries),
        place.ledger,
        place.exchange_of(OrganisationSender(*carries), f"organisations/{slug}"),
        place.genesis,
        Situations(place.network),
    )
