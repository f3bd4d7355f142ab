"""A provision on the way in: which data it means.

FHIR's lists `class` and `data` hold things of several kinds, any of which may match; a directive asks for one of
each kind. So a provision with several kinds is refused, unless the modifier `each-kind` says that it means each.
"""

from salus.fhir.classes import DATA_CLASSES
from salus.fhir.consent.nodes import Node, coding, concept, reference
from salus.fhir.consent.recipients import UNKNOWN, Reading, identifier, type_of
from salus.fhir.consent.spans import read_period
from salus.fhir.consent.stated import DATA_CLASS, EACH_KIND, PERIOD, RECORD, RESOURCE_TYPES, Names
from salus.fhir.definitions import resource_types
from salus.fhir.labels import ACT_CODE, CONFIDENTIALITY, ORDER
from salus.policy.types import Coding, Period, Provision

_CODE, _SYSTEM = 64, 256  # characters of a code and of an author, of a system
Extensions = dict[str, list[Node]]  # by url


def read_provision(root: Node, reading: Reading, modifiers: Extensions, persons: tuple[bytes, ...]) -> Provision:
    """Take what says which data is meant; of the modifiers, those that every provision may have."""
    types, classes = _classes(root)
    instances, authors, encounters = _data(root, reading)
    several = bool(types and classes) or bool(instances) + bool(authors) + bool(encounters) > 1
    if several != flag(modifiers, EACH_KIND):
        root.refuse("Lists of several kinds mean any of them; a directive would ask for each.")
    codes, labels, periods = _codes(root), read_labels(root, reading.names), _periods(root, modifiers)
    return Provision(classes, types, codes, labels, instances, periods, persons, authors, encounters)


def read_labels(root: Node, names: Names) -> tuple[str, ...]:
    """Take the security labels; one that no record could bear would be a promise that is never kept."""
    found = []
    for node in root.nodes("securityLabel"):
        pair = coding(node)
        if pair is None:
            continue
        system, code = pair
        known = names.labels if system == ACT_CODE else frozenset(ORDER if system == CONFIDENTIALITY else ())
        if code in known:
            found.append(code)
        else:
            node.refuse("No record is labelled with this code.", "code-invalid")
    return tuple(found)


def flag(modifiers: Extensions, url: str) -> bool:
    """Take a modifier that is there and true, or not there."""
    found = False
    for node in modifiers.pop(url, ()):
        found = node.number("valueBoolean") is True
        node.done()
        if not found:
            node.refuse()
    return found


def _classes(root: Node) -> tuple[tuple[str, ...], tuple[str, ...]]:
    types, classes = [], []
    for node in root.nodes("class"):
        pair = coding(node)
        if pair is None:
            continue
        system, code = pair
        if system == RESOURCE_TYPES and code in resource_types():
            types.append(code)
        elif system == DATA_CLASS and code in DATA_CLASSES:
            classes.append(code)
        else:
            node.refuse("Only types of resources and our classes of data can be held.", "code-invalid")
    return tuple(types), tuple(classes)


def _codes(root: Node) -> tuple[Coding, ...]:
    found = []
    for node in root.nodes("code"):
        pair = concept(node)
        if pair is not None and (len(pair[0]) > _SYSTEM or len(pair[1]) > _CODE):
            node.refuse("The code is too long.", "too-long")
        elif pair is not None and not pair[1].isascii():
            node.refuse("A code outside ASCII may only look like the one that is meant.", "code-invalid")
        elif pair is not None:
            found.append(pair)
    return tuple(found)


def _periods(root: Node, modifiers: Extensions) -> tuple[Period, ...]:
    first = root.node("dataPeriod")
    found = [] if first is None else [read_period(first)]
    for node in modifiers.pop(PERIOD, ()):
        value = node.node("valuePeriod")
        node.done()
        if value is None or first is None:
            node.refuse()
        else:
            found.append(read_period(value))
    return tuple(found)


def _data(root: Node, reading: Reading) -> tuple[tuple[bytes, ...], tuple[str, ...], tuple[bytes, ...]]:
    instances: list[bytes] = []
    authors: list[str] = []
    encounters: list[bytes] = []
    for node in root.nodes("data"):
        meaning, target = node.text("meaning"), node.node("reference")
        node.done()
        if target is None:
            continue
        if meaning == "instance":
            instances += _record(target, reading, None)
        elif meaning == "related":
            encounters += _record(target, reading, "Encounter")
        elif meaning == "authoredby":
            authors += _author(target)
        else:
            node.refuse("Data that depends on other data cannot be held.")
    return tuple(instances), tuple(authors), tuple(encounters)


def _author(node: Node) -> list[str]:
    text = reference(node)
    if text is not None and (len(text) > _CODE or text.count("/") != 1 or type_of(text) is None):
        node.refuse("An author is named by type and id, within the custodian's base.", "value")
        return []
    return [] if text is None else [text]


def _record(node: Node, reading: Reading, kind: str | None) -> list[bytes]:
    """Take a reference to a record; `kind`: it must be of this type."""
    if kind is None and "identifier" in node:
        found = reading.names.id_of(f"/{identifier(node, RECORD)}", 16)
        if found is None:
            node.refuse(UNKNOWN, "not-found")
    else:
        text = reference(node)
        if text is not None and kind is not None and type_of(text) != kind:
            node.refuse("Data can be held as related to an encounter only.")
            return []
        found = reading.id_of(node, text, 16, kind)
    return [] if found is None else [found]
