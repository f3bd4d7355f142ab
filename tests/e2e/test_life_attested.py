"""A consent signed at another desk is honoured for treatment, never shown as hers, and refused for research."""

from dataclasses import replace

import pytest
from story_region import Story, ask, clinician, give_wallet, laboratory_terms, take_in
from test_story_policies import decided, set_named

from salus.contracts.access.errors import AttestedNotHonoured
from salus.contracts.access.messages import RecordRelease
from salus.contracts.consent.errors import BarredForCustodian
from salus.contracts.consent.types import Method
from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Capacity, Status, Trigger
from salus.services.accounting import accounting
from salus.services.attest_consent import Attested, attest_consent
from salus.services.attest_staff import attest_staff
from salus.services.directives import list_directives, show_directive
from salus.services.inbox import process_inbox
from salus.services.objects import RequestLetter
from salus.services.policies import name_policy_set
from salus.services.receive import Received
from salus.services.refuse import Refused
from salus.services.request import request


@pytest.fixture
def handle(story: Story) -> bytes:
    relation = take_in(story.north, "Alma", "N-1")
    give_wallet(story, story.north, relation, "alma")
    return relation


def signed_elsewhere(story: Story, handle: bytes, *purposes: str) -> Attested:
    """She signs a form at the other hospital's desk, which answers for it."""
    desk = attest_staff(story.south, "Desk Nobody", "clerk")
    terms = replace(laboratory_terms(story.clinic), purposes=purposes)
    made = attest_consent(story.south, handle, terms, desk, Method.ON_PAPER, b"the scanned form")
    (done,) = process_inbox(story.north)
    assert done.outcome == made.directive
    return made


def asked(story: Story, handle: bytes, purpose: str) -> object:
    """Ask for it, and return what the hospital answers."""
    ask(story, handle, clinician(story), purpose)
    (answer,) = process_inbox(story.north)
    return answer.outcome


def test_it_is_honoured_for_treatment_and_refused_for_research(story: Story, handle: bytes) -> None:
    name_policy_set(story.north, handle, set_named(story, "opt-out"))
    made = signed_elsewhere(story, handle, "TREAT")
    with pytest.raises(BarredForCustodian):
        signed_elsewhere(story, handle, "HRESCH")  # research is for her alone to permit
    assert not isinstance(asked(story, handle, "TREAT"), Refused | Refusal)
    (got,) = process_inbox(story.clinic)
    assert isinstance(got.outcome, Received)
    assert got.outcome.basis == (int(BasisKind.DIRECTIVE), made.directive, 1)
    assert len(got.outcome.records) == 2  # what the form said, and no more
    refused = asked(story, handle, "HRESCH")
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.OTHER_PURPOSE
    what = [line.what for line in accounting(story.region.ledger, handle).lines]
    assert [one for one in what if one in ("attested", "released", "refused")] == ["attested", "released", "refused"]


def test_it_is_honoured_as_the_set_says_and_never_shown_as_hers(story: Story, handle: bytes) -> None:
    badge, alma = clinician(story), story.region.person("alma")
    desk = attest_staff(story.south, "Desk Nobody", "clerk")
    terms = laboratory_terms(story.clinic)
    made = attest_consent(story.south, handle, terms, desk, Method.ON_PAPER, b"the scanned form")
    (done,) = process_inbox(story.north)
    assert done.outcome == made.directive
    (found,) = list_directives(story.region.ledger, handle)
    assert (found.capacity, found.status) == (Capacity.ATTESTED, Status.ACTIVE)
    assert decided(story, handle, badge) == "ATTESTED_NOT_HONOURED"
    name_policy_set(story.north, handle, set_named(story, "opt-out"))
    answer = decided(story, handle, badge)
    assert answer.basis == (2, made.directive, 1)  # type: ignore[attr-defined]
    shown = show_directive(alma, handle, made.directive)
    assert shown.sealed is None and shown.attestation is not None and shown.attestation.attester == story.south.account
    (line,) = (line for line in accounting(story.region.ledger, handle).lines if line.what == "attested")
    assert line.reason == "Attested, not signed by the person: South Hospital"
    assert (line.name, line.purpose) == ("Riverside Clinic", "TREAT")


def test_validators_hold_to_the_set_too_whatever_a_custodian_would_release(story: Story, handle: bytes) -> None:
    made = signed_elsewhere(story, handle, "TREAT")
    root = story.north.vault.anchors.opening(handle).root

    def released() -> RecordRelease:
        raw = decode(request(story.clinic, handle, "TREAT", clinician(story)).raw, RequestLetter).request
        basis, by = (int(BasisKind.DIRECTIVE), made.directive, 1), story.region.ledger.now() + 1000
        return RecordRelease(story.north.account, raw, basis, root, bytes(32), int(Trigger.REQUEST), by)

    with pytest.raises(AttestedNotHonoured):
        story.north.send(released())
    name_policy_set(story.north, handle, set_named(story, "opt-out"))
    story.north.send(released())
