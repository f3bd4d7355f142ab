"""Names and contents of published tiles, as C2SP tlog-tiles has them."""

from hashlib import sha256

import pytest

from salus.core.errors import Malformed
from salus.merkle.log import Log, inclusion, leaf_hash, root_at, verify_inclusion
from salus.merkle.tiles import ENTRIES, WIDTH, TileName, bundle, nodes_of, read_bundle, tile_name, tile_names


def entry(number: int) -> bytes:
    return sha256(number.to_bytes(4, "big")).digest()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(0, 0, 1), "tile/0/000.p/1"),
        (TileName(0, 999, WIDTH), "tile/0/999"),
        (TileName(1, 1000, WIDTH), "tile/1/x001/000"),
        (TileName(2, 1_234_067, WIDTH), "tile/2/x001/x234/067"),
        (TileName(63, 1_234_067, 255), "tile/63/x001/x234/067.p/255"),
        (TileName(ENTRIES, 5, 17), "tile/entries/005.p/17"),
    ],
)
def test_paths_are_those_of_the_specification(name: TileName, path: str) -> None:
    assert name.path() == path and tile_name(path) == name


@pytest.mark.parametrize(
    "path",
    [
        "checkpoint", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/0000", "tile/0/1000", "tile/00/000",
        "tile/64/000",
        "tile/-1/000", "tile/0/x000/001", "tile/0/x001/0", "tile/0/001/000", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/000.p/01", "tile/0/000.p", "tile/0/000.p/", "tile/0/٠٠٠", "Tile/0/000", "tile/entries/-01",
    ],
)  # fmt: skip
def test_no_other_path_is_a_name(path: str) -> None:
    assert tile_name(path) is None


def test_a_log_of_seventy_thousand_has_the_tiles_of_the_specifications_example() -> None:
    names = list(tile_names(0, 70_000))
    full, partial = [n for n in names if n.width == WIDTH], [n for n in names if n.width < WIDTH]
    assert [sum(n.level == level for n in full) for level in (ENTRIES, 0, 1, 2)] == [273, 273, 1, 0]
    assert partial == [TileName(ENTRIES, 273, 112), TileName(0, 273, 112), TileName(1, 1, 17), TileName(2, 0, 1)]
    assert list(tile_names(0, 256)) == [TileName(ENTRIES, 0, WIDTH), TileName(0, 0, WIDTH), TileName(1, 0, 1)]
    assert list(tile_names(0, 0)) == []


def test_what_was_there_and_what_came_are_all_there_is() -> None:
    for older, newer in [(0, 1), (1, 255), (255, 256), (256, 257), (300, 70_000), (65_535, 65_537), (512, 512)]:
        came = list(tile_names(older, newer))
        assert set(tile_names(0, newer)) - set(tile_names(0, older)) <= set(came) <= set(tile_names(0, newer))


def test_bundles_hold_entries_of_32_bytes_and_nothing_else() -> None:
    entries = [entry(n) for n in range(3)]
    raw = bundle(b"".join(entries))
    assert raw == b"".join(b"\x00\x20" + each for each in entries) and read_bundle(raw) == entries
    assert read_bundle(b"") == []
    body = b"\x00\x04name"
    for wrong in (raw[:-1], raw + b"\0", b"\x00\x21" + raw[2:], body, raw + body, body * 17):
        with pytest.raises(Malformed):
            read_bundle(wrong)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_leaf_tiles_prove_what_entry_tiles_prove(size: int) -> None:
    log = Log(map(entry, range(size)))

    def tile(level: int, index: int) -> bytes:
        nodes = [log.node(level * 8, at) for at in range(size >> level * 8)]
        return b"".join(nodes[index * WIDTH : index * WIDTH + WIDTH])

    nodes = nodes_of(tile, entries=False)
    assert root_at(nodes, size) == log.root()
    for index in (0, size // 2, size - 1):
        assert verify_inclusion(log.root(), entry(index), inclusion(nodes, index, size))
    assert tile(0, 0)[:32] == leaf_hash(entry(0))
