"""Invitations: the printed code that lets its holder claim an account.

A code is 32 base-32 characters in eight groups: 16 random bytes, the secret, and 4 bytes of checksum,
T("invitation", secret). The secret gives an Ed25519 key by HKDF-SHA256; its public half stands on the ledger
and leads to the account, the secret never does.
"""

from typing import NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from salus.core.errors import Kind, Refusal
from salus.core.hashing import T
from salus.core.signatures import SigningKey
from salus.wallet import printed

SECRET_BYTES = 16
LINK = "salus:claim?code="
_CHECK_BYTES = 4


class WrongCode(Refusal):
    code, kind, text = 0x5110, Kind.INVALID, "The code is not one of this network's, or has a typing error."


class InvitationCode(NamedTuple):
    """What a printed code holds. Its repr shows nothing."""

    secret: bytes

    def key(self, network: bytes) -> SigningKey:
        """Return the key that co-signs the claim."""
        hkdf = HKDF(SHA256(), 32, salt=network, info=b"salus/1 invitation")
        return SigningKey.from_seed(hkdf.derive(self.secret))

    def printed(self, network: bytes) -> str:
        """Return the code as it is printed: eight groups of four."""
        return printed.written(self.secret + _check(network, self.secret))

    def link(self, network: bytes) -> str:
        """Return the code as a link, for a QR code."""
        return LINK + self.printed(network).replace("-", "")

    def __repr__(self) -> str:
        return "InvitationCode()"


def read_code(network: bytes, text: str) -> InvitationCode:
    """Return what a printed code or a link holds; raise WrongCode."""
    try:
        raw = printed.read(text.removeprefix(LINK))
    except ValueError:
        raise WrongCode from None
    secret = raw[:-_CHECK_BYTES]
    if len(secret) != SECRET_BYTES or raw[-_CHECK_BYTES:] != _check(network, secret):
        raise WrongCode
    return InvitationCode(secret)


def short_code(claim: bytes) -> str:
    """Return the first 40 bits of a claim's id as the desk compares them: two groups of four."""
    return printed.written(claim[:5])


def same_short_code(text: str, claim: bytes) -> bool:
    """True if `text`, as somebody typed it, is the short code of the claim."""
    try:
        return printed.read(text) == claim[:5]
    except ValueError:
        return False


def _check(network: bytes, secret: bytes) -> bytes:
    return T("invitation", network, secret)[:_CHECK_BYTES]
