"""Nodes for light clients: each shows a chain, up to a height, as long as it does what it is told."""

from collections.abc import Callable
from pathlib import Path

from salus.client.light import Kept, LightClient, Trust
from salus.client.light.block import LightBlock
from salus.client.remote_errors import NodeAway
from salus.cometbft import chain_id
from salus.core.errors import Refusal
from salus.vault.files import Files, LocalFiles
from vectors.committed_chain import Chain, members


class Node:
    """A provider over a chain; `asked` are the heights of which it gave a block."""

    def __init__(self, chain: Chain, newest: int) -> None:
        self.chain, self.newest = chain, newest
        self.claimed: int | None = None  # what it says of its height, where that is not true
        self.away: type[Refusal] | None = None
        self.changed: Callable[[LightBlock], LightBlock] = lambda block: block
        self.asked: list[int] = []

    def height(self) -> int:
        if self.away is not None:
            raise self.away
        return self.newest if self.claimed is None else self.claimed

    def block(self, height: int) -> LightBlock:
        self.asked.append(height)
        if self.away is not None:
            raise self.away
        if height > self.newest:
            raise LookupError(height)
        return self.changed(LightBlock.of(*self.chain.block(height)))


def client(
    chain: Chain,
    folder: Path,
    *nodes: Node,
    trust: Trust | None = None,
    now_ns: Callable[[], int] | None = None,
    files: Files | None = None,
    confirmations: int = 1,
) -> LightClient:
    """Return a light client of the chain's network that begins at the genesis, its clock at the newest block."""
    folder.mkdir(exist_ok=True)
    newest = max(node.newest for node in nodes)
    return LightClient(
        chain_id(chain.network),
        members(chain.powers(1)),
        nodes,
        Kept(folder / "trusted", chain.network, files or LocalFiles()),
        trust or Trust(),
        now_ns or (lambda: chain.start_ns + newest * chain.step_ns),
        confirmations,
    )


__all__ = ["Node", "NodeAway", "client"]
