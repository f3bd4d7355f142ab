"""The wrapper of a bundle: everything but its resources, https://hl7.org/fhir/R4/http.html#transaction

Resources stay slices of what was received. The usual wrapper is read in one typed pass; any other one is read
element by element and checked as a Bundle, which also says what is wrong with it.
"""

import re
from typing import Literal

import msgspec
import orjson
from msgspec import Raw, Struct

from salus.fhir.definitions import resource_types
from salus.fhir.outcome import Issue, error
from salus.fhir.primitives import ID
from salus.fhir.structure import explain
from salus.fhir.validate import Json, count_keys, repeats_key, survey
from salus.shapes import made

_URL = re.compile(rf"([A-Z][A-Za-z]+)(?:/({ID})|\?(\S+))?")
_FULL_URL = re.compile(r"[^\x00-\x20]+")
_VERSION = re.compile(r'W/"([0-9]{1,9})"')


class _Request(Struct, forbid_unknown_fields=True):
    method: str
    url: str
    ifNoneExist: str | None = None  # noqa: N815 - FHIR's names
    ifMatch: str | None = None  # noqa: N815


class _Entry(Struct, forbid_unknown_fields=True):
    request: _Request
    resource: Raw
    fullUrl: str | None = None  # noqa: N815


class _Bundle(Struct, forbid_unknown_fields=True):
    resourceType: Literal["Bundle"]  # noqa: N815
    type: Literal["transaction", "batch"]
    entry: list[_Entry] = []


class Draft(Struct):
    """One entry on its way; `id`, `record` and `exists` are settled by `references`."""

    path: str  # Bundle.entry[n]
    method: str
    kind: str
    full_url: str | None
    query: str | None  # of ifNoneExist, or of a conditional update
    if_match: int | None
    raw: bytes
    id: str
    record: bytes = b""
    exists: bool = False


class Opened(Struct):
    """A bundle with its wrapper read; `issues` is empty where the wrapper is right."""

    kind: str
    drafts: list[Draft]
    issues: list[Issue]
    keys: int = 0  # of the wrapper


_TYPED = msgspec.json.Decoder(made(_Bundle))
_TOP = msgspec.json.Decoder(made(dict[str, Raw]))
_ENTRIES = msgspec.json.Decoder(made(list[dict[str, Raw]]))


def open_bundle(raw: bytes, most_entries: int) -> Opened:
    """Return the drafts of a transaction or batch bundle."""
    try:
        try:
            bundle = _TYPED.decode(raw)
            keys = 2 + (b'"entry"' in raw) + sum(map(_keys_of, bundle.entry))
        except msgspec.ValidationError:
            read = _in_parts(raw)
            if isinstance(read, list):
                return Opened("", [], read)
            bundle, keys = read
    except (msgspec.DecodeError, orjson.JSONDecodeError, RecursionError, UnicodeDecodeError):
        return Opened("", [], [error("structure", "Bundle", "Not the JSON of a bundle.")])
    if len(bundle.entry) > most_entries:
        return Opened("", [], [error("too-costly", "Bundle.entry", "There are too many entries.")])
    issues: list[Issue] = []
    drafts = [
        draft
        for index, entry in enumerate(bundle.entry)
        if (draft := _draft(f"Bundle.entry[{index}]", entry, issues)) is not None
    ]
    return Opened(bundle.type, drafts, issues, keys)


def _keys_of(entry: _Entry) -> int:
    request = entry.request
    return 4 + (entry.fullUrl is not None) + (request.ifNoneExist is not None) + (request.ifMatch is not None)


def wrapper_repeats(raw: bytes, opened: Opened) -> bool:
    """Return whether the wrapper of an opened bundle names a key twice; slow, for where a count leaves doubt."""
    inside = sum(count_keys(draft.raw) for draft in opened.drafts)
    return count_keys(raw) - inside != opened.keys and repeats_key(raw, -1)


def _in_parts(raw: bytes) -> list[Issue] | tuple[_Bundle, int]:
    top = _TOP.decode(raw)
    entries = _ENTRIES.decode(top["entry"]) if "entry" in top else []
    wrapper: Json = {name: orjson.loads(bytes(part)) for name, part in top.items() if name != "entry"}
    if wrapper.get("resourceType") != "Bundle":
        return [error("structure", "Bundle", "The resource is no Bundle.")]
    if wrapper.get("type") not in ("transaction", "batch"):
        return [error("not-supported", "Bundle.type", "Only transactions and batches are taken in.")]
    outer: list[Json] = [
        {name: orjson.loads(bytes(part)) for name, part in entry.items() if name != "resource"} for entry in entries
    ]
    keys = survey(wrapper).keys + sum(
        survey(part).keys + ("resource" in e) for part, e in zip(outer, entries, strict=True)
    )
    if "entry" in top:
        keys += 1
        wrapper["entry"] = [part or {"id": "resource"} for part in outer]  # not empty: it holds a resource
    issues = explain(wrapper)
    listed: list[_Entry] = []
    for index, (part, entry) in enumerate(zip(outer, entries, strict=True)):
        for name, there in (("request", "request" in part), ("resource", "resource" in entry)):
            if not there:
                issues.append(error("required", f"Bundle.entry[{index}].{name}", "The element is required."))
        if not issues:
            request = {k: v for k, v in part["request"].items() if k in _Request.__struct_fields__}  # type: ignore[attr-defined]
            named = part.get("fullUrl")
            listed.append(
                _Entry(msgspec.convert(request, made(_Request)), entry["resource"], str(named) if named else None)
            )
    return issues or (_Bundle("Bundle", "batch" if wrapper["type"] == "batch" else "transaction", listed), keys)


def _draft(path: str, entry: _Entry, issues: list[Issue]) -> Draft | None:
    request = entry.request
    method = request.method
    if method not in ("POST", "PUT"):
        issues.append(error("not-supported", path + ".request.method", "Only POST and PUT are taken in."))
        return None
    target = _URL.fullmatch(request.url)
    plain = target is not None and target.lastindex == 1
    if target is None or target[1] not in resource_types() or plain != (method == "POST"):
        issues.append(error("value", path + ".request.url", "The url names no type, or does not fit the method."))
        return None
    if entry.fullUrl is not None and _FULL_URL.fullmatch(entry.fullUrl) is None:
        issues.append(error("value", path + ".fullUrl", "The value is no valid uri."))
    if request.ifNoneExist is not None and method == "PUT":
        issues.append(error("value", path + ".request.ifNoneExist", "Only a POST may be conditional this way."))
    version = None
    if request.ifMatch is not None:
        found = _VERSION.fullmatch(request.ifMatch)
        if found is None or method != "PUT":
            issues.append(error("value", path + ".request.ifMatch", 'Only W/"n" of a PUT is taken in.'))
        else:
            version = int(found[1])
    raw = bytes(entry.resource)
    query = request.ifNoneExist if method == "POST" else target[3]
    return Draft(path, method, target[1], entry.fullUrl, query, version, raw, target[2] or "")
