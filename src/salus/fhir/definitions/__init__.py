"""The compact table of FHIR R4, made by `scripts/fhir_definitions.py` from HL7's definitions (CC0)."""

import lzma
from functools import cache
from importlib.resources import files

import orjson
from msgspec import Struct, convert

from salus.shapes import made

PRIMITIVES = frozenset(
    (
        *("base64Binary", "boolean", "canonical", "code", "date", "dateTime", "decimal", "id", "instant", "integer"),
        *("markdown", "oid", "positiveInt", "string", "time", "unsignedInt", "uri", "url", "uuid", "xhtml"),
    )
)


class Table(Struct, frozen=True):
    """What `r4.json.xz` holds; its notation stands in the script that makes it."""

    types: dict[str, dict[str, tuple[int, int, tuple[str, ...]]]]
    resources: tuple[str, ...]
    codes: tuple[dict[str, tuple[str, ...]], ...]
    compartment: dict[str, tuple[str, ...]]


class Property(Struct, frozen=True):
    """One JSON property: the element it stands for, and what it may hold."""

    element: str  # without [x]
    kind: str  # primitive, data type, path of a backbone element, "Reference" or "Resource"
    least: int  # occurrences; 0 for the parts of a choice
    most: int  # 0: no limit
    targets: frozenset[str]  # of a Reference; empty: any
    codes: int | None  # number of the set of a required binding

    @property
    def many(self) -> bool:
        """Whether the JSON value is an array."""
        return self.most != 1

    @property
    def primitive(self) -> bool:
        """Whether the JSON value is a string, number or boolean."""
        return self.kind in PRIMITIVES


class Shape(Struct, frozen=True):
    """One type: its properties, and the rules over several of them."""

    properties: dict[str, Property]
    required: tuple[tuple[str, tuple[str, ...]], ...]  # element, the properties of which one must be there
    choices: tuple[tuple[str, tuple[str, ...]], ...]  # element, the properties of which at most one may be there


@cache
def table() -> Table:
    """Return the table, read once."""
    packed = files(__package__).joinpath("r4.json.xz").read_bytes()
    return convert(orjson.loads(lzma.decompress(packed)), made(Table))


@cache
def resource_types() -> frozenset[str]:
    """Return the names of all concrete resource types."""
    return frozenset(table().resources)


@cache
def shape(kind: str) -> Shape:
    """Return the shape of a data type, a resource type or (by path) a backbone element."""
    properties: dict[str, Property] = {}
    required: list[tuple[str, tuple[str, ...]]] = []
    choices: list[tuple[str, tuple[str, ...]]] = []
    for name, (least, most, types) in table().types[kind].items():
        element = name.removesuffix("[x]")
        if element == name:
            properties[name] = _property(element, least, most, types)
            names: tuple[str, ...] = (name,)
        else:
            parts = {element + (bare := _bare(t))[0].upper() + bare[1:]: _property(element, 0, 1, (t,)) for t in types}
            properties.update(parts)
            names = tuple(parts)
            choices.append((element, names))
        if least:
            required.append((element, names))
    return Shape(properties, tuple(required), tuple(choices))


def _bare(kind: str) -> str:
    return kind.partition(":")[0].partition("=")[0]


def _property(element: str, least: int, most: int, types: tuple[str, ...]) -> Property:
    kind, _, targets = types[0].partition(":")
    if targets:
        targets = "|".join(t.partition(":")[2] for t in types)
    bare, _, codes = kind.removeprefix("#").partition("=")
    return Property(
        element, bare, least, most, frozenset(filter(None, targets.split("|"))), int(codes) if codes else None
    )
