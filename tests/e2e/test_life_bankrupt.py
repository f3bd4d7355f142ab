"""Scenario 12: a bankrupt hospital's custody moves; old evidence verifies, grants do not pass, patients keep access."""

from typing import Any

import pytest
from story_members import decide
from story_region import (
    DAY_MS,
    PASSPHRASE,
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

from salus.contracts.accounts import queries as accounts
from salus.contracts.consent import queries as consent
from salus.contracts.consent.messages import DenyTotally, GrantConsent, SetPreference
from salus.contracts.governance import queries as governance
from salus.contracts.governance.messages import SucceedMember
from salus.contracts.records import queries as records
from salus.contracts.records.custody_errors import NotOffered as EntryNotOffered
from salus.contracts.records.errors import NotTheSuccessor
from salus.contracts.records.messages_life import TakeOverCustody
from salus.contracts.records.types import Outcome, PetitionKind
from salus.evidence.report import Verdict
from salus.evidence.verify import verify
from salus.fsck.home import fsck_home
from salus.policy.policies import Choice
from salus.policy.reasons import Reason
from salus.policy.types import Capacity, Effect, GranteeKind, Status
from salus.services import lookup
from salus.services.accept_custody import accept_custody, list_offers
from salus.services.access_log import What
from salus.services.actors import Organisation
from salus.services.anchor import anchor
from salus.services.custody_letters import Surrendered
from salus.services.deposit import deposit
from salus.services.due import due
from salus.services.erase import erase
from salus.services.errors import CustodyMoving, NotCustodian
from salus.services.grant import grant
from salus.services.hold import lift_hold, list_holds, place_hold
from salus.services.inbox import collect, process_inbox
from salus.services.life_state import LifeState, life_state
from salus.services.offer_custody import list_offered, offer_custody, withdraw_offer
from salus.services.patients import find_patient, list_patients
from salus.services.petition import petition
from salus.services.read_records import list_records, read_record
from salus.services.receive import Received
from salus.services.receive_own import OwnView
from salus.services.receive_receipt import ReceiptView
from salus.services.refuse import Refused
from salus.services.request import request_own
from salus.services.take_petition import list_open
from salus.vault.errors import NoSuchRelation


class Scene:
    """North Hospital ends its work. Alma is a patient of it, and the clinic received of her."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.handle = take_in(story.north, "Alma", "N-1")
        self.alma = give_wallet(story, story.north, self.handle, "alma")
        self.granted = grant_laboratory(story, self.alma, self.handle)
        self.badge = clinician(story)
        self.old = self.ask(story.north)
        assert isinstance(self.old, Received)

    def ask(self, custodian: Organisation) -> Any:
        ask(self.story, self.handle, self.badge)
        process_inbox(custodian)
        outcomes = [done.outcome for done in process_inbox(self.story.clinic)]
        return next((o for o in outcomes if isinstance(o, Received)), None)

    def own(self, custodian: Organisation) -> OwnView:
        request_own(self.alma, self.handle)
        process_inbox(custodian)
        return next(view for view in collect(self.alma) if isinstance(view, OwnView))

    def move(self) -> None:
        """The whole way: offered, accepted, destroyed where it was, the last word received."""
        offered = offer_custody(self.story.north, self.story.south.account, [self.handle])
        assert offered == ((self.handle,), ())
        assert accept_custody(self.story.south) == ((self.handle,), ())
        due(self.story.north)
        (word,) = process_inbox(self.story.south)
        assert isinstance(word.outcome, Surrendered)

    def content(self, custodian: Organisation) -> dict[bytes, bytes]:
        headers = list_records(custodian, self.handle)
        return {h.record: read_record(custodian, self.handle, h.record).octets for h in headers}

    def custodian(self) -> bytes | None:
        return accounts.custodian_of(self.story.north.ledger.view(), self.handle)

    def status(self) -> int:
        found = consent.directive(self.story.north.ledger.view(), self.handle, self.granted.directive)
        assert found is not None
        return found.status

    def sound(self) -> bool:
        home = self.story.region.home
        self.story.region.close()
        report = fsck_home(home, PASSPHRASE)
        self.story.reopen()
        return report.sound


@pytest.fixture
def scene(story: Story) -> Scene:
    return Scene(story)


def test_custody_moves_with_records_keys_and_history(scene: Scene) -> None:
    story = scene.story
    old = scene.content(story.north)
    scene.move()
    assert scene.custodian() == story.south.account
    assert len(old) == 5 and scene.content(story.south) == old
    with pytest.raises(NoSuchRelation):
        story.north.vault.anchors.opening(scene.handle)
    assert list_patients(story.north) == ()
    assert [one.handle for one in list_patients(story.south)] == [scene.handle]
    assert find_patient(story.south, "urn:oid:1.2.3.4", "N-1") == scene.handle
    assert find_patient(story.north, "urn:oid:1.2.3.4", "N-1") is None
    assert scene.sound()


def test_old_evidence_verifies_after_the_hospital_is_gone(scene: Scene) -> None:
    scene.move()
    report = verify(scene.old.evidence, scene.story.clinic.genesis)
    assert report.verdict is Verdict.UNWITNESSED  # proved, and nobody outside has cosigned the log of this test
    assert scene.story.north.account.hex() in " ".join(report.proved)


def test_the_patient_keeps_her_access_and_sees_all_of_it(scene: Scene) -> None:
    before = scene.own(scene.story.north)
    read_record(scene.story.north, scene.handle, before.records[0].header.record)
    scene.move()
    after = scene.own(scene.story.south)
    assert after.custodian == scene.story.south.account
    assert [r.header for r in after.records] == [r.header for r in before.records]
    assert [r.octets for r in after.records] == [r.octets for r in before.records]
    assert after.reads[: len(before.reads)] == before.reads
    assert What.READ in [read.what for read in after.reads], "the read after the last anchor came with the last word"


def test_grants_do_not_pass(scene: Scene) -> None:
    story = scene.story
    to_north = grant(scene.alma, scene.handle, laboratory_terms(story.north))
    process_inbox(story.north)
    scene.move()
    view = story.south.ledger.view()
    named = [d.grantee for d in consent.directives(view, scene.handle)]
    assert (1, story.south.account) not in named, "what the old custodian was granted, the new one is not"
    assert (1, story.north.account) in named
    kept = consent.directive(view, scene.handle, to_north.directive)
    assert kept is not None and kept.grantee == (1, story.north.account)


def test_what_the_old_custodian_permitted_ends_and_what_it_denied_stays(story: Story) -> None:
    """Berta has no wallet: the hospital spoke for her, and nobody inherits that."""
    paper, north, clinic = take_in(story.north, "Berta", "N-2"), story.north, story.clinic.account
    now, number = story.region.ledger.now(), lookup.purpose_number(story.region.ledger.view(), "TREAT")
    capacity, grantee, end = int(Capacity.CUSTODIAN), (int(GranteeKind.ORGANISATION), clinic), now + 30 * DAY_MS
    terms = ((number,), now, end, 0, 0, (False, 0, False), bytes(32))
    north.send(GrantConsent(paper, capacity, None, grantee, int(Effect.PERMIT), *terms))
    north.send(DenyTotally(paper, capacity, (int(GranteeKind.ORGANISATION), story.south.account), (), now, end))
    north.send(SetPreference(paper, capacity, ((number, int(Choice.IN)),)))

    def standing() -> dict[Effect, int]:
        found = consent.directives(story.region.ledger.view(), paper)
        return {Effect(one.effect): one.status for one in found}

    assert standing() == {Effect.PERMIT: Status.UNACKNOWLEDGED, Effect.DENY: Status.ACTIVE}
    offer_custody(north, story.south.account, [paper])
    accept_custody(story.south)
    assert standing() == {Effect.PERMIT: Status.REVOKED, Effect.DENY: Status.ACTIVE}
    chosen = consent.policy_of(governance, story.region.ledger.view(), paper)
    assert chosen.preference == (), "nor is it opted in any more"


def test_what_the_patient_granted_to_others_binds_the_new_custodian_once_it_acknowledged(scene: Scene) -> None:
    story = scene.story
    offer_custody(story.north, story.south.account, [scene.handle])
    assert scene.status() == Status.ACTIVE
    accept_custody(story.south)
    assert scene.status() == Status.ACTIVE, "it was handed the sealed part, opened it, and acknowledged"
    again = scene.ask(story.south)
    assert isinstance(again, Received)
    assert again.custodian == story.south.account
    assert [r.header for r in again.records] == [r.header for r in scene.old.records]


def test_while_it_is_offered_care_goes_on_and_nothing_is_changed(scene: Scene) -> None:
    story = scene.story
    offer_custody(story.north, story.south.account, [scene.handle])
    assert list_offered(story.north) == ((scene.handle, story.south.account),)
    assert life_state(story.north.ledger.view(), scene.handle, story.north.ledger.now()) == (
        LifeState.CLAIMED,
        LifeState.TRANSFERRING,
    )
    assert isinstance(scene.ask(story.north), Received)
    assert len(scene.own(story.north).records) == 5
    with pytest.raises(CustodyMoving):
        deposit(story.north, records_of("Alma", "N-1", START_MS + DAY_MS))
    wish = petition(scene.alma, scene.handle, PetitionKind.ERASE)
    process_inbox(story.north)
    with pytest.raises(CustodyMoving):
        erase(story.north, wish.petition)
    assert withdraw_offer(story.north, [scene.handle]) == ((scene.handle,), ())
    assert accept_custody(story.south) == ((), ())
    assert deposit(story.north, records_of("Alma", "N-1", START_MS + DAY_MS)).records == 5


def test_an_offer_to_another_is_not_accepted(scene: Scene) -> None:
    story = scene.story
    offer_custody(story.north, story.south.account, [scene.handle])
    assert list_offers(story.clinic) == ()
    assert [one.relation for one in list_offers(story.south)] == [scene.handle]
    withdraw_offer(story.north, [scene.handle])
    assert list_offers(story.south) == ()
    assert withdraw_offer(story.north, [scene.handle]) == ((), ((scene.handle, EntryNotOffered.code),))


def test_the_former_custodian_can_do_nothing_more(scene: Scene) -> None:
    story = scene.story
    scene.move()
    with pytest.raises(NotCustodian):
        read_record(story.north, scene.handle, scene.old.records[0].header.record)
    assert anchor(story.north).refused == ()
    ask(story, scene.handle, scene.badge)
    assert story.north.exchange.inbox(story.north.account) == []
    fresh = deposit(story.north, records_of("Alma", "N-1", START_MS + DAY_MS))
    assert fresh.handles[0] != scene.handle, "she would be a new patient there"


def test_what_waited_moves_along(scene: Scene) -> None:
    """A hold with its reason, an erasure put off: the new custodian lifts the one, and the other runs by itself."""
    story = scene.story
    held = place_hold(story.north, scene.handle, "case 12 of the court")
    wish = petition(scene.alma, scene.handle, PetitionKind.ERASE, text="all of it")
    process_inbox(story.north)
    assert erase(story.north, wish.petition).outcome == Outcome.DEFERRED
    collect(scene.alma)
    scene.move()
    assert [one.reason for one in list_holds(story.south, scene.handle)] == ["case 12 of the court"]
    assert list_holds(story.north, scene.handle)[0].reason == ""
    assert [one.text for one in list_open(story.south)] == ["all of it"]
    lifted = lift_hold(story.south, scene.handle, held.hold)
    assert [one.petition for one in lifted.erased] == [wish.petition]
    (receipt,) = [view for view in collect(scene.alma) if isinstance(view, ReceiptView)]
    assert (receipt.outcome, receipt.receipt.custodian) == (Outcome.DONE, story.south.account)
    assert records.unanswered(story.south.ledger.view(), scene.handle) == []
    assert scene.sound()


def test_custody_can_come_back(scene: Scene) -> None:
    story = scene.story
    before = scene.own(story.north)
    scene.move()
    assert offer_custody(story.south, story.north.account, [scene.handle]) == ((scene.handle,), ())
    assert accept_custody(story.north) == ((scene.handle,), ())
    due(story.south)
    process_inbox(story.north)
    after = scene.own(story.north)
    assert [r.octets for r in after.records] == [r.octets for r in before.records]
    assert scene.sound()


def test_a_patient_without_a_wallet_and_one_of_whom_nothing_is_kept_move_too(story: Story) -> None:
    from salus.services.open_accounts import open_accounts

    paper = take_in(story.north, "Berta", "N-2")
    (empty,) = open_accounts(story.north, 1)
    assert offer_custody(story.north, story.south.account, [paper, empty]).refused == ()
    assert accept_custody(story.south).done == tuple(sorted((paper, empty)))
    due(story.north)
    view = story.south.ledger.view()
    assert accounts.custodian_of(view, empty) == accounts.custodian_of(view, paper) == story.south.account
    assert len(list_records(story.south, paper)) == 5


def test_a_crash_after_each_step_loses_nothing(scene: Scene) -> None:
    story = scene.story
    offer_custody(story.north, story.south.account, [scene.handle])
    story.reopen()
    accept_custody(story.south)
    story.reopen()
    assert story.north.slug == "north"  # opening it resumes: it destroys its copy and says so
    (word,) = process_inbox(story.south)
    assert isinstance(word.outcome, Surrendered)
    story.reopen()
    assert len(list_records(story.south, scene.handle)) == 5
    with pytest.raises(NoSuchRelation):
        story.north.vault.anchors.opening(scene.handle)


def test_an_offline_check_is_sound_at_every_step(scene: Scene) -> None:
    offer_custody(scene.story.north, scene.story.south.account, [scene.handle])
    assert scene.sound()
    accept_custody(scene.story.south)
    home = scene.story.region.home
    scene.story.region.close()
    report = fsck_home(home, PASSPHRASE)  # before north has learned of it
    scene.story.reopen()
    assert report.sound
    assert [one.what for one in report.findings if one.file.startswith("organisations/north")] == [
        "another custodian's by now, and not destroyed yet"
    ]
    due(scene.story.north)
    assert scene.sound()


def test_a_refusal_tells_why_while_nothing_is_acknowledged(scene: Scene) -> None:
    """Without the sealed part nothing binds the new custodian, and it releases nothing."""
    story = scene.story
    offer_custody(story.north, story.south.account, [scene.handle])
    without_parts(story.north, scene)
    accept_custody(story.south)
    assert scene.status() == Status.UNACKNOWLEDGED
    ask(story, scene.handle, scene.badge)
    refused = [one.outcome for one in process_inbox(story.south) if isinstance(one.outcome, Refused)]
    assert [one.reason for one in refused] == [Reason.PERMIT_UNACKNOWLEDGED]


def without_parts(north: Organisation, scene: Scene) -> None:
    """The hospital hands over a copy that leaves the sealed parts out."""
    from msgspec.structs import replace

    from salus.core.encoding import decode, encode
    from salus.services.authorise import for_custody
    from salus.services.custody_letters import COPY, HandedOver, sealed_to
    from salus.vault.custody import RelationCopy

    south = scene.story.south
    for letter in south.exchange.inbox(south.account):
        south.exchange.done(south.account, letter.name)
    copy = north.vault.copy_out(for_custody(north, scene.handle, south.account))
    root = copy.openings[-1][2]
    raw = encode(replace(copy, directives=()))
    assert decode(raw, RelationCopy).directives == ()
    body = HandedOver(scene.handle, north.account, south.account, root, raw, (), ())
    south.exchange.post(south.account, COPY, sealed_to(north, COPY, scene.handle, root, south.account, body))


class Turned(Story):
    """The same region, in which it is the other hospital that ends: North runs the node and cannot be succeeded."""

    @property
    def north(self) -> Organisation:
        return self.region.organisation("south")

    @property
    def south(self) -> Organisation:
        return self.region.organisation("north")


def test_a_hospital_that_can_sign_no_more_is_succeeded_by_vote(story: Story) -> None:
    """The members name the successor: it needs no offer, only what the former one's vault hands over."""
    scene = Scene(Turned(story.region, story.clock))
    story = scene.story
    north, south = story.north.account, story.south.account
    with pytest.raises(NotTheSuccessor):
        story.south.send(TakeOverCustody(south, north, ((scene.handle, None),)))
    decide(story, SucceedMember(north, south))
    due(story.north)
    assert [(one.relation, one.by_vote) for one in list_offers(story.south)] == [(scene.handle, True)]
    assert accept_custody(story.south) == ((scene.handle,), ())
    due(story.north)
    process_inbox(story.south)
    assert len(scene.own(story.south).records) == 5
    assert scene.status() == Status.ACTIVE
    with pytest.raises(NoSuchRelation):
        story.north.vault.anchors.opening(scene.handle)
