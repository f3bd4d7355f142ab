"""The other members' nodes that a home knows: cards, which members hand to one another, and `peers` of consensus.json.

A card is JSON: name, node, p2p, rpc, url, as `peers` has them. Nothing of it is secret, and nothing is proved by it but
what its node proves when it is dialled. A node that runs learns of a change at its next start: nobody is found but who
is listed (`p2p.pex` is off).
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import structs

from salus.bootstrap.consensus import MOST_MEMBERS, ConsensusFile, Peer, write_consensus
from salus.bootstrap.network.errors import BadPeerCard, NoConsensusHome, NoSuchPeer, PeerClash
from salus.bootstrap.network.keeping import said_by, served_at
from salus.bootstrap.network.keyfiles import node_id
from salus.shapes import made

MOST_BYTES = 4096
CARD = "peer.json"
Peers = tuple[Peer, ...]


def own_card(home: Path) -> Peer:
    """Return the card of a home's own node; raise NoConsensusHome also where it has none, BadConsensus."""
    said = said_by(home)
    if not said.has_node:
        raise NoConsensusHome
    return Peer(said.name, node_id(home), said.external or said.p2p, _reached(said), served_at(said))


def _reached(said: ConsensusFile) -> str:
    """Return where others reach the node's RPC: at the host by which they dial it."""
    if said.external is None:
        return f"{said.rpc_scheme}://{said.rpc}"
    return f"{said.rpc_scheme}://{said.external.rpartition(':')[0]}:{said.rpc.rpartition(':')[2]}"


def write_card(peer: Peer) -> bytes:
    """Return a card."""
    return msgspec.json.format(msgspec.json.encode(peer), indent=2) + b"\n"


def read_card(raw: bytes) -> Peer:
    """Return what a card says; raise BadPeerCard."""
    try:
        return msgspec.json.decode(raw[:MOST_BYTES], type=made(Peer))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BadPeerCard from None


def add_peer(home: Path, peer: Peer) -> ConsensusFile:
    """Add a member's node, or where it was moved to, to a home's consensus.json, durably; return what that says then.

    Raises NoConsensusHome, BadConsensus, StorageFull, StorageFailed; PeerClash where the name is another node's, the
    node another name's or this home's own, or no more fit.
    """
    return _change(home, lambda peers: with_peer(home, peers, peer))


def with_peer(home: Path, peers: Peers, peer: Peer) -> Peers:
    """Return the peers of a home with one added, or changed in its place; raise PeerClash, NoConsensusHome."""
    own = said_by(home)
    known = next((one for one in peers if one.name == peer.name), None)
    others = [one for one in peers if one is not known]
    if peer.name == own.name or (own.has_node and peer.node == node_id(home)):
        raise PeerClash
    if (known is not None and known.node != peer.node) or peer.node in {one.node for one in others}:
        raise PeerClash
    if known is not None:
        return tuple(peer if one is known else one for one in peers)
    if len(peers) >= MOST_MEMBERS:
        raise PeerClash
    return (*peers, peer)


def remove_peer(home: Path, name: str) -> ConsensusFile:
    """Take a member's node out of a home's consensus.json, durably; return what that says then. Raises NoSuchPeer."""

    def without(peers: Peers) -> Peers:
        left = tuple(one for one in peers if one.name != name)
        if left == peers:
            raise NoSuchPeer
        return left

    return _change(home, without)


def _change(home: Path, change: Callable[[Peers], Peers]) -> ConsensusFile:
    said = said_by(home)
    changed = structs.replace(said, peers=change(said.peers))
    if changed != said:
        write_consensus(home, changed)
    return changed
