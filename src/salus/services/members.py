"""List the members of the network, as the ledger has them."""

from typing import NamedTuple

from salus.client.ledger import Ledger
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


def list_members(ledger: Ledger) -> tuple[MemberView, ...]:
    """Return all members, sorted by name."""
    state = ledger.view()
    views = []
    for key, raw in state.scan(MEMBERS):
        account, entry = key[len(MEMBERS) :], decode(raw, Member)
        profile = lookup.organisation(state, account)
        name = MemberState(entry.state).name.lower().replace("_", "-")
        suspended = (entry.suspended_recipient, entry.suspended_custodian)
        views.append(MemberView(account, profile.name, profile.realm, profile.roles, name, *suspended))
    return tuple(sorted(views, key=lambda view: (view.name, view.account)))


def member_name(ledger: Ledger, account: bytes) -> str:
    """Return the name of an organisation; raise NoSuchMember."""
    return lookup.organisation(ledger.view(), account).name
