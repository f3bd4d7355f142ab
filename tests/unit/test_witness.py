"""A witness: it signs what continues what it saw, remembers before it signs, and keeps proof of what does not."""

import errno
from pathlib import Path

import pytest

from salus.client.published import DamagedTiles, PublishedLog
from salus.core.errors import Malformed, WrongSignature
from salus.evidence.equivocation import check
from salus.evidence.follow import Forked, RolledBack
from salus.merkle.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    cosign,
    cosignatures,
    cosigned_at,
    parse,
    parse_note_key,
    sign,
    signed_by,
)
from salus.services.compare import Side, compare
from salus.services.cosign import Contradiction, Cosigned
from salus.services.cosign import cosign as look
from salus.services.errors import NoWitness, UnknownLog, WitnessBusy, WitnessExists
from salus.services.witness import Witness
from salus.testing.region import Region, key
from salus.vault import keystore
from salus.vault.errors import StorageFailed, WrongPassphrase
from salus.vault.files import LocalFiles
from unit.published_samples import GENESIS, LOG_KEY, NETWORK, NODE, ORIGIN, Written, published

NAME, NOW_S = "witness.example/one", 1_790_000_000


@pytest.fixture(autouse=True)
def quick_keystores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness.create(tmp_path / "witness", NAME, "passphrase")


def seen(witness: Witness) -> SignedCheckpoint | None:
    (log,) = witness.logs()
    return log.checkpoint


def signed_now(witness: Witness, folder: Path, time_s: int = NOW_S) -> Cosigned:
    done = look(witness, PublishedLog(folder), GENESIS, time_s)
    assert isinstance(done, Cosigned)
    return done


def refused(witness: Witness, folder: Path) -> Contradiction:
    before = seen(witness)
    done = look(witness, PublishedLog(folder), GENESIS, NOW_S)
    assert isinstance(done, Contradiction) and seen(witness) == before == done.seen
    assert parse((done.folder / "seen").read_bytes()) == done.seen
    assert parse((done.folder / "shown").read_bytes()) == done.shown
    return done


def test_a_witness_signs_what_grows_and_its_key_verifies(tmp_path: Path, witness: Witness) -> None:
    trusted, before = parse_note_key(witness.verifier_key), None
    log = Written(tmp_path / "tiles")
    for turn, size in enumerate((3, 3, 256, 700)):
        log.grow(size)
        done = signed_now(witness, tmp_path / "tiles", NOW_S + turn)
        assert done.signed.checkpoint == Checkpoint(ORIGIN, size, log.log.root)
        assert signed_by(done.signed, LOG_KEY) and cosigned_at(done.signed, trusted) == NOW_S + turn
        assert cosignatures(done.signed) == ((NAME, NOW_S + turn),)
        assert done.before == before
        before = seen(witness)
        assert before is not None and before.checkpoint == done.signed.checkpoint
    log.close()


def test_a_witness_forgets_nothing_when_it_is_opened_anew(tmp_path: Path, witness: Witness) -> None:
    signed_now(witness, published(tmp_path / "a", 9))
    again = Witness.open(tmp_path / "witness", "passphrase")
    assert again.verifier_key == witness.verifier_key
    assert isinstance(refused(again, published(tmp_path / "b", 5)).refusal, RolledBack)
    with pytest.raises(WrongPassphrase):
        Witness.open(tmp_path / "witness", "another")
    with pytest.raises(WitnessExists):
        Witness.create(tmp_path / "witness", NAME, "passphrase")
    with pytest.raises(NoWitness):
        Witness.open(tmp_path / "none", "passphrase")


def test_a_ledger_put_back_to_an_older_copy_is_not_signed(tmp_path: Path, witness: Witness) -> None:
    signed_now(witness, published(tmp_path / "new", 700))
    for size in (699, 256, 0):
        done = refused(witness, published(tmp_path / str(size), size))
        assert isinstance(done.refusal, RolledBack) and not (done.folder / "proof").exists()


@pytest.mark.parametrize(("size", "fork_at"), [(300, 299), (300, 0), (301, 100), (700, 299)])
def test_a_rewritten_ledger_is_not_signed_and_the_proof_is_kept(
    tmp_path: Path, witness: Witness, size: int, fork_at: int
) -> None:
    first = signed_now(witness, published(tmp_path / "first", 300)).signed.checkpoint
    done = refused(witness, published(tmp_path / "second", size, fork_at))
    assert isinstance(done.refusal, Forked)
    proved = check((done.folder / "proof").read_bytes(), GENESIS)
    assert first in (proved.shorter.checkpoint, proved.longer.checkpoint) and proved.longer.checkpoint.size == size
    assert refused(witness, tmp_path / "second").folder != done.folder


def test_two_witnesses_who_are_shown_two_histories_find_out(tmp_path: Path) -> None:
    """Each signs what it is shown: neither saw the other. Together their notes are the proof."""
    shown = []
    for name, fork_at in (("one", None), ("other", 40)):
        witness = Witness.create(tmp_path / name, f"witness.example/{name}", "passphrase")
        folder = published(tmp_path / f"tiles of {name}", 300, fork_at)
        shown.append(Side(signed_now(witness, folder).signed, None))
    found = compare(*shown, GENESIS)
    assert {note for side in check(found.proof, GENESIS)[:2] for note, _ in cosignatures(side)} == {
        "witness.example/one",
        "witness.example/other",
    }


def test_what_is_not_the_logs_own_is_not_signed(tmp_path: Path, witness: Witness) -> None:
    folder = published(tmp_path / "tiles", 5)
    with pytest.raises(UnknownLog):
        look(witness, PublishedLog(folder), None, NOW_S)
    with pytest.raises(WrongSignature):
        look(witness, PublishedLog(folder), Region("other").genesis_file, NOW_S)
    assert witness.logs() == []
    signed_now(witness, folder)
    note = PublishedLog(folder).checkpoint().checkpoint
    for signed in (sign(note, ORIGIN, key("somebody")), sign(note._replace(size=9), ORIGIN, key("somebody"))):
        (folder / "checkpoint").write_text(signed.note())
        with pytest.raises(WrongSignature):
            look(witness, PublishedLog(folder), GENESIS, NOW_S)
    other = sign(note._replace(origin="example.com/log"), "example.com/log", NODE)
    (folder / "checkpoint").write_text(other.note())
    with pytest.raises(Malformed):
        look(witness, PublishedLog(folder), GENESIS, NOW_S)


def test_what_the_files_do_not_prove_is_not_signed(tmp_path: Path, witness: Witness) -> None:
    log = Written(tmp_path / "tiles").grow(5)
    signed_now(witness, tmp_path / "tiles")
    log.grow(300)
    log.close()
    (tmp_path / "tiles/tile/0/000").unlink()
    before = seen(witness)
    with pytest.raises(DamagedTiles):
        look(witness, PublishedLog(tmp_path / "tiles"), GENESIS, NOW_S)
    assert seen(witness) == before


def test_foreign_lines_are_not_passed_on(tmp_path: Path, witness: Witness) -> None:
    folder = published(tmp_path / "tiles", 5)
    stuffed = PublishedLog(folder).checkpoint()
    for number in range(60):
        stuffed = cosign(stuffed, f"stranger.example/{number}", key("stranger"), NOW_S)
    (folder / "checkpoint").write_text(stuffed.note())
    assert len(signed_now(witness, folder).signed.signatures) == 2


def test_nothing_is_signed_that_could_not_be_remembered(tmp_path: Path) -> None:
    class Full(LocalFiles):
        full = False

        def write(self, path: Path, data: bytes) -> None:
            if self.full:
                raise StorageFailed(errno.EIO)
            super().write(path, data)

    port = Full()
    witness = Witness.create(tmp_path / "witness", NAME, "passphrase", port)
    log = Written(tmp_path / "tiles").grow(5)
    signed_now(witness, tmp_path / "tiles")
    log.grow(6)
    log.close()
    port.full = True
    with pytest.raises(StorageFailed):
        look(witness, PublishedLog(tmp_path / "tiles"), GENESIS, NOW_S)
    kept = seen(witness)
    assert kept is not None and kept.checkpoint.size == 5


def test_one_process_looks_at_a_time(tmp_path: Path, witness: Witness) -> None:
    folder = published(tmp_path / "tiles", 5)
    with witness.looking(), pytest.raises(WitnessBusy):
        look(witness, PublishedLog(folder), GENESIS, NOW_S)
    signed_now(witness, folder)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nfeed", "x\x00"])
def test_a_name_that_no_note_can_bear_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Malformed):
        Witness.create(tmp_path / "witness", name, "passphrase")
    assert not (tmp_path / "witness").exists()


def test_its_repr_and_files_show_no_key(tmp_path: Path, witness: Witness) -> None:
    assert witness._key.seed.hex() not in repr(witness)
    for path in (tmp_path / "witness").rglob("*"):
        assert not path.is_file() or witness._key.seed not in path.read_bytes()
    assert NETWORK.hex() not in witness.verifier_key
