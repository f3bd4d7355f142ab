"""Other keys for an organisation: the new ones are in the keystore before the ledger lists them.

At opening, a change is finished if the ledger has it; if not, it is forgotten once no envelope for it can be valid. An
old sealing key is kept: what was sealed to it opens as before. An old gateway key stays listed, unless it must go at
once, so that what it signed is still accepted; `end_old_gateways` revokes it later.
"""

from salus.bootstrap.keys import (
    ADMINISTRATION,
    GATEWAY,
    NEXT_ADMINISTRATION,
    NEXT_GATEWAY,
    NEXT_SEAL,
    NEXT_UNTIL,
    OLD_SEAL,
    SEAL,
)
from salus.client.ledger import Ledger
from salus.core.keys import Role
from salus.core.signatures import SigningKey
from salus.services.change_keys import is_listed, live, seal_key_is
from salus.vault.keystore import Keystore
from salus.vault.seals import SealKey


def finish_change(ledger: Ledger, account: bytes, secrets: Keystore, passphrase: str) -> None:
    """Take over the new keys that the ledger lists, forget those it cannot list any more; nothing without a change."""
    names = secrets.names()
    over = NEXT_UNTIL not in names or ledger.now() >= int.from_bytes(secrets.get(NEXT_UNTIL), "big")
    _gateway(ledger, account, secrets, over)
    _seal(ledger, account, secrets, over)
    _administration(ledger, account, secrets, over)
    if NEXT_UNTIL in names and over:
        secrets.remove(NEXT_UNTIL)
    if secrets.names() != names:
        secrets.save(passphrase)


def _gateway(ledger: Ledger, account: bytes, secrets: Keystore, over: bool) -> None:
    if NEXT_GATEWAY not in secrets.names():
        return
    seed = secrets.get(NEXT_GATEWAY)
    if is_listed(ledger, account, _id(ledger, seed)):
        secrets.put(GATEWAY, seed)
    elif not over:
        return
    secrets.remove(NEXT_GATEWAY)


def _seal(ledger: Ledger, account: bytes, secrets: Keystore, over: bool) -> None:
    if NEXT_SEAL not in secrets.names():
        return
    seed = secrets.get(NEXT_SEAL)
    if seal_key_is(ledger, account, SealKey.from_seed(seed).public):
        older = sum(1 for name in secrets.names() if name.startswith(OLD_SEAL))
        secrets.put(f"{OLD_SEAL}{older:08d}", secrets.get(SEAL))
        secrets.put(SEAL, seed)
    elif not over:
        return
    secrets.remove(NEXT_SEAL)


def _administration(ledger: Ledger, account: bytes, secrets: Keystore, over: bool) -> None:
    fresh = [name for name in secrets.names() if name.startswith(NEXT_ADMINISTRATION)]
    seeds = [secrets.get(name) for name in fresh]
    listed = bool(seeds) and all(is_listed(ledger, account, _id(ledger, seed)) for seed in seeds)
    if listed:
        for name in _own(secrets):
            secrets.remove(name)
        for number, seed in enumerate(seeds):
            secrets.put(f"{ADMINISTRATION}{number}", seed)
    for name in fresh if listed or over else ():
        secrets.remove(name)
    in_force = live(ledger, account, Role.ADMINISTRATION)
    for name in _own(secrets):
        key = _id(ledger, secrets.get(name))
        if is_listed(ledger, account, key) and key not in in_force:
            secrets.remove(name)  # it was handed over, and signs nothing any more


def _own(secrets: Keystore) -> list[str]:
    return [name for name in secrets.names() if name.startswith(ADMINISTRATION)]


def _id(ledger: Ledger, seed: bytes) -> bytes:
    return SigningKey.from_seed(seed).id(ledger.network)
