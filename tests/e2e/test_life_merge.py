"""Scenario 13: one woman, two files at one hospital. They are merged, and unmerged: each decision is as it was before.

And whatever two people decide, at random: merged, no more goes than went before; unmerged, exactly the same.
"""

import random

import pytest
from story_region import (
    PASSPHRASE,
    START_MS,
    YEAR_MS,
    Story,
    ask,
    bundle,
    clinician,
    give_wallet,
    grant_laboratory,
    patient,
    take_in,
)

from salus.contracts.access.errors import TotallyDenied
from salus.contracts.access.messages import RecordRelease
from salus.contracts.accounts import queries as accounts
from salus.contracts.records import errors as records_errors
from salus.contracts.records import queries as records
from salus.core.encoding import decode
from salus.fsck.home import fsck_home
from salus.policy.policies import Choice
from salus.policy.sets import OPT_OUT
from salus.policy.types import BasisKind, Effect, Trigger
from salus.services.accounting import accounting
from salus.services.actors import Organisation, Person
from salus.services.anchor import anchor
from salus.services.approve_merge import approve_merge
from salus.services.asking import read_request
from salus.services.attest_staff import Badge, attest_staff
from salus.services.authorise import Authorised, authorise
from salus.services.deliver import Delivery
from salus.services.deny import deny_totally
from salus.services.deposit import deposit
from salus.services.errors import NotAllAgreed, NotCustodian
from salus.services.grant import Terms, grant, sealed_part, to_anyone, to_organisation
from salus.services.inbox import process_inbox
from salus.services.inspect import ledger_status
from salus.services.merge import merge
from salus.services.objects import RequestLetter
from salus.services.patients import list_patients
from salus.services.policies import list_policy_sets, name_policy_set
from salus.services.preference import set_preference
from salus.services.read_records import list_records, list_sides
from salus.services.receive import Received
from salus.services.refuse import Refused
from salus.services.request import request, request_own
from salus.services.take_approval import waiting_approvals
from salus.services.unmerge import leave_merge, unmerge
from salus.wallet.wallet import NoSuchKeptRelation

PURPOSES = ("TREAT", "ETREAT", "HPAYMT", "HRESCH")
Answers = dict[tuple[int, str, str], object]


class Files:
    """Two files of one woman at north, claimed in one wallet; clinic and south ask."""

    def __init__(self, story: Story) -> None:
        self.story, self.north = story, story.north
        self.first = take_in(self.north, "Alma", "N-1")
        self.second = take_in(self.north, "Alma", "N-1-again")
        self.alma = give_wallet(story, self.north, self.first, "alma")
        give_wallet(story, self.north, self.second, "alma")
        souths = attest_staff(story.south, "Doctor", "physician")
        self.badges = [(story.clinic, clinician(story)), (story.south, souths)]

    @property
    def handles(self) -> tuple[bytes, bytes]:
        return self.first, self.second

    def answers(self) -> Answers:
        """The list of questions: of each file, by each of two organisations, for each purpose; and what is decided."""
        return {
            (number, member.slug, purpose): self.answer(handle, member, badge, purpose)
            for number, handle in enumerate(self.handles)
            for member, badge in self.badges
            for purpose in PURPOSES
        }

    def answer(self, handle: bytes, member: Organisation, badge: Badge, purpose: str) -> object:
        """What north's gateway decides, but for the height; the name of the reason where it denies."""
        asked, opens = read_request(self.north, request(member, handle, purpose, badge).raw)
        assert opens
        found = authorise(self.north, asked)
        for letter in self.north.exchange.inbox(self.north.account):
            if letter.kind == "request":
                self.north.exchange.done(self.north.account, letter.name)
        return found.decision._replace(height=0) if isinstance(found, Authorised) else found.name

    def merge(self) -> None:
        approve_merge(self.alma, self.first, self.second)
        process_inbox(self.north)
        merge(self.north, self.first, self.second)


def allowed(answer: object) -> set[bytes]:
    return set() if isinstance(answer, str) else set(answer.allowed)  # type: ignore[attr-defined]


def basis(answer: object) -> object:
    return None if isinstance(answer, str) else answer.basis  # type: ignore[attr-defined]


@pytest.fixture
def files(story: Story) -> Files:
    return Files(story)


def test_two_files_merged_and_unmerged_restore_each_decision_exactly(files: Files) -> None:
    """She lets the clinic see laboratory in the first; in the second she denies what is old, and south everything."""
    story, alma = files.story, files.alma
    grant_laboratory(story, alma, files.first)
    laboratory = Terms(to_organisation(story.clinic.account), ("TREAT",), 30, sealed_part(text="all"))
    grant(alma, files.second, laboratory)
    old = sealed_part(until=START_MS - YEAR_MS // 4, text="nothing old")
    grant(alma, files.second, Terms(to_anyone(), PURPOSES, 30, old, effect=Effect.DENY))
    deny_totally(alma, files.second, to_organisation(story.south.account))
    (strict,) = (view.set for view in list_policy_sets(story.region.ledger) if view.name == OPT_OUT.name)
    for handle in files.handles:
        name_policy_set(files.north, handle, strict)
    set_preference(alma, files.second, {"HRESCH": Choice.OUT})
    process_inbox(files.north)

    before = files.answers()
    first = {h.record for h in list_records(files.north, files.first) if h.type != "Patient"}
    assert len(allowed(before[0, "clinic", "TREAT"])) == 2 and allowed(before[0, "clinic", "TREAT"]) <= first
    files.merge()
    during = files.answers()

    assert during != before
    for question, answer in during.items():  # never more, and on no other file's permit
        assert allowed(answer) <= allowed(before[question]), question
        assert basis(answer) in (None, basis(before[question])), question
    assert len(allowed(during[0, "clinic", "TREAT"])) == 1  # the deny of what is old holds for both
    assert {k: a for k, a in during.items() if k[0] == 1} == {k: a for k, a in before.items() if k[0] == 1}
    south = [answer for (number, slug, _), answer in during.items() if number == 0 and slug == "south"]
    assert all(isinstance(answer, str) for answer in south)

    # The ledger holds for it as well: what the gateway denies, validators refuse; what it permits goes.
    ask(story, files.first, files.badges[0][1])
    process_inbox(files.north)
    (received,) = process_inbox(story.clinic)
    assert isinstance(received.outcome, Received) and len(received.outcome.records) == 1
    request(story.south, files.first, "TREAT", files.badges[1][1])
    (refused,) = process_inbox(files.north)
    assert isinstance(refused.outcome, Refused)

    leave_merge(alma, files.first, files.second)
    assert files.answers() == before
    files.merge()  # and again, ended by the custodian this time
    assert files.answers() == during
    unmerge(files.north, files.second, files.first)
    assert files.answers() == before
    home = story.region.home
    story.region.close()
    assert fsck_home(home, PASSPHRASE).sound
    story.reopen()
    files.north, (clinic, south) = story.north, files.badges
    files.badges = [(story.clinic, clinic[1]), (story.south, south[1])]
    assert files.answers() == before


def test_validators_hold_the_denies_of_both_whatever_the_custodian_would_release(files: Files) -> None:
    granted = grant_laboratory(files.story, files.alma, files.first).directive
    clinic, badge = files.badges[0]
    deny_totally(files.alma, files.second, to_organisation(clinic.account))
    anchor(files.north)
    root = files.north.vault.anchors.opening(files.first).root

    def released() -> RecordRelease:
        raw = decode(request(clinic, files.first, "TREAT", badge).raw, RequestLetter).request
        basis, by = (int(BasisKind.DIRECTIVE), granted, 1), files.story.region.ledger.now() + 1000
        return RecordRelease(files.north.account, raw, basis, root, bytes(32), int(Trigger.REQUEST), by)

    files.north.send(released())
    for letter in files.north.exchange.inbox(
        files.north.account
    ):  # the custodian commits these itself, and answers none of them
        files.north.exchange.done(files.north.account, letter.name)
    files.merge()
    with pytest.raises(TotallyDenied):
        files.north.send(released())
    unmerge(files.north, files.first, files.second)
    files.north.send(released())


def test_a_side_that_another_custodian_keeps_denies_in_total_and_bars_no_own_access(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant_laboratory(files.story, files.alma, files.first)
    vital = sealed_part(classes=("vital-signs",), text="no vital signs")
    grant(files.alma, files.second, Terms(to_anyone(), ("TREAT",), 30, vital, effect=Effect.DENY))
    process_inbox(files.north)
    files.merge()
    clinic, badge = files.badges[0]
    assert len(allowed(files.answer(files.first, clinic, badge, "TREAT"))) == 2
    there = accounts.custodian_of
    moved = {files.second: files.story.south.account}
    monkeypatch.setattr(accounts, "custodian_of", lambda state, one: moved.get(one) or there(state, one))
    files.story.north.situations._kept.clear()
    assert files.answer(files.first, clinic, badge, "TREAT") == "SEALED_PART_MISSING"
    request_own(files.alma, files.first)
    (done,) = process_inbox(files.north)
    assert isinstance(done.outcome, Delivery)


def test_a_one_sided_merge_leaves_no_trace_on_the_ledger(files: Files) -> None:
    size = ledger_status(files.story.region.ledger).log_size
    with pytest.raises(NotAllAgreed):
        merge(files.north, files.first, files.second)
    berta = take_in(files.north, "Berta", "N-2")
    give_wallet(files.story, files.north, berta, "berta")
    size = ledger_status(files.story.region.ledger).log_size
    approve_merge(files.alma, files.first, berta)  # she says that another woman's file is hers too
    process_inbox(files.north)
    assert len(waiting_approvals(files.north)) == 1
    with pytest.raises(NotAllAgreed):
        merge(files.north, files.first, berta)
    assert ledger_status(files.story.region.ledger).log_size == size
    assert records.merged(files.story.region.ledger.view(), files.first) == ()


def test_an_approval_is_for_relations_of_ones_own_at_one_custodian_and_lapses(files: Files) -> None:
    elsewhere = take_in(files.story.south, "Alma", "S-1")
    with pytest.raises(NotCustodian):
        approve_merge(files.alma, files.first, elsewhere)
    berta, carla = take_in(files.north, "Berta", "N-2"), take_in(files.north, "Carla", "N-3")
    with pytest.raises(NoSuchKeptRelation):
        approve_merge(files.alma, berta, carla)
    approve_merge(files.alma, files.first, files.second, days=1)
    process_inbox(files.north)
    files.story.clock.time_ms += 3 * 86_400_000
    with pytest.raises(NotAllAgreed):
        merge(files.north, files.first, files.second)
    assert waiting_approvals(files.north) == ()


def test_the_desk_sees_one_patient_while_merged_and_two_again_after(files: Files) -> None:
    both = {files.first, files.second}
    assert {p.handle for p in list_patients(files.north)} == both
    with pytest.raises(Exception, match="identifiers"):  # which of the two is it?
        deposit(files.north, bundle(_with_both_names()))
    files.merge()
    (one,) = list_patients(files.north)
    assert {one.handle, *one.merged} == both and one.records == 10
    sides = list_sides(files.north, files.first)
    assert next(iter(sides)) == files.first and {len(headers) for headers in sides.values()} == {5}
    assert deposit(files.north, bundle(_with_both_names())).handles[0] in both
    unmerge(files.north, files.first, files.second)
    assert [p.merged for p in list_patients(files.north)] == [(), ()]
    assert set(list_sides(files.north, files.first)) == {files.first}


def _with_both_names() -> dict:
    found = patient("Alma", "N-1")
    found["identifier"] = [*found["identifier"], *patient("Alma", "N-1-again")["identifier"]]  # type: ignore[misc]
    return found


def test_the_account_shows_each_side_apart_and_says_so(files: Files) -> None:
    files.merge()
    leave_merge(files.alma, files.second, files.first)
    for handle, other in (files.handles, files.handles[::-1]):
        account = accounting(files.story.region.ledger, handle)
        lines = [line for line in account.lines if line.what in ("merged", "unmerged")]
        assert [line.what for line in lines] == ["merged", "unmerged"]
        assert all(other.hex()[:12] in line.reason for line in lines)
        assert account.merged == ()
    files.merge()
    assert accounting(files.story.region.ledger, files.first).merged == (files.second,)


def test_custodial_files_are_merged_by_the_desk_alone_and_a_chain_asks_who_claimed(files: Files) -> None:
    third, fourth = take_in(files.north, "Alma", "N-1-third"), take_in(files.north, "Alma", "N-1-fourth")
    assert merge(files.north, third, fourth).sides == tuple(sorted((third, fourth)))
    with pytest.raises(NotAllAgreed):
        merge(files.north, files.first, third)
    assert approve_merge(files.alma, files.first, third).sides == (files.first,)
    process_inbox(files.north)
    assert len(merge(files.north, files.first, third).sides) == 3
    assert approve_merge(files.alma, files.second, third).sides == tuple(sorted(files.handles))  # both concern her
    process_inbox(files.north)
    assert len(merge(files.north, third, files.second).sides) == 4
    with pytest.raises(records_errors.NotMerged):
        unmerge(files.north, files.first, files.second)  # linked by way of the third alone
    unmerge(files.north, files.first, third)
    assert len(records.merged(files.story.region.ledger.view(), files.second)) == 2


@pytest.mark.parametrize("turn", range(2))
def test_whatever_both_sides_decide_a_merge_only_narrows_and_its_end_restores(files: Files, turn: int) -> None:
    seed = random.randrange(2**32)
    r = random.Random(seed)
    grantees = [to_organisation(member.account) for member, _ in files.badges]
    for _ in range(r.randint(2, 5)):
        _decide(r, files.alma, r.choice(files.handles), grantees)
    process_inbox(files.north)
    before = files.answers()
    files.merge()
    during = files.answers()
    for question, answer in during.items():
        assert allowed(answer) <= allowed(before[question]), f"seed {seed}, turn {turn}, {question}"
        if basis(answer) is not None:
            assert basis(before[question]) is not None, f"seed {seed}, turn {turn}, {question}"
    unmerge(files.north, files.first, files.second)
    assert files.answers() == before, f"seed {seed}, turn {turn}"


def _decide(r: random.Random, person: Person, handle: bytes, grantees: list[tuple[int, bytes]]) -> None:
    purposes = tuple(sorted(r.sample(PURPOSES, r.randint(1, 3))))
    if r.random() < 0.2:
        deny_totally(person, handle, r.choice(grantees), purposes)
        return
    part = sealed_part(
        classes=tuple(r.sample(("laboratory", "vital-signs"), r.randint(0, 1))),
        since=r.choice((None, START_MS - YEAR_MS)),
        text="at random",
    )
    effect = r.choice((Effect.PERMIT, Effect.PERMIT, Effect.DENY))
    grant(person, handle, Terms(r.choice(grantees), purposes, 30, part, effect=effect))
