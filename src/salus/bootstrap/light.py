"""The ledger of a home without a validator: a replica over the RPC of the members' nodes, believed nothing."""

from pathlib import Path

from salus.bootstrap.consensus import ConsensusFile
from salus.client.cometbft.rpc import Rpc
from salus.client.light import Kept, LightClient, RpcProvider, Trust
from salus.client.light.block import NS
from salus.client.light.errors import NoNodes
from salus.client.remote import RemoteLedger
from salus.client.snapshots import SnapshotServer
from salus.cometbft import chain_id
from salus.cometbft.validators import validators
from salus.core.genesis import read_genesis
from salus.ledger.consensus.broadcast import Broadcaster
from salus.ledger.consensus.guides import Guides
from salus.ledger.embedded.clock import Clock
from salus.ledger.light import LightLedger
from salus.ledger.light.beginning import Beginning
from salus.ledger.light.source import Source
from salus.vault.files import LocalFiles
from salus.verifier.helper import Helper

TRUSTED = "trusted"  # in the ledger's folder: the light client's file
CATCH_UP_S = 30.0  # so long opening waits for a replica to catch up; it goes on afterwards
MILLION = 1_000_000


def light_ledger(
    home: Path, genesis: bytes, consensus: ConsensusFile, clock: Clock, helper: Helper, *, read_only: bool
) -> LightLedger:
    """Return the replica of a home, caught up as far as the nodes answer; `read_only`: nobody is asked.

    Raises NoNodes, BadUpstream, DamagedTrust, NoSnapshot, and what the ledger raises at opening.
    """
    folder = home / "ledger"
    if read_only:
        return LightLedger.open(folder, genesis, None, None, clock, helper=helper)
    if not consensus.rpcs:
        raise NoNodes
    authority = consensus.authority(home)
    network, document = read_genesis(genesis)
    founders = validators((one.public, one.power) for one in document.validators)
    files = LocalFiles()
    files.create_folder(folder)
    rpcs, senders = ([Rpc(url, authority) for url in consensus.rpcs] for _ in range(2))
    light = LightClient(
        chain_id(network),
        founders,
        [RpcProvider(rpc) for rpc in rpcs],
        Kept(folder / TRUSTED, network, files),
        trust_of(consensus),
        lambda: clock.now_ms() * MILLION,
    )
    source = Source(network, founders, light, rpcs)
    urls = [peer.url for peer in consensus.peers if peer.url is not None]
    noting = [RemoteLedger(url, network, authority) for url in urls]
    servers = [SnapshotServer(url, authority) for url in urls] if consensus.begin == "snapshot" else []
    beginning = Beginning(network, light, source, servers) if consensus.begin == "snapshot" else None
    try:
        ledger = LightLedger.open(
            folder,
            genesis,
            source,
            Broadcaster(network, senders),
            clock,
            noting,
            helper=helper,
            beginning=beginning,
            guides=lambda: guides_of(home, consensus, genesis),
        )
    finally:
        for one in servers:
            one.close()
    ledger.catch_up(CATCH_UP_S)
    return ledger


def guides_of(home: Path, consensus: ConsensusFile, genesis: bytes) -> Guides:
    """Return the other members, to be asked what leads from the genesis to a home's first block; raise BadUpstream."""
    authority, peers = consensus.authority(home), consensus.peers
    network, document = read_genesis(genesis)
    founders = validators((one.public, one.power) for one in document.validators)
    servers = [RemoteLedger(peer.url, network, authority) for peer in peers if peer.url is not None]
    return Guides(network, founders, servers, [Rpc(peer.rpc, authority) for peer in peers])


def trust_of(consensus: ConsensusFile) -> Trust:
    """Return where the home's light client begins: where whoever invited said, or at the genesis."""
    said = consensus.trust
    if said is None:
        return Trust()
    return Trust(said.height, bytes.fromhex(said.hash), said.period_s * NS)
