"""Taking in a bundle: resolved, parsed, checked and described as a whole, or refused as a whole.

https://hl7.org/fhir/R4/http.html#transaction. A batch is taken in all or nothing too: what a source sends
together is one deposit, and half of it is never kept.
"""

from collections.abc import Callable
from typing import ClassVar

import orjson
from msgspec import Struct
from msgspec.structs import replace

from salus.core.errors import Kind, Refusal
from salus.fhir.classify import Description
from salus.fhir.octets import may_be_escaped
from salus.fhir.outcome import Issue, error
from salus.fhir.parts import parts_named, spread
from salus.fhir.references import Identities, Resolver
from salus.fhir.resource import Resource, read_resource
from salus.fhir.rule_sets import newest
from salus.fhir.validate import Json, count_keys, repeats_key
from salus.fhir.wrapper import Draft, Opened, open_bundle, wrapper_repeats

MAX_BUNDLE = 256 << 20  # octets
MAX_ENTRIES = 100_000


class BundleRefused(Refusal):
    """Nothing of the bundle was taken; `issues` say why, each with the place in the bundle."""

    code: ClassVar[int] = 0x4601
    kind: ClassVar[Kind] = Kind.INVALID
    text: ClassVar[str] = "The bundle is refused as a whole; see its issues."

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__()
        self.issues = tuple(issues)


class Entry(Struct, frozen=True, gc=False, array_like=True):
    """One resource of a bundle, ready to be stored. Its parsed form is not kept: it is twenty times the octets."""

    method: str  # POST | PUT
    type: str
    id: str  # of 32 hexadecimal digits where the server gave it: the record's
    record: bytes  # 16; a PUT to an id that the custodian holds keeps the record that is there
    exists: bool  # an ifNoneExist found it: nothing is to be stored
    if_match: int | None  # version that a PUT expects
    octets: bytes  # as received, but for id and references
    identifiers: tuple[tuple[str, str], ...]  # business identifiers: system, empty where there is none, and value
    subjects: tuple[str, ...]  # ids of patients, the one it is about first; empty: shared
    description: Description  # its labels with those of its parts in the bundle
    parts: tuple[str, ...] = ()  # literal references to them; empty unless a document of the bundle has some elsewhere

    @property
    def resource(self) -> Json:
        """The resource, parsed anew."""
        parsed: Json = orjson.loads(self.octets)
        return parsed


class Transaction(Struct, frozen=True, array_like=True):
    """A bundle that is right as a whole."""

    kind: str  # transaction | batch
    entries: tuple[Entry, ...]  # in the order of the bundle


def read_bundle(raw: bytes, resolver: Resolver, fresh: Callable[[], bytes]) -> Transaction:
    """Return what a transaction or batch bundle of POST and PUT entries holds.

    `fresh` returns 16 random bytes. Raises BundleRefused with every issue found.
    """
    if len(raw) > MAX_BUNDLE:
        raise BundleRefused([error("too-long", "Bundle", "The bundle is too large.")])
    if not _is_utf8(raw):
        raise BundleRefused([error("structure", "Bundle", "The bundle is not in UTF-8.")])
    opened = open_bundle(raw, MAX_ENTRIES)
    issues = opened.issues
    identities = None if issues else Identities(opened.drafts, resolver, fresh)  # none can be judged without all
    escaped = may_be_escaped(raw)
    resources = [read_resource(draft, identities, issues, escaped) for draft in opened.drafts]
    if not issues:
        issues = _repeated(raw, opened, resources)
    if identities is not None:
        issues = identities.issues + issues
    if issues:
        raise BundleRefused(issues)
    return Transaction(opened.kind, _entries(opened.drafts, resources))


def _is_utf8(raw: bytes) -> bool:
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _repeated(raw: bytes, opened: Opened, resources: list[Resource]) -> list[Issue]:
    """Return the issues of keys named twice; one count over all proves that there is none (see `repeats_key`)."""
    if count_keys(raw) == opened.keys + sum(one.keys for one in resources):
        return []
    issues = [
        error("structure", draft.path + ".resource", "An object names the same key twice.")
        for draft, one in zip(opened.drafts, resources, strict=True)
        if repeats_key(draft.raw, one.keys)
    ]
    if not issues and wrapper_repeats(raw, opened):
        issues.append(error("structure", "Bundle", "An object names the same key twice."))
    return issues


def _entries(drafts: list[Draft], resources: list[Resource]) -> tuple[Entry, ...]:
    """Return the entries, each document labelled as its parts are."""
    rules = newest()
    labels: dict[str, tuple[str, ...]] = {}
    parts: dict[str, tuple[str, ...]] = {}
    for draft, one in zip(drafts, resources, strict=True):
        name = f"{draft.kind}/{draft.id}"
        labels[name] = one.description.labels
        if rules.tells(draft.kind):
            parts[name] = parts_named(rules, draft.kind, (reference.decode() for reference in one.references))
    taken = spread(labels, parts) if parts else labels
    whole = all(part in labels for told in parts.values() for part in told)
    entries = []
    for draft, one in zip(drafts, resources, strict=True):
        name = f"{draft.kind}/{draft.id}"
        if taken[name] != labels[name]:
            one.description = replace(one.description, labels=taken[name])
        entries.append(_entry(draft, one, () if whole else parts.get(name, ())))
    return tuple(entries)


def _entry(draft: Draft, one: Resource, parts: tuple[str, ...]) -> Entry:
    return Entry(
        draft.method,
        draft.kind,
        draft.id,
        draft.record,
        draft.exists,
        draft.if_match,
        one.octets,
        one.identifiers,
        one.subjects,
        one.description,
        parts,
    )
