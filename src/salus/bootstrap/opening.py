"""Opening a region, and the people of it."""

import os
from pathlib import Path

from salus.bootstrap.elsewhere import ways_out
from salus.bootstrap.layout import GENESIS, SLUG, node_keystore_path, tiles_folder, wallet_path
from salus.bootstrap.region import Region
from salus.core.genesis import read_genesis
from salus.core.signatures import SigningKey
from salus.ledger.embedded.clock import Clock, SystemClock
from salus.ledger.embedded.ledger import EmbeddedLedger
from salus.ledger.embedded.tuning import tune_process
from salus.services.actors import Person
from salus.services.errors import NoRegion, OtherGenesis, ReadOnly, UnusableName
from salus.services.folder_exchange import FolderExchange
from salus.vault.keystore import Keystore
from salus.verifier.helper import Alone, Helper
from salus.verifier.process import VerifierProcess
from salus.wallet.wallet import Wallet


def verifying(setting: str, *, closed: bool = False) -> Helper:
    """Return what checks signatures beside the executor, by the setting `verifier` (`config.Config`).

    `auto`: a process, started when there is work for it, where there are two processors. `closed`: of a ledger
    that nobody writes to.
    """
    if setting == "off" or (setting == "auto" and len(os.sched_getaffinity(0)) < 2):
        return Alone()
    return VerifierProcess(eager=setting == "on", closed=closed)


def open_region(
    home: Path,
    passphrase: str,
    *,
    read_only: bool = False,
    clock: Clock | None = None,
    tiles: Path | None = None,
    verifier: str = "auto",
) -> Region:
    """Open the region in `home`; with `read_only` the ledger alone, and no file is changed.

    Raises NoRegion, WrongPassphrase, OtherGenesis, and what the ledger raises at opening.
    """
    path = home / GENESIS
    if not path.is_file():
        raise NoRegion
    genesis, timed = path.read_bytes(), clock or SystemClock()
    secrets = Keystore.open(node_keystore_path(home), passphrase)
    tune_process()
    node = None if read_only else SigningKey.from_seed(secrets.get("node"))
    ledger = EmbeddedLedger.open(
        home / "ledger", node, timed, helper=verifying(verifier), tiles=tiles_folder(home, tiles)
    )
    if read_genesis(genesis)[0] != ledger.network:
        ledger.close()
        raise OtherGenesis
    return region_of(home, genesis, ledger, timed, passphrase, read_only=read_only)


def create_person(region: Region, slug: str) -> Person:
    """Make an empty wallet; raise UnusableName, WalletExists, ReadOnly."""
    if not SLUG.fullmatch(slug):
        raise UnusableName
    if region.read_only:
        raise ReadOnly
    path = wallet_path(region.home, slug)
    Wallet.create(path, region.passphrase(), region.network)
    return region.person(slug)


def open_person(region: Region, slug: str) -> Person:
    """Return a person; raise NoSuchActor."""
    return region.person(slug)


def region_of(
    home: Path, genesis: bytes, ledger: EmbeddedLedger, clock: Clock, passphrase: str, *, read_only: bool
) -> Region:
    """Return what was opened as one value."""
    exchange = FolderExchange(home / "exchange", ledger.network)
    ways = None if read_only else ways_out(home, ledger)
    return Region(home, ledger.network, genesis, ledger, exchange, clock, read_only, passphrase, ways)
