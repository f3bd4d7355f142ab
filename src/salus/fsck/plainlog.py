"""The root of an RFC 9162 log as its definition reads; shares no code with the log that is checked."""

from collections.abc import Sequence
from hashlib import sha256


def plain_log_root(entries: Sequence[bytes]) -> bytes:
    """Return the root over `entries` (RFC 9162 section 2.1.1)."""
    nodes = [sha256(b"\x00" + entry).digest() for entry in entries]
    if not nodes:
        return sha256(b"").digest()
    while len(nodes) > 1:  # pairs, level by level: an odd last node rises as it is
        paired = [sha256(b"\x01" + a + b).digest() for a, b in zip(nodes[::2], nodes[1::2], strict=False)]
        nodes = paired + nodes[len(nodes) & ~1 :]
    return nodes[0]
