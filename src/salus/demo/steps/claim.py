"""Step 2: a patient is invited, claims her account at both hospitals, and reads everything that is hers."""

from salus.core.record import LeafHeader
from salus.demo.stage import HOSPITALS, PATIENT, YEAR_MS, NoSuchPatient, Stage, Step
from salus.services.claim import claim
from salus.services.inbox import collect, process_inbox
from salus.services.invite import invite
from salus.services.patients import PatientView, list_patients
from salus.services.read_records import list_records
from salus.services.receive_own import OwnView
from salus.services.request import request_own
from salus.services.settle_claim import confirm_claim


def claim_account(stage: Stage) -> Step:
    """Choose who she is, let her claim, and let her see that her list is whole."""
    choose_patient(stage)
    for slug in HOSPITALS:
        organisation = stage.organisation(slug)
        invitation = invite(organisation, stage.handles[slug])
        claimed = claim(stage.patient, invitation.code)
        confirm_claim(organisation, stage.handles[slug], claimed.short_code)
    lines, total, complete = [], 0, True
    for slug in HOSPITALS:
        organisation = stage.organisation(slug)
        request_own(stage.patient, stage.handles[slug])
        process_inbox(organisation)
        view = next((v for v in collect(stage.patient) if isinstance(v, OwnView)), None)
        kept = next(p.records for p in list_patients(organisation) if p.handle == stage.handles[slug])
        complete = complete and view is not None and len(view.records) == kept
        total += len(view.records) if view else 0
        seen = f"{len(view.records):,} records in {view.log_size:,} versions" if view else "nothing"
        lines.append(f"{organisation.name}: {seen}; log and map, recomputed, give the anchored root")
    lines.append("Her list is complete: nothing was dropped or hidden. Her two accounts share no key and no id.")
    return Step(
        "claim",
        "A patient claims her account and sees all of it",
        complete,
        {"records": total, "relations": len(HOSPITALS)},
        tuple(lines),
        (f"access relations --as {PATIENT}",),
    )


def choose_patient(stage: Stage) -> None:
    """Take one who is at both hospitals and has laboratory results within and before the two newest years."""
    at = {slug: {(p.name, p.birth_date): p for p in list_patients(stage.organisation(slug))} for slug in HOSPITALS}
    both = [who for who in at[HOSPITALS[0]] if who in at[HOSPITALS[1]]]
    both.sort(key=lambda who: -min(at[slug][who].records for slug in HOSPITALS))
    for who in both:
        for slug in HOSPITALS:
            if has_both_kinds(stage, slug, at[slug][who]):
                stage.hospital = slug
                stage.handles = {hospital: at[hospital][who].handle for hospital in HOSPITALS}
                return
    raise NoSuchPatient


def has_both_kinds(stage: Stage, slug: str, patient: PatientView) -> bool:
    """True if a laboratory result lies within the two newest years and another before them."""
    headers = list_records(stage.organisation(slug), patient.handle)
    laboratory = [h for h in headers if h.data_class == "laboratory" and h.start is not None]
    return any(newest_two_years(stage, h) for h in laboratory) and any(
        not newest_two_years(stage, h) for h in laboratory
    )


def newest_two_years(stage: Stage, header: LeafHeader) -> bool:
    """True if the whole clinical period lies within the two years that end with the data."""
    since = stage.now - 2 * YEAR_MS
    return header.start is not None and header.end is not None and since <= header.start and header.end <= stage.now + 1
