"""fsck: check a home, or a part of it, offline. Nothing is written; nothing but the genesis is taken on trust."""

from collections.abc import Mapping
from pathlib import Path

from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.core.genesis import GenesisFile, network_id
from salus.fsck.around import check_around
from salus.fsck.ledger import LedgerCheck, check_ledger
from salus.fsck.report import Finding, Progress, Report, Severity
from salus.fsck.vaults import VaultPlace, anchored_by, check_vault
from salus.state.store import Store
from salus.verifier.helper import Helper

_NO_NETWORK = "not checked: without a genesis its network is not known"


def quiet(what: str, done: int, total: int) -> None:
    """Report no progress."""


def fsck(
    home: Path,
    ledger: Path | None,
    vaults: Mapping[str, VaultPlace],
    genesis: bytes | None = None,
    progress: Progress = quiet,
    tiles: Path | None = None,
    helper: Helper | None = None,
) -> Report:
    """Check the ledger's folder and the vaults (name -> place), all within `home`, all closed.

    Without a ledger, `genesis` must be given: a vault alone does not say which network it is of. A
    vault is compared with the state that the blocks give, not with what is stored of it. Findings
    name files relative to `home`; `tiles` is where the log is published, if not there. Damage is a
    finding and never raises; UnknownRules where blocks stand under rules that this software does not have, so that it
    cannot judge them; ValueError where neither a ledger nor a genesis is given. `helper` may
    check signatures beside the replay.
    """
    findings: list[Finding] = []
    figures: dict[str, int] = {}
    state: Store | None = None
    network = b""
    if ledger is not None:
        checked = check_ledger(ledger, progress, genesis, tiles, helper)
        findings += _within(home, ledger, checked.findings)
        figures |= checked.figures
        state, network = _state(checked)
    anchored = anchored_by(state) if state is not None and vaults else {}
    if not network:
        network = _network(genesis, needed=ledger is None)
    for number, (name, vault) in enumerate(sorted(vaults.items())):
        progress(f"vault {name}", number, len(vaults))
        if network:
            findings += _within(home, vault.folder, list(check_vault(vault, network, state, anchored)))
        else:
            findings.append(Finding(str(vault.folder.relative_to(home)), "whole vault", _NO_NETWORK, Severity.NOTE))
    if ledger is not None:
        findings += check_around(home, network, state)
    figures["vaults"] = len(vaults)
    return Report(tuple(findings), figures)


def _state(checked: LedgerCheck) -> tuple[Store | None, bytes]:
    if checked.replay is None:
        return None, b""
    return checked.replay.machine.store if checked.replay.whole else None, checked.replay.machine.network


def _network(genesis: bytes | None, needed: bool) -> bytes:
    if genesis is None:
        if not needed:  # the ledger's own cannot be read, which was found
            return b""
        raise ValueError("neither a ledger nor a genesis")
    try:
        return network_id(decode(genesis, GenesisFile).document)
    except Refusal:
        raise ValueError("the genesis is malformed") from None


def _within(home: Path, folder: Path, findings: list[Finding]) -> list[Finding]:
    at = folder.relative_to(home)
    return [finding._replace(file=str(at / finding.file)) for finding in findings]
