"""Identities and references of a bundle, https://hl7.org/fhir/R4/http.html#trules

- A POST gets an id from the server: 16 random bytes, which are the record's id too, in hexadecimal.
- A reference equal to an entry's fullUrl, or to the `Type/id` of a fullUrl that is an address, is replaced.
- `Type?identifier=system|value` is looked for among the bundle's own entries and what the custodian holds; it must
  match exactly one. No other search parameter is taken: it would need the search that the import must not wait for.
- `ifNoneExist` with the same form takes the match instead of creating; two entries must not share it.
- A urn that names no entry is an error, and so is a patient whom nobody knows; other references that the bundle
  does not explain stay as they are, since a source may refer to what it does not send.
"""

import re
from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import unquote

from salus.fhir.outcome import Issue, error
from salus.fhir.primitives import ID
from salus.fhir.validate import parse
from salus.fhir.wrapper import Draft

_RESTFUL = re.compile(rf"https?://\S+/([A-Z][A-Za-z]+/{ID})(?:/_history/{ID})?")
_TOKEN = re.compile(r"identifier=(?:([^|&]*)\|)?([^|&]+)")
_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?(\S+)")
_IDENTIFIER = b"?identifier="
_KIND = re.compile(rb"[A-Z][A-Za-z]+")
_RECORD = re.compile(r"[0-9a-f]{32}")
_PATIENT = re.compile(rf"Patient/({ID})")

ID_SYSTEM = "salus:id"  # the system under which a resource's logical id is its identifier
Question = tuple[str, str, str]  # type, system, value of an identifier


class Resolver(Protocol):
    """What the import asks of the custodian's vault; answers must not change while a bundle is taken in."""

    def find(self, kind: str, system: str | None, value: str) -> Sequence[str]:
        """Return the ids of current resources of `kind` with the identifier; system None: any, "": none."""
        ...

    def holds(self, kind: str, resource_id: str) -> bool:
        """Return whether the custodian has a current resource of that type and id."""
        ...


def likely_questions(raw: bytes) -> set[Question]:
    """Return the identifiers that conditional references in a bundle name, for asking about them together.

    It is a look at the octets, and decides nothing: there may be more of them, and other questions.
    """
    before, *pieces = raw.split(_IDENTIFIER)
    found = set()  # most of them are named many times
    for piece in pieces:
        found.add((before[before.rfind(b'"') + 1 :], piece[: piece.find(b'"')]))
        before = piece
    questions = set()
    for name, value in found:
        token = _TOKEN.fullmatch("identifier=" + value.decode(errors="replace"))
        if _KIND.fullmatch(name) and token is not None and token[1] is not None:
            questions.add((name.decode(), unquote(token[1]), unquote(token[2])))
    return questions


class Identities:
    """Who is who in one bundle: settles ids, then answers where a reference leads."""

    def __init__(self, drafts: list[Draft], resolver: Resolver, fresh: Callable[[], bytes]) -> None:
        self.issues: list[Issue] = []
        self.targets: dict[bytes, bytes] = {}  # reference as sent -> Type/id
        self._drafts, self._resolver = drafts, resolver
        self._known: set[str] = set()  # Type/id of every entry
        self._identifiers: dict[str, dict[str, list[tuple[str | None, str]]]] = {}
        queries: set[tuple[str, str]] = set()
        for draft in drafts:
            self._settle(draft, fresh, queries)
        for draft in drafts:
            self._announce(draft)

    def _settle(self, draft: Draft, fresh: Callable[[], bytes], queries: set[tuple[str, str]]) -> None:
        if draft.query is not None:
            if (draft.kind, draft.query) in queries:
                self._report("duplicate", draft.path + ".request", "Two entries share a condition.")
            queries.add((draft.kind, draft.query))
            matches = self._search(draft.kind, draft.query, draft.path + ".request", own=False)
            if matches is not None and len(matches) > 1:
                self._report("multiple-matches", draft.path + ".request", "The condition has several matches.")
            elif matches:
                draft.id = matches[0]
                draft.exists = draft.method == "POST"
        if _RECORD.fullmatch(draft.id):
            draft.record = bytes.fromhex(draft.id)
        else:
            draft.record = fresh()
            draft.id = draft.id or draft.record.hex()
        identity = f"{draft.kind}/{draft.id}"
        if identity in self._known:
            self._report("duplicate", draft.path + ".request.url", "Two entries have the same target.")
        self._known.add(identity)

    def _announce(self, draft: Draft) -> None:
        if draft.full_url is None:
            return
        url = draft.full_url.encode()
        if url in self.targets:
            self._report("duplicate", draft.path + ".fullUrl", "Two entries have the same fullUrl.")
        self.targets[url] = f"{draft.kind}/{draft.id}".encode()
        address = _RESTFUL.fullmatch(draft.full_url)
        if address:
            self.targets.setdefault(address[1].encode(), self.targets[url])

    def resolved(self, reference: bytes, path: str) -> bytes:
        """Return what replaces a reference, which may be itself; notes an issue where it leads nowhere."""
        target = self.targets.get(reference)
        if target is None and not reference.startswith(b"#"):
            found = self._resolve(reference.decode(), path)
            if found is not None:
                self.targets[reference] = target = found.encode()
        return reference if target is None else target

    def _resolve(self, reference: str, path: str) -> str | None:
        conditional = _CONDITIONAL.fullmatch(reference)
        if conditional:
            return self._conditional(reference, conditional[1], conditional[2], path)
        if reference.startswith(("urn:uuid:", "urn:oid:")):
            self._report("not-found", path, "A reference names no entry of the bundle.")
        patient = _PATIENT.fullmatch(reference)
        if patient and reference not in self._known and not self._resolver.holds("Patient", patient[1]):
            self._report("not-found", path, "A reference names an unknown patient.")
        return None

    def _conditional(self, reference: str, kind: str, query: str, path: str) -> str | None:
        matches = self._search(kind, query, path, own=True)
        if matches is None:
            return None
        if len(matches) != 1:
            code = "multiple-matches" if matches else "not-found"
            text = (
                "A conditional reference has several matches." if matches else "A conditional reference has no match."
            )
            self._report(code, path, text)
            return None
        return f"{kind}/{matches[0]}"

    def _search(self, kind: str, query: str, path: str, own: bool) -> list[str] | None:
        found = _TOKEN.fullmatch(query)
        if found is None:
            self._report("not-supported", path, "A condition must be identifier=system|value.")
            return None
        system = None if found[1] is None else unquote(found[1])
        value = unquote(found[2])
        matches = list(self._resolver.find(kind, system, value))
        if own:
            listed = self._by_identifier(kind).get(value, ())
            matches += [one for named, one in listed if system is None or (named or "") == system]
        return list(dict.fromkeys(matches))

    def _by_identifier(self, kind: str) -> dict[str, list[tuple[str | None, str]]]:
        """Return the bundle's own resources of a type: value of an identifier -> its system, the id."""
        if kind not in self._identifiers:
            found: dict[str, list[tuple[str | None, str]]] = {}
            for draft in self._drafts:
                resource = parse(draft.raw)[0] if draft.kind == kind else None
                listed = resource.get("identifier") if resource else None
                for item in listed if isinstance(listed, list) else [listed]:
                    if isinstance(item, dict) and isinstance(item.get("value"), str):
                        found.setdefault(item["value"], []).append((item.get("system"), draft.id))
            self._identifiers[kind] = found
        return self._identifiers[kind]

    def _report(self, code: str, path: str, text: str) -> None:
        self.issues.append(error(code, path, text))
