"""She is found unconscious where nobody knows her; a locator that knows no name tells where to ask."""

from time import perf_counter

from salus.core.glass import GlassReason
from salus.demo.stage import CLINIC, INDEX, PATIENT, Stage, Step
from salus.services.accounting import accounting
from salus.services.answer_lookup import LookupAnswered
from salus.services.attest_staff import list_staff
from salus.services.break_glass import request_break_glass
from salus.services.inbox import process_inbox
from salus.services.locator_key import new_locator_key
from salus.services.look_up import ask_locator
from salus.services.patients import list_patients
from salus.services.receive import Received
from salus.services.register_tokens import register_tokens
from salus.services.tickets import TicketView


def find_the_tourist(stage: Stage) -> Step:
    """Share a key, register tokens; then locate her by what is in her bag, and break the glass again."""
    hospital, clinic, index = (stage.organisation(slug) for slug in (stage.hospital, CLINIC, INDEX))
    epoch = new_locator_key(hospital)
    process_inbox(clinic)
    given = register_tokens(hospital)
    process_inbox(index)
    her = next(view for view in list_patients(hospital) if view.handle == stage.handle)
    doctor = list_staff(clinic)[0]
    begun = perf_counter()
    ask_locator(clinic, doctor, {"name": [{"text": her.name.upper()}], "birthDate": her.birth_date})
    answered = [item.outcome for item in process_inbox(index)]
    tickets = [item.outcome for item in process_inbox(clinic)]
    located = [ticket for ticket in tickets if isinstance(ticket, TicketView) and ticket.relation == stage.handle]
    if located:
        request_break_glass(clinic, stage.handle, doctor, GlassReason.UNCONSCIOUS)
        process_inbox(hospital)
    got = next((item.outcome for item in process_inbox(clinic) if isinstance(item.outcome, Received)), None)
    took = perf_counter() - begun
    told = [line for line in accounting(stage.region.ledger, stage.handle).lines if line.what == "located"]
    records = len(got.records) if got else 0
    return Step(
        "tourist",
        "Unconscious where nobody knows her: a locator tells where to ask",
        len(located) == 1 and records > 0 and len(told) == 1 and any(isinstance(a, LookupAnswered) for a in answered),
        {"tokens": given.tokens, "records_received": records, "look_ups_shown": len(told), "way_s": round(took, 2)},
        (
            f"{hospital.name} gave {index.name} {given.tokens} keyed tokens of {given.relations} relation",
            f"The key went to {epoch.members} others of the emergency group; {index.name} has none and learns no name",
            f"{clinic.name} knew name and date of birth: where she is a patient came as a sealed ticket",
            f"It broke the glass there and received {records} records, {took:.2f} s after it began to look",
            f"Her account shows the look-up: {told[0].name if told else 'MISSING'}, before the emergency access",
        ),
        (f"discover rates --as {CLINIC}", f"access accounting --as {PATIENT} --at {stage.handle.hex()[:12]}"),
    )
