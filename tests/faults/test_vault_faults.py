"""The vault under failing disks and killed processes: what was acknowledged is there, the rest left no trace."""

import contextlib
import errno
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from salus.vault import errors, keystore
from salus.vault.check import check
from salus.vault.deposit import Deposit
from salus.vault.errors import StorageFailed, StorageFull
from salus.vault.files import LocalFiles
from salus.vault.keystore import Keystore
from salus.vault.vault import Vault
from unit.vault_samples import ALICE, BOB, MASTER, NETWORK, make_vault, open_vault, scope, write

MODES = ("before", "after", "torn", "full")
LARGE = 70_000


class FailingFiles(LocalFiles):
    """Files whose `step`-th durable step fails: before it persisted, after it did, half-way, or for a full disk."""

    def __init__(self, step: int, mode: str) -> None:
        self.step, self.mode, self.count = step, mode, 0

    def _fail(self, act: Callable[[], None], torn: Callable[[], None]) -> None:
        self.count += 1
        if self.count != self.step:
            return act()
        if self.mode == "after":
            act()
        if self.mode == "torn":
            torn()
        raise StorageFull if self.mode == "full" else StorageFailed

    def write(self, path: Path, data: bytes) -> None:
        def torn() -> None:
            path.with_name(path.name + ".tmp").write_bytes(data[: len(data) // 2])

        self._fail(lambda: super(FailingFiles, self).write(path, data), torn)

    def create_folder(self, path: Path) -> None:
        if not path.is_dir():
            self._fail(lambda: super(FailingFiles, self).create_folder(path), lambda: None)

    def move(self, old: Path, new: Path) -> None:
        self._fail(lambda: super(FailingFiles, self).move(old, new), lambda: None)

    def delete(self, path: Path) -> None:
        self._fail(lambda: super(FailingFiles, self).delete(path), lambda: None)


def bundle(number: int) -> Deposit:
    """A deposit over two relations, with an inline record and a blob in each."""
    writes = [write(r, number * 10 + n, bytes(size)) for r in (ALICE, BOB) for n, size in ((0, 10), (1, LARGE))]
    return Deposit(writes, tasks=[("bundle", bytes((number,)))], imported=bytes((number,)) * 32)


def live(folder: Path, files: LocalFiles, acknowledged: list[int]) -> None:
    with make_vault(folder, files) as vault:
        for number in (1, 2):
            vault.deposit(bundle(number))
            acknowledged.append(number)
    with open_vault(folder, files) as vault:
        vault.deposit(bundle(3))
        acknowledged.append(3)


def stored_bundles(vault: Vault, upto: int) -> list[int]:
    """Return which bundles are there; each must be whole or absent, in each of its parts."""
    tasks = [task.body[0] for task in vault.outbox.next(1000)]
    for number in range(1, upto + 1):
        for record in bundle(number).writes:
            if number in tasks:
                assert vault.read(scope(record.relation), record.record).octets == record.octets
            else:
                with pytest.raises((errors.NoSuchRecord, errors.NoSuchRelation)):
                    vault.read(scope(record.relation), record.record)
    for relation in (ALICE, BOB):
        if tasks:
            assert len(vault.headers(scope(relation))) == 2 * len(tasks)
    blobs = [path for path in (vault.folder / "blobs").rglob("*") if path.is_file()]
    assert len(blobs) == 2 * len(tasks)
    return tasks


@pytest.mark.parametrize("mode", MODES)
def test_every_durable_step_fails_once(tmp_path: Path, mode: str) -> None:
    step, finished = 0, False
    while not finished:
        step += 1
        folder = tmp_path / str(step)
        files, acknowledged = FailingFiles(step, mode), []
        try:
            live(folder, files, acknowledged)
            finished = files.count < step
            assert finished, f"step {step} {mode}: the failure was swallowed"
        except StorageFull:
            assert mode == "full"
        except StorageFailed:
            assert mode != "full"
        try:
            vault = open_vault(folder)
        except errors.NoVault:
            assert acknowledged == [], step
            vault = make_vault(folder)  # what an interrupted `create` left is no hindrance
        with vault:
            stored = stored_bundles(vault, 3)
            assert stored == acknowledged, step
            for number in (1, 2, 3):
                if number not in stored:
                    vault.deposit(bundle(number))
            assert sorted(stored_bundles(vault, 3)) == [1, 2, 3]
        assert check(folder, MASTER, NETWORK) == [], step
    assert step > 10


@pytest.mark.parametrize("mode", MODES)
def test_a_failed_blob_leaves_the_open_vault_usable(tmp_path: Path, mode: str) -> None:
    make_vault(tmp_path / "v").close()
    for step in range(1, 9):
        files = FailingFiles(step, mode)
        with open_vault(tmp_path / "v", files) as vault:
            number = step * 10
            with contextlib.suppress(StorageFailed, StorageFull):
                vault.deposit(bundle(number))
            with contextlib.suppress(errors.AlreadyImported):
                vault.deposit(bundle(number))
            assert vault.outbox.next(99)[-1].body == bytes((number,))
    assert check(tmp_path / "v", MASTER, NETWORK) == []


def test_full_disk_under_the_index(tmp_path: Path) -> None:
    with make_vault(tmp_path / "v") as vault:
        vault.deposit(bundle(1))
        with vault._index._engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        for _ in range(2):
            with pytest.raises(StorageFull):
                vault.deposit(Deposit([write(ALICE, n, bytes(30_000)) for n in range(500, 510)]))
        with vault._index._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert stored_bundles(vault, 1) == [1]
        vault.deposit(bundle(2))
        assert stored_bundles(vault, 2) == [1, 2]
    assert check(tmp_path / "v", MASTER, NETWORK) == []


LIMITED = """
import resource, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unit.vault_samples import ALICE, open_vault, write
from salus.vault.errors import StorageFailed, StorageFull
with open_vault(Path(sys.argv[1])) as vault:
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    done = 0
    try:
        while True:
            vault.deposit([write(ALICE, 1000 + done, bytes(20_000))])
            done += 1
    except (StorageFailed, StorageFull):
        pass
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    vault.deposit([write(ALICE, 1000 + done, bytes(20_000))])
    print(done + 1)
"""


def run(code: str, folder: Path) -> subprocess.Popen[str]:
    tests = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tests.parent / "src"), str(tests)))}
    command = [sys.executable, "-c", code, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def test_the_operating_system_refuses_writes_to_the_index(tmp_path: Path) -> None:
    with make_vault(tmp_path / "v") as vault:
        vault.deposit([write(ALICE, 1)])
    with run(LIMITED, tmp_path / "v") as process:
        out, err = process.communicate(timeout=60)
    assert err == ""
    with open_vault(tmp_path / "v") as vault:
        assert len(vault.headers(scope(ALICE))) == 1 + int(out)
    assert check(tmp_path / "v", MASTER, NETWORK) == []


LOAD = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from faults.test_vault_faults import bundle
from unit.vault_samples import open_vault
with open_vault(Path(sys.argv[1])) as vault:
    for number in range(1, 250):
        vault.deposit(bundle(number))
        print("D", number, flush=True)
        for entry in vault.pending_anchors(10):
            print("A", entry.relation.hex(), entry.seq, entry.root.hex(), flush=True)
            vault.mark_anchored(entry.relation, entry.seq, number)
            print("M", entry.relation.hex(), entry.seq, flush=True)
"""


def test_killed_under_load(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    for turn in range(max(2, request.config.getoption("--fault-runs") // 25)):
        folder = tmp_path / str(turn)
        make_vault(folder).close()
        with run(LOAD, folder) as process:
            assert process.stdout is not None and process.stderr is not None
            lines = [process.stdout.readline() for _ in range(1 + rng.randrange(60))]
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(rng.random() * 0.02)
            process.send_signal(signal.SIGKILL)
            lines += process.stdout.read().splitlines(keepends=True)
            assert process.stderr.read() == ""
        verify_after_kill(folder, [line.split() for line in lines if line.endswith("\n")])


def verify_after_kill(folder: Path, said: list[list[str]]) -> None:
    deposited = [int(words[1]) for words in said if words[0] == "D"]
    assert deposited == list(range(1, len(deposited) + 1))
    with open_vault(folder) as vault:
        stored = stored_bundles(vault, len(deposited) + 2)
        assert stored in (deposited, [*deposited, len(deposited) + 1])  # acknowledged, and at most one more, whole
        for words in said:
            if words[0] in "AM":
                opened = vault.anchors.opening(bytes.fromhex(words[1]), int(words[2]))
            if words[0] == "A":  # a root that was handed out can be opened
                assert opened.root.hex() == words[3]
            if words[0] == "M":
                assert opened.height is not None
        vault.deposit(bundle(251))
    assert check(folder, MASTER, NETWORK) == []


@pytest.mark.parametrize("mode", MODES)
def test_keystore_is_the_old_or_the_new_one(tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 256)
    path = tmp_path / "keystore"
    Keystore(path, {"seed": b"old"}).save("one")
    store = Keystore.open(path, "one", FailingFiles(1, mode))
    store.put("seed", b"new")
    with pytest.raises((StorageFailed, StorageFull)):
        store.save("two")
    passphrase, secret = ("two", b"new") if mode == "after" else ("one", b"old")
    assert Keystore.open(path, passphrase).get("seed") == secret
    store.save("three")  # the next attempt goes through
    assert Keystore.open(path, "three").get("seed") == b"new"


CALLS = ("open", "write", "fsync", "replace", "second open", "second fsync")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("call", CALLS)
def test_a_failing_system_call_leaves_the_old_or_the_new_file(
    tmp_path: Path, call: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    LocalFiles().write(path, b"old")
    name = call.split()[-1]
    calls = {"left": 1 if "second" in call else 0}
    owner = Path if name == "replace" else os
    real = getattr(owner, name)

    def failing(*arguments, **options):
        if calls["left"] == 0:
            calls["left"] = -1
            raise OSError(code, "a path of the caller's")
        calls["left"] -= 1
        return real(*arguments, **options)

    monkeypatch.setattr(owner, name, failing)
    with pytest.raises(StorageFailed if code == errno.EIO else StorageFull) as caught:
        LocalFiles().write(path, b"new")
    assert "caller" not in str(caught.value)
    monkeypatch.undo()
    assert path.read_bytes() == (b"new" if "second" in call else b"old")
    LocalFiles().write(path, b"newer")
    assert path.read_bytes() == b"newer"


def test_a_short_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:3]))
    LocalFiles().write(tmp_path / "file", b"0123456789")
    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_the_disk_fails_while_reading_a_blob(tmp_path: Path) -> None:
    with make_vault(tmp_path / "v") as vault:
        vault.deposit(bundle(1))
        for path in (vault.folder / "blobs").rglob("*"):
            if path.is_file():
                path.unlink()
                path.mkdir()
        with pytest.raises(StorageFailed):
            vault.read(scope(ALICE), write(ALICE, 11).record)


def test_commits_wait_for_the_disk(tmp_path: Path) -> None:
    with make_vault(tmp_path / "v") as vault, vault._index.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA temp_store").scalar_one() == 2  # memory


def test_threads_share_a_vault(tmp_path: Path) -> None:
    with make_vault(tmp_path / "v") as vault:
        vault.deposit(bundle(1))

        def deposit(first: int) -> None:
            for number in range(first, first + 5):
                vault.deposit(bundle(number))
                vault.log_access(ALICE, [bytes((number,))])
                vault.pending_anchors(1)

        def read(_: int) -> None:
            for _ in range(30):
                assert len(vault.headers(scope(ALICE))) % 2 == 0  # whole deposits only
                vault.read(scope(BOB), bundle(1).writes[3].record)

        with ThreadPoolExecutor(4) as pool:
            work = ((deposit, 10), (deposit, 20), (read, 0), (read, 0))
            for outcome in [pool.submit(act, argument) for act, argument in work]:
                outcome.result(60)
        assert sorted(stored_bundles(vault, 1)) == [1, *range(10, 15), *range(20, 25)]
        assert len(vault.access_entries(scope(ALICE))) == 10
    assert check(tmp_path / "v", MASTER, NETWORK) == []
