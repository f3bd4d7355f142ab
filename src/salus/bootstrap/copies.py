"""Backups of a home, taken while it is served, and homes made from them.

A backup is a folder: the home's files as they were at one moment, and `backup.json`, written last. It leaves out what
would do harm or comes back by itself:

| left out                    | why                                                                          |
|-----------------------------|------------------------------------------------------------------------------|
| `passphrase`                | with it the backup's keystores would be open; keep it apart                   |
| `cometbft/signed`           | what the validator signed last: an old one lets it sign twice                 |
| the validator's key as CometBFT reads it | it lies sealed in the node's keystore                           |
| `cometbft/data`, `network.lock`, `halted.json`, logs, snapshots | others have it, or it is of the moment |

A validator that is restored without what it signed last is made a full node: it follows, and signs nothing.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from salus.bootstrap.consensus import ConsensusFile, Trust, cometbft_home, read_consensus, write_consensus
from salus.bootstrap.layout import BACKUP, GENESIS, node_keystore_path
from salus.bootstrap.network.halts import FILE as HALTED
from salus.bootstrap.network.keyfiles import write_validator
from salus.bootstrap.resetting import remove_shared
from salus.core.errors import Kind, Refusal
from salus.core.genesis import read_genesis
from salus.core.signatures import SigningKey
from salus.disk import sync_folder
from salus.fsck.snapshot import PREFIX, RESTLESS, room_for_snapshot, take_snapshot
from salus.ledger.embedded.blockfile import NAME as BLOCKS
from salus.ledger.embedded.blockfile import BlockFile
from salus.ledger.embedded.files import LocalFiles
from salus.ledger.embedded.lock import LOCK, take_ledger
from salus.ledger.errors import LedgerLocked
from salus.services.errors import NoRegion
from salus.shapes import made
from salus.vault.keystore import Keystore

SIGNED = "signed/priv_validator_state.json"
LEFT_OUT = (
    *RESTLESS,
    *("passphrase", "network.lock", HALTED, "serving.sock", "abci.sock", "cometbft/config/priv_validator_key.json"),
)


class NoBackup(Refusal):
    code, kind = 0x7064, Kind.INVALID
    text = "No whole backup of a home is in this folder: backup.json is missing or of another form."


class BadSignState(Refusal):
    code, kind = 0x7065, Kind.INVALID
    text = "The file does not say what a validator signed last: height, round and step, as CometBFT writes them."


class BackupSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What backup.json says."""

    network: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    height: Annotated[int, msgspec.Meta(ge=0)]  # of the ledger in it
    format: Literal[1] = 1


class Signed(msgspec.Struct, frozen=True):
    """CometBFT's priv_validator_state.json; the height is a decimal string (privval/file.go)."""

    height: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")]
    round: Annotated[int, msgspec.Meta(ge=0)]
    step: Annotated[int, msgspec.Meta(ge=0, le=3)]
    signature: str | None = None
    signbytes: str | None = None


class Restored(msgspec.Struct, frozen=True):
    """What a home that was restored will do."""

    network: str
    height: int  # up to which the backup reached
    signs: bool  # as a validator
    ledger: Literal["whole", "fetched"]


def back_up(home: Path, to: Path, still: AbstractContextManager[bool]) -> BackupSaid:
    """Copy the home to the new folder `to`; durable and whole once this returns.

    Nothing is written to the home within `still`, for as long as it takes to link what is never changed in place and
    to copy the rest within the home; it gives False where nobody serves the home. Raises NoRegion, LedgerLocked
    (somebody else has it open), what `still` raises, OSError.
    """
    if not (home / GENESIS).is_file():
        raise NoRegion
    with room_for_snapshot(home) as room:
        with still as served, ExitStack() as closed:
            if not served and (home / "ledger").is_dir():  # else it was never up
                closed.callback(_held(home / "ledger"))
            take_snapshot(home, room)
        _copy(room, to)
    network, _ = read_genesis((to / GENESIS).read_bytes())
    said = BackupSaid(network.hex(), _height(to / "ledger"))
    LocalFiles().write(to / BACKUP, msgspec.json.encode(said))
    return said


def restore(
    backup: Path, home: Path, passphrase: str, signed: Path | None = None, trust: Trust | None = None
) -> Restored:
    """Make the new folder `home` of a backup. The genesis is written last: before, there is no region.

    A member's ledger of a network is not put back: the others give it, verified, from the block of `trust` on or from
    the genesis. `signed` is the newest file that says what the validator signed last, of a machine that is off for
    good; without it the home signs nothing. Raises NoBackup, BadSignState, WrongPassphrase, OSError.
    """
    said = _said(backup)
    state = None if signed is None else _signed(signed)
    _copy(backup, home, (*LEFT_OUT, BACKUP, GENESIS))
    consensus = read_consensus(home)
    if consensus is not None:
        remove_shared(home)
        consensus = replace(consensus, trust=trust or consensus.trust)
        write_consensus(home, _signing(home, consensus, passphrase, state))
    LocalFiles().write(home / GENESIS, (backup / GENESIS).read_bytes())
    signs = consensus is not None and (state is not None or consensus.signer is not None)
    return Restored(said.network, said.height, signs, "whole" if consensus is None else "fetched")


def _signing(home: Path, consensus: ConsensusFile, passphrase: str, state: bytes | None) -> ConsensusFile:
    """Return what consensus.json is to say; with `state` the validator's key is put where CometBFT reads it."""
    LocalFiles().create_folder(cometbft_home(home) / "data")
    LocalFiles().create_folder(cometbft_home(home) / "signed")
    if consensus.node != "validator" or consensus.signer is not None:
        return consensus  # a remote signer knows by itself what it signed
    if state is None:
        return replace(consensus, node="full")
    node = SigningKey.from_seed(Keystore.open(node_keystore_path(home), passphrase).get("node"))
    LocalFiles().write(cometbft_home(home) / SIGNED, state)
    write_validator(home, node)
    return consensus


def _held(ledger: Path) -> Callable[[], None]:
    """Keep writers out of a ledger that nobody serves; return what lets them in again."""
    try:
        return take_ledger(ledger / LOCK, shared=True)
    except BlockingIOError:
        raise LedgerLocked from None


def _said(backup: Path) -> BackupSaid:
    try:
        said = msgspec.json.decode((backup / BACKUP).read_bytes(), type=made(BackupSaid))
        network, _ = read_genesis((backup / GENESIS).read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, Refusal):
        raise NoBackup from None
    if network.hex() != said.network:
        raise NoBackup
    return said


def _signed(path: Path) -> bytes:
    raw = path.read_bytes()
    try:
        msgspec.json.decode(raw, type=made(Signed))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BadSignState from None
    return raw


def _height(ledger: Path) -> int:
    """Return the height of the copied ledger; raises DamagedFile where its records do not follow one another."""
    if not (ledger / BLOCKS).is_file():
        return 0
    blocks = BlockFile(LocalFiles().open_append(ledger / BLOCKS, readonly=True))
    try:
        blocks.scan(0, 0, readonly=True)
        return blocks.height
    finally:
        blocks.close()


def _copy(source: Path, to: Path, left_out: tuple[str, ...] = LEFT_OUT) -> None:
    """Copy files and folders, each durable, with its own bytes."""
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in _within(source, left_out):
        place = to / path.relative_to(source)
        if path.is_dir():
            place.mkdir(mode=0o700, exist_ok=True)
            continue
        shutil.copyfile(path, place)
        place.chmod(0o600)
        _sync(place)
    for folder in (to, *(path for path in to.rglob("*") if path.is_dir())):
        sync_folder(folder)


def _within(source: Path, left_out: tuple[str, ...]) -> Iterator[Path]:
    """Yield what is in a folder, a folder before what is in it."""
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source).as_posix()
        if name.startswith(PREFIX) or any(name == one or name.startswith(f"{one}/") for one in left_out):
            continue
        if path.is_dir() or path.is_file():
            yield path


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
