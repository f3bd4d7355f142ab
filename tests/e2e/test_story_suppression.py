"""What a custodian cannot do: suppress a revocation, hide a version, go back to an older state."""

from concurrent.futures import Future
from dataclasses import replace as changed

import pytest
from msgspec.structs import replace
from story_region import DAY_MS, START_MS, Story, ask, clinician, give_wallet, grant_laboratory, records_of, take_in

from salus.client.batcher import Landed
from salus.contracts.consent.queries import directive
from salus.core.encoding import decode, encode
from salus.evidence.format import read_evidence
from salus.ledger.errors import StorageFull
from salus.policy.reasons import Reason
from salus.policy.types import Status
from salus.services import deliver as module
from salus.services import protect
from salus.services.commit_release import release_tasks
from salus.services.deliver import Reads, deliver
from salus.services.deposit import deposit
from salus.services.errors import Incomplete, NoSuchMember, NotCarried, Rollback
from salus.services.inbox import collect, process_inbox
from salus.services.ports import Carried, Carriers
from salus.services.receive_own import OwnView
from salus.services.refuse import Refused
from salus.services.request import request_own
from salus.services.resume import resume
from salus.services.revoke import revoke


class Suppressing:
    """Carriers of which one takes what it is given and never sends it."""

    def __init__(self, inner: Carriers, silent: bytes) -> None:
        self._inner, self._silent = inner, silent

    def carry(self, member: bytes, envelope: bytes) -> "Future[Landed]":
        return Future() if member == self._silent else self._inner.carry(member, envelope)

    def carry_claim(self, member: bytes, claim: bytes) -> "Future[Landed]":
        return self._inner.carry_claim(member, claim)

    def carry_recovery(self, member: bytes, recovery: bytes, approval: bytes) -> "Future[Landed]":
        return self._inner.carry_recovery(member, recovery, approval)

    def carry_veto(self, member: bytes, veto: bytes) -> "Future[Landed]":
        return Future() if member == self._silent else self._inner.carry_veto(member, veto)

    def members(self) -> tuple[bytes, ...]:
        return self._inner.members()

    def receipts(self, within_s: float) -> tuple[Carried, ...]:
        return self._inner.receipts(within_s)


class Unreachable(Suppressing):
    """Carriers of which none can be reached."""

    def carry(self, member: bytes, envelope: bytes) -> "Future[Landed]":
        raise NoSuchMember


class Failing(Suppressing):
    """Carriers who take it, and then cannot keep it."""

    def carry(self, member: bytes, envelope: bytes) -> "Future[Landed]":
        future: Future[Landed] = Future()
        future.set_exception(StorageFull())
        return future


def test_the_hospital_cannot_suppress_a_revocation(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    granted = grant_laboratory(story, alma, handle)
    wary = changed(alma, carriers=Suppressing(alma.carriers, story.north.account))
    assert revoke(wary, handle, granted.directive).carriers == 1
    found = directive(story.region.ledger.view(), handle, granted.directive)
    assert found is not None and found.status == Status.REVOKED
    ask(story, handle, badge)
    (answered,) = process_inbox(story.north)
    assert isinstance(answered.outcome, Refused) and answered.outcome.reason is Reason.PERMIT_REVOKED


def test_a_revocation_nobody_carries_says_so(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, story.north, handle, "alma")
    granted = grant_laboratory(story, alma, handle)
    for carriers, why in ((Unreachable, NoSuchMember), (Failing, StorageFull)):
        cut_off = changed(alma, carriers=carriers(alma.carriers, b""))
        for hand_over in (protect.protect, protect.carry_own):
            with pytest.raises(NotCarried) as refused:
                hand_over(cut_off, handle, b"")
            assert isinstance(refused.value.why, why) and str(refused.value) == (
                f"No member carried the message; try again. One said: {why.text} (0x6014)"
            )
    with pytest.raises(NotCarried):
        revoke(cut_off, handle, granted.directive)
    monkeypatch.setattr(protect, "_TIMEOUT_S", 0.01)
    monkeypatch.setattr(protect, "_CARRIERS", 1)
    with pytest.raises(NotCarried, match=r"try again\. \(0x6014\)$"):
        revoke(changed(alma, carriers=Suppressing(alma.carriers, story.north.account)), handle, granted.directive)


def test_a_view_without_one_record_is_incomplete(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, story.north, handle, "alma")
    honest = module._whole

    def hide_one(organisation, asked) -> tuple[bytes, Reads]:
        view, reads = honest(organisation, asked)
        evidence = read_evidence(view).evidence
        whole = replace(evidence.whole, entries=evidence.whole.entries[1:])
        return encode(replace(evidence, records=evidence.records[1:], whole=whole)), reads

    monkeypatch.setattr(module, "_whole", hide_one)
    request_own(alma, handle)
    process_inbox(story.north)
    (outcome,) = collect(alma)
    assert isinstance(outcome, Incomplete)
    assert alma.wallet.relation(handle).seen is None


def test_an_older_view_is_a_rollback(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, story.north, handle, "alma")
    views: list[tuple[bytes, Reads]] = []
    honest = module._whole

    def keep(organisation, asked) -> tuple[bytes, Reads]:
        views.append(honest(organisation, asked))
        return views[-1]

    monkeypatch.setattr(module, "_whole", keep)
    for shift in (0, DAY_MS):
        deposit(story.north, records_of("Alma", "N-1", START_MS - 1 - shift))
        request_own(alma, handle)
        process_inbox(story.north)
        (outcome,) = collect(alma)
        assert isinstance(outcome, OwnView)
    monkeypatch.setattr(module, "_whole", lambda organisation, asked: views[0])  # true once, and old now
    request_own(alma, handle)
    process_inbox(story.north)
    (outcome,) = collect(alma)
    assert isinstance(outcome, Rollback)
    assert alma.wallet.relation(handle).seen.log_size == 15


def test_a_release_cut_off_after_its_commit_is_delivered_at_the_next_start(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    ask(story, handle, badge)

    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as broken:
        broken.setattr("salus.services.release.deliver", crash)
        with pytest.raises(Crash):
            process_inbox(story.north)
    story.reopen()
    assert [task for task in story.north.vault.outbox.next(10) if task.kind == "release"] == []  # done at opening
    assert resume(story.north) == ()
    letters = story.region.exchange.inbox(story.clinic.account)
    assert [letter.kind for letter in letters] == ["delivery"]
    (got,) = process_inbox(story.clinic)
    assert len(got.outcome.records) == 2
    (again,) = process_inbox(story.north)  # the request still lies there
    assert again.outcome.text == "The request was answered."


def test_delivering_twice_is_receiving_once(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    ask(story, handle, badge)
    with monkeypatch.context() as kept:
        kept.setattr(module, "drop_task", lambda *_: None)
        process_inbox(story.north)
    ((_, task),) = release_tasks(story.north)
    deliver(story.north, task)
    outcomes = process_inbox(story.clinic)
    assert [len(item.outcome.records) for item in outcomes] == [2, 2]
    assert decode(encode(task), type(task)) == task and release_tasks(story.north) == []
