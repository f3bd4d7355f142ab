"""The index of a vault where its disk does not do what is asked of it."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from salus.vault.errors import StorageFailed, StorageFull
from salus.vault.index import FILE, Index

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("free", "refusal"), [(0, StorageFull), (15, StorageFull), (16, StorageFailed), (None, StorageFailed)]
)
def test_without_room_to_open_it_says_that_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int | None, refusal: type[Exception]
) -> None:
    made = Index(tmp_path / FILE, KEY)
    made.create({"fact": b"kept"})
    made.close()
    (tmp_path / f"{FILE}-shm").mkdir()  # SQLite cannot open its shared memory, as on a disk that is full

    def room(folder: Path) -> SimpleNamespace:
        assert folder == tmp_path
        if free is None:
            raise PermissionError
        return SimpleNamespace(f_bavail=free, f_frsize=4096)

    monkeypatch.setattr(os, "statvfs", room)
    index = Index(tmp_path / FILE, KEY)
    with pytest.raises(refusal):
        index.open()
    index.close()
    (tmp_path / f"{FILE}-shm").rmdir()
    index = Index(tmp_path / FILE, KEY)
    assert index.open()["fact"] == b"kept"
    index.close()
