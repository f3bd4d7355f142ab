"""metadata: what is said is what there is, for anybody."""

from api_world import World
from fhir_scenes import FHIR, refusal

from salus.api.fhir.metadata import PROVIDES
from salus.api.fhir.operations import OPERATIONS
from salus.api.openapi import document
from salus.api.operation import Who
from salus.fhir.definitions import resource_types
from salus.fhir.validate import validate


def test_anybody_is_told_and_it_is_valid(served: World) -> None:
    answer = served.call("GET", "/north/fhir/metadata")
    assert (answer.status_code, answer.headers["content-type"]) == (200, FHIR)
    found = answer.json()
    assert validate(found, answer.content) == []
    (rest,) = found["rest"]
    assert {one["code"] for one in rest["interaction"]} == {"transaction", "batch"}
    by_type = {one["type"]: one for one in rest["resource"]}
    assert set(by_type) == resource_types()
    assert [one["code"] for one in by_type["Condition"]["interaction"]] == ["read", "vread"]
    assert [one["name"] for one in by_type["Consent"]["searchParam"]] == ["patient"]
    assert [one["name"] for one in by_type["AuditEvent"]["searchParam"]] == ["patient", "date"]
    assert [one["name"] for one in by_type["Patient"]["operation"]] == ["everything"]
    assert "north" not in answer.text.lower() and "salus.test" not in answer.text


def test_nothing_is_declared_that_is_not_served_nor_served_and_not_declared() -> None:
    served = {one.name for one in OPERATIONS if one.in_document} - {"fhir-capabilities"}
    assert {one.endpoint for one in PROVIDES} == served


def test_all_but_the_statement_need_a_signature() -> None:
    assert [one.name for one in OPERATIONS if one.who is Who.ANYONE] == ["fhir-capabilities"]
    assert all(one.fhir for one in OPERATIONS)


def test_the_form_and_the_organisation_are_checked(served: World) -> None:
    assert refusal(served.call("GET", "/north/fhir/metadata?_format=xml")) == (406, "not-supported", 0x8050)
    assert refusal(served.call("GET", "/nobody/fhir/metadata")) == (404, "not-found", 0x800A)


def test_each_operation_stands_in_the_document() -> None:
    paths = document(OPERATIONS, "1")["paths"]
    assert "/{org}/fhir/Patient/{id}/$everything" in paths
    read = paths["/{org}/fhir/{type}/{id}"]["get"]
    assert {"200", "304", "401", "403", "404", "406", "410"} <= set(read["responses"])
