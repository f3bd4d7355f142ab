"""A light client of a network under CometBFT: headers and state are believed by their proofs, not by who gives them."""

from salus.client.light.client import LightClient
from salus.client.light.kept import Attack, Kept
from salus.client.light.provider import Provider, RpcProvider
from salus.client.light.state import Proved, StateReader
from salus.client.light.trust import Trust

__all__ = ["Attack", "Kept", "LightClient", "Proved", "Provider", "RpcProvider", "StateReader", "Trust"]
