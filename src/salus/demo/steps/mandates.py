"""What the law demands goes despite her deny; what it merely allows, only until she opts out."""

from salus.demo.policies import put_under
from salus.demo.stage import CLINIC, PATIENT, REGULATOR, Stage, Step
from salus.evidence.verify import verify
from salus.policy.policies import Choice
from salus.services.attest_staff import list_staff
from salus.services.deliver import Delivery
from salus.services.deny import deny_totally
from salus.services.grant import provision, to_anyone
from salus.services.inbox import process_inbox
from salus.services.preference import set_preference
from salus.services.push import push
from salus.services.receive import Received
from salus.services.refuse import Refused
from salus.services.request import request
from salus.services.revoke import revoke


def follow_mandates(stage: Stage) -> Step:
    """Push a mandated report under her deny; then release under opt-out, until she opts out."""
    hospital, clinic, regulator = (stage.organisation(slug) for slug in (stage.hospital, CLINIC, REGULATOR))
    mandated = put_under(stage, "mandated")
    deny = deny_totally(stage.patient, stage.handle, to_anyone())
    report = push(hospital, regulator.account, stage.handle, "PUBHLTH", provision(classes=("laboratory",)))
    got = next((item.outcome for item in process_inbox(regulator) if isinstance(item.outcome, Received)), None)
    proved = verify(got.evidence, stage.region.genesis).proved if got else ()
    ground = next((words for words in proved if f"policy set {mandated.hex()}, version 1" in words), "")
    revoke(stage.patient, stage.handle, deny.directive)
    put_under(stage, "opt-out")
    before = ask(stage)
    set_preference(stage.patient, stage.handle, {"TREAT": Choice.OUT})
    after = ask(stage)
    process_inbox(clinic)
    released = before.records if isinstance(before, Delivery) else 0
    reported = len(got.records) if got else 0
    why = after.reason.name.lower().replace("_", " ") if isinstance(after, Refused) else "RELEASED"
    return Step(
        "mandates",
        "A mandated report goes despite her deny; under opt-out she is asked, and obeyed",
        isinstance(report, Delivery) and reported > 0 and bool(ground) and released > 0 and isinstance(after, Refused),
        {"records_reported": reported, "records_by_policy": released, "refusals": int(isinstance(after, Refused))},
        (
            f"She denied everything to everybody; {regulator.name} was sent {reported} results all the same",
            f"Its receipt names the ground: policy set {mandated.hex()[:12]}, version 1, a mandate that members voted",
            f"Under opt-out {clinic.name} asked without a permit and received {released} records, none sensitive",
            f"She opted out, and it asked again: {why}",
        ),
        (f"access unanswered --as {PATIENT} --at {stage.handle.hex()[:12]}", f"access received --as {REGULATOR}"),
    )


def ask(stage: Stage) -> object:
    """Let the clinic ask for treatment; return what the hospital answers."""
    clinic, hospital = stage.organisation(CLINIC), stage.organisation(stage.hospital)
    request(clinic, stage.handle, "TREAT", list_staff(clinic)[0])
    (answer,) = process_inbox(hospital)
    return answer.outcome
