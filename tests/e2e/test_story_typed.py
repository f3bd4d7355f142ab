"""What somebody typed and nobody could read again is refused before it is kept; all that was kept stays readable."""

from collections.abc import Callable

import pytest
from story_region import Story, clinician, give_wallet, laboratory_terms, take_in

from salus.contracts.consent.types import Method
from salus.contracts.records.types import PetitionKind
from salus.contracts.representation.types import Kind
from salus.policy.policies import NORMAL
from salus.services.attest_consent import attest_consent
from salus.services.attest_staff import attest_staff, list_staff
from salus.services.death import death_notes, record_death
from salus.services.errors import UnusableWords
from salus.services.grant import Terms, grant, sealed_part, to_organisation
from salus.services.hold import list_holds, place_hold
from salus.services.inbox import process_inbox
from salus.services.inspect import ledger_status
from salus.services.petition import list_petitions, petition
from salus.services.represent import Mandate, attest_representation
from salus.services.sealed_orders import list_sealed_orders, record_sealed_order
from salus.services.segments import list_segments, open_segment

LONG, NO_TEXT = "x" * 70_000, "\udcff"  # the second is how a shell's bytes that are no UTF-8 come in
DOCUMENT = bytes(2 * 1024 * 1024)


def test_nothing_is_kept_that_could_not_be_read_again(story: Story) -> None:
    north, clinic = story.north, story.clinic.account
    handle, badge = take_in(north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, north, handle, "alma")
    doctor = attest_staff(north, "Doctor Somebody", "physician")
    labelled = Mandate(clinic, Kind.GUARDIAN, ("TREAT",), excluded=(NO_TEXT,))
    silent = (handle, clinic, "TREAT", 10, 30, NORMAL)

    def said(text: str) -> Terms:
        return Terms(to_organisation(clinic), ("TREAT",), 30, sealed_part(text=text))

    acts: tuple[Callable[[], object], ...] = (
        lambda: attest_staff(north, "", "physician"),
        lambda: attest_staff(north, LONG, "physician"),
        lambda: attest_staff(north, "Somebody", ""),
        lambda: attest_staff(north, NO_TEXT, "physician"),
        lambda: place_hold(north, handle, LONG),
        lambda: place_hold(north, handle, NO_TEXT),
        lambda: record_death(north, handle, doctor, LONG),
        lambda: open_segment(north, handle, LONG, locatable=True, sensitive=False),
        lambda: open_segment(north, handle, NO_TEXT, locatable=True, sensitive=False),
        lambda: record_sealed_order(north, *silent, DOCUMENT),
        lambda: attest_representation(north, handle, labelled),
        lambda: attest_consent(story.clinic, handle, said(LONG), badge, Method.ON_PAPER, b"a form"),
        lambda: grant(alma, handle, said(LONG)),
        lambda: petition(alma, handle, PetitionKind.AMEND, text=LONG),
        lambda: petition(alma, handle, PetitionKind.AMEND, text=NO_TEXT),
    )
    size = ledger_status(story.region.ledger).log_size
    for number, act in enumerate(acts):
        with pytest.raises(UnusableWords):
            act()
            pytest.fail(f"act {number} was taken")
    assert ledger_status(story.region.ledger).log_size == size
    for organisation in (north, story.clinic):
        assert process_inbox(organisation) == ()

    # Whatever lists such things goes on, before and after a start.
    for _ in range(2):
        assert [one.name for one in list_staff(story.north)] == ["Doctor Somebody"]
        assert list_holds(story.north, handle) == ()
        assert death_notes(story.north, handle) == ()
        assert list_segments(story.north, "TREAT", doctor) == ()
        assert list_sealed_orders(story.north) == ()
        assert list_petitions(story.region.person("alma"), handle) == ()
        story.reopen()
    grant(story.region.person("alma"), handle, laboratory_terms(story.clinic))


def test_the_longest_that_may_be_kept_is(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    doctor = attest_staff(story.north, "x" * 256, "y" * 128)
    hold = place_hold(story.north, handle, "z" * 16 * 1024)
    record_death(story.north, handle, doctor, "w" * 16 * 1024)
    story.reopen()
    assert [(len(one.name), len(one.role)) for one in list_staff(story.north)] == [(256, 128)]
    assert [len(one.reason) for one in list_holds(story.north, handle) if one.hold == hold.hold] == [16 * 1024]
    (note,) = death_notes(story.north, handle)
    assert len(note.evidence) == 16 * 1024
