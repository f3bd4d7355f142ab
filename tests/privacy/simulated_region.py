"""People, hospitals and a ledger on a simulated clock: the real machine, ledger, wallet and services of a person.

Only the hospitals are simpler than real ones: they acknowledge and release as their gateways do, to the byte of the
ledger, and keep no vault. What a person's wallet verifies of a delivery is taken as verified.
"""

import heapq
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

from people_who_wish import DAY_MS, Someone, population

from salus.bootstrap import LocalCarriers, MemberSpec, Region, RegionSpec, create_region
from salus.client.batcher import Landed
from salus.contracts.records.messages import AnchorRelations
from salus.policy.types import OrganisationRole
from salus.services import lookup
from salus.services.actors import Organisation, Person
from salus.services.errors import UnknownSealKey
from salus.services.open_accounts import open_accounts
from salus.services.ports import Carried, Carriers, Letter
from salus.testing.clock import FakeClock
from salus.vault.keystore import Keystore
from salus.wallet.wallet import Wallet

START_MS = 20_000 * DAY_MS
HOSPITALS, CLINICS = 3, 4
CLASSES = ("laboratory", "vital-signs", "imaging")
SPEC = RegionSpec(
    "Linkland",
    (
        *(MemberSpec(f"Hospital {n}", f"hospital-{n}", (OrganisationRole.HOSPITAL,)) for n in range(HOSPITALS)),
        *(MemberSpec(f"Clinic {n}", f"clinic-{n}", (OrganisationRole.CLINIC,)) for n in range(CLINICS)),
    ),
)


class NoFile:
    """Files of a wallet that nobody opens again."""

    def write(self, path: Path, data: bytes) -> None: ...

    def create_folder(self, path: Path) -> None: ...


class Post:
    """An exchange in memory: letters wait for who takes them."""

    def __init__(self, keys: dict[bytes, bytes]) -> None:
        self.keys = keys
        self.letters: dict[bytes, list[tuple[str, bytes]]] = {}

    def post(self, recipient: bytes, kind: str, body: bytes) -> None:
        self.letters.setdefault(recipient, []).append((kind, body))

    def inbox(self, recipient: bytes) -> list[Letter]:
        return []

    def done(self, recipient: bytes, name: str) -> None: ...

    def publish_key(self, public: bytes) -> None: ...

    def find_key(self, key: bytes) -> bytes:
        if key not in self.keys:
            raise UnknownSealKey
        return self.keys[key]


class ThroughOne:
    """Carriers of a person who has everything carried by one member, her first hospital."""

    def __init__(self, inner: Carriers, member: bytes) -> None:
        self._inner, self._member = inner, member

    def carry(self, member: bytes, envelope: bytes) -> "Future[Landed]":
        return self._inner.carry(self._member, envelope)

    def carry_claim(self, member: bytes, claim: bytes) -> "Future[Landed]":
        return self._inner.carry_claim(self._member, claim)

    def carry_recovery(self, member: bytes, recovery: bytes, approval: bytes) -> "Future[Landed]":
        return self._inner.carry_recovery(self._member, recovery, approval)

    def carry_veto(self, member: bytes, veto: bytes) -> "Future[Landed]":
        return self._inner.carry_veto(self._member, veto)

    def members(self) -> tuple[bytes, ...]:
        return self._inner.members()

    def receipts(self, within_s: float) -> tuple[Carried, ...]:
        return self._inner.receipts(within_s)


@dataclass
class Patient:
    """Somebody with her wallet and the handles of her two accounts."""

    who: Someone
    person: Person
    handles: tuple[bytes, bytes]
    awake: int | None = None  # when her wallet wakes next


@dataclass
class World:
    """The region, the people, and what is to happen next."""

    region: Region
    clock: FakeClock
    random: Random
    protected: bool
    post: Post
    hospitals: list[Organisation]
    clinics: list[Organisation]
    patients: list[Patient] = field(default_factory=list)
    agenda: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)
    roots: dict[bytes, bytes] = field(default_factory=dict)

    def at(self, time: int, act: Callable[[], None]) -> None:
        heapq.heappush(self.agenda, (time, next(self.numbers), act))

    def run(self, until: int) -> None:
        while self.agenda and self.agenda[0][0] < until:
            time, _, act = heapq.heappop(self.agenda)
            self.clock.time_ms = max(self.clock.time_ms, time)
            act()


def found_world(home: Path, random: Random, people: int, protected: bool) -> World:
    """Found the region, open everybody's accounts; nobody has been invited yet."""
    clock = FakeClock(START_MS)
    region = create_region(home, SPEC, "a passphrase of the tests", clock)
    hospitals = [region.organisation(f"hospital-{n}") for n in range(HOSPITALS)]
    clinics = [region.organisation(f"clinic-{n}") for n in range(CLINICS)]
    keys = {_listed_seal(region, one): one.seal_key.public for one in (*hospitals, *clinics)}
    world = World(region, clock, random, protected, Post(keys), hospitals, clinics)
    _open(world, population(random, people, HOSPITALS, CLINICS))
    return world


def _listed_seal(region: Region, organisation: Organisation) -> bytes:
    return lookup.organisation(region.ledger.view(), organisation.account).seal_key


def _open(world: World, people: list[Someone]) -> None:
    """Open all accounts and anchor something for each, long before anybody is invited."""
    free = {}
    for number, hospital in enumerate(world.hospitals):
        needed = sum(number in someone.hospitals for someone in people)
        handles = list(open_accounts(hospital, needed))
        world.random.shuffle(handles)
        entries = []
        for handle in handles:
            world.roots[handle] = world.random.randbytes(32)
            entries.append((handle, None, world.roots[handle]))
        hospital.send(AnchorRelations(hospital.account, tuple(entries)))
        free[number] = handles
    for someone in people:
        handles = (free[someone.hospitals[0]].pop(), free[someone.hospitals[1]].pop())
        world.patients.append(Patient(someone, _person(world, someone), handles))


def _person(world: World, someone: Someone) -> Person:
    region, network = world.region, world.region.network
    keystore = Keystore(Path(f"wallet-{someone.number}"), {"wallet": network}, NoFile())
    carriers: Carriers = LocalCarriers(region)
    if not world.protected:
        carriers = ThroughOne(carriers, world.hospitals[someone.hospitals[0]].account)
    wallet = Wallet(keystore, "passphrase")
    chance = Random(world.random.random())
    return Person(f"p{someone.number}", wallet, region.ledger, carriers, world.post, region.genesis, chance)
