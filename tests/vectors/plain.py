"""The formats once more, from their description alone: no Salus code, the standard library only.

Also used by `oracle.py`, in an environment where Salus is not installed.
"""

from collections.abc import Sequence
from hashlib import sha256


def cbor(value: object) -> bytes:
    """Encode by RFC 8949 section 4.2.1; JSON's {"hex": ...} stands for bytes."""
    if isinstance(value, dict):
        return cbor(bytes.fromhex(value["hex"]))
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list | tuple):
        return _head(4, len(value)) + b"".join(cbor(item) for item in value)
    raise TypeError(type(value))


def _head(major: int, n: int) -> bytes:
    for width, code in ((0, n), (1, 24), (2, 25), (4, 26), (8, 27)):
        if n < (24 if width == 0 else 1 << 8 * width):
            return bytes((major << 5 | code,)) + (n.to_bytes(width, "big") if width else b"")
    raise OverflowError(n)


def tagged(tag: str, network: bytes, *fields: object) -> bytes:
    """T(tag, fields...)."""
    return sha256(cbor([tag, network, *fields])).digest()


def cose(kind: str, payload: bytes, signatures: Sequence[tuple[bytes, bytes]]) -> bytes:
    """COSE_Sign in its one form."""
    body = b"\xa1\x03" + cbor(f"application/vnd.salus.{kind}+cbor")
    signers = b"".join(b"\x83" + cbor(protected(kid)) + b"\xa0" + cbor(sig) for kid, sig in signatures)
    return b"\xd8\x62\x84" + cbor(body) + b"\xa0" + cbor(payload) + _head(4, len(signatures)) + signers


def protected(kid: bytes) -> bytes:
    """{1: -8, 4: kid} of a signer."""
    return b"\xa2\x01\x27\x04" + cbor(kid)


def to_be_signed(kind: str, network: bytes, payload: bytes, kid: bytes) -> bytes:
    """Sig_structure of RFC 9052 section 4.4."""
    body = b"\xa1\x03" + cbor(f"application/vnd.salus.{kind}+cbor")
    aad = cbor(["salus/1", kind, network])
    return cbor(["Signature", body, protected(kid), aad, payload])


def log_root(entries: Sequence[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, by its recursion."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + log_root(entries[:split]) + log_root(entries[split:])).digest()


def tree_root(items: Sequence[tuple[bytes, bytes]], depth: int = 0) -> bytes:
    """The sparse tree, by its definition."""
    if not items:
        return bytes(32)
    if len(items) == 1:
        return sha256(b"\x00" + b"".join(sha256(part).digest() for part in items[0])).digest()
    halves: tuple[list[tuple[bytes, bytes]], list[tuple[bytes, bytes]]] = ([], [])
    for item in items:
        halves[bit(item[0], depth)].append(item)
    return sha256(b"\x01" + tree_root(halves[0], depth + 1) + tree_root(halves[1], depth + 1)).digest()


def bit(key: bytes, depth: int) -> int:
    """Bit `depth` of H(key), the most significant first."""
    return int.from_bytes(sha256(key).digest(), "big") >> 255 - depth & 1


def leads_to(root: bytes, key: bytes, end: bytes, siblings: Sequence[bytes]) -> bool:
    """True if `end` beside `siblings` on the way of `key` gives `root`."""
    for depth in reversed(range(len(siblings))):
        pair = siblings[depth] + end if bit(key, depth) else end + siblings[depth]
        end = sha256(b"\x01" + pair).digest()
    return end == root
