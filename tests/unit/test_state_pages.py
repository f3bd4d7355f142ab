"""Damaged pages of the state's file: a finding with its page, never a crash of LMDB."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from struct import pack_into, unpack_from

import pytest

from salus.state.check import check_folder
from salus.state.lmdb import DATA, check_file
from salus.state.pages import check_pages
from salus.state.store import Store

SIZE = 4096
VALUES, LONG = 400, 6  # short values, and values that take pages of their own


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A sound file of some hundred pages, after two checkpoints, so that there are free pages too."""
    folder = tmp_path_factory.mktemp("state")
    store = Store.open(folder)
    for height in range(1, 4):
        store.apply({b"\x04\x01%d" % n: b"%d value %d" % (height, n) * 8 for n in range(VALUES)})
        store.apply({b"\x04\x02%d" % n: bytes(9000) for n in range(LONG)})
        store.checkpoint(height, {b"long": bytes(5000)})
    store.close()
    assert check_file(folder) == []
    return (folder / DATA).read_bytes()


class File:
    """The bytes of a file with what it takes to find a page of a kind."""

    def __init__(self, raw: bytes) -> None:
        self.raw = bytearray(raw)
        metas = [(unpack_from("<Q", raw, page * SIZE + 144)[0], page * SIZE + 16) for page in range(2)]
        self.meta = max(metas)[1]
        self.free, self.main = self.meta + 24, self.meta + 72

    def root(self, record: int) -> int:
        """Offset of the root page of the database whose record is at `record`."""
        return int(unpack_from("<Q", self.raw, record + 40)[0]) * SIZE

    def node(self, page: int, index: int) -> int:
        """Offset of a node."""
        return page + int(unpack_from("<H", self.raw, page + 16 + 2 * index)[0])

    def named(self, name: bytes) -> int:
        """Offset of the record of a named database."""
        page = self.root(self.main)
        count = (unpack_from("<H", self.raw, page + 12)[0] - 16) // 2
        nodes = [self.node(page, index) for index in range(count)]
        return next(at + 8 + len(name) for at in nodes if self.raw[at + 8 : at + 8 + len(name)] == name)

    def leaf(self, record: int) -> int:
        """Offset of the first leaf page below a record."""
        page = self.root(record)
        while self.raw[page + 10] == 1:
            page = unpack_from("<IH", self.raw, self.node(page, 0))[0] * SIZE
        return page

    def put(self, form: str, offset: int, value: int) -> None:
        pack_into(form, self.raw, offset, value)

    def findings(self) -> list[tuple[str, str]]:
        return [
            tuple(finding) for finding in check_pages(lambda offset, length: bytes(self.raw[offset : offset + length]))
        ]


def first_long(file: File) -> int:
    """Offset of the node of a long value: the only one of `meta` that is named `long`."""
    page = file.root(file.named(b"meta"))
    return next(at for at in (file.node(page, n) for n in range(4)) if file.raw[at + 8 : at + 12] == b"long")


def cut(length: int) -> Callable[[File], None]:
    def change(file: File) -> None:
        del file.raw[length:]

    return change


DAMAGES: dict[str, tuple[Callable[[File], None], str]] = {
    "no file": (cut(0), "the file is cut off"),
    "half a meta page": (cut(SIZE + 20), "the file is cut off"),
    "no magic": (lambda f: f.put("<I", 16, 7), "no meta page of this format"),
    "other version": (lambda f: f.put("<I", SIZE + 20, 2), "no meta page of this format"),
    "no page size": (lambda f: f.put("<I", 40, 4095), "no page size"),
    "other page size": (lambda f: f.put("<I", SIZE + 40, 8192), "no page size"),
    "cut off": (
        lambda f: f.raw.__delitem__(slice(len(f.raw) - SIZE, None)),
        "the file is cut off before its last page",
    ),
    "last page far away": (lambda f: f.put("<Q", f.meta + 120, 2**40), "the file is cut off before its last page"),
    "depth": (lambda f: f.put("<H", f.main + 6, 99), "no depth of a tree"),
    "wrong depth": (lambda f: f.put("<H", f.named(b"values") + 6, 1), "another page is where this should be"),
    "root out of reach": (lambda f: f.put("<Q", f.named(b"meta") + 40, 2**50), "a page out of reach, or reached twice"),
    "root on a meta page": (lambda f: f.put("<Q", f.named(b"meta") + 40, 1), "a page out of reach, or reached twice"),
    "entries": (lambda f: f.put("<Q", f.named(b"meta") + 32, 77), "4 entries, not the 77 it counts"),
    "page number": (lambda f: f.put("<Q", f.leaf(f.named(b"values")), 3), "another page is where this should be"),
    "page kind": (lambda f: f.put("<H", f.leaf(f.named(b"values")) + 10, 4), "another page is where this should be"),
    "bounds": (lambda f: f.put("<H", f.leaf(f.named(b"values")) + 12, 5000), "its bounds are impossible"),
    "odd bound": (lambda f: f.put("<H", f.leaf(f.named(b"values")) + 12, 17), "its bounds are impossible"),
    "node outside": (lambda f: f.put("<H", f.leaf(f.named(b"values")) + 16, 4095), "a node lies outside"),
    "key outside": (lambda f: f.put("<H", f.node(f.leaf(f.named(b"values")), 0) + 6, 5000), "a key lies outside"),
    "value outside": (lambda f: f.put("<H", f.node(f.leaf(f.named(b"values")), 0), 5000), "a value lies outside"),
    "kind of a value": (lambda f: f.put("<H", f.node(f.leaf(f.named(b"values")), 0) + 4, 4), "a value lies outside"),
    "key order": (lambda f: f.put("<B", f.node(f.leaf(f.named(b"values")), 0) + 8, 0xFF), "the keys are not in order"),
    "free pages": (lambda f: f.put("<H", f.root(f.free) + 12, 5000), "its bounds are impossible"),
    "long value out of reach": (
        lambda f: f.put("<Q", first_long(f) + 12, 2**33),
        "a page out of reach, or reached twice",
    ),
    "long value on another page": (
        lambda f: f.put("<Q", first_long(f) + 12, f.leaf(f.named(b"values")) // SIZE),
        "no pages of a long value",
    ),
    "long value too long": (lambda f: f.put("<H", first_long(f) + 2, 9), "no pages of a long value"),
    "long value without its end": (
        lambda f: f.put("<H", first_long(f) + 6, 4084 - first_long(f) % SIZE),
        "a value lies outside",
    ),
    "long value past the end": (
        lambda f: f.put("<I", unpack_from("<Q", f.raw, first_long(f) + 12)[0] * SIZE + 12, 10**6),
        "a long value goes past the last page",
    ),
    "record of a database": (
        lambda f: f.put("<H", f.named(b"meta") - 12, 40),
        "no record of a database",
    ),
}


@pytest.mark.parametrize("defect", DAMAGES)
def test_each_damage_is_found(sound: bytes, defect: str) -> None:
    file = File(sound)
    assert file.findings() == []
    change, text = DAMAGES[defect]
    change(file)
    findings = file.findings()
    assert text in [found for _, found in findings], findings
    assert all("page " in place for place, _ in findings)


def test_the_findings_name_the_database(sound: bytes) -> None:
    file = File(sound)
    page = file.leaf(file.named(b"values"))
    file.put("<H", page + 12, 5000)
    other = file.leaf(file.named(b"buckets"))
    file.put("<H", other + 12, 5000)
    assert file.findings() == [
        (f"buckets, page {other // SIZE}", "its bounds are impossible"),
        (f"values, page {page // SIZE}", "its bounds are impossible"),
    ]


def test_a_new_file_is_sound(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    assert check_folder(tmp_path) == []


@pytest.mark.parametrize("seed", range(60))
def test_random_damage_never_crashes(sound: bytes, seed: int, tmp_path: Path) -> None:
    """Whole pages and page headers of noise, wherever they fall; a page in use gives a finding."""
    random = Random(seed)
    raw = bytearray(sound)
    page = random.randrange(2, len(raw) // SIZE) * SIZE
    length = random.choice((1, 8, 16, 64, SIZE))
    at = page + random.choice((0, 12, 16, 100)) if length < SIZE else page
    raw[at : at + length] = random.randbytes(length)
    (tmp_path / DATA).write_bytes(raw)
    for finding in check_folder(tmp_path):
        assert finding.place, f"seed {seed}"
