"""Make a home without a validator, which follows others' nodes by a light client.

It is made of an invitation, or of the genesis and addresses of nodes. Nothing is written before this holds:

1. The genesis is whole, and so is its id, which `Invitation` compares with the one that it names.
2. Each node that is named answers, is of the genesis' chain, and no two are one. Of an invitation's nodes, which nobody
   here chose, one that is away is left out of this.
3. The header where trust begins is the one that is vouched for, or was signed by the genesis' validators; more than two
   thirds of its own validators signed it, within the trust period. Of two named or more, two show it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import structs

from salus.bootstrap.consensus import CERTIFICATES, ConsensusFile, NodeId, Peer, Slug, Trust, write_consensus
from salus.bootstrap.layout import FILES, GENESIS, MemberSpec
from salus.bootstrap.light import trust_of
from salus.bootstrap.network.errors import NodeNotBelieved, NotAGenesis
from salus.bootstrap.network.hearing import beginning, clients, heard, is_offered
from salus.bootstrap.network.joining import Invitation, apply_for, read_invitation, refuse_taken
from salus.client.cometbft.rpc import NodeStatus
from salus.client.light.block import LightBlock
from salus.client.remote_errors import UnreadableAnswer
from salus.core.errors import Refusal
from salus.core.genesis import read_genesis
from salus.shapes import made

NAME = "gateway"


class Origin(NamedTuple):
    """What a home is made of; without an invitation nobody is asked to admit a member."""

    genesis: bytes
    invitation: Invitation | None

    @property
    def network(self) -> str:
        """The network's id."""
        return read_genesis(self.genesis)[0].hex()


class Node(NamedTuple):
    """A node to follow, and the Salus server of the same member."""

    rpc: str
    server: str | None = None


class Begun(NamedTuple):
    """A home that was made."""

    consensus: ConsensusFile
    block: LightBlock  # where trust begins
    showed: int  # nodes that show it
    away: tuple[str, ...]  # of the invitation's nodes
    application: Path | None


class Wanted(NamedTuple):
    """How a home is to be."""

    listen: str
    url: str | None = None
    trust: Trust | None = None  # else the invitation's
    every_block: bool = False  # from the genesis on, whatever snapshots there are
    authority: Path | None = None  # certificates in PEM, of which a copy is kept
    member: MemberSpec | None = None  # a newcomer, with keys
    passphrase: Callable[[], str] = str  # of its keys; asked for once everything was verified


def read_origin(raw: bytes) -> Origin:
    """Return what a file is: an invitation, or a genesis; raise BadInvitation, NotAGenesis."""
    if raw.lstrip()[:1] == b"{":
        found = read_invitation(raw)
        return Origin(found.document, found)
    try:
        read_genesis(raw)
    except Refusal:
        raise NotAGenesis from None
    return Origin(raw, None)


def follow(home: Path, origin: Origin, nodes: Sequence[Node], wanted: Wanted) -> Begun:
    """Make the home; `nodes` are asked in the place of the invitation's. It is none before all of it is there.

    Raises NoNodes, NodeSilent, NodeOfOtherChain, NodeTwice, NodeNotBelieved, NotConfirmed, NothingToTrust,
    TrustExpired, HeaderFromFuture, BadInvitation (a member of that name is there), BadUpstream, StorageFull,
    StorageFailed.
    """
    invitation = origin.invitation
    if invitation is not None and wanted.member is not None:
        refuse_taken(invitation, wanted.member)
    known = () if invitation is None else invitation.peers
    asked = nodes or [Node(peer.rpc, peer.url) for peer in known]
    trust = wanted.trust or (None if invitation is None else invitation.trust)
    said = ConsensusFile(
        NAME if wanted.member is None else wanted.member.slug,
        node="light",
        listen=wanted.listen,
        url=wanted.url,
        ca=None if wanted.authority is None else CERTIFICATES,
        trust=trust,
    )
    if invitation is not None:
        said = structs.replace(said, heartbeat_ms=invitation.heartbeat_ms, one_machine=invitation.one_machine)
    with clients([one.rpc for one in asked], wanted.authority) as rpcs:
        found = heard(read_genesis(origin.genesis)[0], rpcs, named=bool(nodes))
        there = [rpc for rpc, status in zip(rpcs, found, strict=True) if status is not None]
        block, showed = beginning(origin.genesis, there, trust_of(said), needed=min(2, len(rpcs)))
    said = structs.replace(said, peers=_peers(asked, found, known) if nodes else known)
    if not wanted.every_block and is_offered(said.peers, wanted.authority):
        said = structs.replace(said, begin="snapshot")
    FILES.create_folder(home)
    if wanted.authority is not None:
        FILES.write(home / CERTIFICATES, wanted.authority.read_bytes())
    write_consensus(home, said)
    application = None
    if invitation is not None and wanted.member is not None:
        application = apply_for(home, invitation, wanted.member, wanted.passphrase(), None)
    FILES.write(home / GENESIS, origin.genesis)
    away = tuple(one.rpc for one, status in zip(asked, found, strict=True) if status is None)
    return Begun(said, block, showed, away, application)


def _peers(nodes: Sequence[Node], heard: Sequence[NodeStatus | None], known: Sequence[Peer]) -> tuple[Peer, ...]:
    """Return the nodes that were named, as the home keeps them; whom the invitation knows has its name of there."""
    invited, taken, peers = {peer.node: peer for peer in known}, set[str](), []
    for at, (node, status) in enumerate(zip(nodes, heard, strict=True), start=1):
        there = "" if status is None else status.node_id
        peer = invited.get(there)
        if peer is not None:
            peer = structs.replace(peer, rpc=node.rpc, url=node.server or peer.url)
        else:
            peer = Peer(_name(status, f"node-{at}"), _id(there, node.rpc), None, node.rpc, node.server)
        if peer.name in taken:
            peer = structs.replace(peer, name=f"node-{at}")
        taken.add(peer.name)
        peers.append(peer)
    return tuple(peers)


def _name(status: NodeStatus | None, usual: str) -> str:
    """Return the name that a node gives itself, where it can be one."""
    try:
        return msgspec.convert("" if status is None else status.moniker, made(Slug))
    except msgspec.ValidationError:
        return usual


def _id(said: str, url: str) -> str:
    try:
        return msgspec.convert(said, made(NodeId))
    except msgspec.ValidationError:
        raise NodeNotBelieved(url, UnreadableAnswer()) from None
