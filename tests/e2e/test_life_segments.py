"""Several relations of one patient at one hospital: what the main one must not tell of has a segment of its own."""

import json

import pytest
from story_region import DAY_MS, START_MS, SYSTEM, Story, bundle, give_wallet, observation, patient, take_in, urn

from salus.contracts.accounts import queries as accounts
from salus.contracts.records import queries as records
from salus.core.errors import Refusal
from salus.services.access_log import list_reads
from salus.services.anchor import anchor
from salus.services.attest_staff import Badge, attest_staff
from salus.services.authorise import for_decision, own_records
from salus.services.deposit import deposit
from salus.services.end_staff import end_staff
from salus.services.errors import NoSuchSegment, NotCustodian, SegmentExists, WouldLinkSegment
from salus.services.history import entries
from salus.services.inspect import ledger_status
from salus.services.merge import merge, sides_of
from salus.services.move import move_record
from salus.services.open_accounts import find_spare
from salus.services.patients import find_patient, list_patients
from salus.services.read_records import list_records, list_sides, read_record
from salus.services.segments import SegmentView, change_segment, list_segments, open_segment
from salus.vault.attributes import MAIN
from salus.vault.errors import NoSuchRelation

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
DEPRESSION, ASTHMA = "F32.9", "J45"


def condition(code: str, number: int = 0, **elements: object) -> dict:
    return {
        "resourceType": "Condition",
        "subject": {"reference": urn(number)},
        "code": {"coding": [{"system": ICD, "code": code}]},
        **elements,
    }


def prescription(reason: str) -> dict:
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": urn(0)},
        "medicationCodeableConcept": {"text": "a medicine"},
        "reasonReference": [{"reference": reason}],
    }


class Hospital:
    """North with one patient, who has a psychiatric segment for what is labelled PSY, seen for care management."""

    def __init__(self, story: Story) -> None:
        self.story, self.north = story, story.north
        self.main = take_in(self.north, "Alma", "N-1")
        self.segment = self.open("psychiatry", labels=("PSY",), purposes=("CAREMGT",)).handle
        self.badge = attest_staff(self.north, "Doctor Nobody", "psychiatrist")

    def open(self, name: str, **terms: object) -> SegmentView:
        return open_segment(self.north, self.main, name, **terms)  # type: ignore[arg-type]

    def take_in(self, *resources: dict, segment: bytes | None = None) -> None:
        deposit(self.north, bundle(patient("Alma", "N-1"), *resources), segment)

    def kinds(self, handle: bytes) -> list[str]:
        headers = self.north.vault.headers(for_decision(self.north, handle))
        return sorted(header.type for header in headers)

    def octets(self, handle: bytes) -> bytes:
        scope = for_decision(self.north, handle)
        return b"".join(self.north.vault.read(scope, h.record).octets for h in self.north.vault.headers(scope))


@pytest.fixture
def hospital(story: Story) -> Hospital:
    return Hospital(story)


def test_what_has_the_label_goes_to_the_segment_and_nothing_in_the_main_one_tells_of_it(
    hospital: Hospital,
) -> None:
    before = hospital.kinds(hospital.main)
    hospital.take_in(
        condition(DEPRESSION),  # 1
        condition(ASTHMA),  # 2
        prescription(urn(1)),  # 3: has no label of its own, and names the first
        prescription(urn(2)),  # 4
        {
            "resourceType": "List",
            "status": "current",
            "mode": "working",
            "subject": {"reference": urn(0)},
            "entry": [{"item": {"reference": urn(3)}}],
        },  # 5: names what names it
    )
    assert hospital.kinds(hospital.segment) == ["Condition", "List", "MedicationRequest"]
    added = sorted([*before, "Condition", "MedicationRequest", "Patient"])
    assert hospital.kinds(hospital.main) == added  # a second version of the patient is another record
    main, hidden = hospital.octets(hospital.main), hospital.octets(hospital.segment)
    scope = for_decision(hospital.north, hospital.segment)
    for header in hospital.north.vault.headers(scope):
        assert header.record.hex().encode() not in main
    assert b"F32" in hidden and b"F32" not in main and hospital.segment.hex().encode() not in main


def put(*resources: dict) -> bytes:
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in resources
    ]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


def test_a_new_version_goes_where_the_record_is(hospital: Hospital) -> None:
    alma = patient("Alma", "N-1") | {"id": "alma"}
    of_alma = {"subject": {"reference": "Patient/alma"}}
    first, second = (condition(code, id="c1", **of_alma) for code in (DEPRESSION, ASTHMA))
    deposit(hospital.north, put(alma, first))
    (before,) = hospital.north.vault.headers(for_decision(hospital.north, hospital.segment))
    deposit(hospital.north, put(alma, second))  # it has no label any more
    (after,) = hospital.north.vault.headers(for_decision(hospital.north, hospital.segment))
    assert (after.record, after.version, after.labels) == (before.record, 2, ("N",))
    assert "Condition" not in hospital.kinds(hospital.main)
    plain, told = (condition(code, id="c2", **of_alma) for code in (ASTHMA, DEPRESSION))
    deposit(hospital.north, put(alma, plain))
    deposit(hospital.north, put(alma, told))  # what lies in the main relation stays there until the desk moves it
    (there,) = (
        h for h in hospital.north.vault.headers(for_decision(hospital.north, hospital.main)) if h.type == "Condition"
    )
    assert there.version == 2 and "PSY" in there.labels
    moved = move_record(hospital.north, hospital.main, there.record, hospital.segment)
    assert moved.destroyed and hospital.kinds(hospital.segment) == ["Condition", "Condition"]
    deposit(hospital.north, put(alma, plain | {"note": [{"text": "again"}]}))  # and it stays where it was moved to
    assert "Condition" not in hospital.kinds(hospital.main)


def test_the_desk_chooses_the_segment_at_intake(hospital: Hospital) -> None:
    hospital.take_in(observation(urn(0), START_MS - DAY_MS), segment=hospital.segment)
    assert hospital.kinds(hospital.segment) == ["Observation"]
    other = take_in(hospital.north, "Berta", "N-2")
    for wrong in (other, hospital.main, bytes(32)):
        with pytest.raises(NoSuchSegment):
            hospital.take_in(observation(urn(0), START_MS), segment=wrong)
    with pytest.raises(NoSuchSegment):  # of another patient
        deposit(hospital.north, bundle(patient("Berta", "N-2"), observation(urn(0), START_MS)), hospital.segment)


def test_of_two_patients_in_a_bundle_each_has_her_own_segment_or_none(hospital: Hospital) -> None:
    both = bundle(patient("Alma", "N-1"), patient("Berta", "N-2"), condition(DEPRESSION, 0), condition(DEPRESSION, 1))
    deposit(hospital.north, both)
    berta = find_patient(hospital.north, SYSTEM, "N-2")
    assert berta is not None and hospital.kinds(berta) == ["Condition", "Patient"]
    assert hospital.kinds(hospital.segment) == ["Condition"]


def test_a_segment_is_on_the_ledger_an_account_like_any_other(hospital: Hospital) -> None:
    """Opened with others, not in the message that opened the main one; its name, label and owner stand nowhere."""
    ledger = hospital.story.region.ledger
    person = accounts.person(ledger.view(), hospital.segment)
    assert person == accounts.person(ledger.view(), hospital.main)
    opened = {
        handle: event.handles
        for handle in (hospital.main, hospital.segment)
        for entry in entries(ledger, handle)
        if (event := entry.event) and type(event).__name__ == "AccountsOpened"
    }
    assert hospital.segment not in opened[hospital.main] and len(opened[hospital.segment]) == 16
    hospital.take_in(condition(DEPRESSION))
    assert anchor(hospital.north).refused == ()
    for handle, other in ((hospital.main, hospital.segment), (hospital.segment, hospital.main)):
        for entry in entries(ledger, handle):
            if type(entry.event).__name__ not in ("AccountsOpened",):
                assert other not in entry.body
    assert records.merged(ledger.view(), hospital.main) == ()


def test_an_empty_segment_is_given_to_no_other_patient(hospital: Hospital) -> None:
    spare = find_spare(hospital.north).handles
    assert len(spare) == 30 and hospital.segment not in spare  # two rounds of sixteen, one of each in use
    for number in range(40):
        assert take_in(hospital.north, "Other", f"O-{number}") != hospital.segment


def test_the_segment_shows_itself_to_attested_staff_of_its_purpose_alone(hospital: Hospital) -> None:
    hospital.take_in(condition(DEPRESSION))
    north, badge = hospital.north, hospital.badge

    def seen(purpose: str = "administration", staff: Badge | None = None) -> set[bytes]:
        return {p.handle for p in list_patients(north, purpose, staff)}

    def segments(purpose: str, staff: Badge | None) -> set[bytes]:
        return {view.handle for view in list_segments(north, purpose, staff)}

    assert seen("CAREMGT", badge) == {hospital.main, hospital.segment}
    assert segments("CAREMGT", badge) == {hospital.segment}
    others = attest_staff(hospital.story.south, "Doctor Else", "physician")
    for purpose, staff in (("administration", None), ("TREAT", badge), ("CAREMGT", None), ("CAREMGT", others)):
        assert seen(purpose, staff) == {hospital.main}
        assert segments(purpose, staff) == set()
        with pytest.raises(NoSuchRelation):
            list_records(north, hospital.segment, purpose=purpose, staff=staff)
    (view,) = (p for p in list_patients(north, "CAREMGT", badge) if p.segment_of)
    assert (view.segment_of, view.segment, view.name) == (hospital.main, "psychiatry", "")
    assert len(list_records(north, hospital.segment, purpose="CAREMGT", staff=badge)) == 1
    assert list_reads(north, for_decision(north, hospital.segment))[-1].staff == badge.commitment
    assert find_patient(north, SYSTEM, "N-1") == hospital.main  # no identifier leads to it
    end_staff(north, badge.commitment)
    with pytest.raises(NoSuchRelation):
        own_records(north, hospital.segment, "CAREMGT", badge.commitment)


def test_a_segment_answers_outsiders_as_an_account_of_which_nothing_is_kept(hospital: Hospital) -> None:
    hospital.take_in(condition(DEPRESSION))
    said = []
    for handle in (hospital.segment, find_spare(hospital.north).handles[0]):
        for look in (list_records, list_sides, lambda north, one: read_record(north, one, bytes(16))):
            with pytest.raises(Refusal) as refused:
                look(hospital.north, handle)
            said.append((refused.value.code, str(refused.value)))
    assert set(said) == {(NoSuchRelation.code, str(NoSuchRelation()))}


def test_a_merge_shows_a_clerk_no_segment(hospital: Hospital) -> None:
    """Even where somebody merged it with the main relation: the desk sees the side it may see."""
    hospital.take_in(condition(DEPRESSION))
    size = ledger_status(hospital.story.region.ledger).log_size
    with pytest.raises(WouldLinkSegment):  # it would be linked on the ledger for ever
        merge(hospital.north, hospital.main, hospital.segment)
    assert ledger_status(hospital.story.region.ledger).log_size == size
    merge(hospital.north, hospital.main, hospital.segment, link_segments=True)
    assert set(list_sides(hospital.north, hospital.main)) == {hospital.main}
    (one,) = list_patients(hospital.north)
    assert one.merged == () and one.records == len(hospital.kinds(hospital.main))
    assert set(list_sides(hospital.north, hospital.main, purpose="CAREMGT", staff=hospital.badge)) == set(
        sides_of(hospital.north, hospital.main)
    )


def test_what_is_labelled_goes_to_the_segment_whichever_of_the_merged_files_it_is_for(hospital: Hospital) -> None:
    again = take_in(hospital.north, "Alma", "N-1-again")
    merge(hospital.north, hospital.main, again)
    deposit(hospital.north, bundle(patient("Alma", "N-1-again"), condition(DEPRESSION)))
    assert hospital.kinds(hospital.segment) == ["Condition"]


def test_discovery_learns_of_no_segment_unless_it_is_said(hospital: Hospital) -> None:
    attributes = hospital.north.vault.attributes
    assert attributes.of(hospital.main) == MAIN and (MAIN.locatable, MAIN.sensitive) == (True, False)
    assert (attributes.of(hospital.segment).locatable, attributes.of(hospital.segment).sensitive) == (False, True)
    change_segment(hospital.north, hospital.segment, locatable=True, sensitive=False)
    hospital.story.reopen()
    noted = hospital.story.north.vault.attributes.of(hospital.segment)
    assert (noted.locatable, noted.sensitive, noted.labels) == (True, False, ("PSY",))


def test_what_is_no_segment_is_refused(hospital: Hospital) -> None:
    elsewhere = take_in(hospital.story.south, "Alma", "S-1")
    with pytest.raises(NotCustodian):
        open_segment(hospital.north, elsewhere, "psychiatry")
    with pytest.raises(SegmentExists):
        hospital.open("psychiatry")
    with pytest.raises(NoSuchSegment):
        open_segment(hospital.north, hospital.segment, "within")
    with pytest.raises(NoSuchSegment):
        change_segment(hospital.north, hospital.main, locatable=False, sensitive=True)


def test_who_claimed_both_has_them_under_one_custodian(hospital: Hospital) -> None:
    hospital.take_in(condition(DEPRESSION))
    alma = give_wallet(hospital.story, hospital.north, hospital.main, "alma")
    give_wallet(hospital.story, hospital.north, hospital.segment, "alma")
    kept = {relation.handle: relation.custodian for relation in alma.wallet.relations()}
    assert kept == dict.fromkeys((hospital.main, hospital.segment), hospital.north.account)
