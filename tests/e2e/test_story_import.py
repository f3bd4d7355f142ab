"""Imports: as a whole or not at all, once, and the same after a crash at any step."""

import json
from collections.abc import Callable

import pytest
from story_region import START_MS, SYSTEM, Story, bundle, observation, patient, records_of, urn

from salus.contracts.accounts.queries import custodian_of
from salus.contracts.records import queries as records
from salus.services import deposit as module
from salus.services.actors import Organisation
from salus.services.anchor import anchor
from salus.services.deposit import InvalidBundle, deposit, deposit_many
from salus.services.errors import AmbiguousPatient, WrongPlace
from salus.services.open_accounts import find_spare, open_accounts
from salus.services.patients import find_patient, list_patients
from salus.services.read_records import list_records, read_record
from salus.vault.vault import Vault


class Crash(BaseException):
    """The process ends here."""


def ledger_handles(story: Story) -> int:
    return sum(1 for event in story.region.ledger.events(subject=story.north.account) if event.body)


def test_the_same_bundle_again_changes_nothing(story: Story) -> None:
    raw = records_of("Alma", "N-1", START_MS)
    first = deposit(story.north, raw)
    anchor(story.north)
    before = story.region.ledger.status().log_entries  # an empty block may follow at any time
    again = deposit(story.north, raw)
    assert (again.again, again.records, again.handles) == (True, 0, first.handles)
    assert anchor(story.north) == (0, ())
    assert story.region.ledger.status().log_entries == before
    assert len(list_records(story.north, first.handles[0])) == 5


def test_a_known_patient_keeps_her_relation(story: Story) -> None:
    first = deposit(story.north, records_of("Alma", "N-1", START_MS))
    second = deposit(story.north, records_of("Alma", "N-1", START_MS - 1000))
    assert second.handles == first.handles and second.opened == 0
    assert find_patient(story.north, SYSTEM, "N-1") == first.handles[0]
    assert find_patient(story.north, SYSTEM, "N-2") is None
    assert [view.records for view in list_patients(story.north)] == [10]


def test_identifiers_of_two_patients_in_one_are_a_case_for_a_person(story: Story) -> None:
    deposit(story.north, bundle(patient("Alma", "N-1")))
    deposit(story.north, bundle(patient("Berta", "N-2")))
    both = patient("Alma", "N-1")
    both["identifier"] = [{"system": SYSTEM, "value": "N-1"}, {"system": SYSTEM, "value": "N-2"}]
    with pytest.raises(AmbiguousPatient):
        deposit(story.north, bundle(both))
    assert [view.records for view in list_patients(story.north)] == [1, 1]


def test_a_half_valid_bundle_stores_nothing(story: Story) -> None:
    wrong = observation(urn(0), START_MS)
    del wrong["status"]
    with pytest.raises(InvalidBundle) as refused:
        deposit(story.north, bundle(patient("Alma", "N-1"), observation(urn(0), START_MS), wrong))
    assert [issue.expression.startswith("Bundle.entry[2]") for issue in refused.value.issues] == [True]
    assert "Alma" not in str(refused.value)
    assert story.north.vault.relations() == [] and story.region.ledger.height() == 0


def test_octets_are_kept_as_they_came(story: Story) -> None:
    (handle,) = deposit(story.north, records_of("Alma", "N-1", START_MS)).handles
    octets = [read_record(story.north, handle, header.record).octets for header in list_records(story.north, handle)]
    assert any(b'"value": 1.1,' in raw for raw in octets)


def test_a_put_makes_the_next_version_in_the_same_relation(story: Story) -> None:
    def put(subject: str, value: float) -> bytes:
        resource = observation(f"Patient/{subject}", START_MS, value) | {"id": "obs-1"}
        entry = {"resource": resource, "request": {"method": "PUT", "url": "Observation/obs-1"}}
        return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]}).encode()

    def person(identity: str) -> bytes:
        entry = {
            "resource": patient("Alma", identity) | {"id": identity},
            "request": {"method": "PUT", "url": f"Patient/{identity}"},
        }
        return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]}).encode()

    (handle,) = deposit(story.north, person("a")).handles
    deposit(story.north, person("b"))
    deposit(story.north, put("a", 1))
    deposit(story.north, put("a", 2))
    versions = {header.type: header.version for header in list_records(story.north, handle)}
    assert versions == {"Patient": 1, "Observation": 2}
    with pytest.raises(WrongPlace):
        deposit(story.north, put("b", 3))


def test_no_import_takes_an_account_that_was_opened_by_hand(story: Story) -> None:
    (mine,) = open_accounts(story.north, 1)
    (handle,) = deposit(story.north, records_of("Alma", "N-1", START_MS)).handles
    assert handle != mine and custodian_of(story.region.ledger.view(), mine) == story.north.account


def before_the_accounts(monkeypatch: pytest.MonkeyPatch, organisation: Organisation) -> None:
    monkeypatch.setattr(module, "take_spare", crash)


def before_the_ledger(monkeypatch: pytest.MonkeyPatch, organisation: Organisation) -> None:
    monkeypatch.setattr(type(organisation.carrier), "submit_now", crash)


def after_the_ledger(monkeypatch: pytest.MonkeyPatch, organisation: Organisation) -> None:
    kept = type(organisation.carrier).submit_now

    def land_and_crash(self, envelope: bytes) -> None:
        kept(self, envelope)
        raise Crash

    monkeypatch.setattr(type(organisation.carrier), "submit_now", land_and_crash)


def before_the_vault(monkeypatch: pytest.MonkeyPatch, organisation: Organisation) -> None:
    monkeypatch.setattr(Vault, "deposit", crash)


def after_the_vault(monkeypatch: pytest.MonkeyPatch, organisation: Organisation) -> None:
    kept = Vault.deposit

    def store_and_crash(self, whole: object) -> None:
        kept(self, whole)
        raise Crash

    monkeypatch.setattr(Vault, "deposit", store_and_crash)


def crash(*_: object, **__: object) -> None:
    raise Crash


@pytest.mark.parametrize(
    "break_at", [before_the_accounts, before_the_ledger, after_the_ledger, before_the_vault, after_the_vault]
)
def test_an_interrupted_import_finishes_or_leaves_no_trace(
    story: Story, monkeypatch: pytest.MonkeyPatch, break_at: Callable[[pytest.MonkeyPatch, Organisation], None]
) -> None:
    raw = records_of("Alma", "N-1", START_MS)
    with monkeypatch.context() as broken:
        break_at(broken, story.north)
        with pytest.raises(Crash):
            deposit(story.north, raw)
    story.reopen()
    stored = story.north.vault.relations()
    assert len(stored) == (1 if break_at is after_the_vault else 0)
    done = deposit(story.north, raw)
    assert done.again is (break_at is after_the_vault)
    assert len(done.handles) == 1 and story.north.vault.relations() == list(done.handles)
    assert anchor(story.north) == (1, ())
    assert len(list_records(story.north, done.handles[0])) == 5
    opened = [e for e in story.region.ledger.events(subject=done.handles[0]) if e.body]
    assert len(opened) == 1  # one OpenAccounts made this account, and nothing else happened to it
    # 16 accounts in all: those of the interrupted attempt were used, not opened a second time
    assert len(find_spare(story.north).handles) == 15


def anchored_and_lost(monkeypatch: pytest.MonkeyPatch, organisation: Organisation) -> None:
    monkeypatch.setattr("salus.services.anchor.settle", crash)


def not_anchored(monkeypatch: pytest.MonkeyPatch, organisation: Organisation) -> None:
    monkeypatch.setattr(type(organisation.carrier), "submit_now", crash)


@pytest.mark.parametrize("break_at", [anchored_and_lost, not_anchored])
def test_an_interrupted_anchor_is_taken_up_again(
    story: Story, monkeypatch: pytest.MonkeyPatch, break_at: Callable[[pytest.MonkeyPatch, Organisation], None]
) -> None:
    (handle,) = deposit(story.north, records_of("Alma", "N-1", START_MS)).handles
    with monkeypatch.context() as broken:
        break_at(broken, story.north)
        with pytest.raises(Crash):
            anchor(story.north)
    story.reopen()
    assert anchor(story.north) == (1, ())
    held = records.relation(story.region.ledger.view(), handle)
    assert held is not None and held.seq == 1
    assert story.north.vault.anchors.opening(handle).root == held.root
    assert anchor(story.north) == (0, ())


def test_many_bundles_open_their_accounts_together(story: Story) -> None:
    told: list[int] = []
    done = deposit_many(
        story.north, [records_of(f"P{number}", f"N-{number}", START_MS) for number in range(20)], told.append
    )
    assert told == list(range(1, 21)) and sum(one.opened for one in done) == 20
    assert len({one.handles for one in done}) == 20
    assert anchor(story.north) == (20, ())
    assert story.region.ledger.height() <= 6
