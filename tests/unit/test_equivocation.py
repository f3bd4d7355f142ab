"""Two histories under one operator's signature: proved by two notes and nothing else."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from salus.client.published import PublishedLog
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, WrongSignature
from salus.evidence.equivocation import Equivocation, OneHistory, check
from salus.merkle.checkpoint import Checkpoint, cosign, sign
from salus.merkle.log import Log
from salus.services.compare import Compared, Side, compare
from salus.services.errors import NotComparable
from salus.testing.region import Region, key
from unit.published_samples import GENESIS, NODE, ORIGIN, published


def side(folder: Path, *, files: bool = True) -> Side:
    log = PublishedLog(folder)
    return Side(log.checkpoint(), log if files else None)


def compared(tmp_path: Path, one: tuple[int, int | None], other: tuple[int, int | None]) -> Compared:
    first = side(published(tmp_path / "one", *one), files=False)
    return compare(first, side(published(tmp_path / "other", *other)), GENESIS)


@pytest.mark.parametrize(("small", "large"), [(0, 5), (5, 5), (5, 6), (256, 257), (300, 700), (0, 0)])
def test_one_history_is_no_fork(tmp_path: Path, small: int, large: int) -> None:
    found = compared(tmp_path, (small, None), (large, None))
    assert (found.shorter.checkpoint.size, found.longer.checkpoint.size, found.proof) == (small, large, b"")


@pytest.mark.parametrize(
    ("small", "large", "fork_at"), [(5, 5, 4), (5, 5, 0), (5, 9, 4), (256, 257, 100), (300, 700, 299), (300, 700, 0)]
)
def test_two_histories_are_proved_to_anybody(tmp_path: Path, small: int, large: int, fork_at: int) -> None:
    for number, pair in enumerate((((small, None), (large, fork_at)), ((small, fork_at), (large, None)))):
        found = compared(tmp_path / str(number), *pair)
        proved = check(found.proof, GENESIS)
        assert (proved.shorter, proved.longer) == (found.shorter, found.longer)
        assert proved.root != proved.shorter.checkpoint.root


def test_a_fork_beyond_the_shorter_is_none_yet(tmp_path: Path) -> None:
    assert compared(tmp_path, (300, None), (700, 300)).proof == b""


def test_the_longer_one_must_come_with_its_files(tmp_path: Path) -> None:
    one, other = side(published(tmp_path / "a", 5)), side(published(tmp_path / "b", 9, 2), files=False)
    for pair in ((one, other), (other, one)):
        with pytest.raises(NotComparable):
            compare(*pair, GENESIS)


def test_nobody_else_can_accuse_the_operator(tmp_path: Path) -> None:
    """A proof with any part changed, or signed by another, proves nothing."""
    raw = compared(tmp_path, (300, 10), (700, None)).proof
    shown = decode(raw, Equivocation)
    honest = side(published(tmp_path / "honest", 300)).signed
    note = check(raw, GENESIS).shorter.checkpoint
    forged = sign(note, ORIGIN, key("somebody")).note().encode()
    changes: dict[str, tuple[dict[str, object], type[Exception]]] = {
        "signed by another": ({"shorter": forged}, WrongSignature),
        "the other way round": ({"shorter": shown.longer, "longer": shown.shorter}, Malformed),
        "another root": ({"root": bytes(32)}, Malformed),
        "no growth": ({"growth": ()}, Malformed),
        "another network": ({"network": bytes(32)}, WrongSignature),
        "one history": ({"shorter": honest.note().encode()}, OneHistory),
        "cosigned, not signed": ({"longer": b"x"}, Malformed),
    }
    for defect, (change, refusal) in changes.items():
        with pytest.raises(refusal):
            check(encode(replace(shown, **change)), GENESIS)
            print(defect)
    with pytest.raises(WrongSignature):
        check(raw, Region("other").genesis_file)
    for at in range(0, len(raw), 7):
        with pytest.raises((Malformed, WrongSignature)):
            check(raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :], GENESIS)


def test_a_witness_line_changes_nothing(tmp_path: Path) -> None:
    one, other = side(published(tmp_path / "a", 5)), side(published(tmp_path / "b", 9, 2))
    signed = cosign(one.signed, "witness.example/one", NODE, 1)
    assert check(compare(Side(signed, None), other, GENESIS).proof, GENESIS).shorter == signed


def test_an_empty_log_of_another_root_is_a_lie(tmp_path: Path) -> None:
    lie = sign(Checkpoint(ORIGIN, 0, bytes(32)), ORIGIN, NODE)
    found = compare(Side(lie, None), side(published(tmp_path, 3)), GENESIS)
    assert check(found.proof, GENESIS).root == Log().root()
