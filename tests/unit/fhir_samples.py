"""Bundles and a custodian's index for the tests of FHIR."""

from collections.abc import Callable, Sequence
from itertools import count

import orjson

Json = dict[str, object]

PATIENT: Json = {"resourceType": "Patient", "id": "source-id", "identifier": [{"system": "urn:mrn", "value": "7"}]}
PATIENT_URL = "urn:uuid:00000000-0000-4000-8000-000000000001"


class Index:
    """What a custodian holds: (type, system, value) -> ids, and Type/id."""

    def __init__(self, found: dict[tuple[str, str, str], list[str]] | None = None, held: Sequence[str] = ()) -> None:
        self.found = found or {}
        self.held = held

    def find(self, kind: str, system: str | None, value: str) -> Sequence[str]:
        return [
            one
            for (k, s, v), ids in self.found.items()
            if (k, v) == (kind, value) and system in (None, s)
            for one in ids
        ]

    def holds(self, kind: str, resource_id: str) -> bool:
        return f"{kind}/{resource_id}" in self.held


def numbered() -> Callable[[], bytes]:
    """Return a source of 16 bytes that counts from 1."""
    numbers = count(1)
    return lambda: next(numbers).to_bytes(16, "big")


def nth(number: int) -> str:
    """Return the id that the n-th draw of `numbered` gives."""
    return number.to_bytes(16, "big").hex()


def post(resource: Json, full_url: str | None = None, **request: str) -> Json:
    entry: Json = {} if full_url is None else {"fullUrl": full_url}
    return entry | {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"], **request}}


def put(resource: Json, url: str | None = None, **request: str) -> Json:
    target = url or f"{resource['resourceType']}/{resource['id']}"
    return {"resource": resource, "request": {"method": "PUT", "url": target, **request}}


def bundle(*entries: Json, kind: str = "transaction") -> bytes:
    return orjson.dumps({"resourceType": "Bundle", "type": kind, "entry": list(entries)})


def observation(subject: str = PATIENT_URL, **more: object) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": subject},
        **more,
    }
