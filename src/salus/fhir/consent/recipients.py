"""Whom a provision names; and how a Consent calls what has an id on the network."""

from typing import NamedTuple

from salus.fhir.consent.nodes import Node, Report, coding, concept, reference
from salus.fhir.consent.stated import RECIPIENT, ROLE, Names
from salus.fhir.definitions import resource_types
from salus.policy.types import Coding, Grantee, GranteeKind, OrganisationRole

UNKNOWN = "Nobody here knows what this refers to."


class Reading:
    """What reading a Consent gathers on the way: issues, and how the Consent calls what has an id."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.report = Report()
        self.called: dict[bytes, str] = {}

    def id_of(self, node: Node, text: str | None, size: int, plain: str | None) -> bytes | None:
        """Return the id that a reference names, refuse it where nobody knows it; `plain`: the type it is plain of."""
        if text is None:
            return None
        found = self.names.id_of(text, size)
        if found is None:
            node.refuse(UNKNOWN, "not-found")
        elif text != f"{plain}/{found.hex()}":
            self.called.setdefault(found, text)
        return found

    def purposes(self, root: Node) -> tuple[Coding, ...]:
        """Take the purposes, each of the network's table."""
        found = []
        for node in root.nodes("purpose"):
            pair = coding(node)
            if pair is not None and pair not in self.names.purposes:
                node.refuse("The network's table has no such purpose.", "code-invalid")
            elif pair is not None:
                found.append(pair)
        return tuple(found)

    def numbers(self, purposes: tuple[Coding, ...]) -> tuple[int, ...]:
        """Return the numbers of purposes, sorted and distinct."""
        return tuple(sorted(dict.fromkeys(self.names.purposes[pair] for pair in purposes)))


class Group(NamedTuple):
    """A group of organisations, or of who may break the glass: the purpose says which."""

    text: str
    node: Node


class Recipients(NamedTuple):
    """The recipients of a provision, by what they are."""

    named: tuple[Grantee | Group, ...]  # organisations and roles, groups
    persons: tuple[bytes, ...]  # commitments of members of staff


def read_recipients(root: Node, reading: Reading) -> Recipients:
    """Take the actors of a provision."""
    named: list[Grantee | Group] = []
    persons: list[bytes] = []
    for node in root.nodes("actor"):
        role, target = node.node("role"), node.node("reference")
        node.done()
        if role is None or target is None or concept(role) != RECIPIENT:
            node.refuse("Only recipients of information (IRCP) can be named.")
        elif "identifier" in target:
            named += _role(target)
        else:
            _actor(target, reading, named, persons)
    return Recipients(tuple(named), tuple(persons))


def read_grantees(root: Node, reading: Reading, found: Recipients) -> tuple[Grantee, ...]:
    """Return organisations, roles and groups of organisations; persons beside them are refused."""
    if found.named and found.persons:
        root.refuse("Persons and organisations in one list of actors cannot be held.")
    grantees = []
    for one in found.named:
        if isinstance(one, Group):
            group = reading.id_of(one.node, one.text, 32, "Group")
            grantees += [] if group is None else [(int(GranteeKind.GROUP), group)]
        else:
            grantees.append(one)
    return tuple(grantees)


def _actor(node: Node, reading: Reading, named: list[Grantee | Group], persons: list[bytes]) -> None:
    text = reference(node)
    kind = type_of(text)
    if kind == "Organization":
        found = reading.id_of(node, text, 32, kind)
        named += [] if found is None else [(int(GranteeKind.ORGANISATION), found)]
    elif kind in ("Practitioner", "PractitionerRole"):
        found = reading.id_of(node, text, 32, "Practitioner")
        persons += [] if found is None else [found]
    elif kind == "Group" and text is not None:
        named.append(Group(text, node))
    elif text is not None:
        node.refuse("No recipient of this type can be held.")


def _role(node: Node) -> list[Grantee]:
    value = identifier(node, ROLE).upper()
    if value not in OrganisationRole.__members__:
        node.refuse(UNKNOWN, "not-found")
        return []
    return [(int(GranteeKind.ROLE), int(OrganisationRole[value]).to_bytes(2, "big"))]


def type_of(text: str | None) -> str | None:
    """Return the type in a relative or absolute literal reference."""
    parts = (text or "").split("/")
    return parts[-2] if len(parts) > 1 and parts[-2] in resource_types() else None


def identifier(node: Node, system: str) -> str:
    """Take the value of a reference by identifier; empty where it is of another system than ours."""
    found = node.node("identifier")
    node.done()
    if found is None:
        return ""
    given, value = found.text("system"), found.text("value")
    found.done()
    return value or "" if given == system else ""
