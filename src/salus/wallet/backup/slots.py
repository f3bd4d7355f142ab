"""What opens a slot, and how a person keeps it. Each kind comes down to one secret of at least 120 bits.

| kind          | the person keeps                              | the secret                               |
|---------------|-----------------------------------------------|------------------------------------------|
| passkey       | a passkey with the PRF extension              | its 32 bytes, as they come               |
| passphrase    | twelve words, drawn by chance                 | the words; Argon2id makes guessing dear  |
| printed       | a code on paper, with a checksum              | 20 bytes                                 |
| keyholders    | a share with each, SLIP-39, m of n            | 32 bytes, of any m shares                |
| organisations | nothing: two organisations each open a share  | 32 bytes, of both shares                 |

Words and shares are SLIP-39's, whose list has 1,024 words, each known by its first four letters:
https://github.com/satoshilabs/slips/blob/master/slip-0039.md
The PRF extension of passkeys: https://www.w3.org/TR/webauthn-3/#prf-extension
"""

import os
import secrets
from collections.abc import Sequence
from enum import IntEnum

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from salus.core.hashing import T
from salus.wallet import printed
from salus.wallet.backup.errors import NotEnoughShares, UnfitKeyholders, UnreadableSecret

SECRET_BYTES = 32
PRINTED_BYTES, CHECK_BYTES = 20, 5
WORDS = 12  # 120 bits
MOST_SHARES = 16  # of SLIP-39


class SlotKind(IntEnum):
    """How a slot is opened."""

    PASSKEY = 1
    PASSPHRASE = 2
    PRINTED = 3
    KEYHOLDERS = 4
    ORGANISATIONS = 5


def new_passphrase() -> str:
    """Return a passphrase drawn by chance; nobody chooses one."""
    return " ".join(secrets.choice(WORDLIST) for _ in range(WORDS))


def of_passphrase(text: str) -> bytes:
    """Return the secret of a passphrase as somebody typed it; raise UnreadableSecret."""
    words = text.lower().replace("-", " ").split()
    if len(words) != WORDS or any(word not in WORDLIST for word in words):
        raise UnreadableSecret
    return " ".join(words).encode()


def new_printed(network: bytes) -> tuple[str, bytes]:
    """Return (code to print, secret)."""
    secret = os.urandom(PRINTED_BYTES)
    return printed.written(secret + _check(network, secret)), secret


def of_printed(network: bytes, text: str) -> bytes:
    """Return the secret of a printed code; raise UnreadableSecret."""
    try:
        raw = printed.read(text)
    except ValueError:
        raise UnreadableSecret from None
    secret = raw[:PRINTED_BYTES]
    if len(raw) != PRINTED_BYTES + CHECK_BYTES or raw[PRINTED_BYTES:] != _check(network, secret):
        raise UnreadableSecret
    return secret


def of_passkey(prf: bytes) -> bytes:
    """Return the secret of a passkey's PRF output; raise UnreadableSecret unless it has 32 bytes."""
    if len(prf) != SECRET_BYTES:
        raise UnreadableSecret
    return prf


def new_shares(needed: int, holders: int) -> tuple[list[str], bytes]:
    """Return (a share for each holder, secret), of which `needed` open the slot; raise UnfitKeyholders."""
    if not 2 <= needed <= holders <= MOST_SHARES:  # one share alone would be the secret
        raise UnfitKeyholders
    secret = os.urandom(SECRET_BYTES)
    return generate_mnemonics(1, [(needed, holders)], secret)[0], secret


def of_shares(shares: Sequence[str]) -> bytes:
    """Return the secret of shares, in any order; raise NotEnoughShares."""
    try:
        found: bytes = combine_mnemonics([" ".join(share.lower().split()) for share in shares])
        return found
    except (MnemonicError, ValueError, IndexError):
        raise NotEnoughShares from None


def _check(network: bytes, secret: bytes) -> bytes:
    return T("slot-code", network, secret)[:CHECK_BYTES]
