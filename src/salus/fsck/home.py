"""Check a whole home: its ledger, and each organisation's vault with the key in its keystore."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from salus.core.errors import Kind, Refusal
from salus.core.genesis import read_genesis
from salus.fsck.check import fsck, quiet
from salus.fsck.report import Finding, Progress, Report, Severity
from salus.fsck.vaults import VaultPlace
from salus.vault.errors import WrongPassphrase
from salus.vault.keystore import Keystore
from salus.verifier.helper import Helper

GENESIS, LEDGER, ORGANISATIONS = "genesis.cbor", "ledger", "organisations"
_NEXT_MASTER = "vault-next"
_INTERRUPTED = "the vault is not checked: its master key was being rotated; opening the organisation finishes that"
_LOCKS = ("ledger/lock", "organisations/*/vault/vault.lock")


class HomeInUse(Refusal):
    code, kind, text = 0x6201, Kind.UNAVAILABLE, "Another process has this home open: fsck reads a closed one."


def organisations(home: Path) -> tuple[str, ...]:
    """Return the names of the folders of organisations, sorted."""
    return tuple(sorted(path.parent.name for path in (home / ORGANISATIONS).glob("*/vault")))


def fsck_home(
    home: Path,
    passphrase: str | None,
    progress: Progress = quiet,
    only: str | None = None,
    tiles: Path | None = None,
    helper: Helper | None = None,
) -> Report:
    """Check what is in `home`, closed; without a passphrase the ledger alone.

    `only` names one organisation: then no other vault is checked, and it against the ledger's blocks.
    `tiles` is where the log is published, if not in the home.
    Raises HomeInUse, WrongPassphrase, OSError where the home itself cannot be read.
    """
    places: dict[str, VaultPlace] = {}
    findings: list[Finding] = []
    with _closed(home):
        for name in organisations(home) if passphrase is not None else ():
            if only in (None, name):
                folder = home / ORGANISATIONS / name
                master = _master(home, folder / "keystore.sealed", passphrase or "")
                if isinstance(master, Finding):
                    findings.append(master)
                else:
                    places[name] = VaultPlace(folder / "vault", master)
        genesis = _genesis(home)
        if isinstance(genesis, Finding):
            findings.append(genesis)
        known = genesis if isinstance(genesis, bytes) else None
        report = fsck(home, home / LEDGER, places, known, progress, tiles, helper)
    named = {finding.file for finding in report.findings}
    return Report((*(f for f in findings if f.file not in named), *report.findings), report.figures)


def _genesis(home: Path) -> bytes | Finding:
    """Return the genesis file; the ledger has a copy, which is checked whether this one can be read or not."""
    try:
        raw = (home / GENESIS).read_bytes()
        read_genesis(raw)
    except (OSError, Refusal):
        return Finding(GENESIS, "whole file", "missing, malformed, or a proof fails")
    return raw


def _master(home: Path, path: Path, passphrase: str) -> bytes | Finding:
    """Return a vault's master key; a wrong passphrase is the caller's mistake and no damage."""
    try:
        secrets = Keystore.open(path, passphrase)
        if _NEXT_MASTER in secrets.names():
            return Finding(str(path.relative_to(home)), "whole file", _INTERRUPTED, Severity.NOTE)
        return secrets.get("vault")
    except WrongPassphrase:
        raise
    except (Refusal, OSError) as error:
        what = error.text if isinstance(error, Refusal) else error.strerror
        return Finding(str(path.relative_to(home)), "whole file", f"cannot be opened: {what}")


@contextmanager
def _closed(home: Path) -> Iterator[None]:
    """Keep others from opening the ledger for writing meanwhile; raise HomeInUse where somebody has."""
    held = []
    try:
        for path in (path for pattern in _LOCKS for path in sorted(home.glob(pattern))):
            file = path.open("rb")
            held.append(file)
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if path.parent.name != LEDGER:  # the check of the vault takes this one itself
                held.pop().close()
        yield
    except BlockingIOError:
        raise HomeInUse from None
    finally:
        for file in held:
            file.close()
