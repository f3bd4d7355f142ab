"""The sides of a Consent that decide nothing, on the way in: who consented, to whom, on which paper."""

from base64 import b64decode
from typing import NamedTuple

from salus.fhir.consent.nodes import Node, concept, reference
from salus.fhir.consent.recipients import Reading
from salus.fhir.consent.stated import CATEGORY
from salus.policy.form import Attachment

_LONG, _SHORT, _SHOWN, _DATA = 1024, 64, 8192, 16384
_MOST = 8  # of each list
PLAIN_TEXT = "text/plain"


class Sides(NamedTuple):
    """What they say; `shown` is the text of a source that is nothing but plain text."""

    identifiers: tuple[tuple[str | None, str], ...]
    categories: tuple[tuple[str, str], ...]
    performers: tuple[str, ...]
    source: str | Attachment | None
    shown: str


def read_sides(root: Node, reading: Reading) -> Sides:
    """Take them; the Consent must be this person's, and to be enforced by her custodian."""
    patient = _patient(root, reading)
    _organization(root, reading)
    categories = tuple(pair for node in root.nodes("category") if (pair := concept(node)) is not None)
    performers = tuple(text for node in root.nodes("performer") if (text := reference(node)) is not None)
    if not performers:
        reading.report.refuse("Consent.performer", "Who consented must be named.", "required")
    source, shown = _source(root, reading)
    sides = Sides(
        _identifiers(root),
        () if categories == (CATEGORY,) else categories,
        () if performers == (patient,) else performers,
        source,
        shown,
    )
    _bounded("identifier", sides.identifiers, _LONG, reading)
    _bounded("category", categories, _SHORT, reading)
    if len(performers) > _MOST:
        reading.report.refuse("Consent.performer", "There are too many.", "too-costly")
    return sides


def _bounded(name: str, pairs: tuple[tuple[str | None, str], ...], most: int, reading: Reading) -> None:
    if len(pairs) > _MOST or any(len(system or "") > _LONG or len(value) > most for system, value in pairs):
        reading.report.refuse(f"Consent.{name}", "There are too many, or one is too long.", "too-long")


def _patient(root: Node, reading: Reading) -> str | None:
    node = root.node("patient")
    text = None if node is None else reference(node)
    if node is None:
        reading.report.refuse("Consent.patient", "Whose data it is about must be named.", "required")
    elif text is not None:
        found = reading.id_of(node, text, 32, "Patient")
        if found is not None and found != reading.names.relation:
            node.refuse("The Consent is another person's.", "business-rule")
    return text


def _organization(root: Node, reading: Reading) -> None:
    nodes = root.nodes("organization")
    for node in nodes[1:]:
        node.refuse("One custodian enforces a directive.")
    if not nodes:
        reading.report.refuse("Consent.organization", "Who is to enforce it must be named.", "required")
        return
    found = reading.id_of(nodes[0], reference(nodes[0]), 32, "Organization")
    if found is not None and found != reading.names.custodian:
        nodes[0].refuse("The relation is another custodian's.", "business-rule")


def _identifiers(root: Node) -> tuple[tuple[str | None, str], ...]:
    found = []
    for node in root.nodes("identifier"):
        system, value = node.text("system"), node.text("value")
        node.done()
        if value is None:
            node.refuse("A value is needed.", "required")
        else:
            found.append((system, value))
    return tuple(found)


def _source(root: Node, reading: Reading) -> tuple[str | Attachment | None, str]:
    node = root.node("sourceReference")
    if node is not None:
        return reference(node), ""
    node = root.node("sourceAttachment")
    if node is None:
        return None, ""
    if "data" in node:
        plain = _plain_text(node)
        if plain is not None:
            return None, plain
    data, digest = _octets(node, "data", _DATA), _octets(node, "hash", 20)
    if digest is not None and len(digest) != 20:
        node.refuse("The hash is a SHA-1, of 20 octets.", "value")
    found = Attachment(
        _limited(node, "contentType", _SHORT),
        _limited(node, "language", _SHORT),
        data,
        _limited(node, "url", _LONG),
        node.number("size"),
        digest,
        _limited(node, "title", _LONG),
        _limited(node, "creation", _SHORT),
    )
    node.done()
    return found, ""


def _plain_text(node: Node) -> str | None:
    """Take a source that is nothing but plain text, as it was shown; leave every other one as it is."""
    if not node.only("contentType", "data") or node.peek("contentType") != PLAIN_TEXT:
        return None
    try:
        text = b64decode(node.peek("data")).decode()
    except ValueError:
        return None
    if not text or len(text) > _SHOWN:
        return None
    node.text("contentType")
    node.text("data")
    return text


def _limited(node: Node, name: str, most: int) -> str | None:
    text = node.text(name)
    if text is not None and len(text) > most:
        node.refuse("It is too long.", "too-long")
    return text


def _octets(node: Node, name: str, most: int) -> bytes | None:
    text = node.text(name)
    octets = None if text is None else b64decode(text)
    if octets is not None and not 0 < len(octets) <= most:
        node.refuse("It is empty or too large; a link and a hash can stand for it.", "too-long")
    return octets
