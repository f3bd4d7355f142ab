"""Whose record a resource is, https://hl7.org/fhir/R4/compartmentdefinition-patient.html

The paths come from HL7's CompartmentDefinition (in the table), in its order. R4 leaves out one type that is
personal data when it names its patient, so we add it: a device implanted in somebody is that person's.
A resource that names no patient in these places is shared by all of the custodian's patients.
"""

from collections.abc import Mapping
from functools import cache

from salus.fhir.definitions import table

_ADDED = {"Device": ("patient",)}


@cache
def _paths(kind: str) -> tuple[tuple[str, ...], ...]:
    named = table().compartment.get(kind, _ADDED.get(kind, ()))
    return tuple(tuple(path.split(".")) for path in named)


def subject_of(resource: Mapping[str, object]) -> tuple[str, ...]:
    """Return the ids of the patients in whose compartment the resource lies, the one it is about first.

    Empty for a shared resource. References must be resolved (`Patient/id`) before.
    """
    kind = resource["resourceType"]
    if kind == "Patient":
        return (str(resource["id"]),)
    found: list[str] = []
    for path in _paths(str(kind)):
        node = resource.get(path[0])
        if node is not None:
            _collect(node, path[1:], found)
    return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)


def _collect(node: object, path: tuple[str, ...], found: list[str]) -> None:
    if type(node) is list:
        for item in node:
            _collect(item, path, found)
    elif type(node) is dict:
        if path:
            child = node.get(path[0])
            if child is not None:
                _collect(child, path[1:], found)
            return
        reference = node.get("reference")
        if isinstance(reference, str) and reference.startswith("Patient/"):
            found.append(reference.split("/")[1])
