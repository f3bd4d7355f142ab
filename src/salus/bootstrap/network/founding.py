"""Found a network: one genesis, and a home for each member with its keys, its vault and its validator."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from salus.bootstrap.consensus import ConsensusFile, Peer, write_consensus
from salus.bootstrap.founding import make_genesis
from salus.bootstrap.heartbeat import heartbeat_for
from salus.bootstrap.keys import OrganisationKeys, new_keys, new_node
from salus.bootstrap.layout import FILES, GENESIS, RegionSpec
from salus.bootstrap.network.errors import NetworkFolderTaken
from salus.bootstrap.network.keyfiles import make_cometbft
from salus.bootstrap.network.plan import HERE, Place
from salus.bootstrap.organisations import make_vault
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.core.genesis import founder_id, read_genesis
from salus.core.signatures import SigningKey
from salus.services.folder_exchange import FolderExchange

Progress = Callable[[str, int, int], None]
Parameters = Sequence[tuple[Parameter, int]]


def found_network(
    folder: Path,
    name: str,
    members: Sequence[Place],
    passphrase: Callable[[Path], str],
    parameters: Parameters = (),
    progress: Progress = lambda what, done, total: None,
) -> tuple[Path, ...]:
    """Make the homes of a new network in a new `folder`, each named by its member; return them.

    `passphrase` gives that of a home. This machine makes every key, and so has seen them all. Raises
    NetworkFolderTaken, StorageFull, StorageFailed. A home without its genesis, where this was broken off, is none.
    """
    if folder.exists() and any(folder.iterdir()):
        raise NetworkFolderTaken
    made_ms = time.time_ns() // 1_000_000
    homes = [folder / member.spec.slug for member in members]
    keys: list[OrganisationKeys] = []
    nodes: list[SigningKey] = []
    for at, (home, member) in enumerate(zip(homes, members, strict=True)):
        progress("Making keys", at, len(homes))
        FILES.create_folder(home)
        secret = passphrase(home)
        nodes.append(new_node(home, secret))
        keys.append(new_keys(home, member.spec.slug, secret, made_ms))
    spec = RegionSpec(name, tuple(member.spec for member in members))
    genesis, founders = make_genesis(spec, keys, list(enumerate(nodes)), made_ms, parameters)
    network, _ = read_genesis(genesis)
    ids = [make_cometbft(home, genesis, node) for home, node in zip(homes, nodes, strict=True)]
    alone = all(member.dialled.startswith(f"{HERE}:") for member in members)
    for at, (home, member) in enumerate(zip(homes, members, strict=True)):
        progress("Making homes", at, len(homes))
        write_consensus(home, consensus_of(member, peers_of(members, ids, at), heartbeat_ms(parameters), alone=alone))
        exchange = FolderExchange(home / "exchange", network)
        for made in keys:
            exchange.publish_key(made.seal.public)
        make_vault(home, network, exchange, member.spec, keys[at], founder_id(founders[at])).close()
    for path in (*(home / GENESIS for home in homes), folder / GENESIS):
        FILES.write(path, genesis)
    return tuple(homes)


def peers_of(members: Sequence[Place], ids: Sequence[str], at: int) -> tuple[Peer, ...]:
    """Return the others of the member at place `at`."""
    everybody = zip(members, ids, strict=True)
    return tuple(
        Peer(member.spec.slug, node, member.dialled, member.asked, member.url)
        for place, (member, node) in enumerate(everybody)
        if place != at
    )


def consensus_of(member: Place, peers: tuple[Peer, ...], heartbeat: int, *, alone: bool) -> ConsensusFile:
    """Return what the consensus.json of a member says."""
    apart = member.dialled != member.p2p
    host = member.dialled.rpartition(":")[0]
    return ConsensusFile(
        name=member.spec.slug,
        p2p=member.p2p,
        rpc=member.rpc,
        metrics=member.metrics,
        listen=member.listen,
        names=(host,) if apart else (),
        external=member.dialled if apart else None,
        url=member.url if apart else None,
        peers=peers,
        one_machine=alone,
        heartbeat_ms=heartbeat,
    )


def heartbeat_ms(parameters: Parameters) -> int:
    """Return how often an idle network with these parameters makes a block."""
    return heartbeat_for(dict(parameters).get(Parameter.STALE_MS, BOUNDS[Parameter.STALE_MS].default))
