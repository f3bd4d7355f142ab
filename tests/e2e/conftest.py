"""A region of real parts on a disk: embedded ledger, vaults, wallets, exchange. Only the passphrase is cheap to try."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from story_region import Story, found

from salus.vault import keystore


@pytest.fixture(autouse=True)
def quick_keystores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at its least: these tests open dozens of keystores, and try no passphrases."""
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)


@pytest.fixture
def story(tmp_path: Path, quick_keystores: None) -> Iterator[Story]:
    with found(tmp_path / "home") as made:
        yield made
