"""Check a whole home: its ledger, and each organisation's vault with the key in its keystore."""

from pathlib import Path

from salus.core.errors import Refusal
from salus.fsck.check import fsck, quiet
from salus.fsck.report import Finding, Progress, Report
from salus.fsck.vaults import VaultPlace
from salus.vault.keystore import Keystore

GENESIS, LEDGER, ORGANISATIONS = "genesis.cbor", "ledger", "organisations"


def fsck_home(home: Path, passphrase: str | None, progress: Progress = quiet, only: str | None = None) -> Report:
    """Check what is in `home`, closed; without a passphrase the ledger alone.

    `only` names one organisation: then its vault alone is checked, against the ledger's blocks.
    Raises OSError only where the home itself cannot be read.
    """
    places: dict[str, VaultPlace] = {}
    findings: list[Finding] = []
    folders = sorted(path.parent for path in (home / ORGANISATIONS).glob("*/vault") if only in (None, path.parent.name))
    for folder in folders if passphrase is not None else ():
        try:
            master = Keystore.open(folder / "keystore.sealed", passphrase or "").get("vault")
        except Refusal as refusal:
            file = str((folder / "keystore.sealed").relative_to(home))
            findings.append(Finding(file, "whole file", f"cannot be opened: {refusal.text}"))
            continue
        places[folder.name] = VaultPlace(folder / "vault", master)
    genesis = home / GENESIS
    report = fsck(home, home / LEDGER, places, genesis.read_bytes() if genesis.is_file() else None, progress)
    return Report((*findings, *report.findings), report.figures)
