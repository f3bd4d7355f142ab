"""Scenario 2: a hold permits reading and defers an erasure; lifted, the erasure runs by itself, and whoever received
the records is told. So is whoever received what was corrected since."""

import orjson
import pytest
from story_region import Story, ask, clinician, give_wallet, grant_laboratory, take_in

from salus.contracts.records import queries as records
from salus.contracts.records.errors import HoldStands
from salus.contracts.records.messages import AnswerPetition
from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.services.amend import accept_amendment, correct
from salus.services.authorise import own_records
from salus.services.due import due
from salus.services.erase import erase
from salus.services.grant import provision
from salus.services.hold import lift_hold, place_hold
from salus.services.inbox import collect, process_inbox
from salus.services.notify import changes_of, list_notices
from salus.services.open_session import SessionOpened, ask_session
from salus.services.petition import petition
from salus.services.petition_letters import Change
from salus.services.read_records import list_records, read_record
from salus.services.receive import Received
from salus.services.receive_own import OwnView
from salus.services.receive_receipt import ReceiptView
from salus.services.request import request_own
from salus.services.session_page import ask_page
from salus.vault.errors import RecordErased


class Scene:
    """Alma is a patient of the hospital; the clinic received two laboratory results of hers."""

    def __init__(self, story: Story) -> None:
        self.story, self.handle = story, take_in(story.north, "Alma", "N-1")
        self.alma = give_wallet(story, story.north, self.handle, "alma")
        grant_laboratory(story, self.alma, self.handle)
        self.badge = clinician(story)
        self.received = self.ask()
        self.record = self.received.records[0].header.record

    def ask(self) -> Received:
        ask(self.story, self.handle, self.badge)
        process_inbox(self.story.north)
        return next(o.outcome for o in process_inbox(self.story.clinic) if isinstance(o.outcome, Received))

    def own(self) -> OwnView:
        request_own(self.alma, self.handle)
        process_inbox(self.story.north)
        return next(view for view in collect(self.alma) if isinstance(view, OwnView))

    def told(self) -> dict[tuple[bytes, bytes], Change]:
        process_inbox(self.story.clinic)
        return changes_of(list_notices(self.story.clinic))

    def corrected(self, value: float) -> bytes:
        resource = orjson.loads(read_record(self.story.north, self.handle, self.record).octets)
        resource["valueQuantity"]["value"] = value
        return orjson.dumps(resource)


@pytest.fixture
def scene(story: Story) -> Scene:
    return Scene(story)


def test_a_hold_lets_read_defers_the_erasure_and_its_end_runs_it(scene: Scene) -> None:
    story, north = scene.story, scene.story.north
    hold = place_hold(north, scene.handle, "the court wants it kept")
    wish = petition(scene.alma, scene.handle, PetitionKind.ERASE)
    process_inbox(north)

    # It is put off, on that ground, and she is told.
    done = erase(north, wish.petition)
    assert (done.outcome, done.ground) == (Outcome.DEFERRED, Ground.LEGAL_HOLD)
    (receipt,) = [view for view in collect(scene.alma) if isinstance(view, ReceiptView)]
    assert (receipt.outcome, receipt.ground) == (Outcome.DEFERRED, Ground.LEGAL_HOLD)

    # Everybody who might read before may read: her doctors, the clinic that she granted it to, she herself.
    assert read_record(north, scene.handle, scene.record).octets
    assert [r.header.record for r in scene.ask().records] == [r.header.record for r in scene.received.records]
    assert len(scene.own().records) == 5

    # Not even the custodian can answer that it erased, and nothing runs while the hold stands.
    answer = AnswerPetition(north.account, scene.handle, wish.petition, int(Outcome.DONE), 0, bytes(32))
    with pytest.raises(HoldStands):
        north.send(answer)
    due(north)
    assert read_record(north, scene.handle, scene.record).octets

    # The hold ends, and the erasure runs without anybody asking again.
    (ran,) = lift_hold(north, scene.handle, hold.hold).erased
    assert (ran.petition, ran.outcome) == (wish.petition, Outcome.DONE)
    with pytest.raises(RecordErased):
        north.vault.read(own_records(north, scene.handle, "TREAT", None), scene.record, 1)
    assert records.unanswered(north.ledger.view(), scene.handle) == []
    (receipt,) = [view for view in collect(scene.alma) if isinstance(view, ReceiptView)]
    assert (receipt.outcome, len(receipt.receipt.records)) == (Outcome.DONE, 5)

    # The clinic learns that what it received is no more, by both releases.
    assert set(scene.told().values()) == {Change.ERASED} and len(scene.told()) == 4
    story.reopen()
    assert {header.status for header in list_records(story.north, scene.handle)} == {4}


def test_the_erasure_runs_when_the_process_died_between(scene: Scene) -> None:
    from salus.contracts.records.messages import LiftHold

    story, north = scene.story, scene.story.north
    hold = place_hold(north, scene.handle, "the court wants it kept")
    wish = petition(scene.alma, scene.handle, PetitionKind.ERASE)
    process_inbox(north)
    erase(north, wish.petition)
    north.send(LiftHold(north.account, scene.handle, hold.hold))
    story.reopen()
    entry = records.petition(story.north.ledger.view(), scene.handle, wish.petition)
    assert entry is not None and entry.outcome == Outcome.DONE


def test_a_correction_is_told_to_whoever_received_the_record(scene: Scene) -> None:
    north = scene.story.north
    correct(north, scene.handle, scene.record, scene.corrected(9.5))
    assert scene.told() == {(scene.received.release, scene.record): Change.AMENDED}


def test_so_is_an_amendment_that_was_accepted(scene: Scene) -> None:
    north = scene.story.north
    proposed = scene.corrected(9.5)
    wish = petition(scene.alma, scene.handle, PetitionKind.AMEND, (scene.record,), text="9.5", proposed=proposed)
    process_inbox(north)
    accept_amendment(north, wish.petition)
    assert scene.told() == {(scene.received.release, scene.record): Change.AMENDED}


def test_a_session_that_is_still_open_is_told_too(scene: Scene) -> None:
    story = scene.story
    session = ask_session(story.clinic, scene.handle, "TREAT", scene.badge).request
    (opened,) = process_inbox(story.north)
    assert isinstance(opened.outcome, SessionOpened)
    ask_page(story.clinic, session, provision())
    process_inbox(story.north)
    process_inbox(story.clinic)
    correct(story.north, scene.handle, scene.record, scene.corrected(9.5))
    assert scene.told() == {
        (scene.received.release, scene.record): Change.AMENDED,
        (session, scene.record): Change.AMENDED,
    }
