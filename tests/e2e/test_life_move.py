"""A record filed under the wrong patient: where it went, what stays where it was, who is told, what a hold bars."""

import orjson
import pytest
from story_region import (
    PASSPHRASE,
    Story,
    ask,
    clinician,
    give_wallet,
    grant_laboratory,
    take_in,
)

from salus.contracts.records import queries as records
from salus.contracts.records.messages import LiftHold
from salus.core.errors import Refusal
from salus.core.record import Status
from salus.fsck.home import fsck_home
from salus.services.access_log import What, list_reads
from salus.services.accounting import accounting
from salus.services.anchor import anchor
from salus.services.attest_staff import attest_staff
from salus.services.authorise import for_decision
from salus.services.errors import NotCustodian, NotMovable
from salus.services.hold import lift_hold, place_hold
from salus.services.inbox import collect, process_inbox
from salus.services.inspect import ledger_status
from salus.services.move import MovedRecord, move_record, move_tasks
from salus.services.notify import changes_of, list_notices
from salus.services.petition_letters import Change
from salus.services.read_records import list_records, read_record
from salus.services.receive import Received
from salus.services.receive_own import OwnView
from salus.services.request import request_own
from salus.vault.erasure import MOVED
from salus.vault.errors import RecordErased, StorageFailed


class Files:
    """Alma has a wallet and lets the clinic see her laboratory; one of her results is Berta's."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.wrong, self.right = take_in(story.north, "Alma", "N-1"), take_in(story.north, "Berta", "N-2")
        self.alma = give_wallet(story, story.north, self.wrong, "alma")
        grant_laboratory(story, self.alma, self.wrong)
        self.badge = clinician(story)
        received = self.ask()
        assert isinstance(received, Received)
        self.received, self.record = received, received.records[0].header.record

    @property
    def north(self) -> object:
        return self.story.north

    def ask(self) -> object:
        ask(self.story, self.wrong, self.badge)
        process_inbox(self.story.north)
        return process_inbox(self.story.clinic)[-1].outcome

    def move(self) -> MovedRecord:
        return move_record(self.story.north, self.wrong, self.record, self.right)

    def own(self) -> OwnView:
        request_own(self.alma, self.wrong)
        process_inbox(self.story.north)
        views = [view for view in collect(self.alma) if isinstance(view, OwnView)]
        return views[-1]

    def fsck(self) -> bool:
        home = self.story.region.home
        self.story.region.close()
        sound = fsck_home(home, PASSPHRASE).sound
        self.story.reopen()
        return sound


@pytest.fixture
def files(story: Story) -> Files:
    return Files(story)


def test_a_record_is_moved_and_what_it_was_is_destroyed_where_it_did_not_belong(files: Files) -> None:
    north = files.story.north
    before, octets = read_record(north, files.wrong, files.record)
    leaf = north.vault.leaf(for_decision(north, files.wrong), files.record, before.version)
    moved = files.move()
    assert (moved.relation, moved.to, moved.destroyed) == (files.wrong, files.right, True)

    header, content = read_record(north, files.right, moved.there)
    assert header.origin == (north.account, leaf, bytes(32))  # the leaf, and not the other handle
    assert (header.data_class, header.type, header.labels, header.start) == (
        before.data_class, before.type, before.labels, before.start,
    )  # fmt: skip
    one, two = orjson.loads(octets), orjson.loads(content)
    assert one.pop("subject") != two.pop("subject") and one == two
    assert len(content) == len(octets) and files.wrong.hex().encode() not in content

    there, left = read_record(north, files.wrong, files.record)
    assert (there.status, there.type, there.data_class, left) == (Status.TOMBSTONE, MOVED, "none", b"")
    with pytest.raises(RecordErased):
        north.vault.read(for_decision(north, files.wrong), files.record, before.version)
    assert move_tasks(north) == []
    assert files.fsck()


def test_it_goes_to_nobody_from_the_wrong_relation_and_who_received_it_is_told(files: Files) -> None:
    files.move()
    process_inbox(files.story.clinic)
    assert changes_of(list_notices(files.story.clinic)) == {(files.received.release, files.record): Change.MOVED}
    later = files.ask()
    assert isinstance(later, Received)
    assert files.record not in {record.header.record for record in later.records}


def test_both_access_logs_say_so_and_the_ledger_names_the_wrong_relation_alone(files: Files) -> None:
    north, ledger = files.story.north, files.story.region.ledger
    doctor = attest_staff(north, "Doctor Nobody", "physician")
    moved = move_record(north, files.wrong, files.record, files.right, doctor)
    for handle, what in ((files.wrong, What.MOVED_AWAY), (files.right, What.MOVED_HERE)):
        (entry,) = (e for e in list_reads(north, for_decision(north, handle)) if e.what == what)
        assert (entry.rule, entry.staff) == (moved.move, doctor.commitment)
        assert [record for record, _ in entry.records] == [files.record]
    assert [line.what for line in accounting(ledger, files.wrong).lines].count("moved") == 1
    assert "moved" not in [line.what for line in accounting(ledger, files.right).lines]
    assert records.move(ledger.view(), files.wrong, moved.move) is not None
    own = files.own()  # complete, and the tombstone is among it
    assert [r.header.type for r in own.records if r.header.record == files.record] == [MOVED]
    assert What.MOVED_AWAY in [read.what for read in own.reads]


def test_a_hold_bars_the_destruction_and_not_that_use_moves(files: Files) -> None:
    north = files.story.north
    before = read_record(north, files.wrong, files.record)
    hold = place_hold(north, files.wrong, "case 4711")
    moved = files.move()
    assert not moved.destroyed
    assert read_record(north, files.right, moved.there).header.status == Status.CURRENT  # in use at once
    mark = read_record(north, files.wrong, files.record)
    assert (mark.header.status, mark.header.type, mark.octets) == (Status.RESTRICTED, MOVED, b"")
    scope = for_decision(north, files.wrong)  # for who keeps for the hold, what it was is still here
    assert north.vault.read(scope, files.record, before.header.version).octets == before.octets
    later = files.ask()
    assert isinstance(later, Received)
    assert files.record not in {record.header.record for record in later.records}
    own = files.own()  # not even to the wrong patient herself
    assert all(before.octets not in (record.octets or b"") for record in own.records)
    process_inbox(files.story.clinic)
    assert set(changes_of(list_notices(files.story.clinic)).values()) == {Change.MOVED}  # told at once

    lift_hold(north, files.wrong, hold.hold)
    with pytest.raises(RecordErased):
        north.vault.read(scope, files.record, before.header.version)
    assert read_record(north, files.wrong, files.record).header.status == Status.TOMBSTONE
    assert move_tasks(north) == []
    assert files.fsck()


def test_a_hold_on_the_right_relation_bars_nothing(files: Files) -> None:
    place_hold(files.story.north, files.right, "another case")
    assert files.move().destroyed


def test_a_move_goes_on_when_the_custodian_opens_again(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    north = files.story.north
    hold = place_hold(north, files.wrong, "case")
    files.move()
    north.send(LiftHold(north.account, files.wrong, hold.hold))  # and the process dies
    files.story.reopen()
    north = files.story.north
    assert read_record(north, files.wrong, files.record).header.status == Status.TOMBSTONE
    second = list_records(north, files.wrong)[2]
    with monkeypatch.context() as patched:
        patched.setattr("salus.services.move.anchor_one", raise_storage_failed)
        with pytest.raises(StorageFailed):  # after the ledger agreed, and the content is gone
            move_record(north, files.wrong, second.record, files.right)
    assert len(move_tasks(north)) == 1
    files.story.reopen()
    north = files.story.north
    assert move_tasks(north) == []
    lines = [line.what for line in accounting(files.story.region.ledger, files.wrong).lines]
    assert lines.count("moved") == 2  # each once
    reads = [e.what for e in list_reads(north, for_decision(north, files.wrong))]
    assert reads.count(What.MOVED_AWAY) == 2


def raise_storage_failed(*_: object) -> bool:
    raise StorageFailed


def test_what_was_moved_by_mistake_is_moved_back(files: Files) -> None:
    north = files.story.north
    octets = read_record(north, files.wrong, files.record).octets
    there = files.move().there
    back = move_record(north, files.right, there, files.wrong)
    assert back.there != files.record  # the grave stays a grave
    assert read_record(north, files.wrong, back.there).octets == octets
    assert read_record(north, files.right, there).header.type == MOVED
    assert files.fsck()


def test_what_cannot_be_moved_is_refused_and_nothing_changes(files: Files) -> None:
    north = files.story.north
    patient = next(h.record for h in list_records(north, files.wrong) if h.type == "Patient")
    elsewhere = take_in(files.story.south, "Alma", "S-1")
    size = ledger_status(files.story.region.ledger).log_size
    for record, to, refusal in (
        (patient, files.right, NotMovable),
        (files.record, files.wrong, NotMovable),
        (files.record, elsewhere, NotCustodian),
    ):
        with pytest.raises(refusal):
            move_record(north, files.wrong, record, to)
    with pytest.raises(Refusal):
        move_record(north, files.wrong, bytes(16), files.right)
    assert ledger_status(files.story.region.ledger).log_size == size
    files.move()
    with pytest.raises(NotMovable):
        files.move()
    assert anchor(north).refused == ()
