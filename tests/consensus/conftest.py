"""Fixtures of the tests with real CometBFT processes."""

from collections.abc import Iterator

import pytest

from consensus.kvstore_nodes import KvNode, kv_nodes
from salus.client.cometbft.rpc import Rpc
from salus.cometbft import chain_id

NETWORK = bytes(range(32))


@pytest.fixture(scope="module")
def node() -> Iterator[KvNode]:
    """A chain of one validator."""
    with kv_nodes(chain_id(NETWORK)) as (one,):
        yield one


@pytest.fixture
def rpc(node: KvNode) -> Iterator[Rpc]:
    """A client of it."""
    made = Rpc(node.url)
    yield made
    made.close()
