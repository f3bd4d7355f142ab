"""A death is recorded in error and reversed; a hospital that closes hands a patient over to the other."""

from salus.client.ledger import StateView
from salus.contracts.accounts import queries as accounts
from salus.demo.stage import HOSPITALS, PATIENT, Stage, Step
from salus.services.accept_custody import accept_custody
from salus.services.actors import Organisation
from salus.services.attest_staff import attest_staff
from salus.services.death import record_death, reverse_death
from salus.services.due import due
from salus.services.inbox import process_inbox
from salus.services.life_state import life_state
from salus.services.offer_custody import offer_custody
from salus.services.read_records import list_records
from salus.services.refuse import Refused
from salus.services.request import request_own


def live_on(stage: Stage) -> Step:
    """Record her death and reverse it; move another patient's records from the one hospital to the other."""
    hospital = stage.organisation(stage.hospital)
    refused, restored = _mistaken_death(stage, hospital)
    found = _other_patient(stage)
    lines: tuple[str, ...] = (
        f"{hospital.name} records that she died: her own request is refused, and nothing of hers was changed",
        f"It was an error, and is reversed: she is {'as before' if restored else 'NOT AS BEFORE'}",
    )
    moved, left = 0, 0
    if found is not None:
        closing, other, moving = found
        before = len(list_records(closing, moving))
        offer_custody(closing, other.account, [moving])
        accept_custody(other)
        due(closing)
        process_inbox(other)
        moved, left = len(list_records(other, moving)), int(moving in closing.vault.relations())
        lines += (
            f"{closing.name} offers a patient's records to {other.name}, which proves them against the ledger",
            f"{other.name} keeps {moved} records of {before}; at {closing.name} nothing is left, and it signed so",
        )
        left += before - moved
    return Step(
        "life",
        "A death recorded in error is undone; a hospital that closes hands its records over",
        refused == 1 and restored and left == 0,
        {"refusals": refused, "relations_moved": int(found is not None), "records_moved": moved, "records_left": left},
        lines,
    )


def _mistaken_death(stage: Stage, hospital: Organisation) -> tuple[int, bool]:
    """Return (how many of her requests were refused while she counted as dead, whether she is again as she was)."""
    state: StateView = stage.region.ledger.view()
    before = life_state(state, stage.handle, stage.region.ledger.now())
    doctor = attest_staff(hospital, "Registrar of deaths", "registrar")
    record_death(hospital, stage.handle, doctor, "A certificate that came by fax.")
    request_own(stage.patient, stage.handle)
    answers = [item.outcome for item in process_inbox(hospital)]
    reverse_death(hospital, stage.handle, doctor, "It was of another patient of the same name.")
    restored = life_state(stage.region.ledger.view(), stage.handle, stage.region.ledger.now()) == before
    return sum(isinstance(answer, Refused) for answer in answers), restored


def _other_patient(stage: Stage) -> tuple[Organisation, Organisation, bytes] | None:
    """Return (hospital, the other one, a patient of the first who has no wallet), None where there is none such."""
    state = stage.region.ledger.view()
    hers = [kept.handle for kept in stage.region.person(PATIENT).wallet.relations()]
    north, south = (stage.organisation(slug) for slug in HOSPITALS)
    for hospital, other in ((south, north), (north, south)):
        for relation in hospital.vault.relations():
            if relation not in hers and accounts.custodian_of(state, relation) == hospital.account:
                return hospital, other, relation
    return None
