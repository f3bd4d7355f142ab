"""Shares of a secret of 32 bytes, of which a threshold gives it back and fewer tell nothing: SLIP-39, in words.

The words carry a checksum each, and a digest over what they give together. No passphrase: whoever holds enough
shares has the secret.
https://github.com/satoshilabs/slips/blob/master/slip-0039.md
"""

from collections.abc import Sequence

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from salus.vault.errors import SharesDoNotFit

MOST_SHARES = 16
_EXPONENT = 0  # of the iterations under a passphrase; there is none


def split(secret: bytes, threshold: int, shares: int) -> tuple[str, ...]:
    """Return `shares` shares of `secret`, any `threshold` of which give it back."""
    if len(secret) != 32 or not 2 <= threshold <= shares <= MOST_SHARES:
        raise ValueError("threshold")
    (group,) = generate_mnemonics(1, [(threshold, shares)], secret, iteration_exponent=_EXPONENT)
    return tuple(group)


def join(shares: Sequence[str]) -> bytes:
    """Return the secret of exactly as many shares as the threshold; raise SharesDoNotFit."""
    try:
        return bytes(combine_mnemonics(shares))
    except MnemonicError:  # its words would name the share
        raise SharesDoNotFit from None
