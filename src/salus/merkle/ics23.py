"""Our proofs in the form of ICS-23, for verifiers of that standard: protobuf `CommitmentProof`.

Membership only: the standard's proof of absence shows a neighbour's key and value in clear, which
ours never do. A verifier of ours must not take this form: it does not say that the way follows the
bits of H(key).
https://github.com/cosmos/ics23/blob/master/proto/cosmos/ics23/v1/proofs.proto
"""

from hashlib import sha256

from salus.merkle.smt import BITS, INNER, LEAF, Proof

_SHA256 = 1  # HashOp
_VARINT, _BYTES = 0, 2  # wire types


def existence(key: bytes, value: bytes, proof: Proof) -> bytes:
    """Return the CommitmentProof that `value` is the value of `key`; the leaf's way up, sibling by sibling."""
    leaf = _number(1, _SHA256) + _number(2, _SHA256) + _number(3, _SHA256) + _field(5, LEAF)
    way = int.from_bytes(sha256(key).digest(), "big") >> (BITS - len(proof.siblings))
    path = b""
    for sibling in reversed(proof.siblings):
        beside = _field(2, INNER + sibling) if way & 1 else _field(2, INNER) + _field(3, sibling)
        path += _field(4, _number(1, _SHA256) + beside)
        way >>= 1
    return _field(1, _field(1, key) + _field(2, value) + _field(3, leaf) + path)


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
