"""The JSON schema of all of R4, built from the table: a fast filter that accepts only what is right.

It is stricter than FHIR where FHIR's rule would be slow to state (primitives that are there by extension only,
aligned arrays of extensions, extensions with an id): what it rejects, `structure` judges. A resource is offered
inside an object under the name of its type, so that finding its schema is one look-up.

Compiling all of R4 takes a third of a second, which every process that reads FHIR would pay at its first resource;
the usual types take a third of that. A type outside them brings the schema of all.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from jsonschema_rs import Draft7Validator, RegexOptions

from salus.fhir.definitions import Property, Shape, resource_types, shape, table
from salus.fhir.primitives import FORMS, INTEGERS, MAX_STRING, reference_form

Schema = dict[str, Any]


USUAL = frozenset(  # what the records of patients mostly consist of
    (
        *("AllergyIntolerance", "CarePlan", "CareTeam", "Claim", "Condition", "Coverage", "Device", "DiagnosticReport"),
        *("DocumentReference", "Encounter", "ExplanationOfBenefit", "Goal", "ImagingStudy", "Immunization", "Location"),
        *("Medication", "MedicationAdministration", "MedicationRequest", "Observation", "Organization", "Patient"),
        *("Practitioner", "PractitionerRole", "Procedure", "Provenance", "ServiceRequest", "SupplyDelivery"),
    )
)


def validator(kind: object) -> Draft7Validator:
    """Return the validator for a type of resource; it rejects every other type that it does not know."""
    return _validator(kind in USUAL)


@cache
def _validator(usual: bool) -> Draft7Validator:
    return Draft7Validator(build(USUAL if usual else resource_types()), pattern_options=RegexOptions())


def build(names: Iterable[str]) -> Schema:
    """Return the schema of `{type: resource}` for these types of resource."""
    definitions: Schema = {name: _primitive(name) for name in (*FORMS, *INTEGERS, "boolean", "decimal")}
    waiting = ["Element", "Extension", *sorted(names)]
    while waiting:
        kind = waiting.pop()
        if kind in table().types and kind not in definitions:
            form = shape(kind)
            definitions[kind] = _object(form, kind, kind in resource_types(), definitions)
            waiting += [rule.kind for rule in form.properties.values()]
    definitions["Extension"]["maxProperties"] = 2  # url and one value or extensions: no room for a second value
    return {
        "type": "object",
        "properties": {name: _ref(name) for name in sorted(names)},
        "additionalProperties": False,
        "definitions": definitions,
    }


def _ref(name: str) -> Schema:
    return {"$ref": "#/definitions/" + name.replace("|", ",")}


def _primitive(name: str) -> Schema:
    if name == "boolean":
        return {"type": "boolean"}
    if name == "decimal":
        return {"type": "number"}
    if name in INTEGERS:
        return {"type": "integer", "minimum": INTEGERS[name][0], "maximum": INTEGERS[name][1]}
    schema = {"type": "string", "minLength": 1, "pattern": f"^{FORMS[name]}$"}
    return schema | {"maxLength": MAX_STRING} if name == "string" else schema


def _object(form: Shape, kind: str, is_resource: bool, definitions: Schema) -> Schema:
    properties: Schema = {"resourceType": {"const": kind}} if is_resource else {}
    for name, rule in form.properties.items():
        properties[name] = _value(rule, definitions)
        if rule.primitive and not rule.many:
            properties["_" + name] = _ref("Element")
    required = [names[0] for _, names in form.required if len(names) == 1]
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "required": ["resourceType", *required] if is_resource else required,
        "minProperties": 1,
    }
    one_of_several = [names for _, names in form.required if len(names) > 1]
    if one_of_several:
        schema["allOf"] = [{"anyOf": [{"required": [name]} for name in names]} for names in one_of_several]
    if kind != "Extension":
        schema["dependencies"] = {
            name: {"properties": {other: False for other in names if other != name}}
            for _, names in form.choices
            for name in names
        }
    return schema


def _value(rule: Property, definitions: Schema) -> Schema:
    one = _one(rule, definitions)
    if not rule.many:
        return one
    many = {"type": "array", "items": one, "minItems": max(1, rule.least)}
    return many | {"maxItems": rule.most} if rule.most else many


def _one(rule: Property, definitions: Schema) -> Schema:
    if rule.kind == "Resource":  # `contained` is offered by itself; elsewhere the slow pass descends
        return {"type": "object", "required": ["resourceType"]} if rule.element == "contained" else {"not": {}}
    if rule.codes is not None:
        return _coded(rule, rule.codes)
    if rule.kind == "Reference":
        return _reference(rule.targets, definitions)
    return _ref(rule.kind)


def _coded(rule: Property, number: int) -> Schema:
    codes = table().codes[number]
    if rule.kind == "code":
        return {"enum": sorted({code for listed in codes.values() for code in listed})}
    bound = [
        {"properties": {"system": {"const": system}, "code": {"enum": list(listed)}}, "required": ["system", "code"]}
        for system, listed in codes.items()
    ]
    return {
        "allOf": [_ref(rule.kind), {"required": ["coding"], "properties": {"coding": {"contains": {"anyOf": bound}}}}]
    }


def _reference(targets: frozenset[str], definitions: Schema) -> Schema:
    names = sorted(targets or resource_types())
    key = "Reference:" + ",".join(names) if targets else "Reference:any"
    if key not in definitions:
        schema = _object(shape("Reference"), "Reference", False, definitions)
        schema["properties"]["reference"] = {"type": "string", "pattern": f"^{reference_form('|'.join(names))}$"}
        schema["properties"]["type"] = {"enum": names}
        definitions[key] = schema
    return _ref(key)
