"""The state before the first block: what the genesis document says, written by the contracts."""

from salus.contracts.accounts.genesis import write_genesis as write_accounts
from salus.contracts.governance.genesis import write_genesis as write_governance
from salus.core.genesis import read_genesis
from salus.state.overlay import Overlay, Reader


def founded(state: Reader, genesis_file: bytes) -> tuple[bytes, int, dict[bytes, bytes | None]]:
    """Return (network, time, writes) of a genesis file over an empty state.

    Raises Malformed, InvalidKey, or what a contract refuses in the document.
    """
    network, genesis = read_genesis(genesis_file)
    overlay = Overlay(state)
    write_accounts(overlay, network, genesis)
    write_governance(overlay, network, genesis)
    return network, genesis.time, overlay.writes
