"""A node as a light client asks it. Nothing of what it gives is believed."""

from typing import Protocol

from salus.client.cometbft.rpc import Rpc
from salus.client.light.block import LightBlock


class Provider(Protocol):
    """Every method may be called from any thread; what it raises is said in `client.cometbft.rpc`."""

    def height(self) -> int:
        """Return the height that the node says its newest block has."""
        ...

    def block(self, height: int) -> LightBlock:
        """Return header, commit and validators of a height; raises LookupError where there is none yet."""
        ...


class RpcProvider:
    """A CometBFT node by its RPC."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc

    def height(self) -> int:
        return self.rpc.status(tries=1).height

    def block(self, height: int) -> LightBlock:
        header, commit = self.rpc.commit(height)
        return LightBlock.of(header, commit, self.rpc.validators(height))
