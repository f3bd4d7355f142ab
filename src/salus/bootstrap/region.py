"""A region that is open: its ledger, and the actors of its home."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from salus.bootstrap.elsewhere import Elsewhere
from salus.bootstrap.engine import Engine
from salus.bootstrap.layout import organisation_file, wallet_path
from salus.bootstrap.organisations import open_organisation
from salus.client.batcher import Landed
from salus.ledger.embedded.clock import Clock
from salus.services.actors import Organisation, Person
from salus.services.errors import NoSuchActor, NoSuchMember, ReadOnly
from salus.services.folder_exchange import FolderExchange
from salus.services.ports import Carried, Carriers, Exchange
from salus.services.remote.carriers import RemoteCarriers
from salus.services.remote.exchange import RemoteExchange
from salus.services.remote.sender import PersonSender, Sender
from salus.services.resume import resume
from salus.services.sent import LATE_S, keep_receipts
from salus.services.settle_claim import claim_envelope
from salus.services.settle_recovery import recovery_envelope, veto_envelope
from salus.wallet.wallet import Wallet


@dataclass(frozen=True, slots=True)
class Region:
    """An open region; a context manager. Actors are opened at first use and then kept open. Thread-safe."""

    home: Path
    network: bytes
    genesis: bytes = field(repr=False)
    ledger: Engine = field(repr=False)
    exchange: FolderExchange = field(repr=False)  # of the accounts of this home
    clock: Clock = field(repr=False)
    read_only: bool
    _passphrase: str = field(repr=False)
    elsewhere: Elsewhere | None = field(default=None, repr=False)
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
                self._organisations[slug] = open_organisation(self, slug, self._passphrase)
                resume(self._organisations[slug])
            return self._organisations[slug]

    def opened(self) -> tuple[Organisation, ...]:
        """Return the organisations that are open already."""
        with self._lock:
            return tuple(self._organisations.values())

    def person(self, slug: str) -> Person:
        """Return a person; raise NoSuchActor, ReadOnly."""
        with self._lock:
            if self.read_only:
                raise ReadOnly
            if slug not in self._people:
                path = wallet_path(self.home, slug)
                if not path.is_file():
                    raise NoSuchActor
                self._people[slug] = _person(self, slug, Wallet.open(path, self._passphrase, self.network))
            return self._people[slug]

    def account(self, slug: str) -> bytes:
        """Return the account of an organisation, which is not opened for it; raise NoSuchActor."""
        if slug not in self.organisations():
            raise NoSuchActor
        return organisation_file(self.home, slug).account

    def accounts(self) -> frozenset[bytes]:
        """Return the accounts of the organisations of this home."""
        return frozenset(organisation_file(self.home, slug).account for slug in self.organisations())

    def exchange_of(self, sender: Sender, name: str) -> Exchange:
        """Return the exchange of somebody here: with others elsewhere too, where there is a way to them."""
        if self.elsewhere is None:
            return self.exchange
        return self.elsewhere.exchange(self.exchange, self.accounts, sender, name)

    def added(self, organisation: Organisation) -> Organisation:
        """Keep an organisation that was set up just now open."""
        with self._lock:
            self._organisations[organisation.slug] = organisation
            return organisation

    @contextmanager
    def closed(self, slug: str) -> Iterator[str]:
        """Keep an organisation closed while its files are worked on; gives the passphrase of the home.

        What had been interrupted is finished first. Raises NoSuchActor, ReadOnly.
        """
        with self._lock:
            self.organisation(slug)
            opened = self._organisations.pop(slug)
            opened.carrier.close()
            opened.vault.close()
            yield self._passphrase

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let nothing be written in the home while the block runs: neither in its vaults nor in its ledger.

        What is under way comes to its end first; whoever wants to write waits. Raises StorageFailed, Unstill.
        """
        with ExitStack() as held:
            held.enter_context(self._lock)
            for organisation in self._organisations.values():
                held.enter_context(organisation.vault.still())
            held.enter_context(self.ledger.still())
            yield

    def passphrase(self) -> str:
        """Return what the files of the home are sealed by."""
        return self._passphrase

    def close(self) -> None:
        """Let what is under way land, close vaults and ledger."""
        with self._lock:
            self.release_actors()
            if self.elsewhere is not None:
                self.elsewhere.close()
            self.ledger.close()

    def release_actors(self) -> None:
        """Close the vaults, forget who was opened; they are opened anew at next use."""
        with self._lock:
            for organisation in self._organisations.values():
                organisation.carrier.close()
                organisation.vault.close()
            for person in self._people.values():
                keep_receipts(person, LATE_S)
            self._organisations.clear()
            self._people.clear()

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

    def receipts(self, within_s: float) -> tuple[Carried, ...]:
        """Return nothing: who carries is in this very process."""
        return ()

    def _slugs(self) -> dict[bytes, str]:
        region = self._region
        return {organisation_file(region.home, slug).account: slug for slug in region.organisations()}

    def _organisation(self, member: bytes) -> Organisation:
        slug = self._slugs().get(member)
        if slug is None:
            raise NoSuchMember
        return self._region.organisation(slug)


def _person(region: Region, slug: str, wallet: Wallet) -> Person:
    local = LocalCarriers(region)
    carriers: Carriers = local
    if region.elsewhere is not None:
        ways = region.elsewhere
        carriers = RemoteCarriers(region.ledger, ways.gateways, ways.addresses, local)
    exchange = region.exchange_of(PersonSender(wallet), f"people/{slug}")
    if isinstance(exchange, RemoteExchange):
        exchange.flush()  # what could not be left when it was posted
    return Person(slug, wallet, region.ledger, carriers, exchange, region.genesis)
