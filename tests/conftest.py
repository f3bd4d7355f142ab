"""Fixtures that every folder of tests may use."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-runs", type=int, default=200, help="crash runs over all scenarios of tests/faults")
    parser.addoption("--screenshots", action="store_true", help="picture the portal's pages into docs/images")


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The folder of real-world samples; a test that asks for it is skipped where it is absent."""
    for place in (os.environ.get("SALUS_SAMPLE_DATA"), ROOT.parent / "shared/data"):
        if place and Path(place, "fhir").is_dir():
            return Path(place)
    pytest.skip("no sample data (set SALUS_SAMPLE_DATA to its folder)")
