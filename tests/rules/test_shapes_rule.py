"""Every field that goes over the wire is bounded, and every number is used once."""

import inspect
import typing
from importlib import import_module
from pathlib import Path

import msgspec
import pytest

from salus.core.errors import Refusal
from salus.core.types import Message

ROOT = Path(__file__).parents[2] / "src/salus"
LIMIT = 2**63


def shapes() -> list[type[Message]]:
    found: dict[str, type[Message]] = {}
    for path in sorted(ROOT.rglob("*.py")):
        if "Message" not in path.read_text() or path.parts[-2] in {"cli", "demo"}:
            continue
        name = ".".join(("salus", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
        for _, value in inspect.getmembers(import_module(name), inspect.isclass):
            if issubclass(value, Message) and value is not Message:
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return list(found.values())


def unbounded(info: msgspec.inspect.Type) -> bool:
    """True if `info` admits an integer of 2^63 or more, a float, a map, or anything at all."""
    match info:
        case msgspec.inspect.IntType():
            return info.ge is None or info.le is None or info.ge <= -LIMIT or info.le >= LIMIT
        case msgspec.inspect.UnionType():
            return any(map(unbounded, info.types))
        case msgspec.inspect.TupleType():
            return any(map(unbounded, info.item_types))
        case msgspec.inspect.VarTupleType():
            return unbounded(info.item_type)
        case msgspec.inspect.StructType():
            return any(unbounded(field.type) for field in info.fields)
        case (
            msgspec.inspect.BytesType()
            | msgspec.inspect.StrType()
            | msgspec.inspect.BoolType()
            | msgspec.inspect.NoneType()
        ):
            return False
    return True


@pytest.mark.parametrize("shape", shapes(), ids=lambda s: s.__qualname__)
def test_shape_is_positional_bounded_and_whole(shape: type[Message]) -> None:
    config = shape.__struct_config__
    assert config.array_like and config.frozen and config.forbid_unknown_fields
    assert shape.__struct_defaults__ == (), "a field with a default could be left out: two encodings"
    assert not unbounded(msgspec.inspect.type_info(shape))


def test_the_rule_bites() -> None:
    for wrong in (int, float, dict[str, int], list[int], typing.Any, typing.Annotated[int, msgspec.Meta(ge=0)]):
        assert unbounded(msgspec.inspect.type_info(wrong))


def refusals() -> list[type[Refusal]]:
    found: list[type[Refusal]] = []
    for path in sorted(ROOT.rglob("*.py")):
        if "Refusal" in path.read_text():
            name = ".".join(("salus", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
            for _, value in inspect.getmembers(import_module(name), inspect.isclass):
                if issubclass(value, Refusal) and value is not Refusal and value not in found:
                    found.append(value)
    return [refusal for refusal in found if hasattr(refusal, "code")]


def test_no_two_refusals_share_a_code() -> None:
    by_code: dict[int, list[str]] = {}
    for refusal in refusals():
        by_code.setdefault(refusal.code, []).append(f"{refusal.__module__}.{refusal.__qualname__}")
    # The client may not import the machine, so it states the machine's codes a second time.
    shared = {code: names for code, names in by_code.items() if len({n for n in names if ".client." not in n}) > 1}
    assert shared == {}
    assert len(by_code) > 150
