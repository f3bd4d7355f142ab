"""A witness that logs ask (C2SP tlog-witness): each step, and what the log makes of each answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from salus.core.errors import Malformed
from salus.evidence.follow import Forked
from salus.merkle.checkpoint import cosigned_at, parse, parse_note_key, sign
from salus.services.add_checkpoint import (
    NotGrown,
    NotTheLog,
    OldSizeBeyond,
    OtherOldSize,
    add_checkpoint,
    write_submission,
)
from salus.services.ask_witness import Asked, NotItsWord, WitnessAway, WitnessRefused, ask_witness
from salus.services.errors import UnknownLog, WitnessBusy
from salus.services.witness import Witness
from salus.testing.region import key
from salus.vault import keystore
from unit.published_samples import GENESIS, ORIGIN, Written, entry

NAME, NOW_S = "witness.example/one", 1_790_000_000


@pytest.fixture(autouse=True)
def quick_keystores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    made = Witness.create(tmp_path / "witness", NAME, "passphrase")
    made.add_log(GENESIS)
    return made


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Written]:
    made = Written(tmp_path / "tiles")
    yield made
    made.close()


def submission(log: Written, old: int) -> bytes:
    """What the log sends: its newest checkpoint, and that it grew from `old`."""
    path = log.log.consistency(old, log.log.size).path if 0 < old < log.log.size else ()
    return write_submission(old, path, log.note())


def other(tmp_path: Path, size: int, fork_at: int) -> Written:
    """Another history of the same log, from `fork_at` on."""
    made = Written(tmp_path / "other")
    return made.grow(size, lambda number: entry(number, "other " if number >= fork_at else ""))


def forks(witness: Witness) -> list[str]:
    return sorted(path.name for path in (witness.folder / "forks").glob("*")) if witness.folder.exists() else []


def test_what_grows_is_cosigned_and_remembered(witness: Witness, log: Written) -> None:
    old = 0
    for size in (3, 3, 256, 700):
        log.grow(size)
        line = add_checkpoint(witness, submission(log, old), NOW_S)
        note = log.note().decode() + line
        assert cosigned_at(parse(note), parse_note_key(witness.verifier_key)) == NOW_S
        (seen,) = witness.logs()
        assert seen.checkpoint is not None and seen.checkpoint.checkpoint.size == size
        old = size
    assert forks(witness) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 00\n\n",
        b"old -1\n\n",
        b"new 0\n\n",
        b"old 0 \n\n",
        b"old 0\nnot base64!\n\n",
        b"old 0\nAAAA\n\n",
        b"old 0\n" + b"A" * 43 + b"=\n" * 1 + (b"A" * 43 + b"=\n") * 63 + b"\n",
        b"old 99999999999999999\n\n",
    ],
)
def test_another_form_is_refused(witness: Witness, log: Written, body: bytes) -> None:
    log.grow(3)
    with pytest.raises(Malformed):
        add_checkpoint(witness, body + log.note(), NOW_S)


def test_an_unknown_log_is_refused(tmp_path: Path, log: Written) -> None:
    log.grow(3)
    with pytest.raises(UnknownLog):
        add_checkpoint(Witness.create(tmp_path / "new", NAME, "passphrase"), submission(log, 0), NOW_S)


def test_a_signature_that_is_not_the_logs_is_refused(witness: Witness, log: Written) -> None:
    log.grow(3)
    note = sign(parse(log.note()).checkpoint, ORIGIN, key("somebody")).note().encode()
    with pytest.raises(NotTheLog):
        add_checkpoint(witness, write_submission(0, (), note), NOW_S)


def test_an_old_size_beyond_the_new_is_refused(witness: Witness, log: Written) -> None:
    log.grow(3)
    with pytest.raises(OldSizeBeyond):
        add_checkpoint(witness, submission(log, 4), NOW_S)


def test_another_old_size_is_told_which_is_known(witness: Witness, log: Written) -> None:
    log.grow(3)
    add_checkpoint(witness, submission(log, 0), NOW_S)
    log.grow(9)
    for wrong in (0, 2, 4):
        with pytest.raises(OtherOldSize) as refused:
            add_checkpoint(witness, submission(log, wrong), NOW_S)
        assert refused.value.size == 3


def test_a_fork_of_the_same_size_is_refused_and_kept(tmp_path: Path, witness: Witness, log: Written) -> None:
    log.grow(9)
    add_checkpoint(witness, submission(log, 0), NOW_S)
    forked = other(tmp_path, 9, 5)
    with pytest.raises(Forked):
        add_checkpoint(witness, submission(forked, 9), NOW_S)
    (kept,) = forks(witness)
    assert (witness.folder / "forks" / kept / "shown").read_bytes() == forked.note()
    assert (witness.folder / "forks" / kept / "seen").read_bytes() == log.note()
    forked.close()


def test_a_fork_that_grew_is_refused_and_kept(tmp_path: Path, witness: Witness, log: Written) -> None:
    log.grow(9)
    add_checkpoint(witness, submission(log, 0), NOW_S)
    forked = other(tmp_path, 20, 5)
    with pytest.raises(NotGrown):
        add_checkpoint(witness, submission(forked, 9), NOW_S)
    assert len(forks(witness)) == 1
    log.grow(20)
    add_checkpoint(witness, submission(log, 9), NOW_S)
    forked.close()


def test_a_proof_where_there_is_nothing_to_prove_is_refused(witness: Witness, log: Written) -> None:
    log.grow(3)
    with pytest.raises(NotGrown):
        add_checkpoint(witness, write_submission(0, (bytes(32),), log.note()), NOW_S)


def test_two_at_once_are_one_after_the_other(witness: Witness, log: Written) -> None:
    log.grow(3)
    with witness.looking(), pytest.raises(WitnessBusy):
        add_checkpoint(witness, submission(log, 0), NOW_S)


# the log's side


class Asking:
    """A log that asks: what `EmbeddedLedger` has, over a written log."""

    def __init__(self, log: Written) -> None:
        self.log, self.kept = log, b""

    def checkpoint(self) -> bytes:
        return self.log.note()

    def prove_growth(self, older: int, newer: int) -> tuple[bytes, ...]:
        return self.log.log.consistency(older, newer).path

    def keep_cosigned(self, note: bytes) -> None:
        self.kept = note


def served(witness: Witness) -> httpx2.Client:
    """A client whose every request the witness answers, by the statuses of the protocol."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        try:
            return httpx2.Response(200, text=add_checkpoint(witness, request.read(), NOW_S))
        except OtherOldSize as refusal:
            return httpx2.Response(409, text=f"{refusal.size}\n", headers={"Content-Type": "text/x.tlog.size"})
        except Forked:
            return httpx2.Response(409, json={})
        except NotGrown:
            return httpx2.Response(422, json={})

    return httpx2.Client(transport=httpx2.MockTransport(answer))


def says(status: int, text: str, **headers: str) -> httpx2.Client:
    return httpx2.Client(
        transport=httpx2.MockTransport(lambda request: httpx2.Response(status, text=text, headers=headers))
    )


def ask(log: Asking, client: httpx2.Client, verifier_key: str) -> Any:
    with client:
        return ask_witness(log, "http://witness.example", verifier_key, client)


def test_a_log_asks_and_keeps_the_cosignature(witness: Witness, log: Written) -> None:
    log.grow(3)
    asking = Asking(log)
    assert ask(asking, served(witness), witness.verifier_key) == Asked(NAME, 3, NOW_S)
    log.grow(400)
    assert ask(asking, served(witness), witness.verifier_key) == Asked(NAME, 400, NOW_S)  # told the size, it proves it
    assert cosigned_at(parse(asking.kept), parse_note_key(witness.verifier_key)) == NOW_S


def test_a_forked_log_is_told_so(tmp_path: Path, witness: Witness, log: Written) -> None:
    log.grow(9)
    ask(Asking(log), served(witness), witness.verifier_key)
    for size in (9, 20):
        forked = other(tmp_path, size, 5)
        with pytest.raises(WitnessRefused):
            ask(Asking(forked), served(witness), witness.verifier_key)
        forked.close()


def test_a_log_that_was_put_back_is_told_so(tmp_path: Path, witness: Witness, log: Written) -> None:
    log.grow(9)
    ask(Asking(log), served(witness), witness.verifier_key)
    older = Written(tmp_path / "older").grow(5)
    with pytest.raises(WitnessRefused):
        ask(Asking(older), served(witness), witness.verifier_key)
    older.close()


def test_only_the_witness_key_counts(tmp_path: Path, witness: Witness, log: Written) -> None:
    log.grow(3)
    other_key = Witness.create(tmp_path / "second", NAME, "passphrase").verifier_key
    asking = Asking(log)
    with pytest.raises(NotItsWord):
        ask(asking, served(witness), other_key)
    for text in ("", "\u2014 x AAAA\n", "nonsense"):
        with pytest.raises(NotItsWord):
            ask(asking, says(200, text), witness.verifier_key)
    assert asking.kept == b""


@pytest.mark.parametrize(
    ("status", "text"), [(500, ""), (404, ""), (403, ""), (409, "x\n"), (200, "x" * 70_000), (301, "")]
)
def test_other_answers_keep_nothing(witness: Witness, log: Written, status: int, text: str) -> None:
    log.grow(3)
    asking = Asking(log)
    with pytest.raises((WitnessAway, WitnessRefused)):
        ask(asking, says(status, text), witness.verifier_key)
    assert asking.kept == b""
