"""Receipts of a bulk release: one for each relation, under one root in the form of RFC 9162.

The recipient computes the root from all receipts, and so knows that none was kept from it.
"""

from salus.core.hashing import T


def receipt(network: bytes, bulk: bytes, relation: bytes, release: bytes, leaves: bytes) -> bytes:
    """Return the receipt of one relation's part; entry of the tree, in the order of the message."""
    return T("receipt", network, bulk, relation, release, leaves)
