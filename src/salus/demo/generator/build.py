"""Bundles and the small parts of which FHIR resources are made."""

from datetime import UTC, datetime, timedelta

import orjson

Json = dict[str, object]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Bundle:
    """A bundle of POST entries in the making."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._entries: list[Json] = []

    def add(self, resource: Json, if_none_exist: str | None = None, full_url: str | None = None) -> None:
        """Add one resource."""
        request: Json = {"method": "POST", "url": resource["resourceType"]}
        if if_none_exist is not None:
            request["ifNoneExist"] = if_none_exist
        entry: Json = {} if full_url is None else {"fullUrl": full_url}
        self._entries.append(entry | {"resource": resource, "request": request})

    def octets(self) -> bytes:
        """Return the bundle as JSON, indented as such files are."""
        bundle = {"resourceType": "Bundle", "type": self._kind, "entry": self._entries}
        return orjson.dumps(bundle, option=orjson.OPT_INDENT_2)


def coded(system: str, code: str, display: str) -> Json:
    """Return a CodeableConcept."""
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def quantity(thousandths: int, digits: int, unit: str) -> Json:
    """Return a Quantity whose value is written with exactly `digits` (1 to 3) decimals: 5.40 is not 5.4."""
    text = f"{thousandths // 1000}.{thousandths % 1000:03d}"[: digits - 3 or None]
    return {"value": orjson.Fragment(text), "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def reference(target: str) -> Json:
    """Return a Reference."""
    return {"reference": target}


def instant(time_ms: int) -> str:
    """Return a dateTime in UTC, to the second."""
    return (_EPOCH + timedelta(milliseconds=time_ms)).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def day(time_ms: int) -> str:
    """Return a date."""
    return instant(time_ms)[:10]
