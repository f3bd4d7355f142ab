"""What the replay keeps its state in answers as the other tables do; logs and dumps of fsck's own."""

import io
import sys
from pathlib import Path
from random import Random

import pytest

from salus.fsck import dump
from salus.fsck.plainlog import plain_log_root
from salus.fsck.tables import ReplayTables
from salus.merkle.log import Log
from salus.state.store import Store
from salus.state.tables import Changes, MemoryTables
from unit.fsck_home import make_home
from vectors.fixed import fixed


def test_replay_tables_answer_as_memory_tables() -> None:
    seed = 7
    random = Random(seed)
    ours, theirs = ReplayTables(), MemoryTables()
    keys = [bytes((0, random.randrange(3))) + fixed(str(i % 5)) + bytes((i,)) * (i % 3) for i in range(60)]
    for _ in range(30):
        values = {k: random.choice((None, random.randbytes(3))) for k in random.sample(keys, 10)}
        rows = {"t": [(k, random.choice((None, b"row"))) for k in random.sample(keys, 5)]}
        buckets = [(i, random.choice((None, b"bucket"))) for i in range(3)]
        ranges = {"t": [(min(keys), random.choice(keys))]} if random.random() < 0.3 else {}
        changes = Changes(values, buckets, {b"m": random.randbytes(2)}, rows, ranges)
        ours.commit(changes)
        theirs.commit(changes)
        prefixes = sorted({key[:34] for key in keys})
        assert list(ours.items()) == list(theirs.items()), seed
        assert [ours.scan(p) for p in prefixes] == [theirs.scan(p) for p in prefixes], seed
        assert list(ours.rows("t", b"", None)) == list(theirs.rows("t", b"", None)), seed
        assert list(ours.rows("t", keys[3], keys[9])) == list(theirs.rows("t", keys[3], keys[9])), seed
        assert list(ours.buckets()) == list(theirs.buckets()) and ours.meta(b"m") == theirs.meta(b"m"), seed
        assert [ours.get(k) for k in keys] == [theirs.get(k) for k in keys], seed
        assert [ours.row("t", k) for k in keys] == [theirs.row("t", k) for k in keys], seed
        assert [ours.bucket(i) for i in range(4)] == [theirs.bucket(i) for i in range(4)], seed
    ours.close()


def test_a_store_over_them_goes_on_after_a_checkpoint() -> None:
    one, two = Store(ReplayTables()), Store.in_memory()
    for height in range(1, 6):
        writes = {fixed(f"{height} {i}"): b"v" for i in range(5000)}
        assert one.apply(writes) == two.apply(writes)
        one.checkpoint(height)
    assert list(one.items()) == list(two.items())


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 8, 9, 33])
def test_the_plain_log_gives_the_root_of_the_log(size: int) -> None:
    entries = [fixed(str(i)) for i in range(size)]
    assert plain_log_root(entries) == Log(entries).root()


class Captured:
    def __init__(self) -> None:
        self.buffer = io.BytesIO()


def test_the_dump_ends_with_its_mark_or_says_that_it_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_home(tmp_path / "home")
    for folder, status in ((tmp_path / "home/ledger/state", 0), (tmp_path / "nowhere", 1)):
        out = Captured()
        monkeypatch.setattr(sys, "stdout", out)
        assert dump.dump(folder) == status
        assert out.buffer.getvalue().endswith(dump.END) == (status == 0)
