"""The key that the members of an emergency group share for locators: who makes it, hands it over, keeps it.

The ledger names the key of each epoch by a check value, so that all of the group use the same one, whoever made it.
It lies in each member's vault; a locator never has it.
"""

import os
from collections import Counter
from typing import NamedTuple

from salus.contracts.discovery import queries as discovery
from salus.contracts.discovery.messages import AnnounceLocatorKey
from salus.contracts.governance import queries as governance
from salus.linkage.tokens import KEY_BYTES, check_value
from salus.policy.types import OrganisationRole
from salus.services.actors import Organisation
from salus.services.authorise import own_shared
from salus.services.discovery_errors import NoEmergencyGroup, NoLocator, NoLocatorKey, OtherLocatorKey
from salus.services.discovery_letters import SealedLocatorKey
from salus.services.discovery_post import UNSEALED, post_sealed, read_sealed, seal_key_of
from salus.services.members import list_members
from salus.vault.errors import NoSuchRecord
from salus.vault.seals import X_WING
from salus.vault.shared import SharedResource

KIND = "LocatorKey"  # no FHIR type has this name
_MEDIA_TYPE = "application/octet-stream"


class Epoch(NamedTuple):
    """An epoch of a group's key, and how many members it was handed to."""

    group: bytes
    epoch: int
    members: int


def emergency_group(organisation: Organisation) -> bytes:
    """Return the emergency group that most policy sets name, of those it is in; raise NoEmergencyGroup."""
    state = organisation.ledger.view()
    named = Counter(body.emergency.group for _, _, body in governance.policy_sets(state))
    found = [(-n, g) for g, n in named.items() if g and governance.in_group(state, g, organisation.account)]
    if not found:
        raise NoEmergencyGroup
    return min(found)[1]


def locator(organisation: Organisation, account: bytes | None = None) -> bytes:
    """Return the locator with this account, by default the first by name; raise NoLocator."""
    for member in list_members(organisation.ledger):
        serves = member.state == "active" and OrganisationRole.LOCATOR in member.roles
        if serves and account in (None, member.account):
            return member.account
    raise NoLocator


def new_locator_key(organisation: Organisation, group: bytes | None = None) -> Epoch:
    """Begin an epoch with a fresh key and hand it to the group. It is kept before the ledger names it.

    Raises NoEmergencyGroup, the contract's refusals (NotOfTheEmergencyGroup, EpochTooSoon, WrongEpoch).
    """
    named = emergency_group(organisation) if group is None else group
    last = discovery.locator_key(organisation.ledger.view(), named)
    epoch, key = 1 if last is None else last.epoch + 1, os.urandom(KEY_BYTES)
    check = check_value(organisation.network, named, epoch, key)
    _keep(organisation, check, key)
    organisation.send(AnnounceLocatorKey(organisation.account, named, epoch, check))
    return hand_over_key(organisation, named)


def hand_over_key(organisation: Organisation, group: bytes | None = None) -> Epoch:
    """Post the key of the present epoch to every other member of the group, again where some had it.

    Raises NoEmergencyGroup, NoLocatorKey.
    """
    named = emergency_group(organisation) if group is None else group
    state = organisation.ledger.view()
    epoch, key = current_key(organisation, named)
    others = [m for m in governance.group_members(state, named) if m != organisation.account]
    told = [member for member in others if governance.may_receive(state, member, organisation.ledger.now())]
    for member in told:
        letter = SealedLocatorKey(
            named, epoch, organisation.account, member, seal_key_of(organisation, member), X_WING, UNSEALED, b""
        )
        post_sealed(organisation, letter, key)
    return Epoch(named, epoch, len(told))


def receive_locator_key(organisation: Organisation, raw: bytes) -> Epoch:
    """Keep a group's key that another member handed over, if it is the one that the ledger names.

    Raises Malformed, NotForUs, WrongSignature, WrongSeal, NoEmergencyGroup (one of the two is not in it),
    OtherLocatorKey.
    """
    letter, key = read_sealed(organisation, SealedLocatorKey, "locator-key", raw)
    state = organisation.ledger.view()
    if not all(governance.in_group(state, letter.group, m) for m in (letter.sender, organisation.account)):
        raise NoEmergencyGroup
    named = discovery.locator_key(state, letter.group)
    check = check_value(organisation.network, letter.group, letter.epoch, key) if len(key) == KEY_BYTES else b""
    if named is None or named.epoch != letter.epoch or named.check != check:
        raise OtherLocatorKey
    _keep(organisation, check, key)
    return Epoch(letter.group, letter.epoch, 1)


def current_key(organisation: Organisation, group: bytes) -> tuple[int, bytes]:
    """Return (epoch, key) of now; raise NoLocatorKey."""
    named = discovery.locator_key(organisation.ledger.view(), group)
    if named is None:
        raise NoLocatorKey
    try:
        key = organisation.vault.shared.get(own_shared(organisation), KIND, named.check.hex())[1]
    except NoSuchRecord:
        raise NoLocatorKey from None
    return named.epoch, key


def kept_keys(organisation: Organisation, group: bytes) -> tuple[tuple[int, bytes], ...]:
    """Return (epoch, key) of now and, where it is kept, of the epoch before: custodians renew tokens one by one.

    Raises NoLocatorKey.
    """
    epoch, key = current_key(organisation, group)
    scope, shared, found = own_shared(organisation), organisation.vault.shared, [(epoch, key)]
    for name in shared.names(scope, KIND):
        other = shared.get(scope, KIND, name)[1]
        if epoch > 1 and check_value(organisation.network, group, epoch - 1, other).hex() == name:
            found.append((epoch - 1, other))
    return tuple(found)


def _keep(organisation: Organisation, check: bytes, key: bytes) -> None:
    organisation.vault.shared.put([SharedResource(KIND, check.hex(), key, _MEDIA_TYPE)])
