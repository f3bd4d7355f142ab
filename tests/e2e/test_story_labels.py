"""Labels in the vault: documents follow their parts, and a newer rule set is applied to what is kept."""

import json
from typing import Any

import pytest
from story_region import (
    DAY_MS,
    START_MS,
    Story,
    ask,
    bundle,
    clinician,
    give_wallet,
    observation,
    patient,
    take_in,
    urn,
)

from salus.core.record import PENDING, LeafHeader
from salus.fhir.rule_sets import NEWEST, NoSuchRuleSet
from salus.services.actors import Organisation
from salus.services.authorise import own_records
from salus.services.deliver import Delivery
from salus.services.deposit import deposit
from salus.services.grant import Terms, grant, sealed_part, to_organisation
from salus.services.inbox import process_inbox
from salus.services.receive import Received
from salus.services.relabel import Relabelled, relabel
from salus.vault.errors import StorageFailed
from salus.vault.records import RecordWrite

MENTAL = ("BH", "MH", "PSY", "R")
ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def condition(code: str = "J45", **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "subject": {"reference": urn(0)},
        "code": {"coding": [{"system": ICD, "code": code}]},
        **elements,
    }


def listing(*parts: str, subject: str = urn(0)) -> dict[str, Any]:
    return {
        "resourceType": "List",
        "status": "current",
        "mode": "working",
        "subject": {"reference": subject},
        "entry": [{"item": {"reference": part}} for part in parts],
    }


def put(resource: dict[str, Any], **more: Any) -> bytes:
    request = {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
    return json.dumps(
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": resource, "request": request}, *more]}
    ).encode()


def headers(hospital: Organisation, handle: bytes) -> list[LeafHeader]:
    return hospital.vault.headers(own_records(hospital, handle, "TREAT", None))


def labels(hospital: Organisation, handle: bytes, kind: str) -> tuple[str, ...]:
    (found,) = [header for header in headers(hospital, handle) if header.type == kind]
    return found.labels


def as_before(hospital: Organisation, handle: bytes, resource: dict[str, Any], record: bytes = b"c" * 16) -> bytes:
    """A record as the first rule set left it: labelled N."""
    octets = json.dumps(resource).encode()
    kind = resource["resourceType"]
    write = RecordWrite(handle, record, octets, "application/fhir+json", "condition", kind, START_MS, labels=("N",))
    return hospital.vault.deposit([write._replace(rule_set=1)]).versions[0].leaf


def test_relabelling_after_a_grant(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    old = as_before(story.north, handle, condition("F32.1", id="c"))
    alma = give_wallet(story, story.north, handle, "alma")
    normal = sealed_part(labels=("N",))
    grant(alma, handle, Terms(to_organisation(story.clinic.account), ("TREAT",), 30, normal))
    badge = clinician(story)

    def received() -> set[str]:
        ask(story, handle, badge)
        assert isinstance(process_inbox(story.north)[-1].outcome, Delivery)
        got = process_inbox(story.clinic)[-1].outcome
        assert isinstance(got, Received)
        return {record.header.type for record in got.records}

    assert received() == {"Patient", "Observation", "Condition"}
    before = {header.record: header for header in headers(story.north, handle)}
    assert relabel(story.north, NEWEST) == Relabelled(NEWEST, 1, 1, 1, 1)
    after = {header.record: header for header in headers(story.north, handle)}
    changed = after.pop(b"c" * 16)
    was = before.pop(b"c" * 16)
    assert after == before  # the others have no new version
    assert (changed.version, changed.previous, changed.rule_set) == (2, old, NEWEST)
    assert changed.labels == MENTAL
    assert (changed.recorder, changed.author, changed.status) == (was.recorder, was.author, was.status)
    scope = own_records(story.north, handle, "TREAT", None)
    assert story.north.vault.read(scope, b"c" * 16).octets == story.north.vault.read(scope, b"c" * 16, 1).octets
    assert b"HSYSADMIN" in b"".join(entry for _, entry in story.north.vault.access_entries(scope))
    assert received() == {"Patient", "Observation"}


def test_relabelling_again_changes_nothing(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    as_before(story.north, handle, condition("F32.1", id="c"))
    relabel(story.north, NEWEST)
    height, scope = story.region.ledger.view().height, own_records(story.north, handle, "TREAT", None)
    leaves, looks = story.north.vault.leaves(scope), len(story.north.vault.access_entries(scope))
    assert relabel(story.north, NEWEST) == Relabelled(NEWEST, 1, 0, 0, 0)
    assert story.north.vault.leaves(scope) == leaves and len(story.north.vault.access_entries(scope)) == looks
    assert story.region.ledger.view().height == height
    with pytest.raises(NoSuchRuleSet):
        relabel(story.north, 1)


def test_relabelling_reaches_the_documents_of_what_it_changes(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    as_before(story.north, handle, condition("F32.1", id="c"))
    subject = next(f"Patient/{h.record.hex()}" for h in headers(story.north, handle) if h.type == "Patient")
    part = f"Condition/{(b'c' * 16).hex()}"
    as_before(story.north, handle, listing(part, subject=subject), b"l" * 16)
    as_before(story.north, handle, listing(f"List/{(b'l' * 16).hex()}", subject=subject), b"m" * 16)
    assert relabel(story.north, NEWEST).records == 3
    assert [h.labels for h in headers(story.north, handle) if h.type in ("Condition", "List")] == [MENTAL] * 3


def test_an_interrupted_relabelling_goes_on(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    handles = [take_in(story.north, f"Alma {n}", f"N-{n}") for n in range(4)]
    for handle in handles:
        as_before(story.north, handle, condition("F32.1", id="c"))
        as_before(story.north, handle, condition("J45", id="d"), b"d" * 16)
    vault, calls = story.north.vault, 0
    whole = vault.deposit

    def failing(writes: list[RecordWrite]) -> object:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise StorageFailed
        return whole(writes)

    with monkeypatch.context() as patch:
        patch.setattr(type(vault), "deposit", lambda self, writes: failing(writes))
        with pytest.raises(StorageFailed):
            relabel(story.north, NEWEST)
    story.reopen()
    assert relabel(story.north, NEWEST) == Relabelled(NEWEST, 4, 2, 2, 4)
    for handle in handles:
        assert [h.labels for h in headers(story.north, handle) if h.record in (b"c" * 16, b"d" * 16)] == [
            ("N",),
            MENTAL,
        ]
        assert len(story.north.vault.leaves(own_records(story.north, handle, "TREAT", None))) == 5 + 2 + 1


def test_a_document_follows_a_part_that_changes_later(story: Story) -> None:
    part = condition("J45", id="asthma")
    raw = json.loads(bundle(patient("Alma", "N-1"), part, listing(urn(1)), listing(urn(2))))
    raw["entry"][1]["request"] = {"method": "PUT", "url": "Condition/asthma"}
    (handle,) = deposit(story.north, json.dumps(raw).encode()).handles
    found = {header.record: header for header in headers(story.north, handle)}
    assert {header.labels for header in found.values()} == {("N",)}
    (who,) = [header.record.hex() for header in found.values() if header.type == "Patient"]
    changed = condition("F32.1", id="asthma", subject={"reference": f"Patient/{who}"})
    deposit(story.north, put(changed))
    after = headers(story.north, handle)
    assert {(header.type, header.version, header.labels) for header in after} == {
        ("Patient", 1, ("N",)),
        ("Condition", 2, MENTAL),
        ("List", 2, MENTAL),  # both: one tells of the other
    }
    assert len(after) == 4
    milder = condition("J45", id="asthma", subject={"reference": f"Patient/{who}"}, onsetString="x")
    deposit(story.north, put(milder))
    assert {(header.type, header.version, header.labels) for header in headers(story.north, handle)} == {
        ("Patient", 1, ("N",)),
        ("Condition", 3, ("N",)),
        ("List", 3, ("N",)),
    }


def test_a_document_that_comes_after_its_parts(story: Story) -> None:
    (handle,) = deposit(story.north, bundle(patient("Alma", "N-1"), condition("F32.1"))).handles
    found = {header.type: header.record.hex() for header in headers(story.north, handle)}
    subject = f"Patient/{found['Patient']}"
    deposit(
        story.north,
        bundle(listing(f"Condition/{found['Condition']}", subject=subject), listing(urn(0), subject=subject)),
    )
    assert [h.labels for h in headers(story.north, handle) if h.type == "List"] == [MENTAL, MENTAL]


def test_a_part_that_nobody_has_makes_a_document_pending(story: Story) -> None:
    (handle,) = deposit(
        story.north, bundle(patient("Alma", "N-1"), listing("https://elsewhere.example/Condition/1"))
    ).handles
    assert labels(story.north, handle, "List") == (PENDING,)
    other = deposit(story.north, bundle(patient("Berta", "N-2"), condition("F32.1"))).handles[0]
    theirs = next(header.record.hex() for header in headers(story.north, other) if header.type == "Condition")
    (third,) = deposit(story.north, bundle(patient("Carla", "N-3"), listing(f"Condition/{theirs}"))).handles
    assert labels(story.north, third, "List") == (PENDING,)


def test_a_prescription_has_the_labels_of_its_medication(story: Story) -> None:
    medication = {
        "resourceType": "Medication",
        "code": {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1819"}]},
    }
    order = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": urn(0)},
        "medicationReference": {"reference": urn(1)},
    }
    (handle,) = deposit(story.north, bundle(patient("Alma", "N-1"), medication, order)).handles
    assert labels(story.north, handle, "MedicationRequest") == ("BH", "ETH", "OPIOIDUD", "R", "SUD")
    shared = {"id": "drug", **medication}
    deposit(story.north, put(shared))
    late = order | {"medicationReference": {"reference": "Medication/drug"}}
    (other,) = deposit(story.north, bundle(patient("Berta", "N-2"), late)).handles
    assert labels(story.north, other, "MedicationRequest") == ("BH", "ETH", "OPIOIDUD", "R", "SUD")


def test_unlabelled_and_pending_data_is_not_released_under_a_normal_permit(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    octets = json.dumps(observation(urn(0), START_MS - DAY_MS)).encode()
    for record, given in ((b"u" * 16, ()), (b"p" * 16, (PENDING,))):
        kind = "application/fhir+json"
        story.north.vault.deposit(
            [RecordWrite(handle, record, octets, kind, "laboratory", "Observation", START_MS, labels=given)]
        )
    alma = give_wallet(story, story.north, handle, "alma")
    normal = Terms(to_organisation(story.clinic.account), ("TREAT",), 30, sealed_part(labels=("N",)))
    grant(alma, handle, normal)
    ask(story, handle, clinician(story))
    process_inbox(story.north)
    (got,) = process_inbox(story.clinic)
    assert isinstance(got.outcome, Received)
    assert len(got.outcome.records) == 5 and {r.header.labels for r in got.outcome.records} == {("N",)}
