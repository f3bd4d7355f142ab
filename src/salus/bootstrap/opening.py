"""Opening a region, and the people of it."""

import os
from pathlib import Path
from typing import NamedTuple

from salus.bootstrap.consensus import ConsensusFile, OfANetwork, read_consensus, socket_path
from salus.bootstrap.elsewhere import ways_out
from salus.bootstrap.engine import Engine
from salus.bootstrap.layout import GENESIS, SLUG, node_keystore_path, tiles_folder, wallet_path
from salus.bootstrap.light import guides_of, light_ledger
from salus.bootstrap.region import Region
from salus.bootstrap.upstream import UpstreamFile, read_upstream
from salus.client.cometbft.rpc import Rpc
from salus.client.remote import RemoteLedger
from salus.client.tls import Local
from salus.core.genesis import read_genesis
from salus.core.signatures import SigningKey
from salus.ledger.apart import ApartLedger
from salus.ledger.consensus.broadcast import Broadcaster
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.ledger.consensus.syncing import Keeping, state_sync
from salus.ledger.embedded.clock import Clock, SystemClock
from salus.ledger.embedded.ledger import EmbeddedLedger
from salus.ledger.embedded.tuning import tune_process
from salus.ledger.errors import NotANode
from salus.ledger.followed import FollowedLedger
from salus.services.actors import Person
from salus.services.errors import NoRegion, OtherGenesis, ReadOnly, UnusableName
from salus.services.folder_exchange import FolderExchange
from salus.vault.keystore import Keystore
from salus.verifier.helper import Alone, Helper
from salus.verifier.process import VerifierProcess
from salus.wallet.wallet import Wallet

CATCH_UP_S = 30.0  # so long opening waits for a replica to catch up; it goes on afterwards


def verifying(setting: str, *, closed: bool = False) -> Helper:
    """Return what checks signatures beside the executor, by the setting `verifier` (`config.Config`).

    `auto`: a process, started when there is work for it, where there are two processors. `closed`: of a ledger
    that nobody writes to.
    """
    if setting == "off" or (setting == "auto" and len(os.sched_getaffinity(0)) < 2):
        return Alone()
    return VerifierProcess(eager=setting == "on", closed=closed)


def made_apart(setting: str) -> bool:
    """True if a process of its own is to make an embedded ledger's blocks, by the setting `executor` (`config.Config`).

    `auto`: where there are two processors.
    """
    return setting == "apart" or (setting == "auto" and len(os.sched_getaffinity(0)) > 1)


def open_region(
    home: Path,
    passphrase: str,
    *,
    read_only: bool = False,
    clock: Clock | None = None,
    tiles: Path | None = None,
    verifier: str = "auto",
    executor: str = "inside",
) -> Region:
    """Open the region in `home`; with `read_only` the ledger alone, and no file is changed.

    `executor`: where the blocks of an embedded ledger are made (`made_apart`).
    Where the home follows a node, its replica catches up first, for a while; a node that is away is not waited for.
    Raises NoRegion, NotANode, WrongPassphrase, OtherGenesis, BadUpstream, BadConsensus, and what the ledger raises at
    opening.
    """
    path = home / GENESIS
    if not path.is_file():
        raise NoRegion
    genesis, timed = path.read_bytes(), clock or SystemClock()
    upstream, consensus = read_upstream(home), read_consensus(home)
    ledger: Engine
    if consensus is not None:
        tune_process()
        # A thread of the ledger's own does it (`consensus.ahead`): with a process, each side parses and looks up.
        helper = VerifierProcess(eager=True) if verifier == "on" else Alone()
        if consensus.has_node:
            node = None if read_only else validator_key(home, passphrase)
            acting = None if read_only else Acting(node, tiles_folder(home, tiles))
            ledger = decided(home, genesis, consensus, timed, helper, acting)
        else:
            ledger = light_ledger(home, genesis, consensus, timed, verifying(verifier), read_only=read_only)
    elif upstream is not None:
        tune_process()
        ledger = _followed(home, genesis, None if read_only else upstream, timed, verifying(verifier))
    else:
        secret = node_seed(home, passphrase)
        tune_process()
        node, lies = None if read_only else SigningKey.from_seed(secret), home / "ledger"
        if node is not None and made_apart(executor):
            ledger = ApartLedger.open(lies, node, timed, tiles_folder(home, tiles), verifier=verifier == "on")
        else:
            ledger = EmbeddedLedger.open(lies, node, timed, helper=verifying(verifier), tiles=tiles_folder(home, tiles))
    if read_genesis(genesis)[0] != ledger.network:
        ledger.close()
        raise OtherGenesis
    return region_of(home, genesis, ledger, timed, passphrase, read_only=read_only)


def needs_node(home: Path) -> bool:
    """True if nothing can be done in the home unless its CometBFT runs; raise BadConsensus."""
    consensus = read_consensus(home)
    return consensus is not None and consensus.has_node


class Acting(NamedTuple):
    """What a ledger is opened with that is not for reading only."""

    node: SigningKey | None  # None: a remote signer has it
    tiles: Path


def decided(
    home: Path, genesis: bytes, consensus: ConsensusFile, clock: Clock, helper: Helper, acting: Acting | None
) -> ConsensusLedger:
    """Return the ledger of a member whose blocks CometBFT decides; without `acting` for reading only."""
    folder = home / "ledger"
    if acting is None:
        return ConsensusLedger.open(folder, genesis, None, None, None, clock, helper=helper)
    authority = consensus.authority(home)
    own, *others = (Rpc(url, authority if at else Local.OWN) for at, url in enumerate(consensus.rpcs))
    broadcaster = Broadcaster(read_genesis(genesis)[0], [own, *others])
    return ConsensusLedger.open(
        folder,
        genesis,
        socket_path(home),
        broadcaster,
        acting.node,
        clock,
        helper=helper,
        tiles=acting.tiles,
        votes=own,
        snapshots=state_sync(keeping(consensus)),
        guides=lambda: guides_of(home, consensus, genesis),
    )


def keeping(consensus: ConsensusFile) -> Keeping:
    """Return how much the node of a member keeps."""
    blocks = None if consensus.archive else consensus.keep_blocks
    return Keeping(consensus.snapshot_every, consensus.snapshots, blocks)


def validator_key(home: Path, passphrase: str) -> SigningKey | None:
    """Return the key of the home's validator; None where a remote signer has it. Raises WrongPassphrase."""
    path = node_keystore_path(home)
    return SigningKey.from_seed(Keystore.open(path, passphrase).get("node")) if path.is_file() else None


def refuse_network(home: Path) -> None:
    """Raise OfANetwork where the home's blocks are decided by CometBFT."""
    if read_consensus(home) is not None:
        raise OfANetwork


def has_node(home: Path) -> bool:
    """True if the home's ledger is its own, by its node's key or by CometBFT; raise BadUpstream, BadConsensus."""
    consensus = read_consensus(home)
    if consensus is not None:
        return consensus.has_node
    return read_upstream(home) is None and node_keystore_path(home).is_file()


def node_seed(home: Path, passphrase: str) -> bytes:
    """Return the seed of the node's key of an embedded ledger; raise NotANode, OfANetwork, WrongPassphrase."""
    refuse_network(home)
    if not has_node(home):
        raise NotANode
    return Keystore.open(node_keystore_path(home), passphrase).get("node")


def _followed(
    home: Path, genesis: bytes, upstream: UpstreamFile | None, clock: Clock, helper: Helper
) -> FollowedLedger:
    """Return the replica of a home, caught up with its node as far as that answers; None: for reading only."""
    node = None
    if upstream is not None:
        node = RemoteLedger(upstream.node, read_genesis(genesis)[0], upstream.authority(home))
    ledger = FollowedLedger.open(home / "ledger", genesis, node, clock, helper=helper)
    ledger.catch_up(CATCH_UP_S)
    return ledger


def create_person(region: Region, slug: str) -> Person:
    """Make an empty wallet; raise UnusableName, WalletExists, WrongPassphrase, ReadOnly."""
    if not SLUG.fullmatch(slug):
        raise UnusableName
    if region.read_only:
        raise ReadOnly
    path = wallet_path(region.home, slug)
    _check_passphrase(region)
    Wallet.create(path, region.passphrase(), region.network)
    return region.person(slug)


def _check_passphrase(region: Region) -> None:
    """Raise WrongPassphrase where another file of the home is sealed by another; the node's own was opened before."""
    sealed = [*region.home.glob("people/*/wallet.sealed"), *region.home.glob("organisations/*/keystore.sealed")]
    if sealed and read_upstream(region.home) is not None:
        Keystore.open(min(sealed), region.passphrase())


def open_person(region: Region, slug: str) -> Person:
    """Return a person; raise NoSuchActor."""
    return region.person(slug)


def region_of(home: Path, genesis: bytes, ledger: Engine, clock: Clock, passphrase: str, *, read_only: bool) -> Region:
    """Return what was opened as one value."""
    exchange = FolderExchange(home / "exchange", ledger.network)
    ways = None if read_only else ways_out(home, ledger)
    return Region(home, ledger.network, genesis, ledger, exchange, clock, read_only, passphrase, ways)
