import os
import stat
from hashlib import sha256
from pathlib import Path

import pytest

from salus.vault import keystore as module
from salus.vault.errors import KeystoreDamaged, NoKeystore, NoSuchSecret, StorageFailed, UnfitSecret, WrongPassphrase
from salus.vault.keystore import MAGIC, Keystore

PASSPHRASE = "correct horse"


@pytest.fixture(autouse=True)
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MEMORY_KIB", 256)  # 64 MiB for each of some hundred openings would take a minute


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "keystore"
    store = Keystore(path, {"gateway": b"g" * 32, "vault": b"v" * 32})
    store.save(PASSPHRASE)
    return path


def test_round_trip_and_mode(path: Path) -> None:
    store = Keystore.open(path, PASSPHRASE)
    assert store.names() == ["gateway", "vault"]
    assert store.get("vault") == b"v" * 32
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert os.listdir(path.parent) == ["keystore"]


def test_full_cost_opens_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert module.MEMORY_KIB == 65536
    Keystore(path, {"a": b"b"}).save(PASSPHRASE)
    assert Keystore.open(path, PASSPHRASE).get("a") == b"b"


def test_secrets_do_not_show(path: Path) -> None:
    raw = path.read_bytes()
    assert b"g" * 32 not in raw and b"gateway" not in raw
    assert "gggg" not in repr(Keystore.open(path, PASSPHRASE))


def test_change_and_save_again(path: Path) -> None:
    store = Keystore.open(path, PASSPHRASE)
    store.put("gateway", b"new")
    store.remove("vault")
    seed = store.new("seal")
    assert len(seed) == 32 and store.new("seal") == seed
    before = path.read_bytes()
    store.save("another")
    assert path.read_bytes()[:60] != before[:60]  # fresh salt
    again = Keystore.open(path, "another")
    assert {name: again.get(name) for name in again.names()} == {"gateway": b"new", "seal": seed}
    with pytest.raises(WrongPassphrase):
        Keystore.open(path, PASSPHRASE)


def test_passphrase_in_another_unicode_form_opens(path: Path) -> None:
    Keystore(path, {"a": b"b"}).save("caf\u00e9")
    assert Keystore.open(path, "cafe\u0301").get("a") == b"b"


@pytest.mark.parametrize("wrong", ["", "Correct horse", "correct horse "])
def test_wrong_passphrase(path: Path, wrong: str) -> None:
    with pytest.raises(WrongPassphrase):
        Keystore.open(path, wrong)


def test_every_flipped_byte_is_damage(path: Path) -> None:
    raw = path.read_bytes()
    for at in range(len(raw)):
        path.write_bytes(raw[:at] + bytes((raw[at] ^ 0x40,)) + raw[at + 1 :])
        with pytest.raises(KeystoreDamaged):
            Keystore.open(path, PASSPHRASE)


@pytest.mark.parametrize("size", [0, 5, 12, 40, 80])
def test_truncated_is_damage(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(KeystoreDamaged):
        Keystore.open(path, PASSPHRASE)


def test_sum_made_right_again_still_does_not_open(path: Path) -> None:
    raw = path.read_bytes()[:-32]
    changed = raw[:-1] + bytes((raw[-1] ^ 1,))
    path.write_bytes(changed + sha256(changed).digest())
    with pytest.raises(WrongPassphrase):
        Keystore.open(path, PASSPHRASE)


def test_header_that_asks_for_too_much_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = path.read_bytes()[:-32]
    at = len(MAGIC) + 2
    assert raw[at : at + 4] == b"\x86\x01\x03\x04"
    changed = raw[: at + 2] + b"\x17" + raw[at + 3 :]  # 23 iterations
    path.write_bytes(changed + sha256(changed).digest())
    with pytest.raises(KeystoreDamaged):
        Keystore.open(path, PASSPHRASE)


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(NoKeystore):
        Keystore.open(tmp_path / "none", PASSPHRASE)
    with pytest.raises(StorageFailed):
        Keystore.open(tmp_path, PASSPHRASE)


def test_unknown_name(path: Path) -> None:
    store = Keystore.open(path, PASSPHRASE)
    with pytest.raises(NoSuchSecret):
        store.get("none")
    with pytest.raises(NoSuchSecret):
        store.remove("none")


def test_saving_again_derives_once_and_never_repeats_a_nonce(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    derived: list[str] = []
    derive = module._derive
    monkeypatch.setattr(module, "_derive", lambda plain, *rest: derived.append(plain) or derive(plain, *rest))
    store = Keystore.open(path, PASSPHRASE)
    salts, nonces = set(), set()
    for _ in range(5):
        store.save(PASSPHRASE)
        header = path.read_bytes()[len(MAGIC) + 2 :][:40]
        at = header.index(b"\x50") + 1
        salts.add(header[at : at + 16])
        nonces.add(header[at + 17 : at + 29])
    assert (len(derived), len(salts), len(nonces)) == (1, 1, 5)
    store.save("another")
    assert len(derived) == 2
    assert store._key is not None and store._key.salt not in salts
    monkeypatch.setattr(module, "MEMORY_KIB", 512)
    store.save("another")  # at other costs, another key
    assert len(derived) == 3
    assert Keystore.open(path, "another").names() == ["gateway", "vault"]
    for shown in (repr(store), repr(store._key)):
        assert "another" not in shown and store._key.key.hex() not in shown


@pytest.mark.parametrize(("name", "size"), [("", 1), ("n" * 129, 1), ("n", 0), ("n", 65_537)])
def test_what_the_file_could_not_hold_is_refused_at_once(path: Path, name: str, size: int) -> None:
    store = Keystore.open(path, PASSPHRASE)
    with pytest.raises(UnfitSecret):
        store.put(name, bytes(size))
    with pytest.raises(UnfitSecret):
        store.new(name, size)
    with pytest.raises(UnfitSecret):
        Keystore(path, {name: bytes(size)})
    store.put("n" * 128, bytes(65_536))
    store.save(PASSPHRASE)
    assert len(Keystore.open(path, PASSPHRASE).get("n" * 128)) == 65_536
