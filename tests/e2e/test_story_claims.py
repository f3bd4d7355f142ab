"""Invitations and claims: who holds the link, and what the desk sees."""

import pytest
from story_region import DAY_MS, Story, give_wallet, laboratory_terms, take_in

from salus.bootstrap import create_person
from salus.contracts.accounts import errors as accounts_errors
from salus.contracts.accounts.queries import person
from salus.contracts.accounts.types import PersonState
from salus.core.errors import Refusal
from salus.machine.errors import UnknownSigner
from salus.services.claim import claim, finish_claims
from salus.services.errors import NoInvitation, NoPendingClaim, WrongShortCode
from salus.services.grant import grant
from salus.services.invite import invite
from salus.services.patients import list_patients
from salus.services.settle_claim import complete_claim, confirm_claim, reject_claim
from salus.wallet.invitation import WrongCode
from salus.wallet.kept import RelationState


def test_a_stolen_link_is_stopped_by_the_short_code(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    invitation = invite(story.north, handle)
    thief, alma = create_person(story.region, "thief"), create_person(story.region, "alma")
    stolen = claim(thief, invitation.link, via=story.south.account)
    with pytest.raises(accounts_errors.ClaimPending):
        claim(alma, invitation.code)
    with pytest.raises(WrongShortCode):
        confirm_claim(story.north, handle, "0000-0000")
    assert stolen.short_code != "0000-0000"
    reject_claim(story.north, handle)
    with pytest.raises(NoInvitation):
        claim(thief, invitation.code)
    assert give_wallet(story, story.north, handle, "alma") is alma
    with pytest.raises(Refusal) as refused:
        grant(thief, handle, laboratory_terms(story.clinic))
    assert refused.value.code == UnknownSigner.code
    assert thief.wallet.directives(handle) == ()


def test_an_expired_link_opens_nothing(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    invitation = invite(story.north, handle, days=1)
    alma = create_person(story.region, "alma")
    assert invitation.end % DAY_MS == 0
    story.clock.time_ms = invitation.end
    with pytest.raises(accounts_errors.InvitationExpired):
        claim(alma, invitation.code)
    assert person(story.region.ledger.view(), handle).state == PersonState.CUSTODIAL


def test_a_typing_error_is_told_before_anything_is_sent(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    code = invite(story.north, handle).code
    alma = create_person(story.region, "alma")
    height = story.region.ledger.height()
    changed = ("0" if code[0] != "0" else "1") + code[1:]
    for wrong in (changed, code[:-1], "", "ä" * 32):
        with pytest.raises(WrongCode):
            claim(alma, wrong)
    assert story.region.ledger.height() == height and alma.wallet.relations() == ()
    assert claim(alma, code.lower().replace("-", " ")).handle == handle


def test_a_claim_nobody_answers_is_completed_after_the_delay(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    alma = create_person(story.region, "alma")
    claim(alma, invite(story.north, handle).code, via=story.south.account)
    assert [view.state for view in list_patients(story.north)] == ["claiming"]
    with pytest.raises(accounts_errors.ClaimDelayed):
        complete_claim(story.south, handle)
    story.clock.advance(3 * DAY_MS)
    complete_claim(story.south, handle)
    assert finish_claims(alma) == (handle,)
    assert [view.state for view in list_patients(story.north)] == ["claimed"]
    assert alma.wallet.relation(handle).state == RelationState.CLAIMED
    with pytest.raises(NoPendingClaim):
        complete_claim(story.south, handle)


def test_a_second_invitation_voids_the_first(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    first, second = invite(story.north, handle), invite(story.north, handle)
    alma = create_person(story.region, "alma")
    with pytest.raises((NoInvitation, accounts_errors.WrongSigners)):
        claim(alma, first.code)
    assert claim(alma, second.code).handle == handle
