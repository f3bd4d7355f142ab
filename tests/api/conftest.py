"""The region of the stories behind HTTP; only the passphrase is cheap to try."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "e2e"))  # what the stories share imports its neighbours by name

from apart_world import Apart, Prepared, apart, prepared
from api_world import World, world

from salus.vault import keystore


@pytest.fixture(autouse=True)
def quick_keystores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at its least, as in the stories."""
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)


@pytest.fixture(scope="session")
def whole_region(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keystore, "MEMORY_KIB", 128)
        patched.setattr(keystore, "ITERATIONS", 1)
        return prepared(tmp_path_factory.mktemp("whole") / "home")


@pytest.fixture
def homes(whole_region: Prepared, tmp_path: Path, quick_keystores: None) -> Iterator[Apart]:
    with apart(whole_region, tmp_path) as made:
        yield made


@pytest.fixture
def served(tmp_path: Path, quick_keystores: None) -> Iterator[World]:
    with world(tmp_path / "home") as made:
        yield made
