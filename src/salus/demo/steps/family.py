"""A child and divorced parents: both may permit; they disagree, and treatment goes on while research stops."""

from salus.contracts.representation.types import Kind, Standing
from salus.demo.policies import put_under
from salus.demo.stage import CLINIC, PARENTS, Stage, Step
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind
from salus.services.act_for import acts_for, grant_for
from salus.services.actors import Person
from salus.services.attest_staff import list_staff
from salus.services.claim import claim
from salus.services.deliver import Delivery
from salus.services.dispute import dispute
from salus.services.grant import Terms, sealed_part, to_organisation
from salus.services.inbox import process_inbox
from salus.services.invite import invite
from salus.services.keep_representation import settle_dispute
from salus.services.open_accounts import open_accounts
from salus.services.receive import Received
from salus.services.refuse import Refused
from salus.services.represent import Mandate, attest_representation
from salus.services.request import request
from salus.services.settle_claim import confirm_claim

DAYS = 30
TITLE = "Two parents act for a child; when they disagree treatment goes on, and research waits"


def act_for_a_child(stage: Stage) -> Step:
    """Attest both parents, let each permit, let one dispute the other, settle it."""
    hospital = stage.organisation(stage.hospital)
    child = next((handle for handle in hospital.vault.relations() if handle != stage.handle), None)
    if child is None:
        return Step("family", TITLE, True, {"representatives": 0}, (f"{hospital.name} has no other patient",))
    put_under(stage, "opt-out", child)
    made = {slug: _parent(stage, child, slug) for slug in PARENTS}
    _permit(stage, made["mother"][0], child, "TREAT")
    _permit(stage, made["father"][0], child, "HRESCH")
    before = [_ask(stage, child, purpose) for purpose in ("TREAT", "HRESCH")]
    mother, account, _ = made["mother"]
    dispute(mother, account, child, made["father"][2])
    during = [_ask(stage, child, purpose) for purpose in ("TREAT", "HRESCH")]
    for _, _, representation in made.values():
        settle_dispute(hospital, child, representation, Standing.ACTIVE)
    after = _ask(stage, child, "HRESCH")
    ok = all(basis == BasisKind.DIRECTIVE for basis in (*before, during[0], after))
    return Step(
        "family",
        TITLE,
        ok and during[1] is Reason.AUTHORITY_SUSPENDED,
        {"representatives": len(made), "releases": 4, "refusals": 1},
        (
            f"{hospital.name} attested both; the ledger shows neither that they are parents nor until when",
            "The mother permitted treatment, the father research; both purposes were served",
            "She disputed his authority, which suspended both: treatment was served again, research refused",
            "The hospital restored them; what the father had permitted held again",
        ),
        (
            "access relations --as mother",
            f"representation due --as {stage.hospital}",
        ),
    )


def _parent(stage: Stage, child: bytes, slug: str) -> tuple[Person, bytes, bytes]:
    """Return the wallet, its account that is for this child alone, and what the hospital attested."""
    hospital = stage.organisation(stage.hospital)
    (account,) = open_accounts(hospital, 1)
    person = stage.region.person(slug)
    claimed = claim(person, invite(hospital, account).code)
    confirm_claim(hospital, account, claimed.short_code)
    made = attest_representation(hospital, child, Mandate(account, Kind.PARENT, ("TREAT", "HRESCH")))
    return person, account, made.representation


def _permit(stage: Stage, person: Person, child: bytes, purpose: str) -> None:
    clinic = stage.organisation(CLINIC)
    terms = Terms(to_organisation(clinic.account), (purpose,), DAYS, sealed_part(text="Everything of my child."))
    grant_for(person, acts_for(person, child), terms)
    process_inbox(stage.organisation(stage.hospital))


def _ask(stage: Stage, child: bytes, purpose: str) -> int | Reason | None:
    """Return what the clinic's request was released on, or why it was not."""
    clinic, hospital = stage.organisation(CLINIC), stage.organisation(stage.hospital)
    request(clinic, child, purpose, list_staff(clinic)[0])
    answers = [item.outcome for item in process_inbox(hospital)]
    came = [item.outcome for item in process_inbox(clinic)]
    refused = next((one.reason for one in answers if isinstance(one, Refused)), None)
    if refused is not None or not any(isinstance(one, Delivery) for one in answers):
        return refused
    return next((one.basis[0] for one in came if isinstance(one, Received)), None)
