"""The CometBFT nodes that batches are sent to: one's own first, then those of other members."""

import logging
from collections.abc import Iterator, Sequence
from threading import Lock
from time import monotonic

from salus.client.cometbft.errors import CatchingUp, OtherChain
from salus.client.cometbft.rpc import BroadcastAnswer, Rpc
from salus.client.remote_errors import NodeAway, NodeBusy, NodeRefused, UnreadableAnswer
from salus.cometbft import chain_id

LOG = logging.getLogger("salus.consensus")
SHUNNED_S = (1.0, 2.0, 5.0, 10.0, 30.0)  # how long after so many failures a node is asked last


class Node:
    """One node, and what is known of how it does. Safe to use from any thread."""

    def __init__(self, network: bytes, rpc: Rpc, number: int = 0) -> None:
        self.rpc, self.number = rpc, number
        self._chain_id = chain_id(network)
        self._known = False  # to be of this network
        self._failures, self._until = 0, 0.0

    @property
    def shunned(self) -> bool:
        """True while it is not worth asking before others."""
        return monotonic() < self._until

    def broadcast(self, batch: bytes) -> BroadcastAnswer:
        """Send a batch; raises what `Rpc.broadcast` raises, and OtherChain: nothing was sent."""
        try:
            if not self._known:
                if self.rpc.status(tries=1).chain_id != self._chain_id:
                    raise OtherChain
                self._known = True
            answer = self.rpc.broadcast(batch)
        except (NodeAway, NodeBusy, CatchingUp, NodeRefused, UnreadableAnswer, OtherChain) as refusal:
            self._known = False  # another may stand there when it comes back
            self._until = monotonic() + SHUNNED_S[min(self._failures, len(SHUNNED_S) - 1)]
            if not self._failures:
                LOG.warning("a node takes no batches", extra={"node": self.number, "code": refusal.code})
            self._failures += 1
            raise
        if self._failures:
            LOG.info("a node takes batches again", extra={"node": self.number})
        self._failures, self._until = 0, 0.0
        return answer


class Nodes:
    """The nodes in the order in which they are asked. Safe to use from any thread."""

    def __init__(self, network: bytes, rpcs: Sequence[Rpc]) -> None:
        if not rpcs:
            raise ValueError("no node to send to")
        self._nodes = tuple(Node(network, rpc, number) for number, rpc in enumerate(rpcs))
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes)

    def order(self, turn: int) -> list[Node]:
        """Return all, from the one whose turn it is on; those that failed lately come last."""
        turn %= len(self._nodes)
        round_ = [*self._nodes[turn:], *self._nodes[:turn]]
        return sorted(round_, key=lambda node: node.shunned)

    def close(self) -> None:
        """Let go of the connections."""
        for node in self._nodes:
            node.rpc.close()
