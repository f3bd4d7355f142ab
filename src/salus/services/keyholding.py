"""Keyholders: make a key for somebody's account, name the keyholders, approve a recovery.

A keyholder's key is made for one account alone, by the keyholder, and never leaves that wallet; what goes to
the person is its public part with a proof. An approval names no account.
"""

import os
from collections.abc import Sequence

from salus.contracts.accounts.recovery_messages import Approval, KeyholderEntry, SetKeyholders
from salus.contracts.accounts.types import RecoveryPolicy
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.keys import Role, possession
from salus.core.signatures import ED25519
from salus.services.actors import Person
from salus.services.change_devices import Changed, change
from salus.services.errors import NotAKeyholder, UnusableKeys, WrongRecoveryCode
from salus.wallet.invitation import same_short_code
from salus.wallet.kept_recovery import KeptKeyholding

_POLICIES = {
    0: RecoveryPolicy.IN_PERSON,
    3: RecoveryPolicy.TWO_OF_THREE,
    5: RecoveryPolicy.THREE_OF_FIVE,
}


def hold_key(holder: Person, handle: bytes) -> bytes:
    """Make a key that helps recover the account, keep it, and return its public part for the person."""
    made = KeptKeyholding(handle, os.urandom(32))
    proof = made.key.sign(possession(holder.wallet.network, handle, Role.KEYHOLDER, made.key.public))
    holder.wallet.keep_keyholding(made)
    return encode(KeyholderEntry(ED25519, made.key.public, proof))


def set_keyholders(person: Person, handle: bytes, offers: Sequence[bytes], second: Person | None = None) -> Changed:
    """Name three or five keyholders, of whom two or three must help; none: the account is recovered in person.

    With a `second` device of the same account it is done at once, else after the network's delay. Raises
    UnusableKeys, the contract's refusals.
    """
    if len(offers) not in _POLICIES:
        raise UnusableKeys
    try:
        entries = tuple(decode(raw, KeyholderEntry) for raw in offers)
    except Malformed:
        raise UnusableKeys from None
    return change(person, handle, SetKeyholders(handle, int(_POLICIES[len(offers)]), entries), second)


def approve(holder: Person, handle: bytes, recovery: bytes, short_code: str) -> bytes:
    """Sign that the account may be recovered; the person, known by her voice, reads the short code off her new wallet.

    Raises NotAKeyholder, WrongRecoveryCode.
    """
    held = next((one for one in holder.wallet.keyholdings() if one.handle == handle), None)
    if held is None:
        raise NotAKeyholder
    if not same_short_code(short_code, recovery):
        raise WrongRecoveryCode
    return cose.sign("approval", holder.wallet.network, encode(Approval(recovery)), [held.key])
