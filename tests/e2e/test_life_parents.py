"""Parents: what they grant, what becomes of it in a dispute, when the child comes of age, when a term ends."""

import pytest
from story_family import Adult, Family, adult, family, honour_treatment, terms
from story_region import DAY_MS, Story, ask, clinician, give_wallet, take_in

from salus.contracts.consent import errors as consent_errors
from salus.contracts.consent import queries as consent
from salus.contracts.consent.messages import SetPreference
from salus.contracts.representation import errors
from salus.contracts.representation import queries as representation
from salus.contracts.representation.types import Kind, Rule, Standing
from salus.policy.policies import Choice
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Capacity, GranteeKind, Status
from salus.services import lookup
from salus.services.accounting import accounting
from salus.services.act_for import ActsFor, acts_for, deny_for, grant_for, revoke_for
from salus.services.attest_staff import Badge
from salus.services.confirm_grant import confirm_grant, to_confirm
from salus.services.deliver import Delivery
from salus.services.dispute import dispute, resign
from salus.services.errors import ActsForNobody, AuthorityOver
from salus.services.grant import Granted
from salus.services.inbox import process_inbox
from salus.services.keep_representation import (
    due,
    end_representation,
    narrow_representation,
    renew_representation,
    settle_dispute,
)
from salus.services.receive import Received
from salus.services.refuse import Refused
from salus.services.represent import Mandate, attest_representation
from salus.services.revoke import revoke

ANYONE = (int(GranteeKind.ANYONE), b"")


def granted_by(home: Family, parent: Adult, purpose: str) -> Granted:
    """A parent permits the clinic; the hospital acknowledges it."""
    made = grant_for(parent.person, parent.acting(home.child), terms(home.story, purpose))
    (done,) = process_inbox(home.story.north)
    assert done.outcome == made.directive
    return made


def answer(home: Family, badge: Badge, purpose: str) -> object:
    """What the hospital answers when the clinic asks: the basis it releases on, or why it does not."""
    ask(home.story, home.child, badge, purpose)
    (done,) = process_inbox(home.story.north)
    (received,) = process_inbox(home.story.clinic)
    if isinstance(done.outcome, Refused):
        return done.outcome.reason
    assert isinstance(done.outcome, Delivery)
    assert isinstance(received.outcome, Received) and received.outcome.records
    return received.outcome.basis


def test_parents_disagree_treatment_goes_on_and_research_does_not(story: Story) -> None:
    home, badge = family(story), clinician(story)
    honour_treatment(story, home.child)
    care, study = granted_by(home, home.mother, "TREAT"), granted_by(home, home.father, "HRESCH")
    assert answer(home, badge, "TREAT") == (BasisKind.DIRECTIVE, care.directive, 1)
    assert answer(home, badge, "HRESCH") == (BasisKind.DIRECTIVE, study.directive, 1)
    # The mother disputes what the father has. She wins nothing by it: both are disputed.
    mothers, fathers = home.mother.represents, home.father.represents
    assert mothers is not None and fathers is not None
    dispute(home.mother.person, home.mother.account, home.child, fathers.representation)
    standing = {i: e.standing for i, e in representation.representations(story.region.ledger.view(), home.child)}
    assert standing == {mothers.representation: Standing.DISPUTED, fathers.representation: Standing.DISPUTED}
    assert answer(home, badge, "TREAT") == (BasisKind.DIRECTIVE, care.directive, 1)
    assert answer(home, badge, "HRESCH") is Reason.AUTHORITY_SUSPENDED
    # Each may still permit treatment and deny anything; neither may permit research.
    granted_by(home, home.father, "TREAT")
    for parent in (home.mother, home.father):
        with pytest.raises(consent_errors.NotAuthorised):
            grant_for(parent.person, parent.acting(home.child), terms(story, "HRESCH"))
    # The hospital that attested them settles it: the father is suspended, the mother stands again.
    settle_dispute(story.north, home.child, mothers.representation, Standing.ACTIVE)
    settle_dispute(story.north, home.child, fathers.representation, Standing.SUSPENDED)
    assert answer(home, badge, "TREAT") == (BasisKind.DIRECTIVE, care.directive, 1)
    assert answer(home, badge, "HRESCH") is Reason.AUTHORITY_SUSPENDED
    with pytest.raises(consent_errors.NotAuthorised):
        deny_for(home.father.person, home.father.acting(home.child), ANYONE)
    # Restored by the court, what he granted holds again.
    settle_dispute(story.region.organisation("regulator"), home.child, fathers.representation, Standing.ACTIVE)
    assert answer(home, badge, "HRESCH") == (BasisKind.DIRECTIVE, study.directive, 1)


def test_where_no_set_honours_anothers_word_a_dispute_stops_treatment_too(story: Story) -> None:
    home, badge = family(story), clinician(story)
    granted_by(home, home.mother, "TREAT")
    assert home.father.represents is not None
    dispute(home.mother.person, home.mother.account, home.child, home.father.represents.representation)
    assert answer(home, badge, "TREAT") is Reason.AUTHORITY_SUSPENDED


def test_a_stranger_cannot_raise_nor_a_parent_settle_a_dispute(story: Story) -> None:
    home, uncle = family(story), adult(story, "uncle")
    assert home.father.represents is not None
    with pytest.raises(errors.NotAuthorised):
        dispute(uncle.person, uncle.account, home.child, home.father.represents.representation)
    with pytest.raises(ActsForNobody):
        acts_for(uncle.person, home.child)


def test_all_must_sign_in_one_envelope(story: Story) -> None:
    home = family(story, rule=Rule.ALL)
    mother, father = home.mother, home.father
    with pytest.raises(consent_errors.NotAuthorised):
        grant_for(mother.person, mother.acting(home.child), terms(story, "TREAT"))
    together = [father.person.signer(father.account)]
    made = grant_for(mother.person, mother.acting(home.child), terms(story, "TREAT"), together)
    (done,) = process_inbox(story.north)
    assert done.outcome == made.directive
    assert answer(home, clinician(story), "TREAT") == (BasisKind.DIRECTIVE, made.directive, 1)
    deny_for(father.person, father.acting(home.child), ANYONE)  # what protects, each does by itself


def test_a_minor_comes_of_age_in_the_middle_of_a_grant(story: Story) -> None:
    birthday = story.region.ledger.now() + 100 * DAY_MS
    home, badge = family(story, until=birthday), clinician(story)
    kept, dropped = granted_by(home, home.mother, "TREAT"), granted_by(home, home.father, "HRESCH")
    assert answer(home, badge, "TREAT") == (BasisKind.DIRECTIVE, kept.directive, 1)
    # The day itself is nowhere on the ledger; the hospital's gateway keeps to it.
    entries = representation.representations(story.region.ledger.view(), home.child)
    assert all(birthday not in (entry.start, entry.end) for _, entry in entries)
    assert due(story.north) == ()
    story.clock.advance(100 * DAY_MS)
    assert answer(home, badge, "TREAT") is Reason.AUTHORITY_ENDED
    # A parent acting past majority: what she permits now is never acknowledged.
    late = grant_for(home.mother.person, home.mother.acting(home.child), terms(story, "TREAT"))
    (done,) = process_inbox(story.north)
    assert isinstance(done.outcome, AuthorityOver)
    found = consent.directive(story.region.ledger.view(), home.child, late.directive)
    assert found is not None and found.status == Status.UNACKNOWLEDGED
    # At a time of its own choosing the hospital narrows what the parents have; then the ledger refuses as well.
    waiting = due(story.north)
    assert len(waiting) == 2 and all(one.of_age for one in waiting)
    for one in waiting:
        narrow_representation(story.north, one.relation, one.representation)
    assert due(story.north) == ()
    for parent in (home.mother, home.father):
        with pytest.raises(consent_errors.NotAuthorised):
            grant_for(parent.person, parent.acting(home.child), terms(story, "TREAT"))
    deny = deny_for(home.mother.person, home.mother.acting(home.child), ANYONE)
    # The young adult claims the account, keeps what she wants, and drops what she does not.
    grown = give_wallet(story, story.north, home.child, "grown")
    assert {one.id for one in to_confirm(grown, home.child)} == {kept.directive, dropped.directive, late.directive}
    confirm_grant(grown, home.child, kept.directive)
    found = consent.directive(story.region.ledger.view(), home.child, kept.directive)
    assert found is not None and (found.capacity, found.under, found.version) == (Capacity.SELF, None, 1)
    assert answer(home, badge, "TREAT") is Reason.TOTALLY_DENIED  # her mother's deny stays until somebody revokes it
    with pytest.raises(consent_errors.NotAuthorised):
        revoke_for(home.father.person, home.father.acting(home.child), deny.directive)
    revoke(grown, home.child, deny.directive)
    assert answer(home, badge, "TREAT") == (BasisKind.DIRECTIVE, kept.directive, 1)
    assert answer(home, badge, "HRESCH") is Reason.AUTHORITY_ENDED
    said = [line.what for line in accounting(story.region.ledger, home.child).lines]
    assert said.count("representation-narrowed") == 2 and "confirmed" in said


def test_a_court_attests_a_guardian_and_ends_it(story: Story) -> None:
    child, guardian = take_in(story.north, "Kind", "N-7"), adult(story, "guardian")
    court, badge = story.region.organisation("regulator"), clinician(story)
    made = attest_representation(court, child, Mandate(guardian.account, Kind.GUARDIAN, ("TREAT",)))
    home = Family(story, child, guardian, guardian)
    permit = grant_for(guardian.person, guardian.acting(child), terms(story, "TREAT"))
    taken, acknowledged = process_inbox(story.north)  # the court's letter, then the grant that rests on it
    assert (taken.outcome, acknowledged.outcome) == (made.representation, permit.directive)
    assert answer(home, badge, "TREAT") == (BasisKind.DIRECTIVE, permit.directive, 1)
    with pytest.raises(errors.NotAuthorised):
        end_representation(story.north, child, made.representation)  # the hospital did not attest it
    end_representation(court, child, made.representation)
    assert answer(home, badge, "TREAT") is Reason.AUTHORITY_ENDED


def test_a_term_ends_and_is_renewed(story: Story) -> None:
    home, badge = family(story), clinician(story)
    made = granted_by(home, home.mother, "TREAT")
    represents = home.mother.represents
    assert represents is not None
    resign(home.father.person, home.father.account, home.child, home.father.represents.representation)  # type: ignore[union-attr]
    story.clock.advance(represents.end - story.region.ledger.now() - 30 * DAY_MS)
    assert [(one.representation, one.of_age) for one in due(story.north)] == [(represents.representation, False)]
    story.clock.advance(30 * DAY_MS)
    with pytest.raises(consent_errors.NotAuthorised):
        grant_for(home.mother.person, home.mother.acting(home.child), terms(story, "TREAT"))
    renewed = renew_representation(story.north, home.child, represents.representation)
    assert renewed > represents.end
    again = granted_by(home, home.mother, "TREAT")
    assert again.directive != made.directive
    badge = clinician(story)
    assert answer(home, badge, "TREAT") == (BasisKind.DIRECTIVE, again.directive, 1)
    with pytest.raises(consent_errors.NotAuthorised):
        grant_for(home.father.person, _acting(home.father, home.child), terms(story, "TREAT"))


def _acting(parent: Adult, child: bytes) -> ActsFor:
    return ActsFor(parent.account, child, Capacity.REPRESENTATIVE)


def test_a_parent_opts_out_and_never_in(story: Story) -> None:
    home = family(story)
    number = lookup.purpose_number(story.region.ledger.view(), "HRESCH")
    for choice, code in ((Choice.IN, consent_errors.NotAuthorised.code), (Choice.OUT, 0)):
        message = SetPreference(home.child, int(Capacity.REPRESENTATIVE), ((number, int(choice)),))
        built = home.mother.person.build(home.mother.account, message)
        landed = home.mother.person.carriers.carry(story.north.account, built.raw).result()
        assert landed.result.code == code
