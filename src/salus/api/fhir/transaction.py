"""transaction and batch: https://hl7.org/fhir/R4/http.html#transaction

A bundle is taken in as a whole or not at all, a batch too. The answer comes when all of it is durable; the ledger
holds its anchor a while later. The same octets again change nothing and get the same ids: who had no answer asks again.
"""

import asyncio
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from starlette.responses import Response

from salus.api.fhir.capability import Provided
from salus.api.fhir.negotiation import Preference, check_format, check_parameters, preference
from salus.api.fhir.paging import base_of
from salus.api.fhir.read import FORMAT
from salus.api.fhir.searchset import PRIVATE
from salus.api.operation import FHIR, JSON, MIB, Call, Content, Operation, Parameter, Who
from salus.fhir.meta import instant, with_meta
from salus.fhir.outcome import operation_outcome
from salus.services.deposit import Answered, Stored, deposit_answered
from salus.vault.vault import Vault

MOST = 64 * MIB
_PREFER = Parameter("Prefer", "header", "return=minimal, representation or OperationOutcome.")
_TURNS: WeakKeyDictionary[Vault, asyncio.Lock] = WeakKeyDictionary()  # so that those who wait hold no thread


async def transaction(call: Call) -> Response:
    """Take in a bundle, and answer with what became of each entry."""
    check_format(call.request)
    check_parameters(call.request, ())
    organisation = call.organisation
    async with _TURNS.setdefault(organisation.vault, asyncio.Lock()):
        answered = await call.served.work.run(deposit_answered, organisation, call.body)
    wanted = preference(call.request)
    body = await call.served.work.run(_written, answered, wanted, base_of(call))
    applied = {} if wanted.returns is None else {"Preference-Applied": f"return={wanted.returns}"}
    return Response(body, headers={**PRIVATE, **applied}, media_type=FHIR)


def _written(answered: Answered, wanted: Preference, base: str) -> bytes:
    entries = [_entry(one, answered.time, wanted, base) for one in answered.entries]
    made = {"resourceType": "Bundle", "type": f"{answered.kind}-response"}
    return orjson.dumps(made | ({"entry": entries} if entries else {}))


def _entry(one: Stored, time: int, wanted: Preference, base: str) -> dict[str, Any]:
    response: dict[str, Any] = {"status": "201 Created" if one.version == 1 else "200 OK"}
    if one.version is not None:
        response["location"] = f"{one.kind}/{one.id}/_history/{one.version}"
        response["etag"] = f'W/"{one.version}"'
        response["lastModified"] = instant(time)
    elif one.id:
        response["location"] = f"{one.kind}/{one.id}"
    if wanted.returns == "OperationOutcome":
        response["outcome"] = operation_outcome(())
    made: dict[str, Any] = {"response": response}
    if one.id:
        made["fullUrl"] = f"{base}/{one.kind}/{one.id}"
    if wanted.returns == "representation" and one.version is not None and one.octets is not None:
        made["resource"] = orjson.Fragment(with_meta(one.octets, one.version, time))
    return made


PROVIDES = (
    Provided("fhir-transaction", None, "transaction"),
    Provided("fhir-transaction", None, "batch"),
)
_OPERATION = Operation(
    "POST",
    "/{org}/fhir",
    "fhir-transaction",
    "fhir",
    "Take in a transaction or batch Bundle, as a whole or not at all.",
    transaction,
    {200: Content(FHIR, words="A Bundle of the type transaction-response or batch-response.")},
    Who.ITSELF,
    takes=(Content(FHIR), Content(JSON)),
    parameters=(_PREFER, FORMAT),
    most_bytes=MOST,
    problems=(406, 409, 410, 412),
    fhir=True,
)
OPERATIONS = (
    _OPERATION,
    # Clients end the base with a slash too; a redirection would carry a signature that is of another path.
    replace(_OPERATION, path="/{org}/fhir/", name="fhir-transaction-slash", in_document=False),
)
