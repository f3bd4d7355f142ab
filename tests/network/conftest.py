"""Networks over CometBFT; skipped with one line where it is not."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from network.networks import Network, copy_of, network_of
from salus.bootstrap.network.binary import find_cometbft, version_of
from salus.core.errors import Refusal

TOOLS = Path(__file__).parents[2] / ".tools/bin"


@pytest.fixture(scope="session")
def cometbft() -> Path:
    """CometBFT as `salus network up` finds it."""
    try:
        program = find_cometbft()
        version_of(program)
    except Refusal:
        pytest.skip("no CometBFT here: `make cometbft` builds it where Go is")
    return program


@pytest.fixture(scope="session")
def other_versions(cometbft: Path) -> dict[str, Path]:
    """Every version that is built here (`make cometbft COMETBFT=v0.38.26`), by name."""
    found = {path.name.removeprefix("cometbft-"): path for path in sorted(TOOLS.glob("cometbft-v*"))}
    return {name: path for name, path in found.items() if shutil.which(path)}


@pytest.fixture(scope="module")
def four(cometbft: Path) -> Iterator[Network]:
    """Four members, their nodes up; tests leave all of them up."""
    with network_of(4, cometbft) as network:
        network.up()
        yield network


@pytest.fixture(scope="module")
def founded(cometbft: Path) -> Iterator[Network]:
    """One member, whose node is never up: copies of it are what tests use."""
    with network_of(1, cometbft) as network:
        yield network


@pytest.fixture
def one(founded: Network) -> Iterator[Network]:
    """One member, its node down."""
    with copy_of(founded) as network:
        yield network
