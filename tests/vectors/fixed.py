"""Fixed inputs: every byte string here is SHA-256 of a label, so that anybody can make it again."""

from hashlib import sha256

from salus.core.signatures import SigningKey

NOW = 1_700_000_000_000  # a block time, milliseconds


def fixed(label: str, size: int = 32) -> bytes:
    """Return the first `size` (at most 32) bytes of SHA-256 of the label."""
    return sha256(label.encode()).digest()[:size]


NETWORK = fixed("network")


def key(label: str) -> SigningKey:
    """Return the key whose seed is SHA-256 of "key " and the label."""
    return SigningKey.from_seed(fixed("key " + label))


def shown(value: object) -> object:
    """Return `value` as JSON: bytes as {"hex": ...}, everything else as it is."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, list | tuple):
        return [shown(item) for item in value]
    return value
