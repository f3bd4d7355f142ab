"""Validation of one resource: fast where it is right, and explained where it is not."""

import json
from collections.abc import Iterable

import orjson
from msgspec import Struct

from salus.fhir.outcome import Issue, error
from salus.fhir.schema import validator
from salus.fhir.structure import explain

Json = dict[str, object]
MAX_DEPTH = 64  # nested objects and arrays
MAX_OCTETS = 16 << 20  # of one resource
_SPACE = b" \t\r\n"


class Survey(Struct):
    """What one look at every object of a resource tells."""

    keys: int
    depth: int
    codings: list[object]  # the values of all `coding`


def survey(resource: Json) -> Survey:
    """Return the number of keys, the depth and the codings of a parsed resource."""
    keys = depth = 0
    codings: list[object] = []
    objects: list[Json] = [resource]
    arrays: list[list[object]] = []
    while objects or arrays:  # the hot path: most values are strings, and nothing is called for them
        depth += 1
        inner_objects: list[Json] = []
        inner_arrays: list[list[object]] = []
        for node in objects:
            keys += len(node)
            for child in node.values():
                kind = type(child)
                if kind is str:
                    continue
                if kind is dict:
                    inner_objects.append(child)  # type: ignore[arg-type]
                elif kind is list:
                    inner_arrays.append(child)  # type: ignore[arg-type]
            if "coding" in node:
                codings.append(node["coding"])
        for array in arrays:
            for child in array:
                kind = type(child)
                if kind is dict:
                    inner_objects.append(child)  # type: ignore[arg-type]
                elif kind is list:
                    inner_arrays.append(child)  # type: ignore[arg-type]
        objects, arrays = inner_objects, inner_arrays
    return Survey(keys, depth, codings)


def references_of(node: object) -> list[str]:
    """Return every literal reference in a parsed resource."""
    if isinstance(node, list):
        return [found for child in node for found in references_of(child)]
    if not isinstance(node, dict):
        return []
    own = node.get("reference")
    inner = [found for child in node.values() for found in references_of(child)]
    return [own, *inner] if isinstance(own, str) else inner


def repeats_key(raw: bytes, keys: int) -> bool:
    """Return whether an object of `raw`, which parses into objects of `keys` keys in all, names a key twice.

    Without white space each key ends in `":`, and so may an escaped quote inside a string: an equal count
    proves that no key was lost, an unequal one is looked into.
    """
    return count_keys(raw) != keys and _repeats_key(raw)


def count_keys(raw: bytes) -> int:
    """Return the number of keys in valid JSON, plus that of quotes before a colon inside its strings."""
    return raw.translate(None, _SPACE).count(b'":')


def _repeats_key(raw: bytes) -> bool:
    repeated = False

    def pairs(found: list[tuple[str, object]]) -> None:
        nonlocal repeated
        repeated = repeated or len(dict(found)) != len(found)

    json.loads(raw, object_pairs_hook=pairs)
    return repeated


def validate(resource: Json, raw: bytes | None = None) -> list[Issue]:
    """Return the issues of a parsed resource (empty: valid); `raw` are the octets it was parsed from."""
    found = survey(resource)
    if raw is not None and len(raw) > MAX_OCTETS:
        return [error("too-long", "Resource", "The resource is too large.")]
    if raw is not None and found.depth <= MAX_DEPTH and repeats_key(raw, found.keys):
        return [error("structure", "Resource", "An object names the same key twice.")]
    return check(resource, found)


def check(resource: Json, found: Survey) -> list[Issue]:
    """Return the issues of a resource that was surveyed and repeats no key."""
    if found.depth > MAX_DEPTH:
        return [error("too-costly", "Resource", "The resource is nested too deeply.")]
    issues = dangling(resource, references_of(resource))
    return issues if accepted(resource) else issues + explain(resource)


def accepted(resource: Json) -> bool:
    """Return whether the schema accepts the resource and what it contains; if not, `explain` has the say."""
    try:
        if not _accepts(resource):
            return False
        contained = resource.get("contained")
        return contained is None or all(_accepts(part) for part in contained)  # type: ignore[attr-defined]
    except (TypeError, ValueError):  # a resourceType that is no string, or a number that the schema cannot hold
        return False


def _accepts(resource: Json) -> bool:
    kind = resource.get("resourceType")
    return validator(kind).is_valid({kind: resource})


def dangling(resource: Json, references: Iterable[str]) -> list[Issue]:
    """Return an issue where one of the references is into the resource itself and finds nothing there."""
    local = [reference for reference in references if reference.startswith("#")]
    if not local:
        return []
    contained = resource.get("contained")
    parts = contained if isinstance(contained, list) else []
    known = {"#", *("#" + str(part.get("id")) for part in parts if isinstance(part, dict))}
    if all(reference in known for reference in local):
        return []
    return [error("not-found", f"{resource.get('resourceType')}", "A reference to a contained resource finds none.")]


def parse(raw: bytes) -> tuple[Json | None, list[Issue]]:
    """Return the object that `raw` holds, or the issue that says that it holds none."""
    try:
        value = orjson.loads(raw)
    except (orjson.JSONDecodeError, RecursionError):
        return None, [error("structure", "Resource", "Not JSON.")]
    if not isinstance(value, dict):
        return None, [error("structure", "Resource", "A resource is an object.")]
    return value, []
