"""The printed code that freezes an account: written as an invitation's, of another secret and another key."""

import os

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from salus.core.signatures import SigningKey
from salus.wallet.invitation import SECRET_BYTES, InvitationCode, read_code


def new_freeze_code() -> InvitationCode:
    """Return a fresh secret; nobody keeps it but who has the paper."""
    return InvitationCode(os.urandom(SECRET_BYTES))


def freeze_key(network: bytes, code: InvitationCode) -> SigningKey:
    """Return the key that can freeze the account, and nothing else."""
    hkdf = HKDF(SHA256(), 32, salt=network, info=b"salus/1 freeze")
    return SigningKey.from_seed(hkdf.derive(code.secret))


def read_freeze_code(network: bytes, text: str) -> SigningKey:
    """Return the key of a printed code; raise WrongCode."""
    return freeze_key(network, read_code(network, text))
