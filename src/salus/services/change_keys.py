"""Which keys an organisation lists: the message that changes them, and what stands on the ledger now."""

from collections.abc import Sequence

from salus.client.ledger import Ledger
from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.messages import ChangeOrganisationKeys
from salus.core.keys import KeyEntry, Role
from salus.services import lookup


def change_of_keys(
    ledger: Ledger,
    account: bytes,
    *,
    add: Sequence[KeyEntry] = (),
    revoke: Sequence[bytes] = (),
    threshold: int | None = None,
    seal_key: bytes | None = None,
) -> ChangeOrganisationKeys:
    """Return the message; what is not named stays. Raises NoSuchMember."""
    profile = lookup.organisation(ledger.view(), account)
    return ChangeOrganisationKeys(
        account,
        tuple(add),
        tuple(sorted(revoke)),
        profile.threshold if threshold is None else threshold,
        profile.seal_key if seal_key is None else seal_key,
    )


def live(ledger: Ledger, account: bytes, role: Role) -> list[bytes]:
    """Return the ids of the account's keys in `role` that are in force, sorted."""
    return accounts.live_keys(ledger.view(), account, role, ledger.now())


def is_listed(ledger: Ledger, account: bytes, key: bytes) -> bool:
    """True if the key is, or ever was, listed for the account."""
    return accounts.account_of_key(ledger.view(), key) == account


def seal_key_is(ledger: Ledger, account: bytes, public: bytes) -> bool:
    """True if the ledger names this public sealing key for the organisation."""
    profile = lookup.organisation(ledger.view(), account)
    return lookup.names_seal_key(ledger.network, profile.seal_key, public)
