"""Other keys for an organisation: the new ones are in the keystore before the ledger lists them.

At opening, a change that was interrupted is finished if the ledger has it, and forgotten if not. An old sealing key is
kept: what was sealed to it opens as before. An old gateway key stays listed, unless it must go at once, so that what
it signed is still accepted; `end_old_gateways` revokes it later.
"""

from salus.bootstrap.keys import (
    ADMINISTRATION,
    GATEWAY,
    NEXT_ADMINISTRATION,
    NEXT_GATEWAY,
    NEXT_SEAL,
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
    """Take over the new keys that the ledger lists, forget those it does not; nothing if no change was under way."""
    names = secrets.names()
    _gateway(ledger, account, secrets)
    _seal(ledger, account, secrets)
    _administration(ledger, account, secrets)
    if secrets.names() != names:
        secrets.save(passphrase)


def _gateway(ledger: Ledger, account: bytes, secrets: Keystore) -> None:
    if NEXT_GATEWAY not in secrets.names():
        return
    seed = secrets.get(NEXT_GATEWAY)
    if is_listed(ledger, account, SigningKey.from_seed(seed).id(ledger.network)):
        secrets.put(GATEWAY, seed)
    secrets.remove(NEXT_GATEWAY)


def _seal(ledger: Ledger, account: bytes, secrets: Keystore) -> None:
    if NEXT_SEAL not in secrets.names():
        return
    seed = secrets.get(NEXT_SEAL)
    if seal_key_is(ledger, account, SealKey.from_seed(seed).public):
        older = sum(1 for name in secrets.names() if name.startswith(OLD_SEAL))
        secrets.put(f"{OLD_SEAL}{older:08d}", secrets.get(SEAL))
        secrets.put(SEAL, seed)
    secrets.remove(NEXT_SEAL)


def _administration(ledger: Ledger, account: bytes, secrets: Keystore) -> None:
    fresh = [name for name in secrets.names() if name.startswith(NEXT_ADMINISTRATION)]
    seeds = [secrets.get(name) for name in fresh]
    if seeds and all(is_listed(ledger, account, SigningKey.from_seed(seed).id(ledger.network)) for seed in seeds):
        for name in [name for name in secrets.names() if name.startswith(ADMINISTRATION)]:
            secrets.remove(name)
        for number, seed in enumerate(seeds):
            secrets.put(f"{ADMINISTRATION}{number}", seed)
    for name in fresh:
        secrets.remove(name)
    in_force = live(ledger, account, Role.ADMINISTRATION)
    for name in [name for name in secrets.names() if name.startswith(ADMINISTRATION)]:
        key = SigningKey.from_seed(secrets.get(name)).id(ledger.network)
        if is_listed(ledger, account, key) and key not in in_force:
            secrets.remove(name)  # it was handed over, and signs nothing any more
