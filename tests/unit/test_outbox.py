"""What waits for another's gateway: in order, once, and whole."""

from pathlib import Path

import pytest

from salus.services.remote.outbox import Outbox
from salus.vault.errors import StorageFull
from salus.vault.files import LocalFiles

ANNA, BERT = b"A" * 32, b"B" * 32


def test_letters_wait_in_the_order_they_were_put_once_each(tmp_path: Path) -> None:
    now = [1_000]
    outbox = Outbox(tmp_path, lambda: now[0])
    first = outbox.put(ANNA, "request", b"one")
    second = outbox.put(BERT, "request", b"one")
    now[0] = 900  # a clock that goes back does not turn the order around
    third = outbox.put(ANNA, "grant", b"two")
    assert outbox.put(ANNA, "request", b"one") == first
    again = Outbox(tmp_path, lambda: now[0])
    assert [one.name for one in again.waiting()] == [first, second, third]
    assert [(one.recipient, one.kind, one.since_ms) for one in again.waiting()] == [
        (ANNA, "request", 1_000), (BERT, "request", 1_000), (ANNA, "grant", 1_000)
    ]  # fmt: skip
    assert again.body(third) == b"two"


def test_what_arrived_is_dropped_and_what_never_will_is_put_aside(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    first, second = outbox.put(ANNA, "request", b"one"), outbox.put(ANNA, "request", b"two")
    outbox.drop(first)
    outbox.drop(first)
    assert [one.name for one in outbox.waiting()] == [second]
    with pytest.raises(FileNotFoundError):
        outbox.body(first)
    outbox.give_up(second)
    assert outbox.waiting() == []
    assert [one.name for one in outbox.given_up()] == [second]


def test_a_half_written_letter_is_none(tmp_path: Path) -> None:
    class Full(LocalFiles):
        def write(self, path: Path, data: bytes) -> None:
            path.with_name(path.name + ".tmp").write_bytes(data[:1])
            raise StorageFull

    with pytest.raises(StorageFull):
        Outbox(tmp_path, files=Full()).put(ANNA, "request", b"one")
    assert Outbox(tmp_path).waiting() == []
    Outbox(tmp_path).put(ANNA, "request", b"one")
    assert len(Outbox(tmp_path).waiting()) == 1
