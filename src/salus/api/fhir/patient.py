"""search of Patient by identifier: https://hl7.org/fhir/R4/http.html#search, https://hl7.org/fhir/R4/search.html#token

The way from a hospital's own number of a patient to the id that everything else is asked by. One match at most: an
identifier leads to one relation. Whoever asks for a person she is not, or may not see, finds nobody.
"""

from collections.abc import Sequence
from contextlib import suppress

from starlette.responses import Response

from salus.api.errors import BadParameter
from salus.api.fhir.capability import Provided
from salus.api.fhir.negotiation import check_format, check_parameters, one_value
from salus.api.fhir.paging import NAMES, PARAMETERS, base_of, links, paging
from salus.api.fhir.read import FORMAT
from salus.api.fhir.searchset import Head, entry, searchset
from salus.api.fhir.viewer import HEADERS, viewer_of
from salus.api.operation import FHIR, Call, Content, Operation, Parameter, Who
from salus.fhir.meta import named, with_meta
from salus.services.errors import NoSuchResource, ResourceGone
from salus.services.patients import PATIENTS, find_patient
from salus.services.read_resource import Shown, read_resource

_WORDS = "system|value of a business identifier; both are needed."
_IDENTIFIER = Parameter("identifier", "query", _WORDS, r"[^|]+\|[^|]+", required=True, example="urn:oid:1.2.3|4711")


async def search(call: Call) -> Response:
    """Answer with the patient of an identifier, or with nobody."""
    check_format(call.request)
    applied, page = check_parameters(call.request, ("identifier", *NAMES)), paging(call.request)
    system, _, value = (one_value(call.request, "identifier") or "").partition("|")
    if not system or not value or "|" in value:
        raise BadParameter
    found = await call.served.work.run(_find, call, system, value)
    base = base_of(call)
    entries = [] if page.most == 0 or page.point.before else [_entry(base, one) for one in found]
    return searchset(Head(len(found), links(call, PATIENTS, applied, None)), entries)


def _find(call: Call, system: str, value: str) -> Sequence[Shown]:
    viewer, organisation = viewer_of(call), call.organisation
    relation = find_patient(organisation, system, value)
    if relation is not None:
        with suppress(NoSuchResource, ResourceGone):
            return (read_resource(organisation, viewer, PATIENTS, relation.hex()),)
    return ()


def _entry(base: str, shown: Shown) -> bytes:
    return entry(f"{base}/{PATIENTS}/{named(shown.octets).id}", with_meta(shown.octets, shown.version, shown.recorded))


PROVIDES = (Provided("fhir-search-patient", PATIENTS, "search-type", "", (("identifier", "token", _WORDS),)),)
OPERATIONS = (
    Operation(
        "GET",
        "/{org}/fhir/Patient",
        "fhir-search-patient",
        "fhir",
        "The patient of a business identifier.",
        search,
        {200: Content(FHIR, words="A Bundle of the type searchset.")},
        Who.ACCOUNT,
        parameters=(_IDENTIFIER, *HEADERS, *PARAMETERS, FORMAT),
        problems=(404, 406),
        fhir=True,
    ),
)
