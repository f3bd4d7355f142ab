"""She is unconscious at a clinic of the emergency group; what came, who is told, who reviews it."""

from salus.core.glass import GlassReason, Verdict
from salus.demo.policies import put_under
from salus.demo.stage import CLINIC, PATIENT, REGULATOR, VILLAGE, Stage, Step
from salus.evidence.report import Verdict as Proof
from salus.evidence.verify import verify
from salus.services.attest_staff import list_staff
from salus.services.break_glass import glass_rates, list_broken, request_break_glass
from salus.services.grant import Terms, grant, sealed_part, to_organisation
from salus.services.inbox import process_inbox
from salus.services.receive import Received
from salus.services.refuse import Refused
from salus.services.review import review, review_own

DAYS = 30


def break_the_glass(stage: Stage) -> Step:
    """Let two clinics try; the one of the emergency group gets the records, and two reviewers close the review."""
    hospital, clinic, village = (stage.organisation(slug) for slug in (stage.hospital, CLINIC, VILLAGE))
    put_under(stage, "opt-out")
    sealed = sealed_part(text="Everything, for treatment.")
    grant(stage.patient, stage.handle, Terms(to_organisation(village.account), ("TREAT",), DAYS, sealed))
    process_inbox(hospital)
    request_break_glass(village, stage.handle, list_staff(village)[0], GlassReason.UNCONSCIOUS)
    denied = [item.outcome for item in process_inbox(hospital)]
    asked = request_break_glass(clinic, stage.handle, list_staff(clinic)[0], GlassReason.UNCONSCIOUS)
    process_inbox(hospital)
    got = next((item.outcome for item in process_inbox(clinic) if isinstance(item.outcome, Received)), None)
    records = len(got.records) if got else 0
    proof = verify(got.evidence, stage.region.genesis).verdict if got else Proof.REFUTED
    alerts = [one for one in list_broken(stage.region.ledger, stage.handle) if one.release == asked.request]
    review_own(stage.patient, stage.handle, asked.request, Verdict.JUSTIFIED)
    closed = review(stage.organisation(REGULATOR), stage.handle, asked.request, Verdict.JUSTIFIED).closed
    (rate,) = glass_rates(stage.region.ledger)
    refusals = [one for one in denied if isinstance(one, Refused)]
    why = refusals[0].reason.name.lower().replace("_", " ") if refusals else "NOT REFUSED"
    return Step(
        "break_glass",
        "She is unconscious: the emergency clinic breaks the glass, and answers for it",
        records > 0 and proof is Proof.UNWITNESSED and len(alerts) == 1 and closed and len(refusals) == 1,
        {"records_received": records, "refusals": len(refusals), "alerts": len(alerts), "reviews_closed": int(closed)},
        (
            f"{village.name} has a permit of hers and is not of the emergency group: refused, {why}",
            f"{clinic.name} signed why it cannot wait; it received {records} records, with evidence of set and version",
            "She is alerted by the entry about her relation, which opened a review in the same block",
            f"She and {stage.organisation(REGULATOR).name} reviewed it: {'closed' if closed else 'OPEN'}",
            f"{rate.member.name} broke the glass {len(rate.broken)} time in 30 days, for everybody to see",
        ),
        (f"access review --as {PATIENT} --at {stage.handle.hex()[:12]}", f"access glass --as {REGULATOR}"),
    )
