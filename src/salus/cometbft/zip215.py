"""Ed25519 as CometBFT's validators verify it: by ZIP 215, which takes more than libsodium does.

Both points may be encoded non-canonically and may have a torsion component, and the equation is multiplied by the
cofactor: [8][s]B = [8]R + [8][k]A, s below the group order. Whoever took less than that could be shown a commit that
the network counts and this verifier does not (docs/adr/0056). It is never used for signatures of our own
(`core.signatures`, docs/adr/0001).
https://zips.z.cash/zip-0215
"""

from hashlib import sha512

from nacl.bindings import (
    crypto_core_ed25519_add,
    crypto_core_ed25519_scalar_reduce,
    crypto_scalarmult_ed25519_base_noclamp,
    crypto_scalarmult_ed25519_noclamp,
    crypto_sign_open,
)
from nacl.exceptions import BadSignatureError
from nacl.exceptions import RuntimeError as NotAPoint

_ORDER = 2**252 + 27742317777372353535851937790883648493
_NEUTRAL = bytes((1, *bytes(31)))
_ZERO = bytes(32)


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """True if `signature` (64 bytes) over `message` is that of `public` (32 bytes) by ZIP 215."""
    if len(signature) != 64 or len(public) != 32:
        return False
    try:
        crypto_sign_open(signature + message, public)  # what libsodium takes, ZIP 215 takes: the common case
    except BadSignatureError:
        return _equation_holds(public, message, signature[:32], signature[32:])
    return True


def _equation_holds(public: bytes, message: bytes, r: bytes, s: bytes) -> bool:
    if int.from_bytes(s, "little") >= _ORDER:
        return False
    k = crypto_core_ed25519_scalar_reduce(sha512(r + public + message).digest())
    try:
        return _add(_eightfold(r), _times(k, _eightfold(public))) == _eightfold(_base_times(s))
    except NotAPoint:
        return False


def _add(p: bytes, q: bytes) -> bytes:
    return bytes(crypto_core_ed25519_add(p, q))  # decodes as ZIP 215 does, encodes canonically


def _eightfold(point: bytes) -> bytes:
    """Return [8]P, a point of the prime-order subgroup."""
    for _ in range(3):
        point = _add(point, point)
    return point


def _times(scalar: bytes, point: bytes) -> bytes:
    """Return [scalar]P of the prime-order subgroup; libsodium refuses to compute the neutral element."""
    if point == _NEUTRAL or scalar == _ZERO:
        return _NEUTRAL
    return bytes(crypto_scalarmult_ed25519_noclamp(scalar, point))


def _base_times(scalar: bytes) -> bytes:
    return _NEUTRAL if scalar == _ZERO else bytes(crypto_scalarmult_ed25519_base_noclamp(scalar))
