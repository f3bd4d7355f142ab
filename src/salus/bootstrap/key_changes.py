"""Rotate an organisation's gateway, sealing and administration keys, hand its administration over to people."""

from collections.abc import Sequence

from salus.bootstrap.key_rotation import finish_change
from salus.bootstrap.keys import (
    ADMINISTRATION,
    ADMINISTRATORS,
    MASTER_MADE,
    NEXT_ADMINISTRATION,
    NEXT_GATEWAY,
    NEXT_SEAL,
)
from salus.bootstrap.layout import keystore_path
from salus.bootstrap.region import Region
from salus.core.keys import Role, list_key
from salus.core.signatures import SigningKey
from salus.services.administrator import read_entry
from salus.services.change_keys import change_of_keys, live
from salus.vault.keystore import Keystore
from salus.vault.seals import SealKey


def rotate_gateway(region: Region, slug: str, *, at_once: bool = False) -> bytes:
    """List another gateway key; return its id. The old one stays listed until `end_old_gateways`, unless `at_once`.

    Raises NoSuchActor, ReadOnly, KeysElsewhere, the contract's refusals.
    """
    organisation = region.organisation(slug)
    secrets = _keystore(region, slug)
    key = SigningKey.from_seed(secrets.new(NEXT_GATEWAY))
    secrets.save(region.passphrase())
    entry = list_key(region.network, organisation.account, Role.GATEWAY, key)
    revoke = live(region.ledger, organisation.account, Role.GATEWAY) if at_once else ()
    organisation.send_administration(change_of_keys(region.ledger, organisation.account, add=[entry], revoke=revoke))
    _take_over(region, slug)
    return key.id(region.network)


def end_old_gateways(region: Region, slug: str) -> int:
    """Revoke every gateway key but the one in use; return how many. What they signed is accepted no more.

    Raises as `rotate_gateway`.
    """
    organisation = region.organisation(slug)
    own = organisation.gateway.id(region.network)
    revoke = [key for key in live(region.ledger, organisation.account, Role.GATEWAY) if key != own]
    if revoke:
        organisation.send_administration(change_of_keys(region.ledger, organisation.account, revoke=revoke))
    return len(revoke)


def rotate_seal(region: Region, slug: str) -> bytes:
    """Name another sealing key; return its id. The old one is kept for what was sealed to it. Raises likewise."""
    organisation = region.organisation(slug)
    secrets = _keystore(region, slug)
    key = SealKey.from_seed(secrets.new(NEXT_SEAL))
    secrets.save(region.passphrase())
    region.exchange.publish_key(key.public)
    organisation.send_administration(
        change_of_keys(region.ledger, organisation.account, seal_key=key.id(region.network))
    )
    _take_over(region, slug)
    return key.id(region.network)


def rotate_administration(region: Region, slug: str) -> tuple[bytes, ...]:
    """List other administration keys, kept here as the old ones were; return their ids. Raises likewise."""
    organisation = region.organisation(slug)
    secrets = _keystore(region, slug)
    keys = [SigningKey.from_seed(secrets.new(f"{NEXT_ADMINISTRATION}{n}")) for n in range(ADMINISTRATORS)]
    secrets.save(region.passphrase())
    add = [list_key(region.network, organisation.account, Role.ADMINISTRATION, key) for key in keys]
    revoke = live(region.ledger, organisation.account, Role.ADMINISTRATION)
    organisation.send_administration(change_of_keys(region.ledger, organisation.account, add=add, revoke=revoke))
    _take_over(region, slug)
    return tuple(key.id(region.network) for key in keys)


def hand_over_administration(region: Region, slug: str, entries: Sequence[bytes], threshold: int) -> None:
    """List the keys that administrators keep themselves, and revoke those that were here.

    `entries` are what `Administrator.entry` gave. From then on each act of the administration is a file that they
    sign. Raises Malformed, NotASigner, and as `rotate_gateway`.
    """
    organisation = region.organisation(slug)
    add = [read_entry(region.network, organisation.account, raw) for raw in entries]
    revoke = live(region.ledger, organisation.account, Role.ADMINISTRATION)
    organisation.send_administration(
        change_of_keys(region.ledger, organisation.account, add=add, revoke=revoke, threshold=threshold)
    )
    secrets = _keystore(region, slug)
    for name in [name for name in secrets.names() if name.startswith(ADMINISTRATION)]:
        secrets.remove(name)
    secrets.save(region.passphrase())
    with region.closed(slug):
        pass  # it is opened anew, without them


def master_key_age_ms(region: Region, slug: str) -> int | None:
    """Return how long the vault's master key has been in use; None where nobody noted since when."""
    secrets = _keystore(region, slug)
    if MASTER_MADE not in secrets.names():
        return None
    return max(0, region.ledger.now() - int.from_bytes(secrets.get(MASTER_MADE), "big"))


def _keystore(region: Region, slug: str) -> Keystore:
    return Keystore.open(keystore_path(region.home, slug), region.passphrase())


def _take_over(region: Region, slug: str) -> None:
    """Close the organisation and put the keys that the ledger lists now in the place of the old ones."""
    account = region.organisation(slug).account
    with region.closed(slug) as passphrase:
        finish_change(region.ledger, account, _keystore(region, slug), passphrase)
