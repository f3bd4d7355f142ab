"""The log as static files: the exact layout, incremental, rebuilt, never of two histories; and read by files alone."""

import errno
import random
import time
from hashlib import sha256
from pathlib import Path

import pytest

from salus.client.published import Damage, DamagedTiles, NotPublished, PublishedLog
from salus.core.errors import Malformed
from salus.ledger.embedded.files import LocalFiles
from salus.ledger.errors import PublishedOther, StorageFailed
from salus.merkle.checkpoint import Checkpoint, parse, sign, signed_by
from salus.merkle.log import Consistency, Log, leaf_hash, verify_consistency
from salus.merkle.tiles import tile_name
from unit.published_samples import LOG_KEY, NODE, ORIGIN, Written, entry, files, published


def expected(size: int) -> dict[str, bytes]:
    """The files of a log of `size` by the words of the specification."""
    entries = [entry(number) for number in range(size)]
    made, row, level = {}, [leaf_hash(each) for each in entries], 0
    while row:
        for index in range(-(-len(row) // 256)):
            part = row[index * 256 : index * 256 + 256]
            name = f"{index:03}" if len(part) == 256 else f"{index:03}.p/{len(part)}"
            made[f"tile/{level}/{name}"] = b"".join(part)
            if level == 0:
                bodies = entries[index * 256 : index * 256 + 256]
                made[f"tile/entries/{name}"] = b"".join(b"\x00\x20" + each for each in bodies)
        row = [_subtree(row[at : at + 256]) for at in range(0, len(row) // 256 * 256, 256)]
        level += 1
    return made


def _subtree(leaves: list[bytes]) -> bytes:
    """The root over 256 leaves, by a log of its own."""
    while len(leaves) > 1:
        leaves = [sha256(b"\x01" + a + b).digest() for a, b in zip(leaves[::2], leaves[1::2], strict=True)]
    return leaves[0]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 700])
def test_the_files_are_exactly_those_of_the_specification(tmp_path: Path, size: int) -> None:
    found = files(published(tmp_path / "tiles", size))
    signed = parse(found.pop("checkpoint"))
    assert signed.checkpoint == Checkpoint(ORIGIN, size, Log(map(entry, range(size))).root())
    assert signed_by(signed, LOG_KEY)
    assert found == expected(size)


def test_what_grew_in_steps_is_what_was_published_at_once(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    draw = random.Random(seed)
    sizes = sorted(draw.sample(range(1, 900), 6))
    log = Written(tmp_path / "steps")
    for size in sizes:
        log.grow(size)
        needed = expected(size)
        assert needed.items() <= files(tmp_path / "steps").items(), f"seed {seed}"
    log.close()
    found = files(tmp_path / "steps")
    # partial tiles of earlier checkpoints stay until the full one is there, and no longer
    for name in found.keys() - needed.keys() - {"checkpoint"}:
        parsed = tile_name(name)
        assert parsed is not None and parsed.full().path() not in found, f"seed {seed}: {name}"


def test_only_what_is_new_is_written(tmp_path: Path) -> None:
    written: list[str] = []

    class Watched(LocalFiles):
        def publish(self, path: Path, data: bytes) -> None:
            written.append(str(path.relative_to(tmp_path)))
            super().publish(path, data)

    log = Written(tmp_path, Watched()).grow(300)
    written.clear()
    log.grow(301)
    assert written == ["tile/entries/001.p/45", "tile/0/001.p/45", "checkpoint"]
    log.publisher.publish()
    assert len(written) == 3
    log.close()


@pytest.mark.parametrize("lost", ["checkpoint", "everything", "the files but the checkpoint of 100"])
def test_what_is_absent_or_behind_is_made_anew(tmp_path: Path, lost: str) -> None:
    log = Written(tmp_path).grow(100)
    early = files(tmp_path)
    log.grow(400)
    whole = expected(400)
    if lost == "checkpoint":
        (tmp_path / "checkpoint").unlink()
    else:
        for name in files(tmp_path):
            (tmp_path / name).unlink()
        if lost.startswith("the files"):
            (tmp_path / "checkpoint").write_bytes(early["checkpoint"])
    log.publisher.publish()
    log.close()
    found = files(tmp_path)
    if lost.startswith("the files"):
        assert list(PublishedLog(tmp_path).damages(parse(found["checkpoint"]).checkpoint)) == []
    else:
        assert found.keys() == whole.keys() | {"checkpoint"} and whole.items() <= found.items()


@pytest.mark.parametrize(("size", "fork_at"), [(300, 299), (300, 0), (301, None), (500, 10)])
def test_a_log_that_this_one_does_not_continue_is_never_written_over(
    tmp_path: Path, size: int, fork_at: int | None
) -> None:
    published(tmp_path, size, fork_at)
    before = files(tmp_path)
    log = Written(tmp_path)
    with pytest.raises(PublishedOther):
        log.grow(300)
    log.close()
    assert files(tmp_path) == before


def test_a_folder_of_another_log_or_of_garbage_is_left_alone(tmp_path: Path) -> None:
    for note in (sign(Checkpoint("other", 0, Log().root()), "other", NODE).note().encode(), b"garbage"):
        (tmp_path / "checkpoint").write_bytes(note)
        log = Written(tmp_path)
        with pytest.raises(PublishedOther):
            log.grow(1)
        log.close()
        assert files(tmp_path) == {"checkpoint": note}


def test_a_failing_disk_is_told_and_made_good(tmp_path: Path) -> None:
    class Full(LocalFiles):
        full, failures = True, 0

        def publish(self, path: Path, data: bytes) -> None:
            if self.full:
                self.failures += 1
                raise OSError(errno.ENOSPC, "planned")
            super().publish(path, data)

    port = Full()
    log = Written(tmp_path, port)
    with pytest.raises(StorageFailed):
        log.grow(5)
    log.publisher.wake()
    for _ in range(500):  # until its own thread has failed too
        time.sleep(0.01)
        if port.failures > 1:
            break
    port.full = False
    log.close()  # tries what is left
    assert files(tmp_path).keys() == {"checkpoint", "tile/0/000.p/5", "tile/entries/000.p/5"}


def test_everybody_may_read_what_is_published(tmp_path: Path) -> None:
    published(tmp_path / "tiles", 3)
    for path in (tmp_path / "tiles").rglob("*"):
        assert path.stat().st_mode & 0o044 == 0o044, path


@pytest.mark.parametrize("size", [1, 256, 600])
def test_a_reader_proves_entries_and_growth_by_the_files_alone(tmp_path: Path, size: int) -> None:
    log, plain = PublishedLog(published(tmp_path, size)), Log(map(entry, range(size)))
    note = log.checkpoint().checkpoint
    assert list(log.damages(note)) == []
    for older in {0, 1, size // 2, size}:
        root, path = log.prefix(older, note)
        assert root == plain.root(older)
        assert older == 0 or verify_consistency(root, note.root, Consistency(older, size, path))
    assert [log.entry(index, size) for index in (0, size - 1)] == [entry(0), entry(size - 1)]


@pytest.mark.parametrize("name", sorted(expected(600)))
def test_each_file_that_is_changed_cut_or_missing_is_named(tmp_path: Path, name: str) -> None:
    log = PublishedLog(published(tmp_path, 600))
    note, path = log.checkpoint().checkpoint, tmp_path / name
    raw = path.read_bytes()
    step = 34 if "entries" in name else 32
    # a hash that is not that of what lies below it: the file above the changed one is named
    above = {"tile/0/000": "tile/1/000.p/2", "tile/0/001": "tile/1/000.p/2"}
    for at in (2, len(raw) - 1):
        path.write_bytes(raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :])
        named = {damage.file for damage in log.damages(note)}
        beside = name.replace("entries", "0")
        assert named and named <= {name, beside, above.get(name)}
    path.write_bytes(raw[:-step])
    assert next(log.damages(note)) == Damage(name, "whole file", "not of its width")
    path.unlink()
    assert next(log.damages(note)) == Damage(name, "whole file", "missing")


def test_damaged_files_prove_no_fork(tmp_path: Path) -> None:
    log = PublishedLog(published(tmp_path, 600))
    note, path = log.checkpoint().checkpoint, tmp_path / "tile/0/000"
    path.write_bytes(bytes(32) + path.read_bytes()[32:])
    with pytest.raises(DamagedTiles):
        log.prefix(3, note)
    path.unlink()
    with pytest.raises(DamagedTiles):
        log.prefix(3, note)
    assert log.prefix(512, note)[0] == Log(map(entry, range(512))).root()  # the damaged tile is not needed


def test_a_folder_without_a_checkpoint_is_none(tmp_path: Path) -> None:
    with pytest.raises(NotPublished):
        PublishedLog(tmp_path).checkpoint()
    (tmp_path / "checkpoint").write_text("none")
    with pytest.raises(Malformed):
        PublishedLog(tmp_path).checkpoint()


def test_a_full_tile_serves_for_a_partial_one_that_is_gone(tmp_path: Path) -> None:
    log = Written(tmp_path).grow(200)
    early = PublishedLog(tmp_path).checkpoint().checkpoint
    log.grow(300)
    log.close()
    assert "tile/0/000.p/200" not in files(tmp_path)
    assert list(PublishedLog(tmp_path).damages(early)) == []
