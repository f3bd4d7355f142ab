"""What a server says of a resource in its `meta`, https://hl7.org/fhir/R4/resource.html#Meta

Stored octets stay as they were deposited; what is sent has version and time added, token by token, so that 1.10 stays
1.10. Which labels a rule set gave is not added: they are the custodian's, and stand in the record's header.
"""

from datetime import UTC, datetime

import msgspec
import orjson
from msgspec import Raw, Struct

from salus.shapes import made

_TOP = msgspec.json.Decoder(made(dict[str, Raw]))


class Named(Struct, frozen=True):
    """Type and id of a resource."""

    resourceType: str  # noqa: N815 - FHIR's name
    id: str


_NAMED = msgspec.json.Decoder(made(Named))


def named(octets: bytes) -> Named:
    """Return type and id of a stored resource; each has both."""
    return _NAMED.decode(octets)


def with_meta(octets: bytes, version: int, updated_ms: int | None) -> bytes:
    """Return a stored resource with `meta.versionId` and `meta.lastUpdated`; all else is as it was written."""
    top = _TOP.decode(octets)
    meta = _TOP.decode(top["meta"]) if "meta" in top else {}
    ours = {"versionId": Raw(orjson.dumps(str(version)))}
    if updated_ms is not None:
        ours["lastUpdated"] = Raw(orjson.dumps(instant(updated_ms)))
    whole = Raw(_object({**{name: value for name, value in meta.items() if name not in ours}, **ours}))
    first = [name for name in ("resourceType", "id") if name in top]
    rest = [name for name in top if name not in (*first, "meta")]
    return _object({name: whole if name == "meta" else top[name] for name in (*first, "meta", *rest)})


def instant(time_ms: int) -> str:
    """Return a FHIR instant, in UTC, to the millisecond."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _object(parts: dict[str, Raw]) -> bytes:
    return b"{" + b",".join(orjson.dumps(name) + b":" + bytes(value) for name, value in parts.items()) + b"}"
