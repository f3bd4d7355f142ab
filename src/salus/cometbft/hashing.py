"""CometBFT's hashes: trees of RFC 6962 (those of `merkle.log`) over protobuf encodings.

https://docs.cometbft.com/v0.38/spec/core/encoding
"""

from collections.abc import Iterable
from hashlib import sha256

from google.protobuf.message import Message

from salus.cometbft.proto.abci_pb2 import ExecTxResult
from salus.cometbft.proto.types_pb2 import Commit, EvidenceList, HashedParams
from salus.merkle.log import Frontier, leaf_hash


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over `leaves`, which are hashed with their prefix; 32 bytes."""
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    return tree.root()


def transactions_root(transactions: Iterable[bytes]) -> bytes:
    """Return the `data_hash` of a header: the root over the SHA-256 of each transaction."""
    return tree_root(sha256(one).digest() for one in transactions)


def commit_root(commit: Commit) -> bytes:
    """Return the `last_commit_hash` of the next header."""
    return tree_root(encoded(one) for one in commit.signatures)


def results_root(results: Iterable[ExecTxResult]) -> bytes:
    """Return the `last_results_hash` of the next header: it covers code, data and gas alone."""
    return tree_root(
        encoded(ExecTxResult(code=one.code, data=one.data, gas_wanted=one.gas_wanted, gas_used=one.gas_used))
        for one in results
    )


def evidence_root(shown: EvidenceList) -> bytes:
    """Return the `evidence_hash` of a header: the root over each piece, without what says of which kind it is."""
    return tree_root(encoded(getattr(one, one.WhichOneof("sum"))) for one in shown.evidence)


def parameters_hash(max_bytes: int, max_gas: int) -> bytes:
    """Return the `consensus_hash` of a header; `max_gas` -1 is without limit."""
    return sha256(encoded(HashedParams(block_max_bytes=max_bytes, block_max_gas=max_gas))).digest()


def encoded(message: Message) -> bytes:
    """Return the encoding that CometBFT hashes and signs: fields in the order of their numbers, defaults left out."""
    return message.SerializeToString(deterministic=True)
