"""What the FHIR face says it can do, https://hl7.org/fhir/R4/capabilitystatement.html, from what modules declare."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from salus import __version__
from salus.api.operation import FHIR
from salus.fhir.definitions import resource_types

Json = dict[str, Any]
DATE = "2026-11-29"  # when what is stated here last changed
EVERY = "*"  # each type of resource


class Provided(NamedTuple):
    """An interaction, or an operation of FHIR, that an endpoint provides; `kind` None: the whole system's."""

    endpoint: str  # operationId
    kind: str | None
    code: str  # of http://hl7.org/fhir/restful-interaction, or the operation's name
    definition: str = ""  # canonical, of an operation
    parameters: tuple[tuple[str, str, str], ...] = ()  # of a search: name, type, words


def statement(provided: Iterable[Provided]) -> Json:
    """Return the CapabilityStatement of what is provided."""
    listed = list(provided)
    security = "HTTP Message Signatures (RFC 9421) by a key that the ledger lists: docs/reference/fhir.md"
    rest: Json = {
        "mode": "server",
        "security": {"cors": False, "description": security},
        "resource": [_resource(kind, listed) for kind in sorted(resource_types())],
        "interaction": [{"code": one.code} for one in listed if one.kind is None],
    }
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": DATE,
        "kind": "instance",
        "software": {"name": "Salus", "version": __version__},
        "implementation": {"description": "What one organisation keeps, for its own systems and its patients"},
        "fhirVersion": "4.0.1",
        "format": [FHIR, "json"],
        "rest": [rest],
    }


def _resource(kind: str, listed: Iterable[Provided]) -> Json:
    ours = [one for one in listed if one.kind in (kind, EVERY)]
    searches: dict[str, Json] = defaultdict(dict)
    for one in ours:
        for name, type_, words in one.parameters:
            searches[name] = {"name": name, "type": type_, "documentation": words}
    made: Json = {
        "type": kind,
        "interaction": [{"code": code} for code in dict.fromkeys(one.code for one in ours if not one.definition)],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
    }
    operations = [{"name": one.code, "definition": one.definition} for one in ours if one.definition]
    return (
        made
        | ({"searchParam": list(searches.values())} if searches else {})
        | ({"operation": operations} if operations else {})
    )
