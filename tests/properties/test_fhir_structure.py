"""The fast filter and the full pass over damaged resources; changes to octets against changes to parsed JSON."""

import json
from copy import deepcopy
from random import Random

import orjson
from fhir_property_samples import SAMPLES

from salus.fhir.octets import replace_id, replace_references
from salus.fhir.schema import USUAL, validator
from salus.fhir.structure import explain
from salus.fhir.validate import accepted, count_keys, survey

SEED = 20_240_611
ROUNDS = 4000
PIECES = (
    None,
    "",
    "x",
    " ",
    "2023-02-30",
    0,
    -1,
    1.5,
    True,
    [],
    {},
    [None],
    [{}],
    {"id": "x"},
    "Patient/1",
    "#x",
    "a\u0007",
)


def damage(random: Random, node: object) -> None:
    """Change, remove or add one thing somewhere below `node`."""
    places: list[object] = []

    def visit(one: object) -> None:
        if isinstance(one, dict | list):
            places.append(one)
            for child in one.values() if isinstance(one, dict) else one:
                visit(child)

    visit(node)
    place = random.choice(places)
    if isinstance(place, list):
        place[random.randrange(len(place)) if place else slice(0)] = random.choice(PIECES) if place else []
    elif place:
        key = random.choice(sorted(place))
        action = random.randrange(4)
        if action == 0:
            del place[key]
        elif action == 1:
            place[key] = random.choice(PIECES)
        elif action == 2:
            place["_" + key] = random.choice(PIECES)
        else:
            place[random.choice(("valueString", "valueCode", "extension", "resourceType", "id", "zz"))] = random.choice(
                PIECES
            )


def test_what_the_filter_accepts_the_full_pass_accepts() -> None:
    random = Random(SEED)
    accepting = 0
    for number in range(ROUNDS):
        resource = deepcopy(random.choice(SAMPLES))
        for _ in range(random.randrange(3)):
            damage(random, resource)
        if accepted(resource):
            accepting += 1
            assert explain(resource) == [], f"seed {SEED}, round {number}: {resource}"
    assert accepting > ROUNDS // 10, SEED


def test_the_schema_of_the_usual_types_judges_as_that_of_all() -> None:
    random = Random(SEED)
    whole, usual = validator("Basic"), validator("Patient")
    assert whole is not usual
    for number in range(ROUNDS):
        resource = deepcopy(random.choice(SAMPLES))
        for _ in range(random.randrange(2)):
            damage(random, resource)
        kind = resource.get("resourceType")
        if isinstance(kind, str):
            expected = kind in USUAL and whole.is_valid({kind: resource})
            assert usual.is_valid({kind: resource}) == expected, f"seed {SEED}, round {number}: {resource}"


def test_a_refusal_is_always_explained() -> None:
    """What the filter rejects and the full pass accepts is right by the rules which the filter leaves out."""
    random = Random(SEED + 1)
    for number in range(ROUNDS):
        resource = deepcopy(random.choice(SAMPLES))
        damage(random, resource)
        if not accepted(resource) and explain(resource) == []:
            text = json.dumps(resource)
            known = '"_' in text or '"extension"' in text or "://" in text or '"reference"' in text
            assert known, f"seed {SEED + 1}, round {number}: {text}"


def rewritten(node: object, new: dict[str, str]) -> object:
    if isinstance(node, list):
        return [rewritten(child, new) for child in node]
    if isinstance(node, dict):
        changed = {key: rewritten(child, new) for key, child in node.items()}
        if isinstance(changed.get("reference"), str):
            changed["reference"] = new.get(changed["reference"], changed["reference"])
        return changed
    return node


def test_octets_change_as_the_parsed_resource_does() -> None:
    random = Random(SEED + 2)
    words = ('"reference"', 'a":', "\\", '"id":', "urn:uuid:1", "reference", "é\u2028", "x")
    for number in range(ROUNDS):

        def node(depth: int) -> object:
            kind = random.randrange(5 if depth < 4 else 2)
            if kind == 0:
                return random.choice(words)
            if kind == 1:
                return random.choice((1, 1.5, True, None))
            if kind == 2:
                return [node(depth + 1) for _ in range(random.randrange(3))]
            return {
                random.choice(("reference", "id", "a", "coding", 'q":')): node(depth + 1)
                for _ in range(random.randrange(4))
            }

        resource = {"resourceType": "X", "id": "old"} if random.randrange(2) else {}
        resource |= {f"k{i}": node(0) for i in range(3)}
        raw = json.dumps(resource, indent=random.choice((None, 1)), ensure_ascii=bool(random.randrange(2))).encode()
        new = {"urn:uuid:1": "Patient/2", "x": "Y/1"}
        encoded = {key.encode(): value.encode() for key, value in new.items()}
        octets, inserted = replace_id(raw, b"NEW")
        octets, _ = replace_references(octets, encoded, lambda value: value)
        expected = rewritten(resource, new)
        assert isinstance(expected, dict)
        assert orjson.loads(octets) == expected | {"id": "NEW"}, f"seed {SEED + 2}, round {number}: {raw!r}"
        assert inserted is ("id" not in resource)
        assert count_keys(raw) >= survey(resource).keys
