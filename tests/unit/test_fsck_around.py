"""fsck: what lies in a home around ledger and vaults is checked too; each changed byte is found and its file named."""

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from salus.core.encoding import encode
from salus.fsck.check import fsck
from salus.fsck.report import Finding, Severity
from salus.fsck.vaults import VaultPlace, check_vault
from salus.services.folder_exchange import FolderExchange
from salus.services.remote.directory import Directory
from salus.services.remote.endpoint import sign_endpoint
from salus.services.remote.outbox import Outbox
from salus.vault.keystore import Keystore
from salus.vault.seals import SealKey
from unit.fsck_home import GATEWAY, GENESIS, HOSPITAL, NETWORK, make_home, open_ledger
from unit.vault_samples import MASTER
from vectors.core_vectors import genesis_document
from vectors.fixed import fixed, key

NAME = genesis_document().founders[0].name
URL = "https://hospital.example.org/north"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("around") / "home"
    make_home(home)
    north = home / "organisations/north"
    north.mkdir(parents=True)
    (home / "hospital").rename(north / "vault")
    (north / "organisation.cbor").write_bytes(encode([NAME, HOSPITAL]))
    for name in ("organisations/north/keystore.sealed", "node/keystore.sealed", "people/alma/wallet.sealed"):
        Keystore(home / name, {"a": b"secret"}).save("a passphrase")
    exchange = FolderExchange(home / "exchange", NETWORK)
    exchange.publish_key(SealKey.from_seed(fixed("seal")).public)
    exchange.post(HOSPITAL, "notice", b"a sealed notice")
    Outbox(home / "exchange/outbox/organisations/north").put(fixed("other"), "notice", b"another")
    directory = Directory(home / "directory", NETWORK)
    with open_ledger(home) as ledger:
        state = ledger.view()
        directory.register(state, sign_endpoint(NETWORK, HOSPITAL, URL, ledger.now(), GATEWAY), ledger.now())
        directory.publish(state, HOSPITAL, SealKey.from_seed(fixed("seal")).public)
    return home


@pytest.fixture
def home(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "home"))


def damaged(home: Path) -> list[tuple[str, str]]:
    vaults = {"north": VaultPlace(home / "organisations/north/vault", MASTER)}
    found = fsck(home, home / "ledger", vaults, GENESIS).findings
    return [(f.file, f.what) for f in found if f.severity is Severity.DAMAGED]


def around(home: Path) -> list[str]:
    parts = ("organisations/*/*", "node/*", "people/*/*", "exchange/**/*", "directory/**/*")
    found = (path for part in parts for path in sorted(home.glob(part)) if path.is_file())
    return [str(path.relative_to(home)) for path in found]


def test_a_sound_home_has_no_finding(home: Path) -> None:
    assert damaged(home) == []
    assert len(around(home)) == 10


def test_a_changed_byte_of_any_file_around_is_found_and_its_file_named(home: Path) -> None:
    for name in around(home):
        raw = (home / name).read_bytes()
        for at in (0, len(raw) // 2, len(raw) - 1):
            (home / name).write_bytes(raw[:at] + bytes((raw[at] ^ 1 << at % 8,)) + raw[at + 1 :])
            assert [file for file, _ in damaged(home)] == [name], at
        for other in (b"", raw[:-1], raw + b"\0"):
            (home / name).write_bytes(other)
            assert [file for file, _ in damaged(home)] == [name], other
        (home / name).write_bytes(raw)


NORTH = "organisations/north"


@pytest.mark.parametrize(
    ("gone", "file", "what"),
    [
        (f"{NORTH}/keystore.sealed", f"{NORTH}/keystore.sealed", "missing"),
        (f"{NORTH}/organisation.cbor", f"{NORTH}/organisation.cbor", "missing"),
        (f"{NORTH}/vault/vault.id", f"{NORTH}/vault/vault.id", "missing"),
        ("node/keystore.sealed", "node/keystore.sealed", "missing"),
        ("people/alma/wallet.sealed", "people/alma/wallet.sealed", "missing"),
    ],
)
def test_a_file_that_is_gone_is_named(home: Path, gone: str, file: str, what: str) -> None:
    (home / gone).unlink()
    assert damaged(home) == [(file, what)]


def test_a_vault_that_is_gone_is_found(home: Path) -> None:
    shutil.rmtree(home / NORTH / "vault")
    found = fsck(home, home / "ledger", {}, GENESIS).findings
    assert [(f.file, f.what) for f in found] == [(f"{NORTH}/organisation.cbor", "the organisation's vault is missing")]


def test_an_organisation_that_was_not_set_up_to_the_end_is_no_damage(home: Path) -> None:
    Keystore(home / "organisations/new/keystore.sealed", {"a": b"secret"}).save("a passphrase")
    assert damaged(home) == []


@pytest.mark.parametrize(
    ("name", "account", "what"),
    [
        ("Another", HOSPITAL, "the ledger holds no organisation of this account and name"),
        (NAME, fixed("x"), "the ledger holds no organisation of this account and name"),
    ],
)
def test_another_organisation_than_the_ledgers_is_found(home: Path, name: str, account: bytes, what: str) -> None:
    (home / NORTH / "organisation.cbor").write_bytes(encode([name, account]))
    assert damaged(home) == [(f"{NORTH}/organisation.cbor", what)]


def test_an_endpoint_of_another_signer_is_found(home: Path) -> None:
    (path,) = (home / "directory/endpoints").iterdir()
    path.write_bytes(sign_endpoint(NETWORK, HOSPITAL, URL, 1, key("somebody")))
    expected = [(str(path.relative_to(home)), "not signed by a key of the member it names")]
    assert damaged(home) == expected


def test_a_letter_that_cannot_be_read_is_found_and_the_rest_is_checked(home: Path) -> None:
    (letter,) = (path for path in (home / "exchange/letters").glob("*/*"))
    letter.unlink()
    letter.symlink_to("/proc/self/mem")  # reading it fails as a bad sector does
    assert damaged(home) == [(str(letter.relative_to(home)), "cannot be read: Input/output error")]


def test_a_blob_that_cannot_be_read_is_found_and_the_rest_is_checked(home: Path) -> None:
    blob = next(path for path in sorted((home / NORTH / "vault/blobs").glob("*/*")))
    assert blob.name.startswith(sha256(blob.read_bytes()).hexdigest()[:2])
    blob.unlink()
    blob.symlink_to("/proc/self/mem")
    assert damaged(home) == [(str(blob.relative_to(home)), "cannot be read: Input/output error")]


def test_a_relation_that_the_vault_lost_is_found(home: Path) -> None:
    """As where an old copy of the vault was put back; what came from another custodian may be on its way."""
    vault = VaultPlace(home / NORTH / "vault", MASTER)
    with open_ledger(home) as ledger:
        state = ledger.view()
        lost = {HOSPITAL: (fixed("lost"),), fixed("other"): (fixed("theirs"),)}
        found = list(check_vault(vault, NETWORK, state, lost))
    place = f"openings of relation {fixed('lost').hex()[:12]}"
    assert found == [Finding("index.db", place, "none, and the ledger holds a root of it", Severity.DAMAGED)]
