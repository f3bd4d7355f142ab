"""Rotate an organisation's gateway, sealing and administration keys, hand its administration over to people."""

from collections.abc import Sequence

from salus.bootstrap.key_rotation import finish_change
from salus.bootstrap.keys import (
    ADMINISTRATORS,
    MASTER_MADE,
    NEXT_ADMINISTRATION,
    NEXT_GATEWAY,
    NEXT_SEAL,
    NEXT_UNTIL,
)
from salus.bootstrap.layout import keystore_path
from salus.bootstrap.region import Region
from salus.contracts.accounts.messages import ChangeOrganisationKeys
from salus.core.envelope import WINDOW_MS
from salus.core.keys import Role, list_key
from salus.core.signatures import SigningKey
from salus.services.administrator import read_entry
from salus.services.change_keys import change_of_keys, live
from salus.vault.keystore import Keystore
from salus.vault.seals import SealKey


def gateway_change(region: Region, slug: str, *, at_once: bool = False) -> ChangeOrganisationKeys:
    """Make the next gateway key, and return the message that lists it. Raises NoSuchActor, ReadOnly."""
    account = region.organisation(slug).account
    (seed,) = _next(region, slug, NEXT_GATEWAY)
    entry = list_key(region.network, account, Role.GATEWAY, SigningKey.from_seed(seed))
    revoke = live(region.ledger, account, Role.GATEWAY) if at_once else ()
    return change_of_keys(region.ledger, account, add=[entry], revoke=revoke)


def seal_change(region: Region, slug: str) -> ChangeOrganisationKeys:
    """Make and publish the next sealing key, and return the message that names it. Raises NoSuchActor, ReadOnly."""
    account = region.organisation(slug).account
    (seed,) = _next(region, slug, NEXT_SEAL)
    key = SealKey.from_seed(seed)
    region.organisation(slug).exchange.publish_key(key.public)
    return change_of_keys(region.ledger, account, seal_key=key.id(region.network))


def administration_change(region: Region, slug: str) -> ChangeOrganisationKeys:
    """Make the next administration keys of the keystore; return the message. Raises NoSuchActor, ReadOnly."""
    account = region.organisation(slug).account
    seeds = _next(region, slug, *(f"{NEXT_ADMINISTRATION}{n}" for n in range(ADMINISTRATORS)))
    add = [list_key(region.network, account, Role.ADMINISTRATION, SigningKey.from_seed(seed)) for seed in seeds]
    revoke = live(region.ledger, account, Role.ADMINISTRATION)
    return change_of_keys(region.ledger, account, add=add, revoke=revoke)


def old_gateways_change(region: Region, slug: str) -> ChangeOrganisationKeys:
    """Return the message that revokes every gateway key but the one in use. Raises NoSuchActor, ReadOnly."""
    organisation = region.organisation(slug)
    own = organisation.gateway.id(region.network)
    revoke = [key for key in live(region.ledger, organisation.account, Role.GATEWAY) if key != own]
    return change_of_keys(region.ledger, organisation.account, revoke=revoke)


def hand_over_change(region: Region, slug: str, entries: Sequence[bytes], threshold: int) -> ChangeOrganisationKeys:
    """Return the message that lists the keys of administrators in the place of all there are.

    `entries` are what `Administrator.entry` gave. Raises NoSuchActor, ReadOnly, Malformed, NotASigner.
    """
    account = region.organisation(slug).account
    add = [read_entry(region.network, account, raw) for raw in entries]
    revoke = live(region.ledger, account, Role.ADMINISTRATION)
    return change_of_keys(region.ledger, account, add=add, revoke=revoke, threshold=threshold)


def carry_out(region: Region, slug: str, change: ChangeOrganisationKeys) -> None:
    """Sign a change with the administration keys that are here, and take over what it lists.

    Where they are elsewhere, a file goes round, and the change is taken over when the organisation is next opened.
    Raises KeysElsewhere, the contract's refusals.
    """
    region.organisation(slug).send_administration(change)
    _take_over(region, slug)


def rotate_gateway(region: Region, slug: str, *, at_once: bool = False) -> bytes:
    """List another gateway key; return its id. The old one stays listed until `end_old_gateways`, unless `at_once`.

    Raises NoSuchActor, ReadOnly, KeysElsewhere, the contract's refusals.
    """
    carry_out(region, slug, gateway_change(region, slug, at_once=at_once))
    return region.organisation(slug).gateway.id(region.network)


def end_old_gateways(region: Region, slug: str) -> int:
    """Revoke every gateway key but the one in use; return how many. What they signed is accepted no more."""
    change = old_gateways_change(region, slug)
    if change.revoke:
        carry_out(region, slug, change)
    return len(change.revoke)


def rotate_seal(region: Region, slug: str) -> bytes:
    """Name another sealing key; return its id. The old one is kept for what was sealed to it. Raises likewise."""
    carry_out(region, slug, seal_change(region, slug))
    return region.organisation(slug).seal_key.id(region.network)


def rotate_administration(region: Region, slug: str) -> tuple[bytes, ...]:
    """List other administration keys, kept here as the old ones were; return their ids. Raises likewise."""
    carry_out(region, slug, administration_change(region, slug))
    return tuple(key.id(region.network) for key in region.organisation(slug).administration)


def hand_over_administration(region: Region, slug: str, entries: Sequence[bytes], threshold: int) -> None:
    """List the keys that administrators keep themselves; those that were here end. Raises likewise.

    From then on each act of the administration is a file that they sign.
    """
    carry_out(region, slug, hand_over_change(region, slug, entries, threshold))


def master_key_age_ms(region: Region, slug: str) -> int | None:
    """Return how long the vault's master key has been in use; None where nobody noted since when."""
    secrets = _keystore(region, slug)
    if MASTER_MADE not in secrets.names():
        return None
    return max(0, region.ledger.now() - int.from_bytes(secrets.get(MASTER_MADE), "big"))


def _keystore(region: Region, slug: str) -> Keystore:
    return Keystore.open(keystore_path(region.home, slug), region.passphrase())


def _next(region: Region, slug: str, *names: str) -> list[bytes]:
    """Return the seeds of the next keys, made where there are none; they are kept while an envelope can list them."""
    secrets = _keystore(region, slug)
    seeds = [secrets.new(name) for name in names]
    secrets.put(NEXT_UNTIL, (region.ledger.now() + 2 * WINDOW_MS).to_bytes(8, "big"))
    secrets.save(region.passphrase())
    return seeds


def _take_over(region: Region, slug: str) -> None:
    """Close the organisation and put the keys that the ledger lists now in the place of the old ones."""
    account = region.organisation(slug).account
    with region.closed(slug) as passphrase:
        finish_change(region.ledger, account, _keystore(region, slug), passphrase)
