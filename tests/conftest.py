"""Fixtures that every folder of tests may use."""

import gc
import os
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from salus.testing.faults import Crash

ROOT = Path(__file__).parents[1]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector off meanwhile: millions of objects are made that stay, which it need not see later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-runs", type=int, default=200, help="crash runs over all scenarios of tests/faults")
    parser.addoption("--long", action="store_true", help="also what takes minutes: whole lives of networks")
    parser.addoption("--screenshots", action="store_true", help="picture the portal's pages into docs/images")


def pytest_sessionstart() -> None:
    """Let a thread that a made-up power cut reaches end without a word: nobody is left whom it could tell."""
    told = threading.excepthook
    threading.excepthook = lambda args: None if args.exc_type is Crash else told(args)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes unless it is asked for; let networks, which mostly wait, begin first."""
    if not config.getoption("--long"):
        late = pytest.mark.skip(reason="takes minutes: make networks")
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(late)
    networks = [item for item in items if "network" in Path(item.path).parts]
    if len(networks) < len(items):
        _begin_with(networks, items)


def _begin_with(first: list[pytest.Item], items: list[pytest.Item]) -> None:
    """Put the modules of some tests at the beginning of each worker's share, in turn."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    shares: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for number, path in enumerate(dict.fromkeys(item.path for item in first)):
        shares[number % workers] += [item for item in first if item.path == path]
    chosen = {id(item) for item in first}
    rest = [item for item in items if id(item) not in chosen]
    size, at, ordered = len(items) // workers, 0, []
    for share in shares:
        ordered += share
        until = at + max(0, size - len(share))
        ordered += rest[at:until]
        at = until
    items[:] = ordered + rest[at:]


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The folder of real-world samples; a test that asks for it is skipped where it is absent."""
    for place in (os.environ.get("SALUS_SAMPLE_DATA"), ROOT.parent / "shared/data"):
        if place and Path(place, "fhir").is_dir():
            return Path(place)
    pytest.skip("no sample data (set SALUS_SAMPLE_DATA to its folder)")
