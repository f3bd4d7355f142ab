"""One resource of a bundle: its references resolved in its octets, then parsed and checked as it will be stored."""

import re
from collections import Counter
from functools import cache

import orjson
from msgspec import Struct

from salus.fhir.classify import UNKNOWN, Description, describe
from salus.fhir.compartment import subject_of
from salus.fhir.definitions import table
from salus.fhir.identifiers import identifiers_of
from salus.fhir.octets import URN, replace_id, replace_links, replace_references
from salus.fhir.outcome import Issue, error
from salus.fhir.references import Identities
from salus.fhir.structure import explain
from salus.fhir.validate import MAX_DEPTH, MAX_OCTETS, Json, Survey, accepted, dangling, parse, references_of, survey
from salus.fhir.wrapper import Draft


class Resource(Struct, gc=False):
    """A resource on its way into the vault. What it parses into is let go as soon as it is described."""

    octets: bytes
    references: list[bytes]  # literal, resolved
    keys: int  # of all objects, as received
    identifiers: tuple[tuple[str, str], ...] = ()
    subjects: tuple[str, ...] = ()
    description: Description = UNKNOWN  # this and the two before: of a resource that is right


def read_resource(draft: Draft, identities: Identities | None, issues: list[Issue], escaped: bool) -> Resource:
    """Return the resource of a draft; adds to `issues` whatever is wrong with it, but for keys named twice.

    Without identities (the bundle is refused already) references stay, and only the structure is judged.
    `escaped` says that some key might be written with escapes.
    """
    path = draft.path + ".resource"
    octets, inserted, references = draft.raw, False, list[bytes]()
    if identities is not None:
        octets, inserted, references = _resolved(draft, identities, path)
    parsed, problems = parse(octets)
    if parsed is None:
        issues.extend(error(p.code, path, p.diagnostics) for p in problems)
        return Resource(octets, references, 0)
    if parsed.get("resourceType") != draft.kind:
        issues.append(error("value", draft.path + ".request.url", "The url names another type than the resource."))
    if draft.method == "PUT" and not _names_itself(draft):
        issues.append(error("value", path + ".id", "The id differs from that of the url."))
    found = survey(parsed)
    if identities is not None and escaped and _hides(draft, parsed, references):
        issues.append(error("not-supported", path, "The key of an id or a reference is written with escapes."))
    wrong = _issues(octets, parsed, found, references)
    issues.extend(_placed(wrong, path))
    keys = found.keys - inserted
    if issues:
        return Resource(octets, references, keys)
    description = describe(parsed, found.codings)
    return Resource(octets, references, keys, tuple(identifiers_of(parsed)), subject_of(parsed), description)


def _resolved(draft: Draft, identities: Identities, path: str) -> tuple[bytes, bool, list[bytes]]:
    octets, inserted = replace_id(draft.raw, draft.id.encode())
    octets, references = replace_references(octets, identities.targets, lambda value: identities.resolved(value, path))
    if b"urn:" in octets:
        found = {urn: identities.targets.get(urn) for urn in URN.findall(octets)}
        known = {urn: target for urn, target in found.items() if target is not None}
        octets = replace_links(octets, known, _links()) if known else octets
    return octets, inserted, references


def _names_itself(draft: Draft) -> bool:
    """Return whether the resource of a PUT bears the id of its url; a conditional one may have none."""
    own = orjson.loads(draft.raw).get("id")
    return bool(own == draft.id or (draft.query is not None and own is None))


def _hides(draft: Draft, parsed: Json, references: list[bytes]) -> bool:
    """Return whether escapes in a key hid an id or a reference from the changes to the octets."""
    return parsed.get("id") != draft.id or sorted(references_of(parsed)) != sorted(r.decode() for r in references)


def _issues(octets: bytes, parsed: Json, found: Survey, references: list[bytes]) -> list[Issue]:
    if len(octets) > MAX_OCTETS:
        return [error("too-long", "Resource", "The resource is too large.")]
    if found.depth > MAX_DEPTH:
        return [error("too-costly", "Resource", "The resource is nested too deeply.")]
    lost = dangling(parsed, [r.decode() for r in references if r.startswith(b"#")])
    return lost if accepted(parsed) else lost + explain(parsed)


def _placed(issues: list[Issue], path: str) -> list[Issue]:
    return [Issue(i.severity, i.code, ".".join((path, *i.expression.split(".")[1:])), i.diagnostics) for i in issues]


@cache
def _links() -> re.Pattern[bytes]:
    """Return what stands before a link: elements that are mostly of type uri, url, oid or uuid, and attributes."""
    votes: Counter[str] = Counter()
    for elements in table().types.values():
        for name, (_, _, types) in elements.items():
            votes[name] += 1 if types[0] in ("uri", "url", "oid", "uuid", "canonical") else -1
    names = "|".join(sorted(name for name, balance in votes.items() if balance > 0))
    valued = "[a-z][A-Za-z]*(?:Uri|Url|Oid|Uuid)"
    return re.compile(rf'(?:"(?:{names}|{valued})"\s*:\s*"|(?:href|src)\s*=\s*(?:\\"|\'))$'.encode())
