"""What an organisation still holds: the checklist of a member that winds down."""

from typing import NamedTuple

from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.types import PersonState
from salus.contracts.governance import queries as governance
from salus.contracts.governance.types import MemberState
from salus.services import sessions
from salus.services.actors import Organisation
from salus.services.break_glass import list_broken
from salus.services.commit_release import MAX_TASKS
from salus.services.hold import list_holds
from salus.services.hold_share import list_held
from salus.services.take_petition import list_open


class StillHeld(NamedTuple):
    """Counts, and the relations behind them: each is a reason not to leave yet."""

    state: str  # of the member; applicant where it is none
    relations: tuple[bytes, ...]  # of which it is the custodian
    claimed: int  # of these, by persons with a wallet
    petitions: tuple[bytes, ...]  # open
    reviews: tuple[bytes, ...]  # releases that broke the glass, not reviewed to the end
    sessions: tuple[bytes, ...]  # open
    holds: tuple[bytes, ...]  # that stand
    tasks: tuple[tuple[str, int], ...]  # in the outbox, by kind
    letters: int  # in the inbox, not dealt with
    shares: tuple[bytes, ...]  # organisations whose escrow needs a share that is held here
    validators: int

    @property
    def clear(self) -> bool:
        """True if nothing stands in the way of leaving."""
        return not any(self[2:]) and not self.relations


def still_held(organisation: Organisation) -> StillHeld:
    """Return what the organisation still holds, as vault, exchange and ledger have it."""
    state, vault = organisation.ledger.view(), organisation.vault
    own = [one for one in vault.relations() if accounts.custodian_of(state, one) == organisation.account]
    persons = [accounts.person(state, one) for one in own]
    entry = governance.member(state, organisation.account)
    standing = MemberState.APPLICANT if entry is None else MemberState(entry.state)
    broken = [one for relation in own for one in list_broken(organisation.ledger, relation)]
    kinds = [task.kind for task in vault.outbox.next(MAX_TASKS)]
    return StillHeld(
        standing.name.lower().replace("_", "-"),
        tuple(own),
        sum(1 for one in persons if one is not None and one.state == PersonState.CLAIMED),
        tuple(view.petition for view in list_open(organisation)),
        tuple(one.release for one in broken if one.review.closed is None),
        tuple(task.session for task in sessions.open_tasks(organisation)),
        tuple(hold.hold for relation in own for hold in list_holds(organisation, relation)),
        tuple((kind, kinds.count(kind)) for kind in sorted(dict.fromkeys(kinds))),
        len(organisation.exchange.inbox(organisation.account)),
        tuple(held.organisation for held in list_held(organisation) if held.current),
        sum(1 for one in governance.validators(state) if one.member == organisation.account),
    )
