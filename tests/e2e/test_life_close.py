"""A closed relation is kept: nothing new, nothing for others but by mandate or order; the patient has her own."""

import pytest
from story_policies import policy_set, put_under, record_order, rule
from story_region import (
    DAY_MS,
    START_MS,
    Story,
    ask,
    clinician,
    give_wallet,
    grant_laboratory,
    laboratory_terms,
    records_of,
    take_in,
)

from salus.core.errors import Refusal
from salus.policy.policies import Mode
from salus.policy.reasons import Reason
from salus.services.close_relation import close_relation, reopen_relation
from salus.services.deposit import deposit
from salus.services.errors import RelationClosed
from salus.services.grant import grant
from salus.services.inbox import collect, process_inbox
from salus.services.life_state import LifeState, life_state
from salus.services.receive import Received
from salus.services.receive_own import OwnView
from salus.services.refuse import Refused
from salus.services.request import request_own
from salus.services.revoke import revoke


def test_a_closed_relation_and_its_reopening(story: Story) -> None:
    north, handle = story.north, take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, north, handle, "alma")
    granted = grant_laboratory(story, alma, handle)
    badge = clinician(story)
    put_under(story, handle, policy_set(story, rule(story, "PUBHLTH", Mode.MANDATED)))
    record_order(story, handle, "clinic", "HPAYMT")

    close_relation(north, handle)
    assert life_state(north.ledger.view(), handle, north.ledger.now()) == (LifeState.CLAIMED, LifeState.CLOSED)

    # Nothing new is taken in, granted, or released for treatment.
    with pytest.raises(RelationClosed):
        deposit(north, records_of("Alma", "N-1", START_MS + DAY_MS))
    with pytest.raises(Refusal, match="may act"):
        grant(alma, handle, laboratory_terms(story.south))
    ask(story, handle, badge)
    (answer,) = process_inbox(north)
    assert isinstance(answer.outcome, Refused) and answer.outcome.reason == Reason.RELATION_CLOSED

    # The order and the mandate are answered, and she has her own.
    for purpose in ("HPAYMT", "PUBHLTH"):
        ask(story, handle, badge, purpose)
        process_inbox(north)
        assert any(isinstance(one.outcome, Received) for one in process_inbox(story.clinic)), purpose
    request_own(alma, handle)
    process_inbox(north)
    (own,) = collect(alma)
    assert isinstance(own, OwnView) and len(own.records) == 5

    # What protects her stays possible.
    revoke(alma, handle, granted.directive)

    reopen_relation(north, handle)
    assert deposit(north, records_of("Alma", "N-1", START_MS + DAY_MS)).records == 5
    again = grant(alma, handle, laboratory_terms(story.clinic))
    process_inbox(north)
    ask(story, handle, badge)
    process_inbox(north)
    assert any(isinstance(one.outcome, Received) for one in process_inbox(story.clinic))
    assert again.directive != granted.directive
