"""A patient is invited, claims her account at both hospitals, and reads everything that is hers."""

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
    for slug in stage.handles:
        organisation = stage.organisation(slug)
        invitation = invite(organisation, stage.handles[slug])
        claimed = claim(stage.patient, invitation.code)
        confirm_claim(organisation, stage.handles[slug], claimed.short_code)
    lines, total, complete = [], 0, True
    for slug in stage.handles:
        organisation = stage.organisation(slug)
        request_own(stage.patient, stage.handles[slug])
        process_inbox(organisation)
        view = next((v for v in collect(stage.patient) if isinstance(v, OwnView)), None)
        kept = next(p.records for p in list_patients(organisation) if p.handle == stage.handles[slug])
        complete = complete and view is not None and len(view.records) == kept
        total += len(view.records) if view else 0
        seen = f"{len(view.records):,} records in {view.log_size:,} versions" if view else "nothing"
        lines.append(f"{organisation.name}: {seen}; log and map, recomputed, give the anchored root")
    lines.append("Her list is complete: nothing was dropped or hidden. Her accounts share no key and no id.")
    return Step(
        "claim",
        "A patient claims her account and sees all of it",
        complete,
        {"records": total, "relations": len(stage.handles)},
        tuple(lines),
        (f"access relations --as {PATIENT}",),
    )


def choose_patient(stage: Stage) -> None:
    """Take one with laboratory results within the two newest years.

    Rather one who is at both hospitals, and who has older ones too; then the one with most records.
    """
    at = {slug: {(p.name, p.birth_date): p for p in list_patients(stage.organisation(slug))} for slug in HOSPITALS}
    people = {who: [slug for slug in HOSPITALS if who in at[slug]] for slug in HOSPITALS for who in at[slug]}
    ranked = sorted(people, key=lambda who: (-len(people[who]), -sum(at[slug][who].records for slug in people[who])))
    second: tuple[str, tuple[str, str]] | None = None
    for who in ranked:
        for slug in people[who]:
            newer, older = laboratory_results(stage, slug, at[slug][who])
            if newer and older:
                return take_patient(stage, slug, {place: at[place][who] for place in people[who]})
            if newer and second is None:
                second = slug, who
    if second is None:
        raise NoSuchPatient
    slug, who = second
    return take_patient(stage, slug, {place: at[place][who] for place in people[who]})


def take_patient(stage: Stage, hospital: str, places: dict[str, PatientView]) -> None:
    """Let her be the patient of the story; she shares what `hospital` keeps."""
    stage.hospital = hospital
    stage.handles = {slug: patient.handle for slug, patient in places.items()}


def laboratory_results(stage: Stage, slug: str, patient: PatientView) -> tuple[int, int]:
    """Return how many laboratory results lie within the two newest years, and how many do not."""
    headers = list_records(stage.organisation(slug), patient.handle)
    laboratory = [h for h in headers if h.data_class == "laboratory" and h.start is not None]
    newer = sum(newest_two_years(stage, header) for header in laboratory)
    return newer, len(laboratory) - newer


def newest_two_years(stage: Stage, header: LeafHeader) -> bool:
    """True if the whole clinical period lies within the two years that end with the data."""
    since = stage.now - 2 * YEAR_MS
    return header.start is not None and header.end is not None and since <= header.start and header.end <= stage.now + 1
