"""A tourist is found unconscious. Nobody at the clinic knows her handle, nor where she is a patient.

Her passport is in her bag. The clinic asks the locator, in the name of the emergency group; it gets a ticket with the
custodian and the handle, breaks the glass, and has her data. The look-up and the release both stand in her account.
That she is a patient of the same hospital's psychiatric clinic, under a handle of its own, nobody learns.
"""

from pathlib import Path

from story_discovery import (
    PASSPORT,
    emergency_set,
    found_with_locator,
    outcomes,
    put_relation_under,
    register,
    share_key,
    take_in_patient,
    tourist,
)

from salus.core.glass import GlassReason
from salus.evidence.report import Verdict as Proof
from salus.evidence.verify import verify
from salus.policy.types import BasisKind
from salus.services.accounting import accounting
from salus.services.answer_lookup import LookupAnswered
from salus.services.attest_staff import attest_staff
from salus.services.break_glass import list_broken, request_break_glass
from salus.services.look_up import ask_locator
from salus.services.marks import mark
from salus.services.proofs import prove_entry
from salus.services.receive import Received
from salus.services.tickets import TicketView, use_ticket


def test_an_unconscious_tourist_is_found_and_treated_and_her_psychiatric_segment_is_not(tmp_path: Path) -> None:
    with found_with_locator(tmp_path / "home") as story:
        # Before: the hospital at home keeps two relations of hers, one of them psychiatric, and both under a set
        # that lets the emergency group break the glass.
        policies = emergency_set(story)
        handle = take_in_patient(story.north, tourist("N-1"))
        segment = take_in_patient(story.north, tourist("N-1-PSY", passport=False))
        assert handle != segment  # of the same name and day of birth: nothing hides it but its mark
        for relation in (handle, segment):
            put_relation_under(story.north, relation, policies)
        mark(story.north, segment, locatable=None, sensitive=True)
        share_key(story)
        register(story, "north", "south")

        # At the clinic: her passport's number, her name and date of birth.
        doctor = attest_staff(story.clinic, "Doctor On Call", "physician")
        in_her_bag = {
            "identifier": [{"system": PASSPORT, "value": "xda-123456"}],
            "name": [{"text": "LUCIA MARIN"}],
            "birthDate": "1984-03-09",
        }
        asked = ask_locator(story.clinic, doctor, in_her_bag)
        (answered,) = outcomes(story.region.organisation("index"))
        assert isinstance(answered, LookupAnswered)
        assert answered.found
        (ticket,) = outcomes(story.clinic)
        assert isinstance(ticket, TicketView)
        assert (ticket.relation, ticket.custodian, ticket.how) == (handle, story.north.account, "document")

        # The look-up's disclosure is proved, as the release's will be.
        (looked,) = (one for one in accounting(story.region.ledger, handle).lines if one.what == "located")
        proof = verify(prove_entry(story.region.ledger, looked.index), story.region.genesis)
        assert proof.verdict is Proof.UNWITNESSED

        # With the handle she breaks the glass, and has the data.
        found = use_ticket(story.clinic, asked).relation
        assert found == handle
        request_break_glass(story.clinic, handle, doctor, GlassReason.UNCONSCIOUS)
        outcomes(story.north)
        (got,) = outcomes(story.clinic)
        assert isinstance(got, Received)
        assert len(got.records) == 3
        assert got.basis[0] == BasisKind.BREAK_GLASS
        assert {record.header.type for record in got.records} == {"Patient", "Observation"}
        assert segment not in got.evidence
        assert verify(got.evidence, story.region.genesis).verdict is Proof.UNWITNESSED

        # Both stand in her account, the look-up before the release; the segment's account knows of neither.
        lines = accounting(story.region.ledger, handle).lines
        told = [(line.what, line.name, line.purpose) for line in lines if line.what in ("located", "break-glass")]
        assert told == [("located", "Riverside Clinic", "BTG"), ("break-glass", "Riverside Clinic", "BTG")]
        assert len(list_broken(story.region.ledger, handle)) == 1
        untouched = [line.what for line in accounting(story.region.ledger, segment).lines]
        assert not {"located", "break-glass", "released"} & set(untouched)

        # Asking again for what else there is gives nothing: not even that something was left out.
        ask_locator(story.clinic, doctor, in_her_bag, known=(handle,))
        (nothing,) = outcomes(story.region.organisation("index"))
        assert isinstance(nothing, LookupAnswered)
        assert not nothing.found
        (empty,) = outcomes(story.clinic)
        assert (empty.relation, empty.custodian, empty.bundle) == (None, None, None)

        # It was the mark that kept the segment: without it the very same question finds it.
        mark(story.north, segment, locatable=True, sensitive=False)
        register(story, "north")
        ask_locator(story.clinic, doctor, in_her_bag, known=(handle,))
        outcomes(story.region.organisation("index"))
        (other,) = outcomes(story.clinic)
        assert other.relation == segment
