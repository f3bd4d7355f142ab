"""Keep an appointment: renew the account's standing permit and its sealing key, whether or not anything changed.

Every appointment of everybody sends the same: one envelope with a permit in the common form in place of the
one before, a fresh sealing key, and acknowledgements of what was received; and a request for one's own
records. What the permit opens is sealed to the custodian. So a wish of the person changes no time, no value
and no size that the ledger shows. In these steps, each of which can be cut off and taken up again:

1. what is to be sent is in the wallet, signed;
2. the envelope is on the ledger;
3. the opening lies with the custodian;
4. the wallet has the permit, the key, and the next appointment.
"""

import os
from enum import Enum
from typing import NamedTuple

from msgspec.structs import replace

from salus.contracts.access import queries as access
from salus.contracts.access.messages import AckRelease
from salus.contracts.accounts.messages import RotateSealKey
from salus.contracts.consent import queries as consent
from salus.contracts.consent.messages import GrantConsent
from salus.contracts.governance import queries as governance
from salus.core.hashing import object_id
from salus.core.types import Message
from salus.policy.types import Capacity, Directive, Effect, GranteeKind, Redisclosure, Status, sealed_commitment
from salus.services import lookup
from salus.services.actors import Person
from salus.services.claim import finish_claims
from salus.services.errors import NoCareGroup
from salus.services.grant import purpose_numbers, send_sealed_part
from salus.services.protect import carry_own
from salus.state.overlay import Reader
from salus.vault.seals import SealKey
from salus.wallet import menu, timing
from salus.wallet.kept import KeptAppointment, KeptDirective, KeptSending, RelationState
from salus.wallet.wishes import NOTHING

_PURPOSES = ("TREAT",)
_EMERGENCY = (True, 0, False)
_FORMER_SEALS = 2
_MAX_ACKNOWLEDGED = 32  # in one envelope


class Fate(Enum):
    """What became of an appointment."""

    KEPT = "kept"
    REFUSED = "refused"  # the ledger did not take it; the next one tries anew


class Kept(NamedTuple):
    """An appointment that was had; the next one is at `due`."""

    handle: bytes
    fate: Fate
    due: int


def keep(person: Person, appointment: KeptAppointment, due: int) -> Kept:
    """Renew the standing permit now; the next appointment is at `due`.

    Raises NotCarried where no member carried it, NoCareGroup, UnknownPurpose; calling it again is safe.
    """
    if finish_landed(person, appointment, due):
        return Kept(appointment.handle, Fate.KEPT, due)
    sending = appointment.sending
    if sending is None or person.ledger.now() >= sending.not_after:  # it never landed, and cannot any more
        sending = _draft(person, appointment)
        appointment = replace(appointment, sending=sending)
        person.wallet.keep_appointments([appointment])
    landed = carry_own(person, appointment.handle, sending.envelope)
    if landed.result.code:
        person.wallet.keep_appointments([replace(appointment, sending=None, due=due)])
        return Kept(appointment.handle, Fate.REFUSED, due)
    _finish(person, appointment, sending, due)
    return Kept(appointment.handle, Fate.KEPT, due)


def finish_landed(person: Person, appointment: KeptAppointment, due: int) -> bool:
    """Finish an appointment that was cut off after its envelope landed; True if there was one."""
    sending = appointment.sending
    if sending is None or _found(person, appointment.handle, sending.directive) is None:
        return False
    _finish(person, appointment, sending, due)
    return True


def enrol(person: Person) -> None:
    """Give each account that became the person's its first appointment, at which the present wish reaches it."""
    finish_claims(person)
    wallet, wish = person.wallet, person.wallet.wish()
    wanted = NOTHING if wish is None else wish.wanted
    new = [
        KeptAppointment(
            one.handle, timing.first(person.chance, person.ledger.now()), None, None, NOTHING, wanted, (), None
        )
        for one in wallet.relations()
        if one.state == RelationState.CLAIMED and wallet.appointment(one.handle) is None
    ]
    if new:
        wallet.keep_appointments(new)


def _draft(person: Person, appointment: KeptAppointment) -> KeptSending:
    """Return the next permit, signed, under a nonce of its own."""
    network, state, handle = person.wallet.network, person.ledger.view(), appointment.handle
    nonce, salt, seal_seed = os.urandom(16), os.urandom(32), os.urandom(32)
    directive = object_id("directive", network, handle, nonce, 0, 0)
    old = _replaceable(person, appointment)
    version = 1 if old is None else old[1] + 1
    commitment = sealed_commitment(network, handle, directive, version, salt, appointment.wanted)
    owed = [
        AckRelease(handle, handle, one.release, one.leaves)
        for one in person.wallet.acknowledgements(handle)
        if _unacknowledged(state, handle, one.release)
    ][:_MAX_ACKNOWLEDGED]
    messages: list[Message] = [
        _permit(person, handle, None if old is None else old[0], commitment),
        RotateSealKey(handle, SealKey.from_seed(seal_seed).id(network)),
        *owed,
    ]
    built = person.build(handle, *messages, nonce=lambda: nonce)
    done = tuple(one.release for one in owed)
    return KeptSending(directive, version, salt, appointment.wanted, seal_seed, done, built.raw, built.not_after)


def _permit(person: Person, handle: bytes, replaces: bytes | None, commitment: bytes) -> GrantConsent:
    """Return the permit in the one form that is everybody's."""
    state = person.ledger.view()
    group = governance.founding_group(state, person.wallet.network)
    if group is None:
        raise NoCareGroup
    start, end = menu.validity(person.ledger.now(), None, menu.STANDING_DAYS)
    return GrantConsent(
        handle,
        int(Capacity.SELF),
        replaces,
        (int(GranteeKind.GROUP), group),
        int(Effect.PERMIT),
        purpose_numbers(state, _PURPOSES),
        start,
        end,
        0,
        int(Redisclosure.NO),
        _EMERGENCY,
        commitment,
    )


def _replaceable(person: Person, appointment: KeptAppointment) -> tuple[bytes, int] | None:
    """Return (id, version) of the permit in place, unless it was revoked or is over."""
    if appointment.standing is None:
        return None
    found = _found(person, appointment.handle, appointment.standing)
    if found is None or found.status not in (Status.UNACKNOWLEDGED, Status.ACTIVE):
        return None
    return (found.id, found.version) if person.ledger.now() < found.end else None


def _found(person: Person, handle: bytes, directive: bytes) -> Directive | None:
    return consent.directive(person.ledger.view(), handle, directive)


def _unacknowledged(state: Reader, handle: bytes, release: bytes) -> bool:
    answer = access.answer(state, handle, release)
    return answer is not None and answer.leaves is not None and answer.acknowledged is None


def _finish(person: Person, appointment: KeptAppointment, sending: KeptSending, due: int) -> None:
    handle, now = appointment.handle, person.ledger.now()
    custodian = lookup.person(person.ledger.view(), handle).custodian
    kept = KeptDirective(sending.directive, handle, sending.version, sending.salt, sending.body, now)
    found = _found(person, handle, sending.directive)
    if found is not None:
        send_sealed_part(person, kept, found.purposes, found.end, custodian)
    before = person.wallet.relation(handle).seal_seed
    former = (before, *appointment.former_seals)[:_FORMER_SEALS]
    done = replace(
        appointment,
        due=due,
        kept=now,
        standing=sending.directive,
        opens=sending.body,
        former_seals=former,
        sending=None,
    )
    person.wallet.finish_sending(done, sending, kept)
