"""The state on disk: reopening, growing, failing writes, damage."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lmdb
import pytest

from salus.merkle.plain import plain_root
from salus.state import lmdb as disk
from salus.state import names
from salus.state.check import MAX_FINDINGS, check_folder, check_tables
from salus.state.events import EventLog
from salus.state.lmdb import DATA, LmdbTables
from salus.state.store import Store
from salus.state.tables import Changes, Finding, MemoryTables, StorageFailure

A = b"\x04\x01" + b"a" * 32


def items(count: int, start: int = 0, size: int = 20) -> dict[bytes, bytes]:
    return {A + n.to_bytes(4, "big"): (b"value %d " % n) * size for n in range(start, start + count)}


@contextmanager
def no_file_may_grow_past(size: int) -> Iterator[None]:
    """A full disk, as far as LMDB can tell: the kernel refuses to write beyond `size`."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_reopening_gives_the_last_checkpoint(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "state")
    first = store.apply(items(500))
    store.checkpoint(4, {b"name": b"x"}, {"seen": [(b"k", b"v")]})
    store.apply(items(10, start=900))
    store.close()
    again = Store.open(tmp_path / "state")
    assert (again.root, again.count, again.height, again.meta(b"name")) == (first, 500, 4, b"x")
    assert again.table_get("seen", b"k") == b"v"
    assert list(again.items()) == sorted(items(500).items())
    again.close()


def test_the_map_grows_when_it_is_full(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "state", map_size=1 << 16)
    many = items(20_000)
    store.apply(many)
    store.checkpoint(1, tables={"log": ((b"%d" % n, bytes(100)) for n in range(2000))})
    assert store.get(next(iter(many))) == next(iter(many.values()))
    assert sum(1 for _ in store.table_scan("log")) == 2000
    assert store.check() == []
    store.close()
    again = Store.open(tmp_path / "state", map_size=1 << 16)
    assert again.root == plain_root(many.items())
    again.close()


def test_a_full_disk_leaves_the_last_checkpoint_and_can_be_retried(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "state")
    first = store.apply(items(300))
    store.checkpoint(1)
    second = store.apply(items(3000, start=200))
    with no_file_may_grow_past((tmp_path / "state" / DATA).stat().st_size):
        for _ in range(2):
            with pytest.raises(StorageFailure):
                store.checkpoint(2)
            assert (store.root, store.height, store.pending_keys) == (second, 1, 3000)
            assert store.get(A + bytes(4)) == items(1)[A + bytes(4)]
    assert store.check() == []
    with pytest.raises(ValueError, match="undo"):
        store.undo()
    assert store.root == second != first
    store.checkpoint(2)
    assert (store.root, store.height) == (second, 2)
    assert store.check() == []
    store.close()
    assert check_folder(tmp_path / "state") == []


class Failing(MemoryTables):
    """Fails the next commits: before they are written, or after."""

    failures: tuple[str, ...] = ()

    def commit(self, changes: Changes) -> None:
        kind, self.failures = (self.failures[0], self.failures[1:]) if self.failures else ("", ())
        if kind != "before":
            super().commit(changes)
        if kind:
            raise StorageFailure(kind)


@pytest.mark.parametrize("failures", [("before",), ("after",), ("before", "after", "before")])
def test_a_failed_checkpoint_can_be_repeated(failures: tuple[str, ...]) -> None:
    tables = Failing()
    store = Store(tables)
    log = EventLog(store)
    wanted = items(8_400, size=1)
    root = store.apply(wanted)
    log.append([bytes(32)] * 300)
    tables.failures = failures
    for _ in failures:
        with pytest.raises(StorageFailure):
            store.checkpoint(1, log.meta(), {"log": log.rows()})
        assert store.root == root
        assert store.pending_keys == 8_400
    store.checkpoint(1, log.meta(), {"log": log.rows()})
    log.saved()
    assert (store.root, store.height, store.pending_keys) == (root, 1, 0)
    assert (EventLog(store).size, EventLog(store).root) == (log.size, log.root)
    assert store.check() == []


def test_a_checkpoint_that_was_written_all_the_same_does_no_harm() -> None:
    """The error came after the last write: reads, further blocks and the next checkpoint stay right."""
    tables = Failing()
    store = Store(tables)
    wanted = items(8_400, size=1)
    store.apply(wanted)
    tables.failures = ("after",)
    with pytest.raises(StorageFailure):
        store.checkpoint(1)
    assert store.root == plain_root(wanted.items())
    more = items(500, start=8_300, size=2)
    store.apply({**more, A + bytes(4): None})
    wanted = {key: value for key, value in (wanted | more).items() if key != A + bytes(4)}
    assert store.root == plain_root(wanted.items())
    assert list(store.items()) == store.scan(A) == sorted(wanted.items())
    store.checkpoint(2)
    assert store.check() == []
    assert Store(tables).root == plain_root(wanted.items())


def test_a_commit_that_lmdb_refuses_is_a_storage_failure(tmp_path: Path) -> None:
    tables = LmdbTables(tmp_path / "state")
    wrong = Changes({bytes(600): b"key too long"}, [], {}, {}, {})
    with pytest.raises(StorageFailure):
        tables.commit(wrong)
    tables.reset()
    tables.commit(wrong._replace(values={b"key": b"value"}))
    assert tables.get(b"key") is None
    tables.renew()
    assert tables.get(b"key") == b"value"
    tables.close()


def test_what_cannot_be_opened_is_a_storage_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageFailure):
        Store.open(tmp_path / "file")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / DATA).write_bytes(b"no database" * 1000)
    with pytest.raises(StorageFailure):
        Store.open(tmp_path / "state")


def test_every_read_of_a_failing_file_is_a_storage_failure(tmp_path: Path) -> None:
    tables = LmdbTables(tmp_path / "state")
    tables._txn.abort()
    reads = (
        lambda: tables.get(b"k"),
        lambda: tables.scan(A),
        lambda: list(tables.items()),
        lambda: tables.bucket(1),
        lambda: list(tables.buckets()),
        lambda: tables.meta(b"k"),
        lambda: tables.row("t", b"k"),
        lambda: list(tables.rows("t", b"", None)),
    )
    for read in reads:
        with pytest.raises(StorageFailure):
            read()
    assert check_tables(Unreadable()) == [Finding("state", "cannot be read to its end")]
    tables.close()


class Unreadable(MemoryTables):
    def items(self) -> Iterator[tuple[bytes, bytes]]:
        raise StorageFailure("read")


def test_only_one_may_write_the_same_map_at_a_time(tmp_path: Path) -> None:
    """Two stores over one folder in one process: LMDB refuses the second."""
    store = Store.open(tmp_path / "state")
    with pytest.raises(StorageFailure):
        Store.open(tmp_path / "state")
    store.close()


def prepared(folder: Path) -> dict[bytes, bytes]:
    """A state with short and long values and some tiles of a log; return its items."""
    store = Store.open(folder)
    log = EventLog(store)
    wanted = items(2000) | {A + b"long %d" % n: b"long value %d" % n * 900 for n in range(20)}
    store.apply(wanted)
    log.append([n.to_bytes(32, "big") for n in range(700)])
    store.checkpoint(1, log.meta(), {"log": log.rows()})
    store.close()
    assert check_folder(folder) == []
    return wanted


def damage(folder: Path, content: bytes, change: int = 1) -> None:
    """Flip a bit in the one place where `content` stands."""
    raw = bytearray((folder / DATA).read_bytes())
    assert raw.count(content) == 1
    raw[raw.index(content) + len(content) // 2] ^= change
    (folder / DATA).write_bytes(raw)


def test_a_flipped_byte_of_a_live_value_is_found_and_named(tmp_path: Path) -> None:
    wanted = prepared(tmp_path)
    damage(tmp_path, wanted[A + b"\x00\x00\x00\x07"])
    (finding,) = check_folder(tmp_path)
    assert finding.place == "values, namespace 0401"
    assert finding.text.startswith("a value that is not the one of its leaf in bucket ")
    store = Store.open(tmp_path)
    assert store.check() == [finding]
    store.close()


def test_a_flipped_byte_of_a_long_value_is_found(tmp_path: Path) -> None:
    wanted = prepared(tmp_path)
    damage(tmp_path, wanted[A + b"long 7"])
    assert [finding.place for finding in check_folder(tmp_path)] == ["values, namespace 0401"]


def commit(folder: Path, **changes: object) -> None:
    """Write to the tables past the store."""
    nothing: dict[str, object] = {
        "values": {},
        "buckets": [],
        "meta": {},
        "rows": {},
        "ranges": {},
    }
    tables = LmdbTables(folder)
    tables.commit(Changes(**{**nothing, **changes}))  # type: ignore[arg-type]
    tables.close()


def first_bucket(folder: Path) -> tuple[int, bytes]:
    tables = LmdbTables(folder, readonly=True)
    found = next(bucket for bucket in tables.buckets() if len(bucket[1]) > 200)
    tables.close()
    return found


def test_values_without_leaves_and_leaves_without_values(tmp_path: Path) -> None:
    prepared(tmp_path)
    commit(tmp_path, values={A + bytes(4): None, b"\x09\x09new": b"value"})
    findings = check_folder(tmp_path)
    assert [finding.place.split(" ")[0] for finding in findings] == ["values,", "buckets,"]
    assert findings[0].place == "values, namespace 0909"
    assert findings[0].text.startswith("a key without its leaf in bucket ")
    assert findings[1].text == "a leaf without its value"


def test_each_damage_of_a_bucket_is_named(tmp_path: Path) -> None:
    prepared(tmp_path)
    index, bucket = first_bucket(tmp_path)
    node, one, two = bucket[:32], bucket[32:128], bucket[128:224]
    faults = {
        "a leaf that belongs to another bucket": node + b"\xff" + one[1:] + two,
        "its leaves are not in order": node + two + one + bucket[224:],
        "a leaf that does not give its node": node + one[:95] + b"\x00" + two + bucket[224:],
        "its leaves do not give its node": bytes(32) + bucket[32:],
        "no bucket of this tree": bucket[:-1],
    }
    for fault, wrong in faults.items():
        commit(tmp_path, buckets=[(index, wrong)])
        found = check_folder(tmp_path)
        assert Finding(f"buckets, bucket {index}", fault) in found, fault
    with pytest.raises(StorageFailure, match="damaged"):
        Store.open(tmp_path)
    commit(tmp_path, buckets=[(index, bytes(32) + bucket[32:])])
    with pytest.raises(StorageFailure, match="root"):
        Store.open(tmp_path)
    commit(tmp_path, buckets=[(index, bucket), (1 << 20, bucket)])
    assert check_folder(tmp_path) == [Finding(f"buckets, bucket {1 << 20}", "no bucket of this tree")]


def test_damage_beside_the_tree_is_named(tmp_path: Path) -> None:
    prepared(tmp_path)
    tables = LmdbTables(tmp_path)
    good = {name: tables.meta(name) for name in (names.SHAPE, names.ROOT, names.LOG)}
    rows = list(tables.rows("log", b"", None))
    tables.close()
    for wrong in (b"\x1b" + bytes(4), b"\x0c", b"\x0c\x00\x00\x10\x00"):
        commit(tmp_path, meta={names.SHAPE: wrong})
        assert check_folder(tmp_path) == [Finding("meta", "the shape of the tree is damaged")]
        with pytest.raises(StorageFailure, match="damaged"):
            Store.open(tmp_path)
    commit(tmp_path, meta={**good, names.ROOT: bytes(32)})
    assert check_folder(tmp_path) == [Finding("buckets", "the tree does not give the root of the checkpoint")]
    commit(tmp_path, meta={**good, names.LOG: b"\x83"})
    assert check_folder(tmp_path) == [Finding("meta", "the frontier of the log is damaged")]
    commit(tmp_path, meta=good)
    flipped = bytes((rows[0][1][0] ^ 1,)) + rows[0][1][1:]
    for change, places in {
        (rows[0][0], flipped): ["rows, table log, level 1", "rows, table log"],
        (rows[0][0], flipped[:-32]): ["rows, table log"],
        (rows[1][0], None): ["rows, table log"],
        (rows[2][0], None): ["rows, table log"],
        (rows[3][0], None): ["rows, table log"],
        (rows[3][0], bytes(64)): ["rows, table log, level 1"],
        (b"\x02" + bytes(8), bytes(32)): ["rows, table log, level 2", "rows, table log"],
    }.items():
        commit(tmp_path, rows={"log": [change]})
        assert [finding.place for finding in check_folder(tmp_path)] == places, change[0]
        commit(tmp_path, rows={"log": [(b"\x02" + bytes(8), None), *rows]})
    assert check_folder(tmp_path) == []


def test_the_findings_are_bounded(tmp_path: Path) -> None:
    prepared(tmp_path)
    commit(tmp_path, values=dict.fromkeys(items(2000), b"all wrong"))
    assert len(check_folder(tmp_path)) == MAX_FINDINGS


def test_a_folder_without_a_state_is_a_finding(tmp_path: Path) -> None:
    assert check_folder(tmp_path / "nowhere") == [Finding("data.mdb", "cannot be read")]


def test_a_file_that_lmdb_refuses_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise lmdb.InvalidError("refused")

    monkeypatch.setattr(disk.lmdb, "open", refuse)
    assert check_folder(tmp_path) == [Finding("state", "cannot be opened")]
