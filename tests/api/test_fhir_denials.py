"""Who sees what on the FHIR face: each denial, and that a denied reader learns nothing by it."""

from collections.abc import Callable

import pytest
from fhir_scenes import Alma, Face, alma_of, as_staff, located, refusal, resources, take_in

from e2e.story_region import bundle, give_wallet, grant_laboratory, observation, patient, urn
from salus.core.signatures import SigningKey
from salus.services.access_log import What
from salus.services.approve_merge import approve_merge
from salus.services.attest_staff import attest_staff
from salus.services.authorise import own_view_rule
from salus.services.death import record_death
from salus.services.freeze import freeze_in_person
from salus.services.inbox import process_inbox
from salus.services.merge import merge
from salus.services.restrict import restrict
from salus.services.segments import open_segment

NOTHING, NOT_HERE = (404, "not-found", 0x6220), (403, "forbidden", 0x8052)


def paths(alma: Alma) -> list[str]:
    """Every way to see something of a patient."""
    return [
        f"/Patient/{alma.id}",
        f"/Patient/{alma.handle.hex()}",
        f"/Observation/{alma.ids[1]}",
        f"/Observation/{alma.ids[1]}/_history/1",
        f"/Patient/{alma.id}/$everything",
        f"/Patient/{alma.id}/$everything?_summary=count",
        f"/Consent?patient={alma.id}",
        f"/AuditEvent?patient=Patient/{alma.id}&_summary=count",
    ]


def test_a_person_sees_her_own_relation_and_it_stands_in_the_log(face: Face, alma: Alma) -> None:
    for path in paths(alma):
        assert face.get(path, key=alma.key).status_code == 200
    found = face.got("/Patient?identifier=urn:oid:1.2.3.4%7CN-1", key=alma.key)
    assert [one["id"] for one in resources(found)] == [alma.id]
    reads = face.reads(alma.id)
    assert {(read.purpose, read.staff, read.rule) for read in reads} == {
        ("PATRQT", None, own_view_rule(face.organisation))
    }
    assert sorted(What(read.what).name for read in reads) == ["LIST", "READ", "READ", "READ", "READ", "READ", "READ"]


def test_another_persons_relation_is_not_there(face: Face, alma: Alma) -> None:
    berta = alma_of(face, "Berta", "N-2", "berta")
    for path in paths(alma):
        unknown = path.replace(alma.id, "0" * 32).replace(alma.ids[1], "0" * 32).replace(alma.handle.hex(), "0" * 64)
        assert face.refused(path, key=berta.key) == NOTHING == face.refused(unknown, key=berta.key)
        assert face.get(path, key=berta.key).content == face.get(unknown, key=berta.key).content
    found = face.got("/Patient?identifier=urn:oid:1.2.3.4%7CN-1", key=berta.key)
    assert (found["total"], resources(found)) == (0, [])
    assert face.reads(alma.id) == ()


@pytest.mark.parametrize("who", ["another member", "a person of another custodian", "an administrator"])
def test_others_are_refused(face: Face, alma: Alma, who: str) -> None:
    story = face.world.story
    if who == "another member":
        key = story.south.gateway
    elif who == "an administrator":
        key = face.organisation.administration[0]
    else:
        key = alma_of(Face(face.world, "south"), "Alma", "S-1", "somebody").key
    wanted = (403, "forbidden", 0x8009) if who == "an administrator" else NOT_HERE
    for path in [*paths(alma), "/Nothing/1", "/Observation/a%20b"]:
        assert face.refused(path, key=key) == wanted
    assert face.reads(alma.id) == ()
    posted = face.send("POST", "", bundle(patient("Eve", "N-9")), key=key)
    assert refusal(posted) == (403, "forbidden", 0x8009)


def test_a_person_takes_nothing_in(face: Face, alma: Alma) -> None:
    answer = face.send("POST", "", bundle(patient("Alma", "N-1")), key=alma.key)
    assert refusal(answer) == (403, "forbidden", 0x8009)


def test_nothing_is_read_without_a_signature(face: Face, alma: Alma) -> None:
    for path in paths(alma):
        assert refusal(face.world.call("GET", f"/north/fhir{path}")) == (401, "login", 0x8008)
    unknown = SigningKey.from_seed(bytes(32))
    assert face.refused(f"/Patient/{alma.id}", key=unknown) == (401, "login", 0x8015)


def test_an_organisation_that_is_not_served_is_not_found(face: Face) -> None:
    answer = Face(face.world, "south").send("GET", "http://salus.test/nobody/fhir/Patient/1")
    assert refusal(answer) == (404, "not-found", 0x800A)


def frozen(face: Face, alma: Alma) -> None:
    freeze_in_person(face.organisation, alma.handle, attest_staff(face.organisation, "Clerk", "desk"))


def dead(face: Face, alma: Alma) -> None:
    record_death(face.organisation, alma.handle, attest_staff(face.organisation, "Doctor", "physician"), "certificate")


@pytest.mark.parametrize("end", [frozen, dead])
def test_a_barred_account_sees_nothing_and_the_hospital_still_does(
    face: Face, alma: Alma, end: Callable[[Face, Alma], None]
) -> None:
    key = alma.key
    end(face, alma)
    for path in paths(alma):
        assert face.refused(path, key=key) == (403, "forbidden", 0x6223)
        assert face.get(path).status_code == 200


def test_a_restricted_relation_is_kept_and_shown_to_its_person_alone(face: Face, alma: Alma) -> None:
    restrict(face.organisation, alma.handle)
    for path in paths(alma):
        assert face.refused(path) == (403, "forbidden", 0x6052)
        assert face.get(path, key=alma.key).status_code == 200


def test_a_segment_shows_itself_to_staff_of_its_purpose_alone(face: Face, alma: Alma) -> None:
    segment = open_segment(face.organisation, alma.handle, "psychiatry", labels=("PSY",), purposes=("CAREMGT",)).handle
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F32.9"}]}
    condition = {"resourceType": "Condition", "subject": {"reference": urn(0)}, "code": code}
    _, hidden = located(face.posted(bundle(patient("Alma", "N-1"), condition)))
    badge = as_staff(attest_staff(face.organisation, "Doctor Nobody", "psychiatrist"), "CAREMGT")
    ways = [f"/Condition/{hidden}", f"/Condition/{hidden}/_history/1", f"/Patient/{segment.hex()}/$everything"]
    for path in [*ways, f"/Consent?patient={segment.hex()}", f"/AuditEvent?patient={segment.hex()}"]:
        for denied in ({}, {"Salus-Purpose": "CAREMGT"}, badge | {"Salus-Purpose": "TREAT"}):
            assert face.refused(path, headers=denied) == NOTHING
        assert face.refused(path, key=alma.key) == NOTHING  # it has keys of its own
        assert face.get(path, headers=badge).status_code == 200
    kinds = [one["resourceType"] for one in face.everything(alma.id, headers=badge)]
    assert "Condition" not in kinds
    assert [one["id"] for one in face.everything(segment.hex(), headers=badge)] == [hidden]


def test_merged_relations_are_one_patient_for_the_hospital_and_two_accounts_for_her(face: Face, alma: Alma) -> None:
    second = take_in(face, "Alma", "N-1-again")
    handle = face.relation(second[0])
    give_wallet(face.world.story, face.organisation, handle, "alma")
    approve_merge(alma.person, alma.handle, handle)
    process_inbox(face.organisation)
    merge(face.organisation, alma.handle, handle)
    assert {one["id"] for one in face.everything(alma.id)} == {*alma.ids, *second}
    assert {one["id"] for one in face.everything(alma.id, "?_count=3")} == {*alma.ids, *second}
    assert {one["id"] for one in face.everything(alma.id, key=alma.key)} == {*alma.ids}
    assert face.refused(f"/Observation/{second[1]}", key=alma.key) == NOTHING


def test_what_was_granted_to_another_opens_no_door_here(face: Face, alma: Alma) -> None:
    grant_laboratory(face.world.story, alma.person, alma.handle)
    for path in paths(alma):
        assert face.refused(path, key=face.world.story.clinic.gateway) == NOT_HERE


def test_a_relation_of_another_custodian_is_not_there(face: Face) -> None:
    other = Face(face.world, "south")
    foreign = take_in(other, "Carla", "S-3")
    for path in (
        f"/Patient/{foreign[0]}",
        f"/Observation/{foreign[1]}",
        f"/Patient/{other.relation(foreign[0]).hex()}",
    ):
        assert face.refused(path) == NOTHING


def test_observations_of_two_patients_stay_apart(face: Face, alma: Alma) -> None:
    berta = take_in(face, "Berta", "N-2")
    (id_,) = located(face.posted(bundle(observation(f"Patient/{berta[0]}", 1_790_000_000_000))))
    assert id_ not in [one["id"] for one in face.everything(alma.id)]
    assert face.refused(f"/Observation/{id_}", key=alma.key) == NOTHING


def test_a_state_that_may_be_old_shows_a_person_nothing_and_stops_no_care(
    face: Face, alma: Alma, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(face.organisation.ledger), "as_of", lambda _: 0)
    for path in paths(alma):
        answer = face.get(path, key=alma.key)
        assert refusal(answer) == (503, "transient", 0x6030) and answer.headers["retry-after"] == "1"
        assert face.get(path).status_code == 200
