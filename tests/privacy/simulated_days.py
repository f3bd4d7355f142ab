"""The days of the simulation: people come to their accounts, wish, run errands; wallets do what is due."""

from pathlib import Path
from random import Random

from people_who_wish import DAY_MS, DAYS, MINUTE_MS, Act
from simulated_hospitals import answer_letters
from simulated_region import CLASSES, START_MS, Patient, World, found_world

from salus.client.refused import accept
from salus.contracts.accounts.messages import RotateSealKey
from salus.contracts.consent import queries as consent
from salus.policy.types import Effect, Status
from salus.services.actors import Person
from salus.services.claim import claim, finish_claims, hold_claim
from salus.services.deny import deny_totally
from salus.services.everywhere import deny_everywhere, grant_everywhere, revoke_everywhere
from salus.services.grant import Terms, grant, provision, sealed_part, to_anyone, to_organisation
from salus.services.invite import invite
from salus.services.request import request_own
from salus.services.revoke import revoke
from salus.services.settle_claim import confirm_claim
from salus.services.wallet_due import do_due, next_due
from salus.vault.seals import SealKey
from salus.wallet.kept import RelationState


def simulate(home: Path, seed: int, people: int, protected: bool) -> World:
    """Return a world whose time is over; its region is open. `protected` False wires a wallet that acts at once."""
    world = found_world(home, Random(f"{seed} {protected}"), people, protected)
    for patient in world.patients:
        _plan(world, patient)
    world.run(START_MS + DAYS * DAY_MS)
    return world


def _plan(world: World, patient: Patient) -> None:
    for account, visit in enumerate(patient.who.visits):
        world.at(START_MS + visit.invited, lambda account=account: _invite(world, patient, account))
    for act in patient.who.acts:
        world.at(START_MS + act.time, lambda act=act: _act(world, patient, act))


def _invite(world: World, patient: Patient, account: int) -> None:
    visit = patient.who.visits[account]
    code = invite(world.hospitals[visit.hospital], patient.handles[account]).code
    if visit.at_home:
        at_once = not world.protected
        world.at(START_MS + visit.claimed, lambda: _claim(world, patient, account, code, at_once))
    else:
        world.at(world.clock.time_ms + 3 * MINUTE_MS, lambda: _claim(world, patient, account, code, at_once=True))


def _claim(world: World, patient: Patient, account: int, code: str, at_once: bool) -> None:
    """Claim now, or when the wallet says; who stands at the desk does not wait."""
    if not at_once:
        hold_claim(patient.person, code)
    else:
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
    answer_letters(world, patient)
    due = next_due(patient.person)
    if due is not None and due != patient.awake:
        patient.awake = due
        world.at(due, lambda: _wake(world, patient))


def _claimed(patient: Patient) -> list[bytes]:
    finish_claims(patient.person)
    live = {kept.handle for kept in patient.person.wallet.relations() if kept.state == RelationState.CLAIMED}
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
    answer_letters(world, patient)
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
    answer_letters(world, patient)
