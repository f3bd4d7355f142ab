"""Homes of a network: what a reset removes and keeps, what a backup leaves out, and that nothing signs twice."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from msgspec.structs import replace
from unit.consensus_world import Sent

from salus.bootstrap.consensus import Trust, read_consensus, write_consensus
from salus.bootstrap.copies import BadSignState, NoBackup, back_up, restore
from salus.bootstrap.network import found_network, usual
from salus.bootstrap.network.errors import AlreadyUp, SignStateGone
from salus.bootstrap.network.held import hold
from salus.bootstrap.network.keyfiles import refresh
from salus.bootstrap.opening import keeping
from salus.bootstrap.resetting import OnlyCopy, reset_ledger
from salus.disk import take_lock
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.ledger.consensus.syncing import Keeping
from salus.ledger.embedded.files import LocalFiles
from salus.ledger.errors import LedgerLocked
from salus.services.errors import NoRegion
from salus.vault.errors import WrongPassphrase

PASSPHRASE = "correct horse battery staple"
TRUST = Trust(7, "ab" * 32)
STATE = {"height": "41", "round": 0, "step": 3, "signature": "c2ln", "signbytes": "0A"}


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("founded") / "network"
    return found_network(folder, "test", usual(2, 26656, 8080), lambda _: PASSPHRASE)[0]


@pytest.fixture
def home(founded: Path, tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    LocalFiles().create_folder(home)
    for path in sorted(founded.rglob("*")):
        place = home / path.relative_to(founded)
        if path.is_dir():
            place.mkdir()
        else:
            place.write_bytes(path.read_bytes())
    genesis = (home / "genesis.cbor").read_bytes()
    ConsensusLedger.open(home / "ledger", genesis, None, Sent(b""), None).close()
    for name in ("tiles", "snapshots", "pruned", "restoring"):
        (home / "ledger" / name).mkdir()
        (home / "ledger" / name / "file").write_bytes(b"x")
    for name in ("ledger/contradiction", "cometbft/data/blocks", "passphrase", "logs/salus.log"):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_bytes(b"x")
    (home / "cometbft/signed/priv_validator_state.json").write_text(json.dumps(STATE))
    yield home


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


GONE = ("ledger/blocks", "ledger/commits", "ledger/state/", "ledger/snapshots/", "ledger/pruned/", "ledger/restoring/")


def test_a_reset_removes_what_others_have_and_nothing_else(home: Path) -> None:
    before = files(home)
    reset_ledger(home)
    after = files(home)
    gone = sorted(before.keys() - after.keys())
    assert gone and all(name.startswith((*GONE, "cometbft/data/")) for name in gone)
    assert "ledger/blocks" in gone and "cometbft/data/blocks" in gone
    assert {name: raw for name, raw in after.items() if name != "network.lock"} == {
        name: raw for name, raw in before.items() if name in after and name != "network.lock"
    }
    assert (home / "cometbft/data").is_dir()
    reset_ledger(home, TRUST)
    consensus = read_consensus(home)
    assert consensus is not None and consensus.trust == TRUST
    refresh(home, consensus, (home / "genesis.cbor").read_bytes())
    ConsensusLedger.open(home / "ledger", (home / "genesis.cbor").read_bytes(), None, Sent(b""), None).close()


def test_nothing_is_reset_that_nobody_else_has_or_that_runs(home: Path, tmp_path: Path) -> None:
    before = files(home)
    with pytest.raises(NoRegion):
        reset_ledger(tmp_path)
    release = hold(home)
    with pytest.raises(AlreadyUp):
        reset_ledger(home)
    release()
    unlock = take_lock(home / "ledger" / "lock")
    with pytest.raises(LedgerLocked):
        reset_ledger(home)
    unlock()
    consensus = read_consensus(home)
    assert consensus is not None
    write_consensus(home, replace(consensus, peers=()))
    with pytest.raises(OnlyCopy):
        reset_ledger(home)
    (home / "consensus.json").unlink()
    with pytest.raises(OnlyCopy):
        reset_ledger(home)
    assert {name for name in before if name not in files(home)} == {"consensus.json"}


def test_a_backup_leaves_out_what_would_do_harm(home: Path, tmp_path: Path) -> None:
    said = back_up(home, tmp_path / "backup", nullcontext(enter_result=False))
    kept, whole = files(tmp_path / "backup"), files(home)
    assert said.height == 0 and kept.pop("backup.json")
    left = whole.keys() - kept.keys() - {"network.lock"}
    assert left == {
        "passphrase",
        "logs/salus.log",
        "cometbft/signed/priv_validator_state.json",
        "cometbft/config/priv_validator_key.json",
        "cometbft/data/blocks",
        "ledger/snapshots/file",
        "ledger/restoring/file",
    }
    assert kept == {name: whole[name] for name in kept}
    assert {path.stat().st_nlink for path in (tmp_path / "backup").rglob("*") if path.is_file()} == {1}


def test_a_backup_waits_for_nobody_who_has_the_ledger_open(home: Path, tmp_path: Path) -> None:
    unlock = take_lock(home / "ledger" / "lock")
    with pytest.raises(LedgerLocked):
        back_up(home, tmp_path / "backup", nullcontext(enter_result=False))
    unlock()
    assert not (tmp_path / "backup").exists()
    with pytest.raises(NoRegion):
        back_up(tmp_path, tmp_path / "backup", nullcontext(enter_result=False))


@pytest.fixture
def backup(home: Path, tmp_path: Path) -> Path:
    back_up(home, tmp_path / "backup", nullcontext(enter_result=False))
    return tmp_path / "backup"


def test_a_validator_from_a_backup_signs_nothing(backup: Path, tmp_path: Path) -> None:
    done = restore(backup, tmp_path / "new", "")
    assert (done.height, done.signs, done.ledger) == (0, False, "fetched")
    consensus = read_consensus(tmp_path / "new")
    assert consensus is not None and consensus.node == "full"
    kept = files(tmp_path / "new")
    assert not [name for name in kept if "priv_validator" in name or name.startswith(GONE)]
    assert kept["node/keystore.sealed"] == files(backup)["node/keystore.sealed"]
    refresh(tmp_path / "new", consensus, kept["genesis.cbor"])  # it can be started


def test_a_validator_signs_again_with_what_it_signed_last(home: Path, backup: Path, tmp_path: Path) -> None:
    signed = home / "cometbft/signed/priv_validator_state.json"
    done = restore(backup, tmp_path / "new", PASSPHRASE, signed, TRUST)
    assert done.signs
    consensus = read_consensus(tmp_path / "new")
    assert consensus is not None and (consensus.node, consensus.trust) == ("validator", TRUST)
    for name in ("signed/priv_validator_state.json", "config/priv_validator_key.json"):
        assert (tmp_path / "new/cometbft" / name).read_bytes() == (home / "cometbft" / name).read_bytes()
    refresh(tmp_path / "new", consensus, (tmp_path / "new/genesis.cbor").read_bytes())
    (tmp_path / "new/cometbft/signed/priv_validator_state.json").unlink()
    with pytest.raises(SignStateGone):
        refresh(tmp_path / "new", consensus, (tmp_path / "new/genesis.cbor").read_bytes())


@pytest.mark.parametrize(
    "text", ["", "{}", '{"height": 41, "round": 0, "step": 3}', '{"height": "41", "round": 0, "step": 4}', "\xff"]
)
def test_what_does_not_say_what_was_signed_last_restores_nothing(backup: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadSignState):
        restore(backup, tmp_path / "new", PASSPHRASE, tmp_path / "state.json")
    assert not (tmp_path / "new").exists()


def test_a_wrong_passphrase_leaves_no_region(home: Path, backup: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongPassphrase):
        restore(backup, tmp_path / "new", "another", home / "cometbft/signed/priv_validator_state.json")
    assert not (tmp_path / "new/genesis.cbor").exists()
    assert not (tmp_path / "new/cometbft/config/priv_validator_key.json").exists()


@pytest.mark.parametrize("damage", ["no backup.json", "another form", "another network", "no genesis"])
def test_what_is_no_whole_backup_restores_nothing(backup: Path, tmp_path: Path, damage: str) -> None:
    said = backup / "backup.json"
    if damage == "no backup.json":
        said.unlink()
    elif damage == "another form":
        said.write_text('{"format": 2}')
    elif damage == "another network":
        said.write_text(json.dumps({"network": "00" * 32, "height": 0, "format": 1}))
    else:
        (backup / "genesis.cbor").unlink()
    with pytest.raises(NoBackup):
        restore(backup, tmp_path / "new", "")
    assert not (tmp_path / "new").exists()


def test_how_much_a_home_keeps_stands_in_its_settings(home: Path) -> None:
    consensus = read_consensus(home)
    assert consensus is not None
    assert keeping(consensus) == Keeping(1_000, 2, None)
    pruned = replace(consensus, archive=False, keep_blocks=5_000, snapshot_every=50, snapshots=3)
    write_consensus(home, pruned)
    assert read_consensus(home) == pruned
    assert keeping(pruned) == Keeping(50, 3, 5_000)
