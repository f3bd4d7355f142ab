"""The composition root: the one place that knows which engine, which files, how many organisations there are.

HOME/genesis.cbor                      written last: without it there is no region
HOME/ledger/                           the embedded ledger
HOME/ledger/tiles/                     its log as published, unless the settings name another folder
HOME/node/keystore.sealed              the node's key
HOME/organisations/<slug>/             organisation.cbor (written last), keystore.sealed, vault/
HOME/people/<slug>/wallet.sealed
HOME/exchange/                         letters between them, and public sealing keys
"""

import os
import re
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import NamedTuple

from salus.client.batcher import Carrier, Landed
from salus.client.envelopes import EnvelopeBuilder
from salus.contracts.accounts.messages import OpenOrganisation
from salus.core.encoding import decode, encode
from salus.core.genesis import (
    Founder,
    FounderKey,
    FounderValidator,
    FoundingGroup,
    Genesis,
    GenesisFile,
    founder_id,
    listed_keys,
    network_id,
    read_genesis,
)
from salus.core.hashing import NO_NETWORK, object_id
from salus.core.keys import Role, list_key, possession
from salus.core.signatures import ED25519, SigningKey
from salus.core.types import Id, Message, Name
from salus.ledger.embedded.clock import Clock, SystemClock
from salus.ledger.embedded.ledger import EmbeddedLedger
from salus.ledger.embedded.tuning import tune_process
from salus.policy.shipped import SHIPPED, founding_set
from salus.policy.types import OrganisationRole
from salus.services.actors import Organisation, Person
from salus.services.errors import (
    ActorExists,
    NoRegion,
    NoSuchActor,
    NoSuchMember,
    OtherGenesis,
    ReadOnly,
    RegionExists,
    UnusableName,
)
from salus.services.folder_exchange import FolderExchange
from salus.services.ports import Exchange
from salus.services.purposes import PURPOSES
from salus.services.resume import resume
from salus.services.settle_claim import claim_envelope
from salus.services.settle_recovery import recovery_envelope, veto_envelope
from salus.services.situations import Situations
from salus.vault.files import LocalFiles
from salus.vault.keystore import Keystore
from salus.vault.rotation import rotate
from salus.vault.seals import SealKey
from salus.vault.vault import Vault
from salus.verifier.helper import Alone, Helper
from salus.verifier.process import VerifierProcess
from salus.wallet.wallet import Wallet

GENESIS = "genesis.cbor"
NEXT_MASTER = "vault-next"  # in a keystore: the master key that the vault is being put under
CARE = frozenset(
    (OrganisationRole.HOSPITAL, OrganisationRole.CLINIC, OrganisationRole.LABORATORY, OrganisationRole.PHARMACY)
)
EMERGENCY_GROUP = 1  # its place among the groups of a new region
_PARTS = (GENESIS, "ledger", "node", "organisations", "people", "exchange")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ADMINISTRATORS, _THRESHOLD = 3, 2  # administration keys of a member, and how many must sign
_FILES = LocalFiles()


@dataclass(frozen=True, slots=True)
class MemberSpec:
    """An organisation to be set up; `slug` names its folder."""

    name: str
    slug: str
    roles: tuple[OrganisationRole, ...]
    realm: str = "org"
    emergency: bool = True  # a founder that is a hospital or a clinic may break the glass


@dataclass(frozen=True, slots=True)
class RegionSpec:
    """A region to be founded; its first member runs the node."""

    name: str
    members: tuple[MemberSpec, ...]


class OrganisationFile(Message, frozen=True):
    """What an organisation's folder says in clear; all of it stands on the ledger."""

    name: Name
    account: Id


class _Keys(NamedTuple):
    """The secrets of an organisation's keystore."""

    administration: tuple[SigningKey, ...]
    gateway: SigningKey
    seal: SealKey
    vault: bytes

    def __repr__(self) -> str:
        return "_Keys()"


@dataclass(frozen=True, slots=True)
class Region:
    """An open region; a context manager. Actors are opened at first use and then kept open. Thread-safe."""

    home: Path
    network: bytes
    genesis: bytes = field(repr=False)
    ledger: EmbeddedLedger = field(repr=False)
    exchange: Exchange = field(repr=False)
    clock: Clock = field(repr=False)
    read_only: bool
    _passphrase: str = field(repr=False)
    _organisations: dict[str, Organisation] = field(default_factory=dict, repr=False)
    _people: dict[str, Person] = field(default_factory=dict, repr=False)
    _lock: RLock = field(default_factory=RLock, repr=False)

    def organisations(self) -> tuple[str, ...]:
        """Return the slugs of the organisations, sorted."""
        return tuple(path.parent.name for path in sorted(self.home.glob("organisations/*/organisation.cbor")))

    def people(self) -> tuple[str, ...]:
        """Return the slugs of the people, sorted."""
        return tuple(path.parent.name for path in sorted(self.home.glob("people/*/wallet.sealed")))

    def organisation(self, slug: str) -> Organisation:
        """Return an organisation, its interrupted work finished; raise NoSuchActor, ReadOnly."""
        with self._lock:
            if self.read_only:
                raise ReadOnly
            if slug not in self._organisations:
                self._organisations[slug] = _open_organisation(self, slug, self._passphrase)
                resume(self._organisations[slug])
            return self._organisations[slug]

    def person(self, slug: str) -> Person:
        """Return a person; raise NoSuchActor, ReadOnly."""
        with self._lock:
            if self.read_only:
                raise ReadOnly
            if slug not in self._people:
                path = _wallet_path(self, slug)
                if not path.is_file():
                    raise NoSuchActor
                self._people[slug] = _person(self, slug, Wallet.open(path, self._passphrase, self.network))
            return self._people[slug]

    def close(self) -> None:
        """Let what is under way land, close vaults and ledger."""
        with self._lock:
            for organisation in self._organisations.values():
                organisation.carrier.close()
                organisation.vault.close()
            self._organisations.clear()
            self._people.clear()
            self.ledger.close()

    def __enter__(self) -> "Region":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class LocalCarriers:
    """The members of a region that run in this process; implements `services.ports.Carriers`."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def carry(self, member: bytes, envelope: bytes) -> "Future[Landed]":
        """Hand an envelope to a member's gateway."""
        return self._organisation(member).carrier.submit(envelope)

    def carry_claim(self, member: bytes, claim: bytes) -> "Future[Landed]":
        """Hand a claim to a member's gateway, which puts it into an envelope of its own."""
        organisation = self._organisation(member)
        return organisation.carrier.submit(claim_envelope(organisation, claim))

    def carry_recovery(self, member: bytes, recovery: bytes, approval: bytes) -> "Future[Landed]":
        """Hand an approved recovery to a member's gateway, which puts it into an envelope of its own."""
        organisation = self._organisation(member)
        return organisation.carrier.submit(recovery_envelope(organisation, recovery, approval))

    def carry_veto(self, member: bytes, veto: bytes) -> "Future[Landed]":
        """Hand a veto to a member's gateway, which puts it into an envelope of its own."""
        organisation = self._organisation(member)
        return organisation.carrier.submit(veto_envelope(organisation, veto))

    def members(self) -> tuple[bytes, ...]:
        """Return the accounts of the members here, sorted."""
        return tuple(sorted(self._slugs()))

    def _slugs(self) -> dict[bytes, str]:
        region = self._region
        return {_organisation_file(region.home, slug).account: slug for slug in region.organisations()}

    def _organisation(self, member: bytes) -> Organisation:
        slug = self._slugs().get(member)
        if slug is None:
            raise NoSuchMember
        return self._region.organisation(slug)


def verifying(setting: str, *, closed: bool = False) -> Helper:
    """Return what checks signatures beside the executor, by the setting `verifier` (`config.Config`).

    `auto`: a process, started when there is work for it, where there are two processors. `closed`: of a ledger
    that nobody writes to.
    """
    if setting == "off" or (setting == "auto" and len(os.sched_getaffinity(0)) < 2):
        return Alone()
    return VerifierProcess(eager=setting == "on", closed=closed)


def tiles_folder(home: Path, tiles: Path | None = None) -> Path:
    """Return where the log of the region in `home` is published: `tiles` of the settings, or within the home."""
    return home / "ledger" / "tiles" if tiles is None else tiles


def create_region(
    home: Path,
    spec: RegionSpec,
    passphrase: str,
    clock: Clock | None = None,
    *,
    tiles: Path | None = None,
    verifier: str = "auto",
) -> Region:
    """Found a region in `home`: keys, genesis with proofs, ledger, vaults; return it open.

    Raises RegionExists if anything of one is there, UnusableName.
    """
    slugs = [member.slug for member in spec.members]
    if not slugs or len(dict.fromkeys(slugs)) != len(slugs) or not all(map(_SLUG.fullmatch, slugs)):
        raise UnusableName
    if any((home / part).exists() for part in _PARTS):
        raise RegionExists
    tune_process()
    timed = clock or SystemClock()
    _FILES.create_folder(home)
    node = _new_node(home, passphrase)
    keys = [_new_keys(home, member.slug, passphrase) for member in spec.members]
    genesis, founders = _genesis(spec, keys, node, timed.now_ms())
    ledger = EmbeddedLedger.create(
        home / "ledger", genesis, node, timed, helper=verifying(verifier), tiles=tiles_folder(home, tiles)
    )
    region = _region(home, genesis, ledger, timed, passphrase, read_only=False)
    for member, made, founder in zip(spec.members, keys, founders, strict=True):
        _set_up(region, member, made, founder_id(founder))
    _FILES.write(home / GENESIS, genesis)
    return region


def open_region(
    home: Path,
    passphrase: str,
    *,
    read_only: bool = False,
    clock: Clock | None = None,
    tiles: Path | None = None,
    verifier: str = "auto",
) -> Region:
    """Open the region in `home`; with `read_only` the ledger alone, and no file is changed.

    Raises NoRegion, WrongPassphrase, OtherGenesis, and what the ledger raises at opening.
    """
    path = home / GENESIS
    if not path.is_file():
        raise NoRegion
    genesis, timed = path.read_bytes(), clock or SystemClock()
    secrets = Keystore.open(home / "node" / "keystore.sealed", passphrase)
    tune_process()
    node = None if read_only else SigningKey.from_seed(secrets.get("node"))
    ledger = EmbeddedLedger.open(
        home / "ledger", node, timed, helper=verifying(verifier), tiles=tiles_folder(home, tiles)
    )
    if read_genesis(genesis)[0] != ledger.network:
        ledger.close()
        raise OtherGenesis
    return _region(home, genesis, ledger, timed, passphrase, read_only=read_only)


def enrol(region: Region, sponsor: str, spec: MemberSpec) -> Organisation:
    """Set up an organisation whose account a member sponsors: an applicant until members admit it.

    Raises UnusableName, ActorExists, the contract's refusals.
    """
    if not _SLUG.fullmatch(spec.slug):
        raise UnusableName
    if spec.slug in region.organisations():
        raise ActorExists
    backer, nonce = region.organisation(sponsor), os.urandom(16)
    account = object_id("organisation", region.network, backer.account, nonce, 0, 0)
    made = _new_keys(region.home, spec.slug, region._passphrase)
    listed = [(Role.ADMINISTRATION, key) for key in made.administration] + [(Role.GATEWAY, made.gateway)]
    message = OpenOrganisation(
        backer.account,
        spec.name,
        spec.realm,
        tuple(sorted(map(int, spec.roles))),
        _THRESHOLD,
        tuple(list_key(region.network, account, role, key) for role, key in listed),
        made.seal.id(region.network),
    )
    builder = EnvelopeBuilder(region.network, region.ledger.now, nonce=lambda: nonce)
    backer.carrier.submit_now(builder.build([(backer.account, backer.gateway)], message).raw)
    _set_up(region, spec, made, account)
    return region.organisation(spec.slug)


def rotate_vault(region: Region, slug: str) -> None:
    """Give an organisation's vault another master key: copies of it from before open by no key that is left.

    Both keys are in the keystore until the vault is written anew; an interrupted rotation is finished when the
    organisation is opened. Raises NoSuchActor, ReadOnly, StorageFull, StorageFailed.
    """
    with region._lock:
        region.organisation(slug)  # which finishes what was interrupted
        opened = region._organisations.pop(slug)
        opened.carrier.close()
        opened.vault.close()
        secrets = Keystore.open(_keystore_path(region.home, slug), region._passphrase)
        secrets.new(NEXT_MASTER)
        secrets.save(region._passphrase)
        _finish_rotation(region, slug, secrets)


def _finish_rotation(region: Region, slug: str, secrets: Keystore) -> None:
    """Put the closed vault under the next master key, then forget the old one."""
    folder = region.home / "organisations" / slug / "vault"
    rotate(folder, secrets.get("vault"), secrets.get(NEXT_MASTER), region.network)
    secrets.put("vault", secrets.get(NEXT_MASTER))
    secrets.remove(NEXT_MASTER)
    secrets.save(region._passphrase)


def create_person(region: Region, slug: str) -> Person:
    """Make an empty wallet; raise UnusableName, WalletExists, ReadOnly."""
    if not _SLUG.fullmatch(slug):
        raise UnusableName
    if region.read_only:
        raise ReadOnly
    path = _wallet_path(region, slug)
    Wallet.create(path, region._passphrase, region.network)
    return region.person(slug)


def open_person(region: Region, slug: str) -> Person:
    """Return a person; raise NoSuchActor."""
    return region.person(slug)


def _region(
    home: Path, genesis: bytes, ledger: EmbeddedLedger, clock: Clock, passphrase: str, *, read_only: bool
) -> Region:
    exchange = FolderExchange(home / "exchange", ledger.network)
    return Region(home, ledger.network, genesis, ledger, exchange, clock, read_only, passphrase)


def _new_node(home: Path, passphrase: str) -> SigningKey:
    secrets = Keystore(home / "node" / "keystore.sealed", {})
    node = SigningKey.from_seed(secrets.new("node"))
    secrets.save(passphrase)
    return node


def _new_keys(home: Path, slug: str, passphrase: str) -> _Keys:
    secrets = Keystore(_keystore_path(home, slug), {})
    keys = _keys(secrets)
    secrets.save(passphrase)
    return keys


def _keys(secrets: Keystore) -> _Keys:
    """Return the keys of a keystore, made where it is new."""
    return _Keys(
        tuple(SigningKey.from_seed(secrets.new(f"administration/{n}")) for n in range(_ADMINISTRATORS)),
        SigningKey.from_seed(secrets.new("gateway")),
        SealKey.from_seed(secrets.new("seal")),
        secrets.new("vault"),
    )


def _genesis(spec: RegionSpec, keys: Sequence[_Keys], node: SigningKey, time: int) -> tuple[bytes, tuple[Founder, ...]]:
    """Return the genesis file and the founders."""
    founders = tuple(_founder(member, made) for member, made in zip(spec.members, keys, strict=True))
    validators = (FounderValidator(0, node.public, 1),)
    groups, policies = _groups(spec), _policies()
    document = encode(Genesis(1, 1, spec.name, time, founders, validators, (), policies, PURPOSES, groups))
    network = network_id(document)
    known = {key.public: key for made in keys for key in (*made.administration, made.gateway)} | {node.public: node}
    proofs = tuple(
        known[public].sign(possession(network, account, role, public))
        for account, role, public in listed_keys(decode(document, Genesis))
    )
    return encode(GenesisFile(document, proofs)), founders


def _groups(spec: RegionSpec) -> tuple[FoundingGroup, ...]:
    """Return the groups of a new region: who gives care, whom standing permits name; who may break the glass."""
    care = tuple(at for at, member in enumerate(spec.members) if not CARE.isdisjoint(member.roles))
    treating = (OrganisationRole.HOSPITAL, OrganisationRole.CLINIC)
    helping = [member.emergency and any(role in treating for role in member.roles) for member in spec.members]
    return FoundingGroup("Care", care), FoundingGroup("Emergency care", tuple(n for n, ok in enumerate(helping) if ok))


def _policies() -> tuple[bytes, ...]:
    """The policy sets to try, for any jurisdiction; a relation is under strict opt-in until its custodian names one."""
    numbers = {row.code: row.number for row in PURPOSES}
    return tuple(encode(founding_set(shipped, numbers, EMERGENCY_GROUP)) for shipped in SHIPPED)


def _founder(spec: MemberSpec, made: _Keys) -> Founder:
    keys = [FounderKey(ED25519, int(Role.ADMINISTRATION), key.public) for key in made.administration]
    keys.append(FounderKey(ED25519, int(Role.GATEWAY), made.gateway.public))
    roles = tuple(sorted(map(int, spec.roles)))
    # Inside the document the network counts as zero bytes, for sealing keys too.
    return Founder(spec.name, spec.realm, roles, _THRESHOLD, tuple(keys), made.seal.id(NO_NETWORK))


def _set_up(region: Region, spec: MemberSpec, made: _Keys, account: bytes) -> None:
    """Make the vault of an organisation whose keys are kept and whose account the ledger has."""
    folder = region.home / "organisations" / spec.slug
    vault = Vault.create(folder / "vault", made.vault, region.network, account)
    region.exchange.publish_key(made.seal.public)
    _FILES.write(folder / "organisation.cbor", encode(OrganisationFile(spec.name, account)))
    region._organisations[spec.slug] = _organisation(region, spec.slug, spec.name, account, made, vault)


def _open_organisation(region: Region, slug: str, passphrase: str) -> Organisation:
    if slug not in region.organisations():
        raise NoSuchActor
    file = _organisation_file(region.home, slug)
    secrets = Keystore.open(_keystore_path(region.home, slug), passphrase)
    if NEXT_MASTER in secrets.names():  # a rotation was interrupted
        _finish_rotation(region, slug, secrets)
    made = _keys(secrets)
    vault = Vault.open(region.home / "organisations" / slug / "vault", made.vault, region.network, file.account)
    return _organisation(region, slug, file.name, file.account, made, vault)


def _organisation(region: Region, slug: str, name: str, account: bytes, made: _Keys, vault: Vault) -> Organisation:
    return Organisation(
        name,
        slug,
        account,
        region.network,
        made.administration,
        made.gateway,
        made.seal,
        vault,
        Carrier(region.ledger, account, made.gateway),
        region.ledger,
        region.exchange,
        region.genesis,
        Situations(region.network),
    )


def _person(region: Region, slug: str, wallet: Wallet) -> Person:
    return Person(slug, wallet, region.ledger, LocalCarriers(region), region.exchange, region.genesis)


def _organisation_file(home: Path, slug: str) -> OrganisationFile:
    return decode((home / "organisations" / slug / "organisation.cbor").read_bytes(), OrganisationFile)


def _keystore_path(home: Path, slug: str) -> Path:
    return home / "organisations" / slug / "keystore.sealed"


def _wallet_path(region: Region, slug: str) -> Path:
    return region.home / "people" / slug / "wallet.sealed"
