"""Who gets nothing, and why: each denial by its defect."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace as changed
from time import sleep

import pytest
from msgspec.structs import replace
from story_region import (
    DAY_MS,
    Story,
    ask,
    bundle,
    clinician,
    give_wallet,
    grant_laboratory,
    laboratory_terms,
    observation,
    patient,
    take_in,
    urn,
)

from salus.contracts.governance.messages import SetMemberState
from salus.contracts.governance.types import MemberState
from salus.core.encoding import decode, encode
from salus.core.errors import WrongSignature
from salus.core.record import LeafHeader
from salus.core.request import parse_request
from salus.policy.filter import Filter
from salus.policy.reasons import Reason
from salus.policy.types import EVERYTHING, Effect
from salus.services import authorise as module
from salus.services.anchor import anchor
from salus.services.deliver import Delivery
from salus.services.deny import deny_totally
from salus.services.deposit import deposit
from salus.services.end_staff import end_staff
from salus.services.errors import AlreadyAnswered, NotCustodian, NotForUs, NotReleased, RequestOver
from salus.services.grant import Terms, grant, sealed_part, to_anyone, to_organisation
from salus.services.inbox import collect, process_inbox
from salus.services.objects import DeliveryLetter, RequestLetter, RequestOpening, opening_info, sign
from salus.services.propose import propose
from salus.services.receive import Received, receive
from salus.services.receive_own import OwnView
from salus.services.received import list_received
from salus.services.refuse import Refused
from salus.services.release import release
from salus.services.request import request, request_own
from salus.services.revoke import revoke
from salus.services.vote import vote
from salus.vault.seals import SealKey, seal


def one(outcomes: tuple) -> object:
    (only,) = outcomes
    return getattr(only, "outcome", only)


def reason(outcome: object) -> Reason:
    assert isinstance(outcome, Refused), outcome
    return outcome.reason


def suspend(story: Story, member: bytes, *, recipient: bool, custodian: bool) -> None:
    """Suspend a member by the vote of all."""
    action = SetMemberState(member, int(MemberState.ACTIVE), recipient, custodian)
    proposed = propose(story.north, [action], story.region.ledger.height() + 12)
    for slug in story.region.organisations():
        vote(story.region.organisation(slug), proposed.proposal)
    while story.region.ledger.height() < proposed.effective:
        clinician(story)  # any block


def test_without_a_permit_nothing_is_released(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    asked = ask(story, handle, clinician(story))
    assert reason(one(process_inbox(story.north))) is Reason.NOT_PERMITTED
    assert story.region.exchange.inbox(story.clinic.account)[0].kind == "refusal"
    with pytest.raises(AlreadyAnswered):
        release(story.north, asked.raw)


def test_the_wrong_recipient_cannot_open_a_delivery(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    ask(story, handle, clinician(story))
    delivery = one(process_inbox(story.north))
    assert isinstance(delivery, Delivery)
    with pytest.raises(NotForUs):
        receive(story.south, delivery.raw)
    with pytest.raises(NotForUs):  # the clinic's letters in the hands of somebody without its sealing key
        receive(changed(story.clinic, seal_key=SealKey.from_seed(bytes(32))), delivery.raw)


def test_a_changed_stream_and_a_foreign_sender_are_noticed(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    ask(story, handle, clinician(story))
    delivery = one(process_inbox(story.north))
    letter = decode(delivery.raw, DeliveryLetter)
    with pytest.raises(NotReleased):
        receive(story.clinic, encode(replace(letter, stream=letter.stream[:-1] + bytes((letter.stream[-1] ^ 1,)))))
    swapped = letter.delivery[:-1] + bytes((letter.delivery[-1] ^ 1,))
    with pytest.raises(WrongSignature):
        receive(story.clinic, encode(replace(letter, delivery=swapped)))
    assert isinstance(one(process_inbox(story.clinic)), Received)  # the true one still arrives


def test_a_persons_key_opens_no_other_relation(story: Story) -> None:
    mine, other = take_in(story.north, "Alma", "N-1"), take_in(story.north, "Berta", "N-2")
    alma = give_wallet(story, story.north, mine, "alma")
    own = request_own(alma, mine)
    letter = decode(own.raw, RequestLetter)
    assert letter.request.count(mine) == 1
    forged = encode(replace(letter, request=letter.request.replace(mine, other)))
    with pytest.raises(WrongSignature):
        release(story.north, forged)
    # signed anew by her own device, for the other's relation
    payload = replace(parse_request(story.region.network, letter.request).payload, relation=other)
    again = sign("request", story.region.network, payload, alma.wallet.relation(mine).device)
    with pytest.raises(WrongSignature):
        release(story.north, encode(replace(letter, request=again)))


def test_only_the_custodian_answers(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    asked = ask(story, handle, clinician(story))
    with pytest.raises(NotCustodian):
        release(story.south, asked.raw)


def test_an_opening_that_does_not_open_is_refused_on_the_ledger(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    letter = decode(ask(story, handle, badge).raw, RequestLetter)
    other = decode(ask(story, handle, badge).raw, RequestLetter)
    assert reason(release(story.north, encode(replace(letter, sealed=other.sealed)))) is Reason.REQUEST_INVALID


@pytest.mark.parametrize("defect", ["filter", "salt", "staff", "no staff", "answer key"])
def test_an_opening_that_opens_something_else_is_refused(story: Story, defect: str) -> None:
    network, handle, badge = story.region.network, take_in(story.north, "Alma", "N-1"), clinician(story)
    letter = decode(ask(story, handle, badge).raw, RequestLetter)
    info = opening_info(network, parse_request(network, letter.request).id)
    true = decode(story.north.seal_key.open(info, letter.sealed), RequestOpening)
    forged = {
        "filter": replace(true, filter=encode(Filter(EVERYTHING, EVERYTHING))),
        "salt": replace(true, filter_salt=bytes(32)),
        "staff": replace(true, staff=clinician(story).opening),
        "no staff": replace(true, staff=None),
        "answer key": replace(true, answer_key=story.south.seal_key.public),
    }[defect]
    sealed = seal(story.north.seal_key.public, info, encode(forged))
    assert reason(release(story.north, encode(replace(letter, sealed=sealed)))) is Reason.REQUEST_INVALID


def test_staff_that_is_no_longer_attested(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    badge = clinician(story)
    ask(story, handle, badge)
    end_staff(story.clinic, badge.commitment)
    assert reason(one(process_inbox(story.north))) is Reason.STAFF_NOT_ATTESTED


def test_a_request_at_the_end_of_its_time(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    asked = ask(story, handle, clinician(story), lifetime_ms=1000)
    story.clock.advance(1000)
    with pytest.raises(RequestOver):
        release(story.north, asked.raw)


def test_a_permit_ends_at_its_exact_end(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    granted = grant_laboratory(story, alma, handle)
    assert granted.end % DAY_MS == granted.start % DAY_MS == 0
    story.clock.time_ms = granted.end - 1
    ask(story, handle, badge)
    assert isinstance(one(process_inbox(story.north)), Delivery)
    story.clock.time_ms = granted.end
    ask(story, handle, badge)
    assert reason(one(process_inbox(story.north))) is Reason.PERMIT_EXPIRED


def test_another_purpose_and_break_glass_by_a_permit(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    for purpose, expected in (("HRESCH", Reason.OTHER_PURPOSE), ("BTG", Reason.BREAK_GLASS_NOT_ALLOWED)):
        ask(story, handle, badge, purpose)
        assert reason(one(process_inbox(story.north))) is expected
    ask(story, handle, badge, "ETREAT")  # the table says that a permit for treatment serves it
    assert isinstance(one(process_inbox(story.north)), Delivery)


def test_a_permit_is_unusable_until_it_is_acknowledged(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    grant(alma, handle, laboratory_terms(story.clinic))
    asked = ask(story, handle, badge)
    assert reason(release(story.north, asked.raw)) is Reason.PERMIT_UNACKNOWLEDGED


def test_uses_run_out(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    grant(alma, handle, laboratory_terms(story.clinic, uses=1))
    process_inbox(story.north)
    ask(story, handle, badge)
    assert isinstance(one(process_inbox(story.north)), Delivery)
    ask(story, handle, badge)
    assert reason(one(process_inbox(story.north))) is Reason.PERMIT_EXHAUSTED


def test_a_total_deny_beats_a_permit_and_not_the_person(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    deny_totally(alma, handle, to_anyone())
    ask(story, handle, badge)
    assert reason(one(process_inbox(story.north))) is Reason.TOTALLY_DENIED
    request_own(alma, handle)
    assert isinstance(one(process_inbox(story.north)), Delivery)


def test_a_code_in_a_deny_holds_back_wherever_it_stands(story: Story) -> None:
    code = ("http://loinc.org", "75622-1")
    secret = observation(urn(0), story.clock.time_ms - DAY_MS, 9)
    secret["component"] = [{"code": {"coding": [{"system": code[0], "code": code[1]}]}, "valueString": "x"}]
    raw = bundle(patient("Alma", "N-1"), secret, observation(urn(0), story.clock.time_ms - DAY_MS, 8))
    (handle,) = deposit(story.north, raw).handles
    anchor(story.north)
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    denied = Terms(
        to_organisation(story.clinic.account), ("TREAT",), 30, sealed_part(codes=(code,)), effect=Effect.DENY
    )
    grant(alma, handle, denied)
    process_inbox(story.north)
    ask(story, handle, clinician(story))
    process_inbox(story.north)
    received = one(process_inbox(story.clinic))
    assert isinstance(received, Received)
    assert [b'"value": 8' in record.octets for record in received.records] == [True]


def test_a_suspended_recipient_gets_nothing(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    suspend(story, story.clinic.account, recipient=True, custodian=False)
    ask(story, handle, badge)
    assert reason(one(process_inbox(story.north))) is Reason.RECIPIENT_SUSPENDED


def test_a_suspended_custodian_releases_to_nobody_but_the_person(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    suspend(story, story.north.account, recipient=False, custodian=True)
    ask(story, handle, badge)
    assert reason(one(process_inbox(story.north))) is Reason.NOT_PERMITTED
    request_own(alma, handle)
    assert isinstance(one(process_inbox(story.north)), Delivery)
    view = one(collect(alma))
    assert isinstance(view, OwnView) and len(view.records) == 5


def test_revoke_and_release_in_one_block(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    granted = grant_laboratory(story, alma, handle)
    asked = ask(story, handle, badge)
    others = [story.region.organisation(slug) for slug in story.region.organisations() if slug != "north"]
    with ThreadPoolExecutor(2) as pool:
        with ExitStack() as held:
            for organisation in (*others, story.north):  # the last leaves first: its batch holds both
                held.enter_context(organisation.carrier.gathering())
            answering = pool.submit(release, story.north, asked.raw)
            _wait(lambda: story.north.carrier.waiting() == 1)
            revoking = pool.submit(revoke, alma, handle, granted.directive)
            _wait(lambda: story.north.carrier.waiting() == 2)
        assert reason(answering.result()) is Reason.PERMIT_REVOKED
        assert revoking.result().height < answering.result().height
    assert [task for task in story.north.vault.outbox.next(100) if task.kind == "release"] == []


def _wait(condition) -> None:
    for _ in range(5000):
        if condition():
            return
        sleep(0.001)
    raise AssertionError("nothing gathered")


def test_an_error_in_deciding_is_a_denial(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "decide_prepared", broken)
    ask(story, handle, badge)
    assert reason(one(process_inbox(story.north))) is Reason.EVALUATION_FAILED


def test_received_copies_say_where_they_came_from(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    ask(story, handle, clinician(story))
    process_inbox(story.north)
    received = one(process_inbox(story.clinic))
    kept = list_received(story.clinic)
    assert {release_id for release_id, _ in kept} == {received.release}
    assert {record for _, record in kept} == set(received.records)
    assert all(isinstance(record.header, LeafHeader) for _, record in kept)
    assert anchor(story.clinic) == (0, ())  # a copy is never anchored as one's own
    assert request(story.clinic, handle, "TREAT", clinician(story)).custodian == story.north.account
