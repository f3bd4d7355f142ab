"""capabilities: https://hl7.org/fhir/R4/http.html#capabilities"""

from functools import cache

import orjson
from starlette.responses import Response

from salus.api.fhir import audit_event, consent, everything, patient, read, transaction
from salus.api.fhir.capability import Provided, statement
from salus.api.fhir.negotiation import check_format
from salus.api.operation import FHIR, Call, Content, Operation

PROVIDES: tuple[Provided, ...] = (
    *transaction.PROVIDES,
    *read.PROVIDES,
    *everything.PROVIDES,
    *patient.PROVIDES,
    *consent.PROVIDES,
    *audit_event.PROVIDES,
)


async def metadata(call: Call) -> Response:
    """Answer with the CapabilityStatement, the same for every organisation that is served."""
    check_format(call.request)
    call.organisation  # noqa: B018 - raises NoSuchOrganisation
    return Response(_written(), media_type=FHIR)


@cache
def _written() -> bytes:
    return orjson.dumps(statement(PROVIDES))


OPERATIONS = (
    Operation(
        "GET",
        "/{org}/fhir/metadata",
        "fhir-capabilities",
        "fhir",
        "What the FHIR face can do.",
        metadata,
        {200: Content(FHIR, words="A CapabilityStatement.")},
        problems=(406,),
        fhir=True,
    ),
)
