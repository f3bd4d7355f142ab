"""The pages of an LMDB file, walked without LMDB: it has no checksums, and a damaged page can crash its reader.

Whatever LMDB follows while it reads (page numbers, offsets, lengths) is checked here first, so that
a damaged file gives a finding with its page. Contents are the business of `state.check`.
http://www.lmdb.tech/doc/ (mdb.c: MDB_page, MDB_node, MDB_meta; format 1, little-endian, 64 bits)
"""

from collections.abc import Callable, Iterator
from struct import Struct
from typing import NamedTuple

from salus.state.tables import Finding

Read = Callable[[int, int], bytes]  # (offset, length) -> bytes, fewer at the end of the file

_HEADER = Struct("<QHHHH")  # page number, -, flags, lower, upper
_NODE = Struct("<HHHH")  # low, high, flags, key size
_DATABASE = Struct("<IHHQQQQQ")  # page size, flags, depth, branch, leaf and overflow pages, entries, root
_META = Struct("<IIQQ48s48sQQ")  # magic, version, -, -, free pages, main database, last page, transaction
_MAGIC, _VERSION, _NO_PAGE = 0xBEEFC0DE, 1, 2**64 - 1
_BRANCH, _LEAF, _OVERFLOW, _META_PAGE = 1, 2, 4, 8
_BIG, _SUB = 1, 2  # flags of a node: value on overflow pages, value is a database
_MAX_DEPTH = 32


class _Damage(Exception):
    def __init__(self, page: int, text: str) -> None:
        self.finding = Finding(f"page {page}", text)


class _Leaf(NamedTuple):
    key: bytes
    value: bytes  # empty where it lies on overflow pages
    is_database: bool


def check_pages(read: Read) -> list[Finding]:
    """Return what is wrong with the structure of the file, at most one finding for each of its databases."""
    try:
        size, databases, last = _newest_meta(read)
        if len(read(last * size, size)) < size:
            raise _Damage(last, "the file is cut off before its last page")
    except _Damage as damage:
        return [damage.finding]
    findings = []
    walk = _Walk(read, size, last)
    for name, database in (("free pages", databases[0]), ("main", databases[1])):
        try:
            for leaf in walk.database(database):
                if leaf.is_database:
                    findings += _in_database(walk, leaf)
        except _Damage as damage:
            findings.append(Finding(f"{name}, {damage.finding.place}", damage.finding.text))
    return findings


def _in_database(walk: "_Walk", leaf: _Leaf) -> list[Finding]:
    name = leaf.key.decode("ascii", "replace")
    try:
        for _ in walk.database(leaf.value):
            pass
    except _Damage as damage:
        return [Finding(f"{name}, {damage.finding.place}", damage.finding.text)]
    return []


def _newest_meta(read: Read) -> tuple[int, tuple[bytes, bytes], int]:
    """Return page size, the free and the main database, and the last page, of the newer of the two metas."""
    metas = []
    offset = 0
    for page in range(2):
        raw = read(offset, _HEADER.size + _META.size)
        if len(raw) < _HEADER.size + _META.size:
            raise _Damage(page, "the file is cut off")
        number, _, flags, _, _ = _HEADER.unpack_from(raw)
        magic, version, _, _, free, main, last, transaction = _META.unpack_from(raw, _HEADER.size)
        if number != page or flags != _META_PAGE or magic != _MAGIC or version != _VERSION:
            raise _Damage(page, "no meta page of this format")
        size = _DATABASE.unpack(free)[0]
        if not 512 <= size <= 65536 or size & (size - 1) or (offset and offset != size):
            raise _Damage(page, "no page size")
        offset = size
        metas.append((transaction, size, (free, main), last))
    return max(metas)[1:]


class _Walk:
    """Visits each page at most once."""

    def __init__(self, read: Read, size: int, last: int) -> None:
        self._read, self._size, self._last = read, size, last
        self._seen = bytearray(last + 1)

    def database(self, record: bytes) -> Iterator[_Leaf]:
        """Return the leaves of a database in order; raises _Damage."""
        if len(record) != _DATABASE.size:
            raise _Damage(0, "no record of a database")
        _, _, depth, _, _, _, entries, root = _DATABASE.unpack(record)
        count = 0
        if root != _NO_PAGE:
            if not 0 < depth <= _MAX_DEPTH:
                raise _Damage(root, "no depth of a tree")
            before: bytes | None = None
            for leaf in self._tree(root, depth):
                if before is not None and leaf.key <= before:
                    raise _Damage(root, "the keys are not in order")
                before = leaf.key
                count += 1
                yield leaf
        if count != entries:
            raise _Damage(root, f"{count} entries, not the {entries} it counts")

    def _tree(self, page: int, depth: int) -> Iterator[_Leaf]:
        raw = self._page(page)
        number, _, flags, lower, upper = _HEADER.unpack_from(raw)
        if number != page or flags != (_LEAF if depth == 1 else _BRANCH):
            raise _Damage(page, "another page is where this should be")
        if not _HEADER.size <= lower <= upper <= self._size or lower & 1:
            raise _Damage(page, "its bounds are impossible")
        for at in range(_HEADER.size, lower, 2):
            offset = int.from_bytes(raw[at : at + 2], "little")
            if not upper <= offset <= self._size - _NODE.size:
                raise _Damage(page, "a node lies outside")
            low, high, node_flags, key_size = _NODE.unpack_from(raw, offset)
            start = offset + _NODE.size
            if start + key_size > self._size:
                raise _Damage(page, "a key lies outside")
            if depth > 1:
                yield from self._tree(low | high << 16 | node_flags << 32, depth - 1)
            else:
                yield self._leaf(page, raw, start, key_size, low | high << 16, node_flags)

    def _leaf(self, page: int, raw: bytes, start: int, key_size: int, size: int, flags: int) -> _Leaf:
        end = start + key_size
        key = raw[start:end]
        if flags == _BIG:
            if end + 8 > self._size:
                raise _Damage(page, "a value lies outside")
            self._overflow(int.from_bytes(raw[end : end + 8], "little"), size)
            return _Leaf(key, b"", False)
        if flags not in (0, _SUB) or end + size > self._size:
            raise _Damage(page, "a value lies outside")
        return _Leaf(key, raw[end : end + size], flags == _SUB)

    def _overflow(self, page: int, size: int) -> None:
        header = self._page(page)[: _HEADER.size]
        number, _, flags, low, high = _HEADER.unpack(header)
        pages = low | high << 16
        if number != page or flags != _OVERFLOW or pages * self._size < _HEADER.size + size:
            raise _Damage(page, "no pages of a long value")
        if page + pages - 1 > self._last:
            raise _Damage(page, "a long value goes past the last page")

    def _page(self, page: int) -> bytes:
        if not 2 <= page <= self._last or self._seen[page]:
            raise _Damage(page, "a page out of reach, or reached twice")
        self._seen[page] = 1
        raw = self._read(page * self._size, self._size)
        if len(raw) != self._size:
            raise _Damage(page, "the file is cut off")
        return raw
