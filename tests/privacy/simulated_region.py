"""People, hospitals and a ledger on a simulated clock: the real machine, ledger, wallet and services of a person.

Only the hospitals are simpler than real ones: they acknowledge and release as their gateways do, to the byte of the
ledger, and keep no vault. What a person's wallet verifies of a delivery is taken as verified.
"""

import heapq
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

from people_who_wish import DAY_MS, DAYS, MINUTE_MS, Act, Someone, population

from salus.bootstrap import MemberSpec, Region, RegionSpec, create_region
from salus.client.batcher import Landed
from salus.client.refused import accept
from salus.contracts.access import queries as access
from salus.contracts.access.messages import AckRelease, RecordRelease
from salus.contracts.accounts.messages import RotateSealKey
from salus.contracts.consent import queries as consent
from salus.contracts.consent.messages import AckDirective
from salus.contracts.records.messages import AnchorRelations
from salus.core.encoding import decode
from salus.core.request import parse_request
from salus.evidence.follow import RememberedRelation
from salus.policy.types import BasisKind, Effect, OrganisationRole, Status, Trigger
from salus.services.actors import Organisation, Person
from salus.services.claim import claim, hold_claim
from salus.services.deny import deny_totally
from salus.services.due import do_due, next_due
from salus.services.errors import UnknownSealKey
from salus.services.everywhere import deny_everywhere, grant_everywhere, revoke_everywhere
from salus.services.grant import Terms, grant, provision, sealed_part, to_anyone, to_organisation
from salus.services.invite import invite
from salus.services.objects import RequestLetter, SealedGrant, parse_signed
from salus.services.open_accounts import open_accounts
from salus.services.ports import Carriers, Letter
from salus.services.request import request_own
from salus.services.revoke import revoke
from salus.services.settle_claim import confirm_claim
from salus.testing.clock import FakeClock
from salus.vault.keystore import Keystore
from salus.vault.seals import SealKey
from salus.wallet.kept import KeptAcknowledgement
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

    def members(self) -> tuple[bytes, ...]:
        return self._inner.members()


@dataclass
class Patient:
    """Somebody with her wallet and the handles of her two accounts."""

    who: Someone
    person: Person
    handles: tuple[bytes, bytes]
    codes: dict[int, str] = field(default_factory=dict)
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


def simulate(home: Path, seed: int, people: int, protected: bool) -> World:
    """Return a world whose time is over; its region is open. `protected` False wires a wallet that acts at once."""
    random = Random(f"{seed} {protected}")
    clock = FakeClock(START_MS)
    region = create_region(home, SPEC, "a passphrase of the tests", clock)
    hospitals = [region.organisation(f"hospital-{n}") for n in range(HOSPITALS)]
    clinics = [region.organisation(f"clinic-{n}") for n in range(CLINICS)]
    keys = {_listed_seal(region, one): one.seal_key.public for one in (*hospitals, *clinics)}
    world = World(region, clock, random, protected, Post(keys), hospitals, clinics)
    _open(world, population(random, people, HOSPITALS, CLINICS))
    for patient in world.patients:
        _plan(world, patient)
    world.run(START_MS + DAYS * DAY_MS)
    return world


def _listed_seal(region: Region, organisation: Organisation) -> bytes:
    from salus.services.lookup import organisation as profile

    return profile(region.ledger.view(), organisation.account).seal_key


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
    carriers: Carriers = _carriers(region)
    if not world.protected:
        carriers = ThroughOne(carriers, world.hospitals[someone.hospitals[0]].account)
    wallet = Wallet(keystore, "passphrase")
    chance = Random(world.random.random())
    return Person(f"p{someone.number}", wallet, region.ledger, carriers, world.post, region.genesis, chance)


def _carriers(region: Region) -> Carriers:
    from salus.bootstrap import LocalCarriers

    return LocalCarriers(region)


def _plan(world: World, patient: Patient) -> None:
    for account, visit in enumerate(patient.who.visits):
        world.at(START_MS + visit.invited, lambda account=account: _invite(world, patient, account))
    if any(visit.at_home for visit in patient.who.visits):
        world.at(START_MS + patient.who.sitting, lambda: _claim_at_home(world, patient))
    for act in patient.who.acts:
        world.at(START_MS + act.time, lambda act=act: _act(world, patient, act))


def _invite(world: World, patient: Patient, account: int) -> None:
    visit = patient.who.visits[account]
    code = invite(world.hospitals[visit.hospital], patient.handles[account]).code
    if visit.at_home:
        patient.codes[account] = code
    else:
        world.at(world.clock.time_ms + 3 * MINUTE_MS, lambda: _claim(world, patient, account, code, at_once=True))


def _claim_at_home(world: World, patient: Patient) -> None:
    for pause, account in enumerate(sorted(patient.codes)):
        code = patient.codes[account]
        world.at(
            world.clock.time_ms + pause * 4 * MINUTE_MS,
            lambda account=account, code=code: _claim(world, patient, account, code, at_once=not world.protected),
        )


def _claim(world: World, patient: Patient, account: int, code: str, at_once: bool) -> None:
    """Claim now, or when the wallet says; who stands at the desk does not wait."""
    if at_once or hold_claim(patient.person, code) is None:
        short = claim(patient.person, code).short_code
        _confirm_later(world, patient, patient.handles[account], short)
    _wake(world, patient)


def _confirm_later(world: World, patient: Patient, handle: bytes, short_code: str) -> None:
    visit = patient.who.visits[patient.handles.index(handle)]
    hospital = world.hospitals[visit.hospital]

    def confirm() -> None:
        confirm_claim(hospital, handle, short_code)
        _wake(world, patient)

    world.at(world.clock.time_ms + visit.confirmed_after, confirm)


def _wake(world: World, patient: Patient) -> None:
    """Let the wallet, a running process, do what is due, and plan its next hour."""
    if not world.protected:
        return
    done = do_due(patient.person)
    assert done.failed == ()
    for claimed in done.claimed:
        _confirm_later(world, patient, claimed.handle, claimed.short_code)
    _answer(world, patient)
    due = next_due(patient.person)
    if due is not None and due != patient.awake:
        patient.awake = due
        world.at(due, lambda: _wake(world, patient))


def _claimed(patient: Patient) -> list[bytes]:
    from salus.services.claim import finish_claims

    finish_claims(patient.person)
    live = {kept.handle for kept in patient.person.wallet.relations() if kept.state == 2}
    return [handle for handle in patient.handles if handle in live]


def _act(world: World, patient: Patient, act: Act) -> None:
    """Do what she wants: an errand now; a wish as the wallet does it, or at once everywhere."""
    live = _claimed(patient)
    if act.account is not None:
        handle = patient.handles[act.account]
        if handle in live:
            _do(world, patient, handle, act)
    elif world.protected:
        _wish(patient.person, act)
    else:
        for pause, handle in enumerate(live):
            world.at(world.clock.time_ms + pause * 2000, lambda handle=handle: _do(world, patient, handle, act))
    _answer(world, patient)
    _wake(world, patient)


def _wish(person: Person, act: Act) -> None:
    data = provision(classes=(CLASSES[act.data_class],))
    if act.kind == "grant":
        grant_everywhere(person, data)
    elif act.kind == "deny":
        deny_everywhere(person, to_anyone(), data)
    elif act.kind == "revoke":
        revoke_everywhere(person)
    # what she reads, and the change of keys, come with every appointment


def _do(world: World, patient: Patient, handle: bytes, act: Act) -> None:
    """Act at one account by the verbs for one account."""
    person, now = patient.person, world.clock.time_ms
    whom = to_organisation(world.clinics[act.grantee].account)
    if act.kind == "grant":
        grant(person, handle, Terms(whom, ("TREAT",), act.days, sealed_part(), uses=act.uses))
    elif act.kind == "deny":
        deny_totally(person, handle, whom, days=act.days)
    elif act.kind == "request":
        request_own(person, handle)
    elif act.kind == "rotate":
        fresh = SealKey.from_seed(world.random.randbytes(32))
        envelope = person.build(handle, RotateSealKey(handle, fresh.id(person.wallet.network)))
        accept(person.carriers.carry(world.hospitals[0].account, envelope.raw).result().result.code)
    elif act.kind == "revoke":
        for one in consent.directives(world.region.ledger.view(), handle):
            if one.effect == Effect.PERMIT and one.status in (Status.UNACKNOWLEDGED, Status.ACTIVE) and now < one.end:
                revoke(person, handle, one.id)
    _answer(world, patient)


def _answer(world: World, patient: Patient) -> None:
    """Let the hospitals answer the letters that came, a little later."""
    for hospital in world.hospitals:
        for kind, body in world.post.letters.pop(hospital.account, []):
            later = world.clock.time_ms + world.random.randrange(1000, 2 * MINUTE_MS)
            answer = _acknowledge if kind == "grant" else _release
            world.at(later, lambda h=hospital, b=body, a=answer: a(world, patient, h, b))


def _acknowledge(world: World, patient: Patient, hospital: Organisation, body: bytes) -> None:
    sealed = decode(parse_signed("grant", body).payload, SealedGrant)
    found = consent.directive(world.region.ledger.view(), sealed.relation, sealed.directive)
    if found is not None and found.status == Status.UNACKNOWLEDGED:
        hospital.send(AckDirective(hospital.account, sealed.relation, sealed.directive))


def _release(world: World, patient: Patient, hospital: Organisation, body: bytes) -> None:
    """Release to the person; her wallet acknowledges as it does, or at once."""
    raw, now = decode(body, RequestLetter).request, world.clock.time_ms
    asked = parse_request(world.region.network, raw)
    handle, leaves = asked.payload.relation, world.random.randbytes(32)
    basis, root = (int(BasisKind.SELF), None, 0), world.roots[handle]
    hospital.send(
        RecordRelease(hospital.account, raw, basis, root, leaves, int(Trigger.REQUEST), now + 60 * MINUTE_MS)
    )
    seen = RememberedRelation(handle, 1, 1, root)
    if world.protected:
        owed = KeptAcknowledgement(asked.id, handle, leaves)
        patient.person.wallet.remember(seen, None, asked.id, owed)
        return

    def acknowledge() -> None:
        answer = access.answer(world.region.ledger.view(), handle, asked.id)
        assert answer is not None and answer.leaves == leaves
        envelope = patient.person.build(handle, AckRelease(handle, handle, asked.id, leaves))
        accept(patient.person.carriers.carry(hospital.account, envelope.raw).result().result.code)

    world.at(now + 30 * MINUTE_MS, acknowledge)


def close(world: World) -> None:
    with ExitStack() as stack:
        stack.callback(world.region.close)
