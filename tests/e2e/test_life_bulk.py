"""A cohort for public health: each patient's own ground, one stream, and no trace of those who said no."""

import pytest
from msgspec.structs import replace
from story_policies import policy_set, prefer, put_under, rule
from story_region import PASSPHRASE, START_MS, Story, give_wallet, laboratory_terms, take_in

from salus.contracts.access import errors
from salus.contracts.access import queries as access
from salus.contracts.access.messages import RecordBulkRelease
from salus.contracts.access.other_events import BulkReleased
from salus.contracts.access.types import Outcome
from salus.contracts.consent import queries as consent
from salus.contracts.governance import queries as governance
from salus.core.encoding import decode, encode
from salus.evidence.report import Verdict as Proof
from salus.evidence.verify import verify
from salus.fsck.home import fsck_home
from salus.policy.policies import Choice, Mode
from salus.policy.types import BasisKind
from salus.services import ahead, bulk_release, lookup
from salus.services.access_log import What, list_reads
from salus.services.account_form import account_form
from salus.services.accounting import accounting
from salus.services.authorise import for_decision
from salus.services.bulk_release import BulkDelivery
from salus.services.bulk_release import bulk_release as release_bulk
from salus.services.bulk_task import BulkContent
from salus.services.deny import deny_totally
from salus.services.errors import NothingInBulk, OtherReceipts
from salus.services.grant import grant, to_anyone
from salus.services.history import entries
from salus.services.inbox import collect, process_inbox
from salus.services.receive_bulk import ReceivedBulk
from salus.services.received import list_received
from salus.services.resume import resume
from salus.services.tell_release import ToldView
from salus.services.unanswered import unacknowledged
from salus.testing.faults import Crash


class Cohort:
    """Alma under a rule that permits public health; Bela who opted out; Cyra who denied all; Dora who has none."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.alma, self.bela, self.cyra, self.dora = (
            take_in(story.north, name, f"N-{n}") for n, name in enumerate(("Alma", "Bela", "Cyra", "Dora"))
        )
        policies = policy_set(story, rule(story, "PUBHLTH", Mode.OPT_OUT))
        for handle in (self.alma, self.bela, self.cyra):
            put_under(story, handle, policies)
        prefer(story, give_wallet(story, story.north, self.bela, "bela"), self.bela, "PUBHLTH", Choice.OUT)
        deny_totally(give_wallet(story, story.north, self.cyra, "cyra"), self.cyra, to_anyone())

    def release(self) -> tuple[BulkDelivery, ...]:
        return release_bulk(self.story.north, self.story.clinic.account, "PUBHLTH")


@pytest.fixture
def cohort(story: Story) -> Cohort:
    return Cohort(story)


def received(story: Story) -> ReceivedBulk:
    (done,) = process_inbox(story.clinic)
    assert isinstance(done.outcome, ReceivedBulk), done.outcome
    return done.outcome


def summary(story: Story, recipient: bytes) -> BulkReleased:
    (event,) = [e.event for e in entries(story.region.ledger, recipient) if isinstance(e.event, BulkReleased)]
    return event


def told(story: Story, handle: bytes) -> list[str]:
    return [line.what for line in accounting(story.region.ledger, handle).lines]


def test_a_cohort_goes_in_one_stream_with_evidence_for_each(story: Story, cohort: Cohort) -> None:
    dora = give_wallet(story, story.north, cohort.dora, "dora")
    terms = laboratory_terms(story.clinic, uses=1)
    granted = grant(dora, cohort.dora, terms.__class__(terms.grantee, ("PUBHLTH",), 30, terms.sealed, uses=1))
    process_inbox(story.north)
    (given,) = cohort.release()
    assert (given.relations, given.records) == (2, 7)  # all five of Alma, two laboratory results of Dora
    got = received(story)
    assert (got.bulk, got.custodian) == (given.bulk, story.north.account)
    assert (got.committed, got.withheld) == (2, 0)
    by_relation = {part.relation: part for part in got.parts}
    assert set(by_relation) == {cohort.alma, cohort.dora}
    for handle, count, words in ((cohort.alma, 5, "policy set"), (cohort.dora, 2, "directive")):
        part = by_relation[handle]
        assert len(part.records) == count
        report = verify(part.evidence, story.region.genesis)
        assert report.verdict is Proof.UNWITNESSED
        assert any("released them in bulk" in said and words in said for said in report.proved)
        answer = access.answer(story.region.ledger.view(), handle, part.release)
        assert answer is not None and answer.outcome == Outcome.BULK and answer.acknowledged is not None
        (line,) = [one for one in accounting(story.region.ledger, handle).lines if one.what == "bulk"]
        assert (line.name, line.purpose, line.acknowledged) == ("Riverside Clinic", "PUBHLTH", True)
        reads = list_reads(story.north, for_decision(story.north, handle))
        assert [read.what for read in reads if read.rule == part.release] == [What.RELEASE]
    assert consent.used(story.region.ledger.view(), cohort.dora, granted.directive) == 1
    assert len(list_received(story.clinic)) == 7
    assert unacknowledged(story.region.ledger, story.clinic.account) == ()
    story.region.close()
    assert fsck_home(story.region.home, PASSPHRASE).findings == ()
    story.reopen()


def test_of_who_said_no_there_is_no_trace(story: Story, cohort: Cohort) -> None:
    (given,) = cohort.release()
    assert given.relations == 1
    event = summary(story, story.clinic.account)
    assert (event.entries, event.refused) == (1, ())
    body = encode(event)
    (letter,) = story.region.exchange.inbox(story.clinic.account)
    for handle in (cohort.bela, cohort.cyra, cohort.dora):
        assert handle not in body and handle not in letter.body
        assert "bulk" not in told(story, handle)
        reads = list_reads(story.north, for_decision(story.north, handle))
        assert [read.what for read in reads][-1] == What.DECISION  # who was looked at is told to her alone
    assert len(received(story).parts) == 1


def test_where_nobody_lets_anything_go_nothing_is_committed(story: Story, cohort: Cohort) -> None:
    with pytest.raises(NothingInBulk):
        release_bulk(story.north, story.clinic.account, "HRESCH")
    with pytest.raises(NothingInBulk):
        release_bulk(story.north, story.clinic.account, "PUBHLTH", relations=(cohort.bela, cohort.cyra))
    assert "bulk" not in told(story, cohort.alma)
    assert not any(isinstance(e.event, BulkReleased) for e in entries(story.region.ledger, story.clinic.account))


def test_validators_refuse_each_entry_by_itself(story: Story, cohort: Cohort) -> None:
    """A custodian that leaves out its gateway's decision commits to what the ledger lets stand, and to no more."""
    state, north, clinic = story.region.ledger.view(), story.north, story.clinic
    policy = consent.policy_of(governance, state, cohort.alma)
    basis = (int(BasisKind.POLICY), policy.set, policy.version)
    scopes = {handle: for_decision(north, handle) for handle in (cohort.alma, cohort.bela, cohort.cyra)}
    roots = {handle: north.vault.prove(scope, ()).root for handle, scope in scopes.items()}
    order = (cohort.bela, cohort.alma, cohort.cyra, cohort.alma)
    entries_ = tuple((handle, basis, roots[handle], bytes(32)) for handle in order)
    number, now = lookup.purpose_number(state, "PUBHLTH"), story.region.ledger.now()
    message = RecordBulkRelease(north.account, clinic.account, number, now + 1000, entries_)
    north.send(message)
    event = summary(story, clinic.account)
    assert event.entries == 1
    assert event.refused == (
        (0, errors.OptedOut.code),
        (2, errors.TotallyDenied.code),
        (3, 0x0578),  # named a second time
    )
    assert [told(story, handle)[-1] == "bulk" for handle in (cohort.alma, cohort.bela, cohort.cyra)] == [
        True,
        False,
        False,
    ]


def test_a_receipt_left_out_or_added_is_seen(story: Story, cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    (given,) = cohort.release()
    (letter,) = story.region.exchange.inbox(story.clinic.account)
    delivery, octets = ahead.open_sealed(story.clinic, letter.body)
    content = decode(octets, BulkContent)
    for receipts in ((), (*content.receipts, bytes(32)), (bytes(32),)):
        forged = encode(BulkContent(receipts, content.parts))
        with monkeypatch.context() as other:
            other.setattr("salus.services.receive_bulk.open_sealed", lambda *_, raw=forged: (delivery, raw))
            (done,) = process_inbox(story.clinic)
            assert isinstance(done.outcome, OtherReceipts)
        story.region.exchange.post(story.clinic.account, "bulk", letter.body)
    assert received(story).bulk == given.bulk


def test_who_opts_out_between_commit_and_stream_is_left_out_of_the_stream(
    story: Story, cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    alma = give_wallet(story, story.north, cohort.alma, "alma")

    def crash(*_: object, **__: object) -> None:
        raise Crash

    with monkeypatch.context() as power, pytest.raises(Crash):
        power.setattr(bulk_release, "_deliver", crash)
        cohort.release()
    prefer(story, alma, cohort.alma, "PUBHLTH", Choice.OUT)
    story.reopen()
    assert resume(story.north) == ()  # opening had done it
    got = received(story)
    assert (got.committed, got.withheld, got.parts) == (1, 1, ())
    (missing,) = unacknowledged(story.region.ledger, cohort.alma)
    assert missing.what == "bulk"


@pytest.mark.parametrize("step", ["before the commit", "after the commit"])
def test_a_crash_delivers_what_the_ledger_holds_and_nothing_else(
    story: Story, cohort: Cohort, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise Crash

    where = (type(story.north.carrier), "submit_now") if step == "before the commit" else (bulk_release, "_deliver")
    with monkeypatch.context() as power, pytest.raises(Crash):
        if step == "before the commit":
            power.setattr(bulk_release, "anchor", lambda organisation: None)
        power.setattr(*where, crash)
        cohort.release()
    story.reopen()
    assert [row.kind for row in story.north.vault.outbox.next(10)] == ["accounts"]  # spare ones, as always
    got = [done.outcome for done in process_inbox(story.clinic)]
    assert [type(one) for one in got] == ([] if step == "before the commit" else [ReceivedBulk])
    assert told(story, cohort.alma).count("bulk") == len(got)


def test_more_than_the_members_allow_go_as_several(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    handles = [take_in(story.north, f"P{n}", f"N-{n}", START_MS) for n in range(3)]
    policies = policy_set(story, rule(story, "PUBHLTH", Mode.OPT_OUT))
    for handle in handles:
        put_under(story, handle, policies)
    real = bulk_release.governance.parameter
    monkeypatch.setattr(bulk_release.governance, "parameter", lambda state, n: 2 if n == 48 else real(state, n))
    given = release_bulk(story.north, story.clinic.account, "PUBHLTH")
    assert [one.relations for one in given] == [2, 1]
    assert sum(len(done.outcome.parts) for done in process_inbox(story.clinic)) == 3  # type: ignore[union-attr]


def test_a_rule_that_asks_for_notice_has_her_told_and_the_laws_form_lists_it(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    noticed = rule(story, "PUBHLTH", Mode.OPT_OUT)
    put_under(story, handle, policy_set(story, replace(noticed, notice=True)))
    alma = give_wallet(story, story.north, handle, "alma")
    (sent,) = release_bulk(story.north, story.clinic.account, "PUBHLTH")
    assert sent.relations == 1
    (view,) = [one for one in collect(alma) if isinstance(one, ToldView)]
    assert (view.relation, view.line.what, view.line.name) == (handle, "bulk", "Riverside Clinic")
    form = account_form("gdpr", story.region.ledger, accounting(story.region.ledger, handle))
    assert [row.first.what for _, rows in form.parts for row in rows] == ["bulk"]
