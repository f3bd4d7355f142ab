"""Correction, erasure, hold, restriction: what a person asks, what becomes of it, and who learns of it."""

import orjson
import pytest
from msgspec.structs import replace
from story_region import (
    START_MS,
    YEAR_MS,
    Story,
    ask,
    clinician,
    give_wallet,
    grant_laboratory,
    take_in,
)

from salus.contracts.records import errors as records_errors
from salus.contracts.records import queries as records
from salus.contracts.records.messages import LiftHold
from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, WrongSignature
from salus.core.record import Status
from salus.evidence.report import Verdict
from salus.evidence.verify import verify
from salus.fhir.bundle import BundleRefused
from salus.fsck.home import fsck_home
from salus.policy.reasons import Reason
from salus.services.access_log import Read, What
from salus.services.amend import accept_amendment, correct, refuse_petition
from salus.services.anchor import anchor
from salus.services.authorise import own_records
from salus.services.erase import erase, run_deferred
from salus.services.errors import (
    KeptAndNotUsed,
    NoSuchPetition,
    NotForUs,
    NothingProposed,
    NotReleased,
    OtherReads,
    UnknownSealKey,
)
from salus.services.hold import lift_hold, list_holds, place_hold
from salus.services.inbox import collect, process_inbox
from salus.services.notify import changes_of, list_notices, receive_notice
from salus.services.objects import parse_signed, sign
from salus.services.petition import list_petitions, petition
from salus.services.petition_letters import Change, PetitionLetter, Receipt, ReceiptLetter, SealedNotice, receipt_info
from salus.services.read_records import list_records, read_record
from salus.services.receive import Received
from salus.services.receive_own import OwnView, checked_reads
from salus.services.receive_receipt import ReceiptView, receive_receipt
from salus.services.refuse import Refused
from salus.services.request import request_own
from salus.services.restrict import restrict, restrict_as_asked
from salus.services.take_petition import list_open, petition_for, take_petition, waiting_petitions
from salus.vault.errors import NoSuchRecord, RecordErased, StorageFailed, WrongSeal
from salus.vault.records import RecordWrite
from salus.vault.seals import seal

PASSPHRASE = "a passphrase of the tests"


class Scene:
    """A patient at the hospital, whose laboratory results the clinic received."""

    def __init__(self, story: Story) -> None:
        self.story, self.handle = story, take_in(story.north, "Alma", "N-1")
        self.alma = give_wallet(story, story.north, self.handle, "alma")
        grant_laboratory(story, self.alma, self.handle)
        self.badge = clinician(story)
        self.received = self.ask()
        assert isinstance(self.received, Received)
        self.record = self.received.records[0].header.record

    @property
    def north(self):
        return self.story.north

    def ask(self) -> object:
        ask(self.story, self.handle, self.badge)
        process_inbox(self.north)
        outcomes = [done.outcome for done in process_inbox(self.story.clinic)]
        return next((o for o in outcomes if isinstance(o, Received)), outcomes[-1])

    def wish(self, kind: PetitionKind, *records: bytes, **fields: object) -> bytes:
        made = petition(self.alma, self.handle, kind, records, **fields)
        (done,) = process_inbox(self.north)
        assert done.outcome == made.petition
        return made.petition

    def receipt(self) -> ReceiptView:
        (got,) = collect(self.alma)
        assert isinstance(got, ReceiptView)
        return got

    def own(self) -> OwnView:
        request_own(self.alma, self.handle)
        process_inbox(self.north)
        return next(view for view in collect(self.alma) if isinstance(view, OwnView))

    def content(self, record: bytes) -> dict:
        return orjson.loads(read_record(self.north, self.handle, record).octets)

    def changes(self) -> dict[tuple[bytes, bytes], Change]:
        process_inbox(self.story.clinic)
        return changes_of(list_notices(self.story.clinic))

    def fsck(self) -> bool:
        home = self.story.region.home
        self.story.region.close()
        sound = fsck_home(home, PASSPHRASE).sound
        self.story.reopen()
        return sound


@pytest.fixture
def scene(story: Story) -> Scene:
    return Scene(story)


def corrected(scene: Scene, value: float = 9.5) -> bytes:
    resource = scene.content(scene.record)
    resource["valueQuantity"]["value"] = value
    return orjson.dumps(resource)


# -- amendment


def test_an_accepted_amendment_is_a_new_version_that_names_the_one_before(scene: Scene) -> None:
    before = scene.own()
    made = scene.wish(PetitionKind.AMEND, scene.record, text="9.5, not 1.1", proposed=corrected(scene))
    assert [view.text for view in list_open(scene.north)] == ["9.5, not 1.1"]
    done = accept_amendment(scene.north, made)
    assert (done.outcome, done.ground) == (Outcome.DONE, Ground.NONE)
    got = scene.receipt()
    assert (got.kind, got.outcome, got.raw) == (PetitionKind.AMEND, Outcome.DONE, done.receipt)
    assert [record for record, _ in got.receipt.records] == [scene.record]
    header = next(h for h in list_records(scene.north, scene.handle) if h.record == scene.record)
    assert (header.version, header.previous) == (2, got.receipt.records[0][1])
    assert scene.content(scene.record)["valueQuantity"]["value"] == 9.5
    after = scene.own()
    assert (after.grown_from, after.log_size) == (before.log_size, before.log_size + 1)
    assert waiting_petitions(scene.north) == [] and list_open(scene.north) == ()
    assert [view.entry.outcome for view in list_petitions(scene.alma, scene.handle)] == [Outcome.DONE]
    assert scene.fsck()


def test_an_earlier_recipient_learns_of_an_amendment_by_release_and_leaf(scene: Scene) -> None:
    made = scene.wish(PetitionKind.AMEND, scene.record, text="wrong", proposed=corrected(scene))
    accept_amendment(scene.north, made)
    assert scene.changes() == {(scene.received.release, scene.record): Change.AMENDED}
    (notice,) = list_notices(scene.story.clinic)
    assert notice.leaf == scene.receipt().receipt.records[0][1]  # the very version that it received
    assert process_inbox(scene.story.clinic) == ()


def test_a_refused_amendment_leaves_the_record_and_files_her_statement_beside_it(scene: Scene) -> None:
    made = scene.wish(PetitionKind.AMEND, scene.record, text="I never had this value", proposed=corrected(scene))
    done = refuse_petition(scene.north, scene.handle, made, Ground.ACCURATE, "Measured twice.")
    got = scene.receipt()
    assert (done.outcome, got.ground, got.receipt.words) == (Outcome.REFUSED, Ground.ACCURATE, "Measured twice.")
    assert scene.content(scene.record)["valueQuantity"]["value"] != 9.5
    statement = got.receipt.statement
    assert statement is not None
    filed = scene.content(statement)
    assert filed["payload"] == [{"contentString": "I never had this value"}]
    assert filed["about"] == [{"reference": f"Observation/{scene.record.hex()}"}]
    disputed, beside = (
        next(h for h in list_records(scene.north, scene.handle) if h.record == r) for r in (scene.record, statement)
    )
    assert (beside.data_class, beside.start, beside.end) == (disputed.data_class, disputed.start, disputed.end)
    later = scene.ask()  # the statement goes where the record goes
    assert isinstance(later, Received) and statement in {record.header.record for record in later.records}
    assert list_notices(scene.story.clinic) == ()
    assert scene.fsck()


@pytest.mark.parametrize("defect", ["not JSON", "invalid", "other type", "other id", "other patient"])
def test_an_amendment_is_a_valid_resource_of_the_same_type_id_and_patient(scene: Scene, defect: str) -> None:
    resource = scene.content(scene.record)
    if defect == "invalid":
        resource["status"] = 7
    if defect == "other type":
        resource = {
            "resourceType": "Basic",
            "id": resource["id"],
            "code": {"text": "x"},
            "subject": resource["subject"],
        }
    if defect == "other id":
        resource["id"] = "f" * 32
    if defect == "other patient":
        resource["subject"] = {"reference": "Patient/" + "f" * 32}
    octets = b"{" if defect == "not JSON" else orjson.dumps(resource)
    made = scene.wish(PetitionKind.AMEND, scene.record, text="wrong", proposed=octets)
    with pytest.raises(BundleRefused):
        accept_amendment(scene.north, made)
    assert [view.petition for view in list_open(scene.north)] == [made]
    accept_amendment(scene.north, made, corrected(scene))  # in the custodian's own words


def test_an_amendment_names_one_record_and_its_new_content(scene: Scene) -> None:
    made = scene.wish(PetitionKind.AMEND, scene.record, text="please")
    with pytest.raises(NothingProposed):
        accept_amendment(scene.north, made)
    with pytest.raises(NoSuchPetition):
        erase(scene.north, made)
    with pytest.raises(NoSuchPetition):
        accept_amendment(scene.north, bytes(32))


def test_a_custodians_own_correction_is_told_as_well(scene: Scene) -> None:
    done = correct(scene.north, scene.handle, scene.record, corrected(scene, 3.0))
    assert (done.record, done.version) == (scene.record, 2)
    assert scene.changes() == {(scene.received.release, scene.record): Change.AMENDED}
    assert scene.own().log_size == 6


# -- erasure


def test_erased_with_receipt_and_notice_and_nothing_is_left_to_read(scene: Scene) -> None:
    scene.own()
    made = scene.wish(PetitionKind.ERASE, scene.record, text="please")
    done = erase(scene.north, made)
    assert (done.outcome, done.ground) == (Outcome.DONE, Ground.NONE)
    got = scene.receipt()
    assert (got.kind, got.outcome) == (PetitionKind.ERASE, Outcome.DONE)
    ((record, leaf),) = got.receipt.records
    header, octets = read_record(scene.north, scene.handle, scene.record)
    assert (record, header.status, header.previous, octets) == (scene.record, Status.TOMBSTONE, leaf, b"")
    assert scene.changes() == {(scene.received.release, scene.record): Change.ERASED}
    own = scene.own()  # complete, grown, and the tombstone stands in the list
    assert [r.header.status for r in own.records if r.header.record == scene.record] == [Status.TOMBSTONE]
    assert verify(own.evidence, scene.story.region.genesis).verdict is Verdict.UNWITNESSED
    assert verify(scene.received.evidence, scene.story.region.genesis).verdict is Verdict.UNWITNESSED  # what was, was
    later = scene.ask()
    assert isinstance(later, Received)
    assert {r.header.record for r in later.records} == {r.header.record for r in scene.received.records} - {record}
    with pytest.raises(RecordErased):
        correct(scene.north, scene.handle, scene.record, b"{}")
    assert scene.fsck()


def test_all_of_a_relation_can_be_erased(scene: Scene) -> None:
    made = scene.wish(PetitionKind.ERASE, text="everything")
    erase(scene.north, made)
    assert {h.status for h in list_records(scene.north, scene.handle)} == {Status.TOMBSTONE}
    own = scene.own()
    assert (len(own.records), own.log_size) == (5, 10)
    later = scene.ask()
    assert isinstance(later, Received) and later.records == ()
    assert scene.fsck()


def test_erasure_of_somebody_elses_record_finds_none(scene: Scene) -> None:
    other = take_in(scene.north, "Berta", "N-2")
    theirs = list_records(scene.north, other)[1].record
    made = scene.wish(PetitionKind.ERASE, theirs, text="hers")
    with pytest.raises(NoSuchRecord):
        erase(scene.north, made)
    assert {h.status for h in list_records(scene.north, other)} == {Status.CURRENT}
    refuse_petition(scene.north, scene.handle, made, Ground.NO_SUCH_RECORD)
    assert scene.receipt().ground is Ground.NO_SUCH_RECORD


def test_a_hold_defers_an_erasure_bars_no_reading_and_its_end_runs_it(scene: Scene) -> None:
    hold = place_hold(scene.north, scene.handle, "Case 4711, district court")
    assert list_holds(scene.north, scene.handle) == (hold,)
    made = scene.wish(PetitionKind.ERASE, scene.record)
    done = erase(scene.north, made)
    assert (done.outcome, done.ground) == (Outcome.DEFERRED, Ground.LEGAL_HOLD)
    assert scene.receipt().ground is Ground.LEGAL_HOLD
    assert scene.content(scene.record)["resourceType"] == "Observation"  # a hold never bars reading
    assert isinstance(scene.ask(), Received)
    assert run_deferred(scene.north) == ()
    assert erase(scene.north, made).receipt == b""  # asked again: still deferred, and nothing is said twice
    second = place_hold(scene.north, scene.handle, "another case")
    assert lift_hold(scene.north, scene.handle, hold.hold).erased == ()  # one of two
    (ran,) = lift_hold(scene.north, scene.handle, second.hold).erased
    assert (ran.petition, ran.outcome) == (made, Outcome.DONE)
    assert scene.receipt().outcome is Outcome.DONE
    assert set(scene.changes().values()) == {Change.ERASED}
    assert list_holds(scene.north, scene.handle) == () and {task.kind for task in scene.north.vault.outbox.next(9)} <= {
        "accounts"
    }
    assert scene.fsck()


def test_a_retention_rule_of_the_header_defers_until_it_has_run_out(scene: Scene) -> None:
    record = b"r" * 16
    write = RecordWrite(
        scene.handle, record, b"{}", "application/fhir+json", "laboratory", "Observation", START_MS, retention=1
    )
    scene.north.vault.deposit([write])
    made = scene.wish(PetitionKind.ERASE, record)
    done = erase(scene.north, made)
    assert (done.outcome, done.ground) == (Outcome.DEFERRED, Ground.RETENTION)
    scene.story.clock.time_ms += 5 * YEAR_MS
    assert run_deferred(scene.north) == ()
    scene.story.clock.time_ms += 2 * YEAR_MS
    assert [one.outcome for one in run_deferred(scene.north)] == [Outcome.DONE]


def test_a_deferred_erasure_runs_by_itself_when_the_custodian_opens_again(scene: Scene) -> None:
    hold = place_hold(scene.north, scene.handle, "case")
    made = scene.wish(PetitionKind.ERASE, scene.record)
    erase(scene.north, made)
    scene.north.send(LiftHold(scene.north.account, scene.handle, hold.hold))  # and the process dies
    scene.story.reopen()
    assert read_record(scene.north, scene.handle, scene.record).header.status == Status.TOMBSTONE
    entry = records.petition(scene.story.region.ledger.view(), scene.handle, made)
    assert entry is not None and entry.outcome == Outcome.DONE


def test_a_hold_placed_in_the_last_moment_still_bars(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    made = scene.wish(PetitionKind.ERASE, scene.record)
    place_hold(scene.north, scene.handle, "case")
    monkeypatch.setattr("salus.services.erase._barred", lambda *_: Ground.NONE)  # the gateway did not see it yet
    done = erase(scene.north, made)
    assert (done.outcome, done.ground) == (Outcome.DEFERRED, Ground.LEGAL_HOLD)
    assert scene.content(scene.record)["resourceType"] == "Observation"
    assert len(waiting_petitions(scene.north)) == 1


def test_the_wish_of_a_patient_without_a_wallet_is_noted_by_the_custodian(scene: Scene) -> None:
    other = take_in(scene.north, "Berta", "N-2")
    record = list_records(scene.north, other)[1].record
    noted = petition_for(scene.north, other, PetitionKind.ERASE, [record], "on paper")
    assert erase(scene.north, noted.petition).outcome is Outcome.DONE
    assert scene.story.region.exchange.inbox(other) == []  # nobody to post a receipt to
    with pytest.raises(records_errors.NotAuthorised):  # she has a wallet and asks herself
        petition_for(scene.north, scene.handle, PetitionKind.ERASE)
    assert waiting_petitions(scene.north) == []


def test_a_recipient_that_cannot_be_reached_holds_up_nobody(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("salus.services.notify._post", raise_unknown_key)
        correct(scene.north, scene.handle, scene.record, corrected(scene))
    assert [task.kind for task in scene.north.vault.outbox.next(9)].count("notice") == 1
    assert scene.changes() == {}
    scene.story.reopen()
    assert set(scene.changes().values()) == set()  # the clinic was opened first
    assert scene.north.vault is not None
    assert set(scene.changes().values()) == {Change.AMENDED}


def test_a_release_whose_records_were_erased_before_it_left_is_dropped(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("salus.services.release.deliver", raise_storage_failed)
        ask(scene.story, scene.handle, scene.badge)
        process_inbox(scene.north)  # committed, and the disk fails before it is sealed
    assert "release" in {task.kind for task in scene.north.vault.outbox.next(9)}
    made = petition(scene.alma, scene.handle, PetitionKind.ERASE)
    process_inbox(scene.north)
    erase(scene.north, made.petition)
    scene.story.reopen()
    assert "release" not in {task.kind for task in scene.north.vault.outbox.next(9)}
    assert [letter.kind for letter in scene.story.region.exchange.inbox(scene.story.clinic.account)] == ["notice"]


def raise_storage_failed(*_: object) -> None:
    raise StorageFailed


def raise_unknown_key(*_: object) -> int:
    raise UnknownSealKey


# -- restriction


def test_a_restricted_relation_is_kept_and_not_used(scene: Scene) -> None:
    made = scene.wish(PetitionKind.RESTRICT, text="until it is settled")
    restrict_as_asked(scene.north, made)
    assert scene.receipt().kind is PetitionKind.RESTRICT
    assert set(scene.changes().values()) == {Change.RESTRICTED}
    ask(scene.story, scene.handle, scene.badge)
    (refused,) = process_inbox(scene.north)
    assert isinstance(refused.outcome, Refused) and refused.outcome.reason is Reason.RELATION_RESTRICTED
    for look in (lambda: list_records(scene.north, scene.handle), lambda: scene.content(scene.record)):
        with pytest.raises(KeptAndNotUsed):
            look()
    assert list_records(scene.north, scene.handle, purpose="HLEGAL")
    assert len(scene.own().records) == 5
    again = scene.wish(PetitionKind.UNRESTRICT)
    restrict_as_asked(scene.north, again)
    process_inbox(scene.story.clinic)
    assert isinstance(scene.ask(), Received)
    assert set(scene.changes().values()) == {Change.USED_AGAIN}


def test_a_custodian_restricts_of_its_own_accord_once(scene: Scene) -> None:
    restrict(scene.north, scene.handle)
    with pytest.raises(records_errors.AlreadySo):
        restrict(scene.north, scene.handle)
    restrict(scene.north, scene.handle, restricted=False)


# -- letters


def test_no_custodian_hides_a_petition(scene: Scene) -> None:
    held = scene.north.carrier
    with held.gathering():  # the custodian carries nothing; another member does
        made = petition(scene.alma, scene.handle, PetitionKind.ERASE, [scene.record])
    unanswered = records.unanswered(scene.story.region.ledger.view(), scene.handle)
    assert [key for key, _ in unanswered] == [made.petition]


def test_a_petition_whose_words_are_others_is_not_taken(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    made = petition(scene.alma, scene.handle, PetitionKind.ERASE, [scene.record])
    other = petition(scene.alma, scene.handle, PetitionKind.ERASE, [bytes(16)])
    one, two = scene.story.region.exchange.inbox(scene.north.account)
    swapped = PetitionLetter(scene.handle, made.petition, decode(two.body, PetitionLetter).sealed)
    with pytest.raises(WrongSeal):
        take_petition(scene.north, encode(swapped))
    with pytest.raises(Malformed):
        take_petition(scene.north, one.body[:-1])
    assert take_petition(scene.north, one.body) == take_petition(scene.north, one.body) == made.petition
    assert len(waiting_petitions(scene.north)) == 1
    assert other.petition != made.petition


def test_a_forged_notice_is_refused(scene: Scene) -> None:
    correct(scene.north, scene.handle, scene.record, corrected(scene))
    (letter,) = scene.story.region.exchange.inbox(scene.story.clinic.account)
    clinic, network = scene.story.clinic, scene.story.region.network
    sound = decode(parse_signed("notice", letter.body).payload, SealedNotice)
    with pytest.raises(WrongSignature):
        receive_notice(clinic, letter.body[:-1] + bytes((letter.body[-1] ^ 1,)))
    with pytest.raises(WrongSignature):  # by a member that is not the custodian
        receive_notice(clinic, sign("notice", network, sound, scene.story.south.gateway))
    with pytest.raises(NotForUs):
        receive_notice(scene.story.south, letter.body)
    with pytest.raises(NotReleased):
        receive_notice(clinic, sign("notice", network, replace(sound, release=bytes(32)), scene.north.gateway))
    with pytest.raises(WrongSeal):
        receive_notice(clinic, sign("notice", network, replace(sound, time=sound.time + 1), scene.north.gateway))
    assert list_notices(clinic) == ()
    receive_notice(clinic, letter.body)
    receive_notice(clinic, letter.body)
    assert len(list_notices(clinic)) == 1


def test_a_forged_receipt_is_refused(scene: Scene) -> None:
    made = scene.wish(PetitionKind.ERASE, scene.record)
    done = erase(scene.north, made)
    public, network = scene.alma.wallet.relation(scene.handle).seal_key.public, scene.story.region.network
    sound = decode(parse_signed("erasure", done.receipt).payload, Receipt)

    def letter(raw: bytes, outcome: int = 1) -> bytes:
        sealed = seal(public, receipt_info(network, made), raw)
        return encode(ReceiptLetter(scene.handle, made, int(PetitionKind.ERASE), outcome, sealed))

    def signed(kind: str = "erasure", key: object = scene.north.gateway, **fields: object) -> bytes:
        return sign(kind, network, replace(sound, **fields), key)

    with pytest.raises(WrongSignature):
        receive_receipt(scene.alma, letter(signed(key=scene.story.south.gateway)))
    with pytest.raises(NoSuchPetition):  # signed by the custodian, and not what the ledger holds
        receive_receipt(scene.alma, letter(signed(records=())))
    with pytest.raises(NotForUs):
        receive_receipt(scene.alma, letter(signed(petition=bytes(32))))
    with pytest.raises(Malformed):  # an answer of another kind is no receipt of an erasure
        receive_receipt(scene.alma, letter(signed("receipt")))
    assert receive_receipt(scene.alma, letter(done.receipt)).receipt == sound


# -- reads


def test_the_person_sees_every_read_and_checks_the_list_against_the_anchored_root(scene: Scene) -> None:
    list_records(scene.north, scene.handle, staff=None)
    read_record(scene.north, scene.handle, scene.record, purpose="HOPERAT")
    reads = scene.own().reads
    assert [read.what for read in reads] == [What.RELEASE, What.LIST, What.READ]
    assert reads[0].rule == scene.received.release
    assert {record for record, _ in reads[0].records} == {r.header.record for r in scene.received.records}
    assert (reads[2].purpose, reads[2].records) == ("HOPERAT", ((scene.record, 1),))
    assert [read.what for read in scene.own().reads][3:] == [What.OWN]


def test_a_list_of_reads_that_was_changed_is_refused(scene: Scene) -> None:
    list_records(scene.north, scene.handle)
    scope = own_records(scene.north, scene.handle, "test", None)
    vault, network = scene.north.vault, scene.story.region.network
    anchor(scene.north)
    opening, reads = vault.anchors.opening(scene.handle).opening, vault.access_entries(scope)
    assert len(checked_reads(network, opening, reads)) == len(reads) == 2
    (salt, entry), last = reads
    other = encode(replace(decode(entry, Read), purpose="HOPERAT"))
    for changed in (reads[:1], reads[1:], [last, (salt, entry)], [*reads, last], [(salt, other), last], []):
        with pytest.raises(OtherReads):
            checked_reads(network, opening, changed)


def test_a_refused_request_leaves_its_look_in_the_list(scene: Scene) -> None:
    ask(scene.story, scene.handle, scene.badge, "HPAYMT")
    (refused,) = process_inbox(scene.north)
    assert isinstance(refused.outcome, Refused)
    assert [read.rule for read in scene.own().reads if read.what == What.DECISION] == [refused.outcome.request]
