"""Deterministic CBOR (RFC 8949 section 4.2.1) and nothing but the types the ledger uses.

Accepted: integers below 2^63 in magnitude, byte and text strings, true, false, null, definite
arrays. No maps, tags, floats, bignums or other simple values: the shape is fixed by a class.
https://www.rfc-editor.org/rfc/rfc8949#section-4.2.1
"""

from typing import Any, NoReturn, TypeVar

import cbor2
import msgspec

from salus.core.errors import Malformed
from salus.shapes import made

MAX_DEPTH = 16


def _no_tag(*_: object) -> NoReturn:
    raise ValueError("tag")


# cbor2 runs a tag's decoder while it parses: a 64 KiB regular expression (tag 35) costs half a
# minute. Refusing each built-in tag here keeps hostile bytes from reaching any of them.
_BUILT_IN = (*range(6), 25, *range(28, 31), *range(35, 38), 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)
_NO_TAGS = dict.fromkeys(_BUILT_IN, _no_tag)
_BYTES = (bytes,)
_LIMIT = 1 << 63
S = TypeVar("S", bound=msgspec.Struct)


def encode(value: msgspec.Struct | list[Any] | tuple[Any, ...]) -> bytes:
    """Return the one encoding of `value`; the caller answers for its types."""
    encoded: bytes = cbor2.dumps(msgspec.to_builtins(value, builtin_types=_BYTES))
    return encoded


def decode(raw: bytes, shape: type[S]) -> S:
    """Return the `shape` in `raw`; raise Malformed unless `raw` is exactly its one encoding.

    Field types of `shape` must bound every integer (`core.types`); a test walks all of them.
    """
    try:
        plain = cbor2.loads(raw, semantic_decoders=_NO_TAGS, max_depth=MAX_DEPTH, allow_indefinite=False)
        value = msgspec.convert(plain, made(shape), builtin_types=_BYTES)  # strict: `value` is of exactly these types
        canonical = cbor2.dumps(plain)
    except (cbor2.CBORError, msgspec.ValidationError, ValueError, TypeError, RecursionError, OverflowError):
        raise Malformed from None  # the cause may quote the caller's bytes
    if canonical != raw:
        raise Malformed
    return value


def decode_stored(raw: bytes, shape: type[S]) -> S:
    """Return the `shape` in `raw`, which `encode` made: for the state, whose every byte is in the tree.

    Checks the shape, not the encoding.
    """
    return msgspec.convert(cbor2.loads(raw), made(shape), builtin_types=_BYTES)


def decode_plain(raw: bytes) -> Any:
    """Return the value in `raw` without a shape: lists, int, bytes, str, bool, None. Raises Malformed."""
    try:
        plain = cbor2.loads(raw, semantic_decoders=_NO_TAGS, max_depth=MAX_DEPTH, allow_indefinite=False)
        _check(plain)
        canonical = cbor2.dumps(plain)
    except (cbor2.CBORError, ValueError, TypeError, RecursionError, OverflowError):
        raise Malformed from None
    if canonical != raw:
        raise Malformed
    return plain


def _check(value: object) -> None:
    kind = type(value)  # exact: True is an int, and CBORTag is none of these
    if kind is list:
        for item in value:  # type: ignore[attr-defined]
            _check(item)
    elif kind is int:
        if not -_LIMIT < value < _LIMIT:  # type: ignore[operator]
            raise ValueError("integer")
    elif kind not in (bytes, str, bool) and value is not None:
        raise TypeError("type")


_BYTE = tuple(bytes((n,)) for n in range(256))


def head(major: int, n: int) -> bytes:
    """Return the shortest CBOR head of `major` type (0 integer, 2 bytes, 3 text, 4 array) for `n`."""
    m = major << 5
    if n < 24:
        return _BYTE[m | n]
    if n < 0x100:
        return _BYTE[m | 24] + _BYTE[n]
    if n < 0x10000:
        return _BYTE[m | 25] + n.to_bytes(2, "big")
    if n < 0x100000000:
        return _BYTE[m | 26] + n.to_bytes(4, "big")
    return _BYTE[m | 27] + n.to_bytes(8, "big")


def byte_string(value: bytes) -> bytes:
    """Return `value` as a CBOR byte string."""
    return head(2, len(value)) + value


_BYTES_32 = head(2, 32)


def flat(value: object) -> bytes:
    """Encode one value quickly; equal to `encode` (a test holds them together), for hashing."""
    kind = type(value)
    if kind is bytes:
        n = len(value)  # type: ignore[arg-type]
        return (_BYTES_32 if n == 32 else head(2, n)) + value  # type: ignore[operator]
    if kind is int:
        n = value  # type: ignore[assignment]
        return head(0, n) if n >= 0 else head(1, -1 - n)
    if value is None:
        return b"\xf6"
    if kind is str:
        text: bytes = value.encode()  # type: ignore[attr-defined]
        return head(3, len(text)) + text
    return encode(value)  # type: ignore[arg-type]
