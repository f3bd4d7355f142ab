"""Errors as FHIR clients expect them, https://hl7.org/fhir/R4/operationoutcome.html

The status is that of `api.problem` but where FHIR's HTTP page (https://hl7.org/fhir/R4/http.html) names another. The
refusal's number stands in `details`, so that a program can tell refusals apart; its text is fixed.
"""

import orjson
from starlette.responses import Response

from salus.api.errors import BodyTooLarge, CodedBody, NoSuchMethod, NoSuchPath, WrongMediaType
from salus.api.fhir.errors import NotAcceptable, UnknownParameter
from salus.api.operation import FHIR
from salus.api.problem import Bug, headers_of, problem, status_of
from salus.core.errors import Kind, Refusal
from salus.fhir.bundle import BundleRefused
from salus.fhir.consent.spans import NoFhirForm
from salus.fhir.outcome import operation_outcome
from salus.vault.errors import VersionConflict

REFUSAL = "urn:salus:refusal"
ISSUES: dict[Kind, str] = {  # https://hl7.org/fhir/R4/valueset-issue-type.html
    Kind.INVALID: "invalid",
    Kind.UNAUTHENTICATED: "login",
    Kind.FORBIDDEN: "forbidden",
    Kind.NOT_FOUND: "not-found",
    Kind.CONFLICT: "conflict",
    Kind.GONE: "deleted",
    Kind.EXHAUSTED: "throttled",
    Kind.UNAVAILABLE: "transient",
}
if ISSUES.keys() != set(Kind):  # a kind without an issue type stops the import, not a request
    raise ImportError("a kind of refusal has no issue type")
_ISSUES_OF: dict[type[Refusal], str] = {
    Bug: "exception",
    BodyTooLarge: "too-long",
    CodedBody: "not-supported",
    NoSuchMethod: "not-supported",
    NoSuchPath: "not-found",
    NotAcceptable: "not-supported",
    NoFhirForm: "not-supported",
    UnknownParameter: "not-supported",
    WrongMediaType: "not-supported",
}
_STATUSES: dict[type[Refusal], int] = {NotAcceptable: 406, NoFhirForm: 422, VersionConflict: 412}
SEVERAL = "multiple-matches"


def fhir_status(refusal: Refusal) -> int:
    """Return the HTTP status of a refusal on the FHIR face."""
    if isinstance(refusal, BundleRefused) and refusal.issues and all(one.code == SEVERAL for one in refusal.issues):
        return 412
    return _STATUSES.get(type(refusal)) or status_of(refusal)


def outcome_of(refusal: Refusal) -> dict[str, object]:
    """Return the OperationOutcome of a refusal; of a bundle it names each issue with its place."""
    if isinstance(refusal, BundleRefused) and refusal.issues:
        return operation_outcome(refusal.issues)
    kind = type(refusal)
    issue = {
        "severity": "fatal" if isinstance(refusal, Bug) else "error",
        "code": _ISSUES_OF.get(kind, ISSUES[refusal.kind]),
        "details": {"coding": [{"system": REFUSAL, "code": f"{refusal.code:04x}"}], "text": refusal.text},
        "diagnostics": refusal.text,
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def refused_at(path: str, refusal: Refusal) -> Response:
    """Return the answer at a path that leads to no operation, or is refused before one: FHIR's under `/{org}/fhir`."""
    return fhir_problem(refusal) if path.split("?", 1)[0].split("/")[2:3] == ["fhir"] else problem(refusal)


def fhir_problem(refusal: Refusal) -> Response:
    """Return the answer that says what was refused."""
    return Response(orjson.dumps(outcome_of(refusal)), fhir_status(refusal), headers_of(refusal), FHIR)
