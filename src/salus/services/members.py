"""List the members of the network, as the ledger has them."""

from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.governance import queries as governance
from salus.contracts.governance.keys import MEMBERS
from salus.contracts.governance.types import Member, MemberState
from salus.core.encoding import decode
from salus.services import lookup


class MemberView(NamedTuple):
    """One member."""

    account: bytes
    name: str
    realm: str
    roles: tuple[int, ...]  # policy.types.OrganisationRole
    state: str  # active, winding-down, left, succeeded
    suspended_recipient: bool
    suspended_custodian: bool
    emergency: tuple[int, int]  # until when, as recipient and as custodian, without a vote; 0: not now
    successor: bytes | None  # who stands for a succeeded member today


def list_members(ledger: Ledger) -> tuple[MemberView, ...]:
    """Return all members, sorted by name."""
    state, now = ledger.view(), ledger.now()
    views = []
    for key, raw in state.scan(MEMBERS):
        account, entry = key[len(MEMBERS) :], decode(raw, Member)
        profile = lookup.organisation(state, account)
        name = MemberState(entry.state).name.lower().replace("_", "-")
        suspended = (entry.suspended_recipient, entry.suspended_custodian)
        until = governance.suspended_until(state, account)
        emergency = (_ahead(until[0], now), _ahead(until[1], now))
        successor = governance.successor_of(state, account)
        view = MemberView(account, profile.name, profile.realm, profile.roles, name, *suspended, emergency, successor)
        views.append(view)
    return tuple(sorted(views, key=lambda view: (view.name, view.account)))


def _ahead(until: int, now: int) -> int:
    return until if until > now else 0


def member_name(ledger: Ledger, account: bytes) -> str:
    """Return the name of an organisation; raise NoSuchMember."""
    return lookup.organisation(ledger.view(), account).name
