"""Nodes that a home is to follow are heard before it is made: are they there, of which chain, what do they show?"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from salus.bootstrap.consensus import Peer
from salus.bootstrap.network.errors import NodeNotBelieved, NodeOfOtherChain, NodeSilent, NodeTwice, NothingToTrust
from salus.client.cometbft.rpc import NodeStatus, Rpc
from salus.client.light import RpcProvider, Trust
from salus.client.light.block import LightBlock
from salus.client.light.errors import InvalidHeader, NoNodes, NotConfirmed, OtherTrusted, WrongChain
from salus.client.light.verification import check_alone
from salus.client.remote_errors import NodeAway, NodeBusy, NodeRefused, PrunedThere, TlsFailed, UnreadableAnswer
from salus.client.snapshots import SnapshotServer
from salus.cometbft import chain_id
from salus.cometbft.validators import Validators, set_hash, validators
from salus.core.errors import Malformed
from salus.core.genesis import Genesis, read_genesis

SILENT = (NodeAway, NodeBusy, NodeRefused, UnreadableAnswer)
LIES = (InvalidHeader, WrongChain, OtherTrusted, UnreadableAnswer, Malformed)


@contextmanager
def clients(urls: Sequence[str], authority: Path | None) -> Iterator[list[Rpc]]:
    """Give clients of nodes; `authority` is a file of certificates to trust alone. Raises BadUpstream."""
    with ExitStack() as closing:
        made = []
        for url in urls:
            made.append(Rpc(url, authority))
            closing.callback(made[-1].close)
        yield made


def heard(network: bytes, rpcs: Sequence[Rpc], *, named: bool) -> list[NodeStatus | None]:
    """Return what each node says of itself; None of one that is away and was not `named` here.

    Raises NoNodes, NodeSilent, NodeOfOtherChain, NodeTwice.
    """
    if not rpcs:
        raise NoNodes
    chain, ids = chain_id(network), set[str]()
    found: list[NodeStatus | None] = []
    silent: list[NodeSilent] = []
    for rpc in rpcs:
        try:
            status = rpc.status()
        except SILENT as refusal:
            why = refusal if isinstance(refusal, TlsFailed) else None
            if named:
                raise NodeSilent(rpc.url, why) from None
            silent.append(NodeSilent(rpc.url, why))
            found.append(None)
            continue
        if status.chain_id != chain:
            raise NodeOfOtherChain(rpc.url)
        if status.node_id in ids:
            raise NodeTwice(rpc.url)
        ids.add(status.node_id)
        found.append(status)
    if not any(found):
        raise next((one for one in silent if one.why is not None), silent[0])
    return found


def beginning(genesis: bytes, rpcs: Sequence[Rpc], trust: Trust, needed: int) -> tuple[LightBlock, int]:
    """Return the header where trust begins, and how many nodes show it; `needed` says how many must.

    Raises NodeNotBelieved, NotConfirmed, NothingToTrust, TrustExpired, HeaderFromFuture.
    """
    (network, document), shown = read_genesis(genesis), list[LightBlock]()
    for rpc in rpcs:
        try:
            block = RpcProvider(rpc).block(trust.height)
            hashes = {trust.hash} if trust.hash is not None else {one.hash for one in shown[:1]}
            if hashes and block.hash not in hashes:
                raise OtherTrusted
            if trust.hash is None and set_hash(block.validators) != set_hash(_founders(document)):
                raise InvalidHeader
            check_alone(chain_id(network), block, trust, time.time_ns())
        except (LookupError, PrunedThere, NodeAway, NodeBusy, NodeRefused):
            continue
        except LIES as lie:
            raise NodeNotBelieved(rpc.url, lie) from None
        shown.append(block)
    if not shown:
        raise NothingToTrust
    if len(shown) < needed:
        raise NotConfirmed
    return shown[0], len(shown)


def is_offered(peers: Sequence[Peer], authority: Path | None) -> bool:
    """True if a member's server offers a snapshot to begin with; whether it is one, shows when it is taken over."""
    for peer in peers:
        if peer.url is not None:
            server = SnapshotServer(peer.url, authority)
            try:
                if server.list():
                    return True
            except (LookupError, *SILENT):
                continue
            finally:
                server.close()
    return False


def _founders(document: Genesis) -> Validators:
    return validators((one.public, one.power) for one in document.validators)
