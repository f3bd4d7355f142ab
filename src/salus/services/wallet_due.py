"""Wallet due: do what the wallet has to do now: claims that waited, and appointments of accounts.

A process that runs all the time does each at its very time. A wallet that is opened now and then has missed
some: it makes up for one at most in a day, of an account drawn by chance, since two that act whenever the
wallet is opened, and then together, are soon known as one person's.
"""

from typing import NamedTuple

from msgspec.structs import replace

from salus.core.errors import Kind, Refusal
from salus.services.actors import Person
from salus.services.appointment import Kept, enrol, finish_landed, keep
from salus.services.claim import Claimed, claim_with
from salus.services.inbox import collect_relation
from salus.services.recover import Started, finish_recoveries, start_due
from salus.services.request import request_own
from salus.wallet import timing
from salus.wallet.invitation import InvitationCode
from salus.wallet.kept import KeptAppointment
from salus.wallet.menu import DAY_MS


class Done(NamedTuple):
    """What was done, what could not be, and when there is something to do next (None: nothing is planned)."""

    claimed: tuple[Claimed, ...]
    recovering: tuple[Started, ...]
    recovered: tuple[bytes, ...]  # accounts that have their new keys
    kept: tuple[Kept, ...]
    failed: tuple[Refusal, ...]
    next: int | None


def do_due(person: Person) -> Done:
    """Do what is due; safe to call at any time and again. Refusals of single acts are in what is returned."""
    failed: list[Refusal] = []
    claimed = _claims(person, failed)
    recovering, recovered = start_due(person, failed), finish_recoveries(person)
    enrol(person)
    for cut_off in person.wallet.appointments():
        if cut_off.sending is not None:
            finish_landed(person, cut_off, _following(person, cut_off))
    _forgo_missed(person)
    kept = []
    for appointment in person.wallet.appointments():
        if appointment.due <= person.ledger.now():
            try:
                kept.append(_have(person, appointment))
            except Refusal as refusal:
                failed.append(refusal)
    return Done(tuple(claimed), tuple(recovering), recovered, tuple(kept), tuple(failed), next_due(person))


def next_due(person: Person) -> int | None:
    """Return when there is something to do next."""
    wallet = person.wallet
    recoveries = [one.due for one in wallet.recoveries() if one.due is not None]
    claims, appointments = [one.due for one in wallet.claims()], [one.due for one in wallet.appointments()]
    return min(claims + appointments + recoveries, default=None)


def _claims(person: Person, failed: list[Refusal]) -> list[Claimed]:
    done = []
    for waiting in person.wallet.claims():
        if waiting.due <= person.ledger.now():
            try:
                done.append(claim_with(person, InvitationCode(waiting.secret)))
            except Refusal as refusal:
                failed.append(refusal)
                if refusal.kind is Kind.UNAVAILABLE:
                    person.wallet.keep_claim(replace(waiting, due=person.ledger.now() + timing.RETRY_MS))
                    continue
            person.wallet.drop_claim(waiting.handle)
    return done


def _forgo_missed(person: Person) -> None:
    """Put off what was missed, but for one account if none was served within a day."""
    wallet, now = person.wallet, person.ledger.now()
    missed = [one for one in wallet.appointments() if one.due + timing.PUNCTUAL_MS < now]
    if not missed:
        return
    served = any(one.kept is not None and now < one.kept + DAY_MS for one in wallet.appointments())
    spared = None if served else person.chance.choice(missed)
    put_off = [replace(one, due=timing.after_missing(person.chance, now)) for one in missed if one is not spared]
    if put_off:
        wallet.keep_appointments(put_off)


def _following(person: Person, appointment: KeptAppointment) -> int:
    """Return the appointment after this one; it lies ahead, however late this one is kept."""
    due, now = timing.following(person.chance, appointment.due), person.ledger.now()
    return due if now < due else timing.following(person.chance, now)


def _have(person: Person, appointment: KeptAppointment) -> Kept:
    """Keep one appointment. Where nobody carries it, it is missed, and is not tried over and over."""
    collect_relation(person, appointment.handle)
    try:
        kept = keep(person, appointment, _following(person, appointment))
    except Refusal:
        late = person.wallet.appointment(appointment.handle) or appointment
        again = timing.after_missing(person.chance, person.ledger.now())
        person.wallet.keep_appointments([replace(late, due=again)])
        raise
    request_own(person, appointment.handle)
    return kept
