"""Our proofs in the form of ICS-23, for verifiers of that standard: protobuf `CommitmentProof`.

Membership only: the standard's proof of absence shows a neighbour's key and value in clear, which
ours never do. The form itself does not say that the way follows the bits of H(key): `read_existence`
takes none along another way.
https://github.com/cosmos/ics23/blob/master/proto/cosmos/ics23/v1/proofs.proto
"""

from hashlib import sha256

from salus.core.errors import Malformed
from salus.merkle.smt import BITS, EMPTY, INNER, LEAF, Proof

_SHA256 = 1  # HashOp
_VARINT, _BYTES = 0, 2  # wire types


def existence(key: bytes, value: bytes, proof: Proof) -> bytes:
    """Return the CommitmentProof that `value` is the value of `key`; the leaf's way up, sibling by sibling."""
    leaf = _number(1, _SHA256) + _number(2, _SHA256) + _number(3, _SHA256) + _field(5, LEAF)
    way = int.from_bytes(sha256(key).digest(), "big") >> (BITS - len(proof.siblings))
    path = b""
    for sibling in reversed(proof.siblings):
        path += _step(sibling, right=bool(way & 1))
        way >>= 1
    return _field(1, _field(1, key) + _field(2, value) + _field(3, leaf) + path)


def read_existence(raw: bytes, key: bytes, value: bytes) -> Proof:
    """Return the proof of which `existence` makes `raw` for `key` and `value`; raise Malformed where there is none.

    The way is the one of the bits of H(key), whatever `raw` says: a proof along another is another encoding.
    """
    left, right = (len(_step(EMPTY, right=side)) for side in (False, True))
    way, rest, nearest = int.from_bytes(sha256(key).digest(), "big"), raw, []
    for depth in range(BITS):  # from the root down, whose step is the last one
        if len(existence(key, value, Proof((EMPTY,) * depth, None))) >= len(raw):
            break
        on_right = bool(way >> (BITS - 1 - depth) & 1)
        step = rest[-(right if on_right else left) :]
        nearest.append(step[-32:])
        rest = rest[: -len(step)]
    found = Proof(tuple(nearest), None)
    if any(len(one) != 32 for one in nearest) or existence(key, value, found) != raw:
        raise Malformed
    return found


def _step(sibling: bytes, *, right: bool) -> bytes:
    """Return a step of the way up beside a sibling; `right`: the way comes from the right."""
    beside = _field(2, INNER + sibling) if right else _field(2, INNER) + _field(3, sibling)
    return _field(4, _number(1, _SHA256) + beside)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
