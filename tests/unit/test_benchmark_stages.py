"""The stages that the import's benchmark tells: each function is where it is looked for, and time is counted once."""

import importlib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


class Clock:
    """Stands for the `time` module: it stands still but for `pass_by`."""

    def __init__(self) -> None:
        self.worked = self.shown = 0.0

    def pass_by(self, work: float, wait: float = 0.0) -> None:
        self.worked += work
        self.shown += work + wait

    def thread_time(self) -> float:
        return self.worked

    def perf_counter(self) -> float:
        return self.shown


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(ROOT)
    return importlib.import_module("benchmarks.stages")


def test_every_stage_is_a_function_that_is_put_back(stages: Any) -> None:
    places = importlib.import_module("benchmarks.intake_stages").PLACES

    def found() -> list[object]:
        listed = []
        for place in places:
            owner: Any = importlib.import_module(place.module)
            *path, name = place.name.split(".")
            for step in path:
                owner = getattr(owner, step)
            listed.append(owner.__dict__[name])
        return listed

    before = found()
    with stages.Stages().watching(places):
        assert all(now is not then for now, then in zip(found(), before, strict=True))
    assert found() == before


def test_a_stage_is_without_those_inside_it(stages: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(stages, "time", clock)
    timed = stages.Stages()
    inner = timed.timed("inner", lambda: clock.pass_by(2.0))

    def outer() -> None:
        clock.pass_by(5.0)
        inner()
        inner()
        clock.pass_by(1.0, wait=7.0)

    monkeypatch.setattr(stages, "_nothing", outer)
    with timed.watching([stages.Place("benchmarks.stages", "_nothing", "outer", waits=True)]):
        stages._nothing()
    assert (timed.seconds, timed.waited) == ({"inner": 4.0, "outer": 6.0}, 7.0)
