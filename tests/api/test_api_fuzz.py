"""Hostile requests over every operation: some each time; `make fuzz` sends a hundred thousand."""

from pathlib import Path
from random import Random

import fuzz_bodies
import pytest
from fuzz_bodies import Failed, fuzz
from starlette.responses import Response

from salus.api.operation import Call
from salus.bootstrap.serving import OPERATIONS


@pytest.mark.timeout(240)
def test_hostile_requests_are_refused_as_declared(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    outcomes = fuzz(tmp_path / "home", 2_000, seed=20_260_901)
    assert sum(outcomes.values()) == 2_000
    assert {name for name, _ in outcomes} == {operation.name for operation in OPERATIONS}
    assert not [status for _, status in outcomes if status >= 500 and status != 503]


def test_an_operation_that_fails_or_tells_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(call: Call) -> Response:
        raise KeyError("somebody")

    async def tells(call: Call) -> Response:
        return Response(b'"' + fuzz_bodies.CANARY.encode() + b'"', 404, media_type="application/problem+json")

    operation = next(one for one in OPERATIONS if one.name == "health")
    for handler, words in ((fails, "status 500"), (tells, "came back")):
        broken = type(operation)(**{f: getattr(operation, f) for f in operation.__slots__} | {"handler": handler})
        for module in (fuzz_bodies, fuzz_bodies.serving.__wrapped__.__globals__):
            target = module if isinstance(module, dict) else vars(module)
            monkeypatch.setitem(target, "OPERATIONS", (broken,))
        with pytest.raises(Failed, match=words):
            fuzz(tmp_path / words.replace(" ", "-"), 20, seed=1)


def test_a_seed_draws_the_same_again() -> None:
    first, second = (
        fuzz_bodies.Hostile(Random("1/2"), [b"{}", b"\x80"], ["a", "b"]).body("application/cbor", 100) for _ in range(2)
    )
    assert first == second
