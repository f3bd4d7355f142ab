"""Opening a vault: one process, the right key, the right network; what a thief finds in its folder."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from salus.vault import errors
from salus.vault.deposit import Deposit
from salus.vault.shared import Identifier, SharedResource
from salus.vault.vault import Vault
from unit.vault_samples import (
    ALICE,
    BOB,
    CUSTODIAN,
    MASTER,
    NETWORK,
    make_vault,
    open_vault,
    write,
)


@pytest.fixture
def vault(tmp_path: Path):
    with make_vault(tmp_path / "vault") as vault:
        yield vault


def test_one_process_at_a_time(vault: Vault) -> None:
    with pytest.raises(errors.VaultInUse):
        open_vault(vault.folder)
    with pytest.raises(errors.VaultInUse):
        make_vault(vault.folder)
    code = (
        "import sys; from pathlib import Path; from salus.vault.vault import Vault\n"
        "Vault.open(Path(sys.argv[1]), b'M' * 32, b'N' * 32, b'C' * 32)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(vault.folder)], capture_output=True, text=True, timeout=60)
    assert "VaultInUse" in run.stderr
    vault.close()
    vault.close()  # twice does no harm
    run = subprocess.run([sys.executable, "-c", code, str(vault.folder)], capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stderr) == (0, "")


def test_opening_what_is_not_ours(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    with pytest.raises(errors.NoVault):
        open_vault(folder)
    assert not folder.exists()
    make_vault(folder).close()
    with pytest.raises(errors.VaultExists):
        make_vault(folder)
    with pytest.raises(errors.WrongVaultKey):
        Vault.open(folder, b"m" * 32, NETWORK, CUSTODIAN)
    with pytest.raises(errors.WrongNetwork):
        Vault.open(folder, MASTER, b"n" * 32, CUSTODIAN)
    with pytest.raises(errors.WrongNetwork):
        Vault.open(folder, MASTER, NETWORK, b"c" * 32)
    open_vault(folder).close()  # each refusal let go of the lock


def test_a_later_schema_is_refused(tmp_path: Path) -> None:
    with make_vault(tmp_path / "v") as vault, vault._index.writing() as connection:
        connection.execute(text("UPDATE meta SET value = x'0002' WHERE name = 'schema'"))
    with pytest.raises(errors.UnknownSchema):
        open_vault(tmp_path / "v")


def test_identity_and_index_must_agree(tmp_path: Path) -> None:
    with make_vault(tmp_path / "v") as vault, vault._index.writing() as connection:
        connection.execute(text("UPDATE meta SET value = x'00' WHERE name = 'custodian'"))
    with pytest.raises(errors.VaultDamaged):
        open_vault(tmp_path / "v")


def test_a_bug_in_a_statement_is_no_refusal_and_shows_no_value(vault: Vault) -> None:
    with pytest.raises(RuntimeError, match=r"^IntegrityError$"), vault._index.writing() as connection:
        row = {"name": "schema", "value": b"Jane Doe"}
        connection.execute(text("INSERT INTO meta (name, value) VALUES (:name, :value)"), row)


CANARIES = (b"Canary-Name", b"CANARY-MRN-123", b"canary-code", b"canary octets", b"CanaryLabel", b"CanaryType")


def test_a_thief_of_the_disk_finds_no_canary(tmp_path: Path) -> None:
    name, number, code, octets, label, kind = (c.decode() for c in CANARIES)
    with make_vault(tmp_path / "v") as vault:
        small = write(ALICE, 1, octets.encode(), data_class=code, type=kind, labels=(label,), author=name)
        large = write(ALICE, 2, octets.encode() * 20_000, labels=(label,))
        vault.deposit(
            Deposit(
                [small, large],
                [SharedResource("Practitioner", number, name.encode(), "application/fhir+json")],
                [Identifier("Patient", "urn:mrn", number, name)],
                [("notify", name.encode())],
            )
        )
        vault.log_access(ALICE, [name.encode()])
        vault.directives.put(ALICE, b"1" * 32, name.encode())
        while_open = [path.read_bytes() for path in (tmp_path / "v").rglob("*") if path.is_file()]
    closed = [path.read_bytes() for path in (tmp_path / "v").rglob("*") if path.is_file()]
    names = " ".join(str(path) for path in (tmp_path / "v").rglob("*")).encode()
    assert len(while_open) >= 5 and len(closed) == 4
    for canary in (*CANARIES, ALICE, ALICE.hex().encode(), small.record, small.record.hex().encode(), MASTER):
        assert all(canary not in data for data in [*while_open, *closed, names])


def test_a_damaged_index_is_told_from_a_wrong_key(tmp_path: Path) -> None:
    make_vault(tmp_path / "v").close()
    index = tmp_path / "v" / "index.db"
    raw = bytearray(index.read_bytes())
    raw[100] ^= 1
    index.write_bytes(bytes(raw))
    with pytest.raises(errors.VaultDamaged):
        open_vault(tmp_path / "v")
    with pytest.raises(errors.WrongVaultKey):
        Vault.open(tmp_path / "v", b"m" * 32, NETWORK, CUSTODIAN)


def test_the_relations_of_a_vault(vault: Vault) -> None:
    assert vault.relations() == []
    vault.deposit([write(BOB, 1), write(ALICE, 1)])
    assert vault.relations() == [ALICE, BOB]
