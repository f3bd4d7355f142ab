"""read and search of Consent: the directives of a patient, as the custodian enforces them.

https://hl7.org/fhir/R4/consent.html, docs/reference/consent.md. The id of such a Consent is that of its directive, 64
hexadecimal digits; a Consent with another id is a document that was deposited, and is read like any record. A
directive that FHIR's Consent cannot say is left out of a search, and an outcome beside the matches tells so.
"""

import re

import orjson
from starlette.responses import Response

from salus.api.fhir.capability import Provided
from salus.api.fhir.conditional import conditional
from salus.api.fhir.errors import PatientMissing
from salus.api.fhir.negotiation import check_format, check_parameters, one_value
from salus.api.fhir.outcome import outcome_of
from salus.api.fhir.paging import NAMES, PARAMETERS, base_of, links, paging
from salus.api.fhir.read import CONDITIONS, FORMAT, ID, PROBLEMS
from salus.api.fhir.read import read as read_record
from salus.api.fhir.searchset import Head, entry, outcome_entry, searchset
from salus.api.fhir.viewer import HEADERS, viewer_of
from salus.api.operation import FHIR, Call, Content, Operation, Parameter, Who
from salus.services.read_everything import Point
from salus.services.show_consents import ShownConsent, list_consents, show_consent

_DIRECTIVE = re.compile("[0-9a-f]{64}")
_WORDS = "The patient's id, with or without Patient/."
PATIENT = Parameter("patient", "query", _WORDS, "(Patient/)?[A-Za-z0-9.-]{1,64}", required=True)


def patient_named(call: Call) -> str:
    """Return the id that the parameter patient names; raise PatientMissing."""
    named = (one_value(call.request, "patient") or "").removeprefix("Patient/")
    if not re.fullmatch("[A-Za-z0-9.-]{1,64}", named):
        raise PatientMissing
    return named


async def read(call: Call) -> Response:
    """Answer with the Consent of a directive, or with a deposited one."""
    if not _DIRECTIVE.fullmatch(call.path("id")):
        return await read_record(call)
    check_format(call.request)
    check_parameters(call.request, ())
    shown = await call.served.work.run(_show, call, bytes.fromhex(call.path("id")))
    return conditional(call.request, _octets(shown), shown.version, None)


def _show(call: Call, directive: bytes) -> ShownConsent:
    return show_consent(call.organisation, viewer_of(call), directive)


async def search(call: Call) -> Response:
    """Answer with the directives of a patient."""
    check_format(call.request)
    applied, page = check_parameters(call.request, ("patient", *NAMES)), paging(call.request)
    listed = await call.served.work.run(_list, call, patient_named(call))
    shown = [one for one in listed if one.consent is not None]
    part = shown[page.point.before : page.point.before + page.most]
    base, after = base_of(call), page.point.before + len(part)
    entries = [entry(f"{base}/Consent/{one.directive.hex()}", _octets(one)) for one in part]
    if page.most and not page.point.before:
        entries += [outcome_entry(_told(one)) for one in listed if one.why is not None]
    following = Point(after, (len(shown),)) if part and after < len(shown) else None
    return searchset(Head(len(shown), links(call, "Consent", applied, following)), entries)


def _list(call: Call, patient: str) -> tuple[ShownConsent, ...]:
    return list_consents(call.organisation, viewer_of(call), patient)


def _octets(shown: ShownConsent) -> bytes:
    written = dict(shown.consent or {})
    first = {name: written.pop(name) for name in ("resourceType", "id")}
    return orjson.dumps({**first, "meta": {"versionId": shown.version}, **written})


def _told(shown: ShownConsent) -> dict[str, object]:
    outcome = outcome_of(shown.why()) if shown.why is not None else {}
    for issue in outcome.get("issue", ()):  # type: ignore[attr-defined]
        issue["severity"] = "warning"
    return outcome


PROVIDES = (
    Provided("fhir-read-consent", "Consent", "read"),
    Provided("fhir-search-consent", "Consent", "search-type", "", (("patient", "reference", _WORDS),)),
)
OPERATIONS = (
    Operation(
        "GET",
        "/{org}/fhir/Consent",
        "fhir-search-consent",
        "fhir",
        "The directives of a patient, as Consents.",
        search,
        {200: Content(FHIR, words="A Bundle of the type searchset.")},
        Who.ACCOUNT,
        parameters=(PATIENT, *HEADERS, *PARAMETERS, FORMAT),
        problems=PROBLEMS,
        fhir=True,
    ),
    Operation(
        "GET",
        "/{org}/fhir/Consent/{id}",
        "fhir-read-consent",
        "fhir",
        "A directive as a Consent, or a Consent that was deposited.",
        read,
        {200: Content(FHIR, words="A Consent."), 304: None},
        Who.ACCOUNT,
        parameters=(ID, *HEADERS, *CONDITIONS, FORMAT),
        problems=(*PROBLEMS, 422),
        fhir=True,
    ),
)
