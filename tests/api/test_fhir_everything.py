"""$everything: pages that stay the same while records come, its parameters, and what a page enters in the log."""

import json

import pytest
from fhir_scenes import Alma, Face, link, located, refusal, resources, take_in

from e2e.story_region import DAY_MS, START_MS, bundle, observation
from salus.services.access_log import What
from salus.vault.erasure import Erasure

BAD = (400, "invalid", 0x8007)


@pytest.fixture
def ids(face: Face) -> list[str]:
    return take_in(face)


def more(face: Face, patient: str, *values: float) -> list[str]:
    return located(face.posted(bundle(*(observation(f"Patient/{patient}", START_MS, value) for value in values))))


def test_pages_hold_all_once_in_the_order_of_the_log(face: Face, ids: list[str]) -> None:
    first = face.got(f"/Patient/{ids[0]}/$everything?_count=2")
    assert (first["type"], first["total"], len(first["entry"])) == ("searchset", 5, 2)
    assert link(first, "self") == f"http://salus.test/north/fhir/Patient/{ids[0]}/$everything?_count=2"
    assert [entry["fullUrl"].rpartition("/")[2] for entry in first["entry"]] == ids[:2]
    assert [one["id"] for one in face.everything(ids[0], "?_count=2")] == ids
    assert link(face.got(f"/Patient/{ids[0]}/$everything"), "next") is None


def test_many_records_come_in_one_stream(face: Face, ids: list[str]) -> None:
    added = more(face, ids[0], *range(1, 151))
    page = face.got(f"/Patient/{ids[0]}/$everything?_count=500")
    assert [one["id"] for one in resources(page)] == [*ids, *added]
    assert len(face.got(f"/Patient/{ids[0]}/$everything")["entry"]) == 100
    assert [one["id"] for one in face.everything(ids[0])] == [*ids, *added]


def test_pages_stay_the_same_while_records_come_change_and_go(face: Face, ids: list[str]) -> None:
    first = face.got(f"/Patient/{ids[0]}/$everything?_count=2")
    more(face, ids[0], 7, 8)
    changed = observation(f"Patient/{ids[0]}", START_MS, 99) | {"id": ids[3]}
    entry = {"resource": changed, "request": {"method": "PUT", "url": f"Observation/{ids[3]}"}}
    face.posted(bundle_of(entry))
    face.organisation.vault.erase(Erasure(face.relation(ids[0]), [bytes.fromhex(ids[4])], START_MS))
    second = face.got(str(link(first, "next")))
    assert [one["id"] for one in resources(second)] == ids[2:4]
    assert resources(second)[1]["valueQuantity"]["value"] == 1.3  # as it was on the first page
    assert resources(second)[1]["meta"]["versionId"] == "1"
    assert link(second, "next") is None  # what was erased since is not shown, and not counted
    assert second["total"] == 4
    assert len(face.everything(ids[0])) == 6


def bundle_of(*entries: dict) -> bytes:
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}).encode()


def test_types_and_time_narrow_it_and_stay_in_the_links(face: Face, ids: list[str]) -> None:
    assert [one["id"] for one in face.everything(ids[0], "?_type=Patient")] == ids[:1]
    assert len(face.everything(ids[0], "?_type=Patient,Observation&_count=2")) == 5
    assert face.everything(ids[0], "?_type=Condition") == []
    face.world.story.clock.advance(DAY_MS)
    (late,) = more(face, ids[0], 7)
    since = "?_since=2026-09-22T00:00:00Z"
    assert [one["id"] for one in face.everything(ids[0], since)] == [late]
    page = face.got(f"/Patient/{ids[0]}/$everything?_type=Observation&_count=1&_count_nobody=1")
    assert "_type=Observation" in str(link(page, "next")) and "nobody" not in str(link(page, "self"))


def test_it_is_counted_without_being_read(face: Face, ids: list[str]) -> None:
    for query in ("?_summary=count", "?_count=0", "?_type=Observation&_summary=count"):
        page = face.got(f"/Patient/{ids[0]}/$everything{query}")
        assert (page["total"], "entry" in page, link(page, "next")) == (4 if "_type" in query else 5, False, None)
    assert [(What(read.what), read.records) for read in face.reads(ids[0])] == [(What.LIST, ())] * 3


def test_a_page_enters_the_log_before_it_leaves_with_what_it_holds(face: Face, ids: list[str]) -> None:
    face.got(f"/Patient/{ids[0]}/$everything?_count=2")
    face.got(f"/Patient/{ids[0]}/$everything?_type=Condition")
    first, second = face.reads(ids[0])
    assert (What(first.what), first.records) == (What.READ, tuple((bytes.fromhex(one), 1) for one in ids[:2]))
    assert (What(second.what), second.records) == (What.LIST, ())


WRONG = (
    *("_count=-1", "_count=x", "_count=1&_count=2", "_count=9999999999", "_summary=data", "_summary=text"),
    *("_page=", "_page=1", "_page=1.", "_page=x.1", "_page=1.2.3", "_page=1.-1", "_page=1.1&_page=1.1"),
    *("_since=yesterday", "_since=2026", "_since=2026-02-30T00:00:00Z", "_type=Nothing", "_type=", "_type=Patient,"),
)


def test_parameters_that_are_not_of_their_form_are_refused(face: Face) -> None:
    for query in WRONG:
        assert face.refused(f"/Patient/1/$everything?{query}") == BAD, query


def test_a_page_of_another_state_is_over(face: Face, ids: list[str]) -> None:
    over = (410, "deleted", 0x6224)
    assert face.refused(f"/Patient/{ids[0]}/$everything?_page=0.6") == over  # the log was never so long
    assert face.refused(f"/Patient/{ids[0]}/$everything?_page=0.5-5") == over  # two relations
    assert face.got(f"/Patient/{ids[0]}/$everything?_page=9.5")["total"] == 5


def test_somebody_who_is_not_there_has_nothing(face: Face, alma: Alma) -> None:
    for id_ in ("0" * 32, "0" * 64, "nobody"):
        assert face.refused(f"/Patient/{id_}/$everything") == (404, "not-found", 0x6220)
        assert refusal(face.get(f"/Patient/{id_}/$everything", key=alma.key)) == (404, "not-found", 0x6220)


def test_a_person_pages_through_her_own(face: Face, alma: Alma) -> None:
    assert [one["id"] for one in face.everything(alma.id, "?_count=2", key=alma.key)] == list(alma.ids)
