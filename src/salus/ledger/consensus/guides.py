"""Members who are asked what leads from the genesis to a header: their servers, then their nodes of CometBFT.

A server has it ready, also where its node has pruned. A node gives headers, and the way is searched among them as among
those that are kept here (`bridges`), by halving. One node's headers are never mixed with another's: who lies spoils its
own answer alone, and is found out when that is verified (`way`).
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Protocol

from salus.client.light.block import LightBlock
from salus.client.remote_errors import NodeAway, NodeBusy, NodeRefused, PrunedThere, UnreadableAnswer
from salus.cometbft.validators import Validators
from salus.core.errors import Malformed
from salus.ledger.consensus.bridges import bridged
from salus.ledger.consensus.commitfile import Step
from salus.ledger.consensus.errors import NoBridge
from salus.ledger.consensus.ports import Votes

MOST_HELD = 4_096  # headers of one node, so that none is asked for twice
UNGIVEN = (LookupError, NodeAway, NodeBusy, NodeRefused, PrunedThere, UnreadableAnswer, Malformed, NoBridge)


class Serving(Protocol):
    """A member's server; `client.remote.RemoteLedger` is one."""

    def header(self, height: int) -> bytes:
        """Return the header of a block, with what leads there from the genesis where the server knows it."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class Guides:
    """Those who are asked; closed with it. `close` may be called from any thread."""

    def __init__(
        self, network: bytes, founders: Validators, servers: Sequence[Serving], nodes: Sequence[Votes]
    ) -> None:
        self._network, self._founders = network, founders
        self._servers, self._nodes = tuple(servers), tuple(nodes)

    def offered(self, height: int) -> Iterator[bytes]:
        """Yield what each of them gives for a height, who gives anything; nothing of it is verified."""
        for server in self._servers:
            try:
                given = server.header(height)
            except UNGIVEN:
                continue
            yield given
        for node in self._nodes:
            try:
                found = self._searched(node, height)
            except UNGIVEN:
                continue
            yield found

    def close(self) -> None:
        """Let go of the connections: a question under way ends."""
        for server in self._servers:
            server.close()
        for node in self._nodes:
            node.close()

    def _searched(self, node: Votes, height: int) -> bytes:
        @lru_cache(MOST_HELD)
        def at(asked: int) -> Step:
            return Step(*LightBlock.of(*node.commit(asked), node.validators(asked)).step)

        return bridged(self._network, self._founders, at, 1, height)
