"""A small reader of FHIR Shorthand: the instances of a file as JSON, for examples that come in no other form.

It knows what such examples use: `* path = value` with soft indices and slices, codes, references, strings, dates.
"""

import re
from pathlib import Path
from typing import Any

from salus.fhir.definitions import Property, shape

_CODE = re.compile(r'(?P<system>[^\s#"]*)#(?P<code>\S+)(?:\s+"(?P<display>[^"]*)")?$')
_STEP = re.compile(r"([A-Za-z]+)((?:\[[^\]]+\])*)")


def read_instances(path: Path, kind: str) -> dict[str, dict[str, Any]]:
    """Return name -> resource of the instances whose profile's name ends in `kind`."""
    found: dict[str, dict[str, Any]] = {}
    text = re.sub(r'"""(?:.|\n)*?"""', '""', path.read_text())
    for block in re.split(r"^Instance:", text, flags=re.M)[1:]:
        name, _, rest = block.partition("\n")
        profile = re.search(r"^InstanceOf:\s*(\S+)", rest, flags=re.M)
        if profile and profile[1].endswith(kind):
            found[name.strip()] = _resource(kind, re.split(r"^(?:Profile|ValueSet|RuleSet):", rest, flags=re.M)[0])
    return found


def _resource(kind: str, text: str) -> dict[str, Any]:
    resource: dict[str, Any] = {"resourceType": kind}
    at: dict[tuple[int, str, str], int] = {}  # where a soft index stands
    for line in re.findall(r"^\*\s+(.+)$", text, flags=re.M):
        path, _, value = line.partition(" = ")
        node, rule, place = resource, kind, None
        steps = [(m[1], m[2]) for m in _STEP.finditer(path.strip())]
        for number, (name, brackets) in enumerate(steps):
            prop = _property(rule, name)
            last = number == len(steps) - 1
            if prop.many:
                listed = node.setdefault(name, [])
                index = _index(at, listed, name, re.findall(r"\[([^\]]+)\]", brackets))
                if index == len(listed):
                    listed.append({})
                if last:
                    place = listed, index, prop
                else:
                    node = listed[index]
            elif last:
                place = node, name, prop
            else:
                node = node.setdefault(name, {})
            rule = prop.kind
        assert place is not None, line
        place[0][place[1]] = _value(value.strip(), place[2])
    return resource


def _property(kind: str, name: str) -> Property:
    return shape(kind).properties[name]


def _index(at: dict[tuple[int, str, str], int], listed: list[Any], name: str, brackets: list[str]) -> int:
    soft = brackets[-1] if brackets and brackets[-1] in "+=" else ""
    slice_ = next((b for b in brackets if b not in "+=" and not b.isdecimal()), "")
    key = id(listed), name, slice_
    if brackets and brackets[-1].isdecimal():
        return int(brackets[-1])
    if soft == "+" or key not in at:
        at[key] = len(listed) if soft == "+" or slice_ or not listed else 0
    return at[key]


def _value(text: str, rule: Property) -> Any:
    if text.startswith("Reference("):
        return {"reference": text[len("Reference(") : -1]}
    if text.startswith('"'):
        return text.strip('"')
    code = _CODE.match(text)
    if code is None:
        return text  # a date
    if rule.kind == "code":
        return code["code"]
    coding = {k: v for k, v in code.groupdict().items() if v}
    return {"coding": [coding]} if rule.kind == "CodeableConcept" else coding
