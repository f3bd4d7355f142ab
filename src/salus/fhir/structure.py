"""The explaining pass: what is wrong with a resource, element by element, from the table.

It is the full rule (https://hl7.org/fhir/R4/json.html and the StructureDefinitions); `schema` is a fast filter
in front of it. Both are held together by tests: what the filter accepts, this pass has nothing to say about.
"""

import re
from collections.abc import Callable
from functools import cache

from salus.fhir.definitions import Property, resource_types, shape, table
from salus.fhir.outcome import Issue, error
from salus.fhir.primitives import FORMS, ID, INTEGERS, MAX_STRING

Report = list[Issue]
_MATCH: dict[str, Callable[[str], object]] = {name: re.compile(form).fullmatch for name, form in FORMS.items()}
_LITERAL = re.compile(rf"(?:https?://\S+/)?([A-Z][A-Za-z]+)(?:/{ID}(?:/_history/{ID})?|\?\S+)")
_RELATIVE = re.compile(r"(?:[A-Za-z]+:|#)\S*")


def explain(resource: object) -> list[Issue]:
    """Return every issue of a parsed resource, in document order of its definition; empty: it is right."""
    report: Report = []
    _resource(resource, "", report)
    return report


def _resource(value: object, path: str, report: Report) -> None:
    if not isinstance(value, dict):
        report.append(error("structure", path or "Resource", "A resource is an object."))
        return
    kind = value.get("resourceType")
    if not isinstance(kind, str) or kind not in resource_types():
        text = "The resourceType is missing." if kind is None else "The resourceType is unknown."
        report.append(error("structure", path or "Resource", text))
        return
    _object({k: v for k, v in value.items() if k != "resourceType"}, kind, path or kind, report, False)


def _object(value: object, kind: str, path: str, report: Report, must_hold: bool = True) -> None:
    if not isinstance(value, dict):
        report.append(error("structure", path, "The element is an object."))
        return
    if not value and must_hold:
        report.append(error("structure", path, "An object must not be empty."))
        return
    form = shape(kind)
    for name, content in value.items():
        rule = form.properties.get(name.removeprefix("_"))
        if rule is None or (name.startswith("_") and not rule.primitive):
            report.append(error("structure", path, "There is an unknown element."))
        elif not name.startswith("_"):
            _element(content, value.get("_" + name), rule, f"{path}.{rule.element}", report)
        elif name[1:] not in value:
            _extensions(content, rule, f"{path}.{rule.element}", report)
    for element, names in form.required:
        if not any(name in value or "_" + name in value for name in names):
            report.append(error("required", f"{path}.{element}", "The element is required."))
    for element, names in form.choices:
        if sum(name in value or "_" + name in value for name in names) > 1:
            report.append(error("structure", f"{path}.{element}", "Only one type of value is allowed."))


def _element(value: object, extension: object, rule: Property, path: str, report: Report) -> None:
    if not rule.many:
        _one(value, rule, path, report)
        if extension is not None:
            _object(extension, "Element", path, report)
        return
    if not isinstance(value, list):
        report.append(error("structure", path, "The element is an array."))
        return
    if not value:
        report.append(error("structure", path, "An array must not be empty."))
    if rule.most and len(value) > rule.most:
        report.append(error("structure", path, "There are too many occurrences."))
    beside = _aligned(value, extension, rule, path, report)
    for index, item in enumerate(value):
        place = f"{path}[{index}]"
        if item is None and rule.primitive and beside[index] is not None:
            continue  # the value is there by its extension only
        _one(item, rule, place, report)
    for index, item in enumerate(beside):
        if item is not None:
            _object(item, "Element", f"{path}[{index}]", report)


def _aligned(value: list[object], extension: object, rule: Property, path: str, report: Report) -> list[object]:
    if extension is None:
        return [None] * len(value)
    if not isinstance(extension, list) or len(extension) != len(value):
        report.append(error("structure", path, "The array of extensions is not aligned with the values."))
        return [None] * len(value)
    return extension


def _extensions(content: object, rule: Property, path: str, report: Report) -> None:
    """Check a primitive that is there by its extensions only."""
    if not rule.many:
        _object(content, "Element", path, report)
    elif not isinstance(content, list) or not content:
        report.append(error("structure", path, "The element is an array that is not empty."))
    else:
        for index, item in enumerate(content):
            _object(item, "Element", f"{path}[{index}]", report)


def _one(value: object, rule: Property, path: str, report: Report) -> None:
    if value is None:
        report.append(error("structure", path, "Null is no value."))
    elif rule.primitive:
        _primitive(value, rule, path, report)
    elif rule.kind == "Resource":
        _resource(value, path, report)
    else:
        _object(value, rule.kind, path, report)
        if isinstance(value, dict):
            if rule.kind == "Reference":
                _targets(value, rule.targets, path, report)
            elif rule.codes is not None:
                _bound(value, rule.codes, path, report)


def _primitive(value: object, rule: Property, path: str, report: Report) -> None:
    kind = rule.kind
    if kind == "boolean":
        right = isinstance(value, bool)
    elif kind == "decimal":
        right = isinstance(value, int | float) and not isinstance(value, bool)
    elif kind in INTEGERS:
        least, most = INTEGERS[kind]
        right = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    else:
        right = isinstance(value, str) and bool(value) and _MATCH[kind](value) is not None
    if not right:
        report.append(error("value", path, f"The value is no valid {kind}."))
    elif kind == "string" and isinstance(value, str) and len(value) > MAX_STRING:
        report.append(error("too-long", path, "The string is too long."))
    elif rule.codes is not None and value not in _codes(rule.codes):
        report.append(error("code-invalid", path, "The code is not of the required value set."))


@cache
def _codes(number: int) -> frozenset[str]:
    return frozenset(code for listed in table().codes[number].values() for code in listed)


def _bound(value: dict[str, object], number: int, path: str, report: Report) -> None:
    coding = value.get("coding")
    codes = table().codes[number]
    for item in coding if isinstance(coding, list) else ():
        if isinstance(item, dict) and item.get("code") in codes.get(str(item.get("system")), ()):
            return
    report.append(error("code-invalid", path, "No coding is of the required value set."))


def _targets(value: dict[str, object], targets: frozenset[str], path: str, report: Report) -> None:
    reference, named = value.get("reference"), value.get("type")
    if isinstance(reference, str):
        found = _LITERAL.fullmatch(reference)
        if found and found[1] in resource_types():
            if targets and found[1] not in targets:
                report.append(error("value", path, "The reference is to a wrong type of resource."))
        elif not _RELATIVE.fullmatch(reference):
            report.append(error("value", path, "The reference has no known form."))
    if isinstance(named, str) and targets and named in resource_types() and named not in targets:
        report.append(error("value", path, "The reference names a wrong type of resource."))
