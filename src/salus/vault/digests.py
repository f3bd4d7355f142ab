"""Digests: the tagged hashes of `salus.core` that every deposited record needs, with their fixed part made once.

They give the very bytes of `content_digest`, `leaf_hash` and `T("commit", ...)`, which a test holds together;
taking the general way costs half as much again as the whole rest of sealing a record.
"""

from hashlib import sha256

from salus.core.encoding import byte_string, flat, head

_HASH = head(2, 32)


class Digests:
    """The digests of the records of one relation. Salts and keys are 32 bytes."""

    __slots__ = ("_commit", "_content", "_leaf")

    def __init__(self, network: bytes, relation: bytes) -> None:
        self._commit = head(4, 3) + flat("commit") + flat(network) + _HASH
        self._content = head(4, 4) + flat("content") + flat(network) + _HASH
        self._leaf = head(4, 5) + flat("leaf") + flat(network) + flat(relation) + _HASH

    def commitment(self, key: bytes) -> bytes:
        """See `keys.commitment`."""
        return sha256(self._commit + key).digest()

    def content(self, salt: bytes, octets: bytes) -> bytes:
        """See `core.record.content_digest`."""
        digest = sha256(self._content + salt + head(2, len(octets)))
        digest.update(octets)  # rather than copied behind the rest
        return digest.digest()

    def leaf(self, salt: bytes, header: bytes) -> bytes:
        """See `core.record.leaf_hash`."""
        return sha256(self._leaf + salt + byte_string(header)).digest()
