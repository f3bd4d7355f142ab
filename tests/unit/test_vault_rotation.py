"""Rotation of a vault's master key: the old one opens nothing of what is there now; a crash leaves one of the two."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from faults.test_vault_faults import MODES, FailingFiles
from salus.vault import errors
from salus.vault.check import check
from salus.vault.deposit import Deposit
from salus.vault.errors import StorageFailed, StorageFull
from salus.vault.rotation import key_in_force, rotate
from salus.vault.vault import Vault
from unit.vault_samples import ALICE, BOB, CUSTODIAN, MASTER, NETWORK, make_vault, open_vault, scope, write

NEXT = b"X" * 32
LARGE = b"large" * 20_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with make_vault(tmp_path / "v") as vault:
        writes = [write(ALICE, 1, b"one"), write(ALICE, 2, LARGE), write(BOB, 1, b"two")]
        vault.deposit(Deposit(writes, tasks=[("a", b"1")]))
        vault.log_access(ALICE, [b"read"])
        vault.pending_anchors(10)
        vault.mark_anchored(ALICE, 1, 1)
    return tmp_path / "v"


def opened(folder: Path, master: bytes) -> Vault:
    return Vault.open(folder, master, NETWORK, CUSTODIAN)


def contents(folder: Path, master: bytes) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but for what is wrapped under the master key."""
    with opened(folder, master) as vault, vault._index.reading() as connection:
        names = [row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
        rows = {name: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))] for name in names}
    rows["relations"] = [(*row[:2], *row[3:]) for row in rows["relations"]]
    rows["meta"] = [row for row in rows["meta"] if row[0] != "check"]
    return rows


def test_everything_is_there_under_the_new_key_and_nothing_under_the_old(folder: Path) -> None:
    before = contents(folder, MASTER)
    rotate(folder, MASTER, NEXT, NETWORK)
    assert contents(folder, NEXT) == before
    with pytest.raises(errors.WrongVaultKey):
        open_vault(folder)
    with opened(folder, NEXT) as vault:
        assert vault.read(scope(ALICE), write(ALICE, 2).record).octets == LARGE
        vault.deposit([write(ALICE, 3, b"three")])
        vault.outbox.put([("b", b"2")])
        assert [task.id for task in vault.outbox.next(9)] == [1, 2]
    assert check(folder, NEXT, NETWORK) == []
    with pytest.raises(errors.WrongVaultKey):
        check(folder, MASTER, NETWORK)


def test_rotating_again_changes_nothing(folder: Path) -> None:
    rotate(folder, MASTER, NEXT, NETWORK)
    raw = (folder / "index.db").read_bytes()
    rotate(folder, MASTER, NEXT, NETWORK)
    assert (folder / "index.db").read_bytes() == raw


def test_ids_of_the_outbox_are_not_used_again(folder: Path) -> None:
    with open_vault(folder) as vault:
        vault.outbox.put([("b", b"2"), ("c", b"3")])
        vault.outbox.done([1, 2, 3])
    rotate(folder, MASTER, NEXT, NETWORK)
    with opened(folder, NEXT) as vault:
        vault.outbox.put([("d", b"4")])
        assert [task.id for task in vault.outbox.next(9)] == [4]


def test_a_vault_in_use_or_a_foreign_key_is_refused(folder: Path) -> None:
    with open_vault(folder), pytest.raises(errors.VaultInUse):
        rotate(folder, MASTER, NEXT, NETWORK)
    with pytest.raises(errors.WrongVaultKey):
        rotate(folder, b"Z" * 32, NEXT, NETWORK)
    with pytest.raises(errors.NoVault):
        rotate(folder / "none", MASTER, NEXT, NETWORK)
    assert check(folder, MASTER, NETWORK) == []


@pytest.mark.parametrize("mode", MODES)
def test_whichever_step_fails_one_of_the_two_keys_opens_it_whole(folder: Path, tmp_path: Path, mode: str) -> None:
    before, step, finished = contents(folder, MASTER), 0, False
    while not finished:
        step += 1
        copy = Path(shutil.copytree(folder, tmp_path / f"{mode}-{step}"))
        files = FailingFiles(step, mode)
        try:
            rotate(copy, MASTER, NEXT, NETWORK, files)
            finished = files.count < step
            assert finished, f"step {step}: the failure was swallowed"
        except StorageFull:
            assert mode == "full"
        except StorageFailed:
            assert mode != "full"
        assert key_in_force(copy, (NEXT, MASTER), NETWORK) in (NEXT, MASTER)
        rotate(copy, MASTER, NEXT, NETWORK)
        assert contents(copy, NEXT) == before, step
        assert check(copy, NEXT, NETWORK) == []
    assert step > 3
