"""T: the one hash function for everything that is ours.

T(tag, fields...) = SHA-256(dCBOR([tag, network, fields...])), where `network` is the hash of the
genesis document. The tag keeps state values, leaves, log entries, notes, requests and ids apart.
"""

from functools import lru_cache
from hashlib import sha256

from salus.core.encoding import flat, head

NO_NETWORK = bytes(32)  # stands for the network inside the genesis document itself


@lru_cache(maxsize=1024)
def _prefix(tag: str, network: bytes, count: int) -> bytes:
    return head(4, count + 2) + flat(tag) + flat(network)


def T(tag: str, network: bytes, *fields: object) -> bytes:
    """Return the 32-byte tagged hash of `fields` (bytes, int, str, bool, None, Struct, list)."""
    return sha256(_prefix(tag, network, len(fields)) + b"".join(map(flat, fields))).digest()


def object_id(kind: str, network: bytes, account: bytes, nonce: bytes, message: int, entry: int) -> bytes:
    """Return the derived id of an object that a message creates; never chosen by its caller."""
    return T(kind, network, account, nonce, message, entry)
