"""What is lawful without her word, what she prefers, what others attest, what courts order: through the services."""

import pytest
from story_region import Story, ask, clinician, give_wallet, grant_laboratory, laboratory_terms, take_in

from salus.contracts.consent import errors as consent_errors
from salus.contracts.consent import queries as consent
from salus.contracts.consent.types import Method
from salus.contracts.governance.messages import SetPolicySet
from salus.core.encoding import decode
from salus.core.errors import WrongSignature
from salus.policy.policies import NO_SET, STRICT, STRICT_OPT_IN, Choice
from salus.policy.sets import MANDATED, OPT_OUT
from salus.policy.shipped import policy_set
from salus.services import lookup
from salus.services.accounting import accounting
from salus.services.asking import read_request
from salus.services.attest_consent import attest_consent
from salus.services.attest_staff import attest_staff
from salus.services.authorise import Authorised, authorise
from salus.services.grant import grant
from salus.services.inbox import process_inbox
from salus.services.objects import SealedGrant, parse_signed, sign
from salus.services.orders import list_orders, record_order, withdraw_order
from salus.services.policies import STRICT_NAME, list_policy_sets, name_policy_set, policy_of, purpose_numbers
from salus.services.preference import preference, set_preference
from salus.services.propose import propose
from salus.services.revoke import revoke
from salus.services.vote import vote


def set_named(story: Story, name: str) -> bytes:
    (found,) = (view.set for view in list_policy_sets(story.region.ledger) if view.name == name)
    return found


def decided(story: Story, handle: bytes, badge: object, purpose: str = "TREAT", **fields: object) -> object:
    """What the hospital's gateway decides of a fresh request: the decision, or the reason of the denial."""
    package = ask(story, handle, badge, purpose)  # type: ignore[arg-type]
    asked, opens = read_request(story.north, package.raw)
    assert opens
    found = authorise(story.north, asked, **fields)  # type: ignore[arg-type]
    for letter in story.north.exchange.inbox(story.north.account):
        if letter.kind == "request":
            story.north.exchange.done(story.north.account, letter.name)
    return found.decision if isinstance(found, Authorised) else found.name


def test_a_new_network_is_under_strict_opt_in_and_has_two_sets_to_try(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    assert policy_of(story.region.ledger, handle) == STRICT
    views = list_policy_sets(story.region.ledger)
    assert views[0][:3] == (NO_SET, 0, STRICT_NAME) and views[0].body == STRICT_OPT_IN
    assert {view.name for view in views[1:]} == {"opt-out", "mandated"}
    assert decided(story, handle, clinician(story)) == "NOT_PERMITTED"


def test_opt_out_until_she_opts_out_and_the_set_does_not_touch_her_word(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    name_policy_set(story.north, handle, set_named(story, "opt-out"))
    answer = decided(story, handle, badge)
    assert answer.basis == (3, set_named(story, "opt-out"), 1) and len(answer.allowed) == 5  # type: ignore[attr-defined]
    set_preference(alma, handle, {"TREAT": Choice.OUT, "all": Choice.OUT, "HRESCH": Choice.IN})
    assert decided(story, handle, badge) == "OPTED_OUT"
    for name in ("mandated", "opt-out"):
        name_policy_set(story.north, handle, set_named(story, name))
        assert preference(story.region.ledger, handle) == {
            "TREAT": Choice.OUT, "all": Choice.OUT, "HRESCH": Choice.IN,
        }  # fmt: skip
    assert decided(story, handle, badge) == "OPTED_OUT"
    grant_laboratory(story, alma, handle)
    assert len(decided(story, handle, badge).allowed) == 2  # type: ignore[attr-defined]
    what = [line.what for line in accounting(story.region.ledger, handle).lines]
    assert what.count("policy-named") == 3 and "preference-set" in what


def test_members_vote_a_new_version_and_its_relations_follow_at_once(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    name_policy_set(story.north, handle, set_named(story, "opt-out"))
    assert decided(story, handle, badge).permitted  # type: ignore[attr-defined]
    numbers = purpose_numbers(story.region.ledger.view())
    body = policy_set(MANDATED, numbers, "")
    made = propose(story.north, [SetPolicySet(set_named(story, "opt-out"), body)])
    for slug in ("north", "south", "clinic"):
        vote(story.region.organisation(slug), made.proposal)
    while story.region.ledger.height() < made.effective:
        attest_staff(story.south, "Nobody", "nurse")  # any block
    assert policy_of(story.region.ledger, handle).version == 2
    assert decided(story, handle, badge) == "NOT_OPTED_IN"


def test_a_set_of_another_realm_is_not_named(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    body = policy_set(OPT_OUT, purpose_numbers(story.region.ledger.view()), "elsewhere")
    made = propose(story.north, [SetPolicySet(None, body)])
    for slug in ("north", "south", "clinic"):
        vote(story.region.organisation(slug), made.proposal)
    while story.region.ledger.height() < made.effective:
        attest_staff(story.south, "Nobody", "nurse")
    (foreign,) = (view.set for view in list_policy_sets(story.region.ledger) if view.body.jurisdiction)
    with pytest.raises(consent_errors.ForeignPolicySet):
        name_policy_set(story.north, handle, foreign)


def test_the_grantee_does_not_attest_its_own_permit(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    with pytest.raises(consent_errors.AttestedByGrantee):
        attest_consent(story.clinic, handle, laboratory_terms(story.clinic), badge, Method.ON_PAPER, b"form")


def test_the_sealed_part_of_an_attested_consent_comes_from_its_attester_alone(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    desk = attest_staff(story.south, "Desk Nobody", "clerk")
    attest_consent(story.south, handle, laboratory_terms(story.clinic), desk, Method.SPOKEN, b"form")
    (letter,) = story.north.exchange.inbox(story.north.account)
    story.north.exchange.done(story.north.account, letter.name)
    grant_object = decode(parse_signed("grant", letter.body).payload, SealedGrant)
    forged = sign("grant", story.north.network, grant_object, story.clinic.gateway)
    story.north.exchange.post(story.north.account, "grant", forged)
    (done,) = process_inbox(story.north)
    assert isinstance(done.outcome, WrongSignature)


def test_an_order_reaches_past_her_denies_to_its_recipient_for_its_purpose_alone(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    regulator = story.region.organisation("regulator")
    made = record_order(regulator, handle, story.clinic.account, "PUBHLTH", 3, 3, b"the writ")
    answer = decided(story, handle, badge, "PUBHLTH")
    assert answer.basis == (4, made.order, 0)  # type: ignore[attr-defined]
    assert decided(story, handle, badge, "HRESCH") == "ORDER_NOT_IN_FORCE"
    withdraw_order(regulator, handle, made.order)
    assert decided(story, handle, badge, "PUBHLTH") == "ORDER_NOT_IN_FORCE"
    (view,) = list_orders(story.region.ledger, handle)
    assert view.order.withdrawn and view.id == made.order
    what = [line.what for line in accounting(story.region.ledger, handle).lines]
    assert what[-2:] == ["ordered", "order-ended"]


def test_break_glass_is_for_the_emergency_group_of_the_set(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    assert decided(story, handle, badge, "BTG") == "BREAK_GLASS_NOT_ALLOWED"
    name_policy_set(story.north, handle, set_named(story, "opt-out"))
    answer = decided(story, handle, badge, "BTG")
    assert answer.basis == (5, set_named(story, "opt-out"), 1) and len(answer.allowed) == 5  # type: ignore[attr-defined]
    assert decided(story, handle, badge, "HRESCH", break_glass=True).basis[0] == 5  # type: ignore[attr-defined]


def test_a_revocation_is_seen_by_the_gateways_very_next_decision(story: Story) -> None:

    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    granted = grant_laboratory(story, alma, handle)
    assert decided(story, handle, badge).permitted  # type: ignore[attr-defined]
    revoke(alma, handle, granted.directive)
    assert decided(story, handle, badge) == "PERMIT_REVOKED"
    assert consent.directive(story.region.ledger.view(), handle, granted.directive) is not None
    again = grant(alma, handle, laboratory_terms(story.clinic))
    assert decided(story, handle, badge) == "PERMIT_REVOKED", "the new one waits for its acknowledgement"
    process_inbox(story.north)
    assert decided(story, handle, badge).basis == (2, again.directive, 1)  # type: ignore[attr-defined]
    assert lookup.person(story.region.ledger.view(), handle).custodian == story.north.account
