"""Act for another: a wallet's account that represents somebody, or helps her, does what she could do herself.

Each act names the capacity it is done in, and what is granted rests on the authority for as long as that holds.
"""

from collections.abc import Sequence
from typing import NamedTuple

from salus.contracts.consent.messages import DenyTotally, RevokeConsent
from salus.contracts.context import Signer
from salus.contracts.records.types import PetitionKind
from salus.contracts.representation import queries as representation
from salus.contracts.representation.types import Standing
from salus.core.keys import Role
from salus.policy.types import Capacity, Grantee
from salus.services.accounting import Accounting, accounting, pending_requests
from salus.services.actors import Person, Signing
from salus.services.authorities import sees_under
from salus.services.deny import put_total_deny
from salus.services.errors import ActsForNobody
from salus.services.grant import Granted, Terms, grant_message, purpose_numbers, put_directive
from salus.services.petition import Petitioned, petition
from salus.services.protect import protect
from salus.services.revoke import Revoked
from salus.wallet.menu import validity


class ActsFor(NamedTuple):
    """One of the wallet's accounts, whom it acts for, and as what."""

    account: bytes
    relation: bytes
    capacity: Capacity

    def __repr__(self) -> str:
        return f"ActsFor({self.relation.hex()})"


def acts_for(person: Person, relation: bytes) -> ActsFor:
    """Return which account of the wallet acts for the person of `relation`; raise ActsForNobody.

    Whether it may do a thing at present is for the ledger to say.
    """
    state = person.ledger.view()
    mine = [kept.handle for kept in person.wallet.relations()]
    for _, entry in representation.representations(state, relation):
        if entry.representative in mine and entry.standing != Standing.ENDED:
            return ActsFor(entry.representative, relation, Capacity.REPRESENTATIVE)
    for _, helper in representation.delegations(state, relation):
        if helper.delegate in mine and not helper.ended:
            return ActsFor(helper.delegate, relation, Capacity.DELEGATE)
    raise ActsForNobody


def may_look(person: Person, acts: ActsFor) -> bool:
    """True if the account may see at present what the person it acts for may see."""
    device = person.wallet.relation(acts.account).device
    signer = Signer(acts.account, device.id(person.wallet.network), int(Role.DEVICE))
    return sees_under(person.ledger.view(), acts.relation, signer, person.ledger.now()) is not None


def accounting_for(person: Person, relation: bytes) -> Accounting:
    """Return everything the log says about another's relation, to who may look for her; raise ActsForNobody."""
    if not may_look(person, acts_for(person, relation)):
        raise ActsForNobody
    return accounting(person.ledger, relation, pending_requests(person))


def grant_for(person: Person, acts: ActsFor, terms: Terms, together: Sequence[Signing] = ()) -> Granted:
    """Grant for another; see `grant`. `together` are the keys of others where all must sign."""
    state, now = person.ledger.view(), person.ledger.now()
    message = grant_message(state, acts.relation, terms, now, acts.capacity)
    signers = [person.signer(acts.account), *together]
    return put_directive(person, acts.relation, terms.sealed, message, signers)


def deny_for(
    person: Person, acts: ActsFor, grantee: Grantee, purposes: tuple[str, ...] = (), days: int = 365
) -> Granted:
    """Deny everything for another; see `deny_totally`."""
    state, now = person.ledger.view(), person.ledger.now()
    start, end = validity(now, None, days)
    numbers = purpose_numbers(state, purposes)
    message = DenyTotally(acts.relation, int(acts.capacity), grantee, numbers, start, end)
    return put_total_deny(person, message, acts.account)


def revoke_for(person: Person, acts: ActsFor, directive: bytes) -> Revoked:
    """End a directive for another; see `revoke`. A deny that she signed herself is not ended so."""
    built = person.build(acts.account, RevokeConsent(acts.relation, int(acts.capacity), directive))
    done = protect(person, acts.relation, built.raw)
    return Revoked(directive, done.height, done.carriers)


def petition_as(
    person: Person, acts: ActsFor, kind: PetitionKind, wanted: Sequence[bytes] = (), text: str = ""
) -> Petitioned:
    """Ask for another's records to be amended, erased or restricted; see `petition`.

    The ledger says what became of it; the receipt goes to the person's own account.
    """
    return petition(person, acts.relation, kind, wanted, text, signer=(acts.account, acts.capacity))
