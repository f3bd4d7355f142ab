"""Whatever msgspec reads values into went through `salus.shapes.made`: no thread meets a class that is half made."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "src/salus"
READERS = {"convert": 1, "decode": 1, "Decoder": 0}  # name, and where the shape stands among the arguments


def unmade(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, name) for each use of what reads in msgspec whose shape is not an argument of `made`."""
    tree = ast.parse(source)
    names = dict(imported(tree))
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    types = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Subscript)}  # `Decoder[Shape]`
    for node in ast.walk(tree):
        name = dotted(node, names)
        last = name.rpartition(".")[2]
        if not name.startswith("msgspec.") or last not in READERS or id(node) in types:
            continue
        call = calls.get(id(node))  # None: handed on, to be called elsewhere
        given = [] if call is None else [one.value for one in call.keywords if one.arg == "type"]
        shape = next(iter(given or ([] if call is None else call.args[READERS[last] :])), None)
        if not isinstance(shape, ast.Call) or dotted(shape.func, names) != "salus.shapes.made":
            yield node.lineno, name


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each name that an import binds, and what it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                yield one.asname or one.name.partition(".")[0], one.name if one.asname else one.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            for one in node.names:
                yield one.asname or one.name, f"{node.module}.{one.name}"


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """Return what an expression of dots stands for; empty where it is another expression, or of a local name."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            return names.get(name, "")
        case ast.Attribute(value=value, attr=name) if within := dotted(value, names):
            return f"{within}.{name}"
    return ""


def test_all_that_is_read_into_was_made() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in sorted(ROOT.rglob("*.py"))
        if path.name != "shapes.py"
        for line, name in unmade(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("import msgspec\nmsgspec.json.decode(raw, type=Shape)", ["msgspec.json.decode"]),
        ("import msgspec\nmsgspec.json.decode(raw)", ["msgspec.json.decode"]),
        ("from msgspec import convert\nconvert(raw, Shape)", ["msgspec.convert"]),
        ("from msgspec.msgpack import Decoder as Reads\nReads(Shape)", ["msgspec.msgpack.Decoder"]),
        ("import msgspec as m\nmap(m.json.decode, rows)", ["msgspec.json.decode"]),
        ("import msgspec\nfrom other import made\nmsgspec.convert(raw, made(Shape))", ["msgspec.convert"]),
        ("import msgspec\nfrom salus.shapes import made\nmsgspec.convert(made(raw), Shape)", ["msgspec.convert"]),
        ("import msgspec\nfrom salus.shapes import made\nmsgspec.convert(raw, made(Shape))", []),
        ("import msgspec as m\nfrom salus.shapes import made\nx: m.json.Decoder[S] = m.json.Decoder(made(S))", []),
        ("import cbor2\ncbor2.decode(raw)", []),
    ],
)
def test_the_rule_bites(source: str, wrong: list[str]) -> None:
    assert [name for _, name in unmade(source)] == wrong
