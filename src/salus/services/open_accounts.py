"""Open custodial accounts: for patients who have no wallet yet, many at once.

For an import, handles are known before they are sent, and stand in the vault's outbox until records lie
under them: a crash leaves accounts that the next import uses. They are opened in sixteens, so that the
ledger does not tell how many patients came.
"""

from typing import NamedTuple

from salus.contracts.accounts import errors
from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.messages import OpenAccounts
from salus.contracts.accounts.types import PersonState
from salus.contracts.governance import queries as governance
from salus.core.encoding import decode, encode
from salus.core.types import Id, Message
from salus.services.actors import Organisation
from salus.services.commit_release import MAX_TASKS
from salus.state.overlay import Reader

TASK = "accounts"
MAX_COUNT = 1000  # of one message
_ROUND = 16


class AccountsTask(Message, frozen=True):
    """Accounts that were sent to be opened, and may not all be in use."""

    handles: tuple[Id, ...]


class Spare(NamedTuple):
    """Opened accounts that nothing lies under, and the outbox rows they stand in."""

    handles: list[bytes]
    rows: list[int]


def open_accounts(organisation: Organisation, count: int) -> tuple[bytes, ...]:
    """Open `count` accounts and return their handles; no import will use them. Raises the contract's refusals."""
    handles: list[bytes] = []
    while len(handles) < count:
        built, _ = organisation.send(OpenAccounts(organisation.account, min(MAX_COUNT, count - len(handles))))
        handles += built.created[0]
    return tuple(handles)


def check_takes_new(organisation: Organisation) -> None:
    """Raise NotMember or CustodianSuspended where the organisation takes in nobody new, whatever accounts it has."""
    state = organisation.ledger.view()
    if not governance.is_active(state, organisation.account):
        raise errors.NotMember
    if not governance.may_hold(state, organisation.account, organisation.ledger.now()):
        raise errors.CustodianSuspended


def take_spare(organisation: Organisation, count: int) -> Spare:
    """Return at least `count` opened accounts under which nothing lies, opening more where they are too few."""
    spare = find_spare(organisation)
    while len(spare.handles) < count:
        missing = count - len(spare.handles)
        _open_spare(organisation, min(MAX_COUNT, -(-missing // _ROUND) * _ROUND))
        spare = find_spare(organisation)
    return spare


def open_more(organisation: Organisation) -> None:
    """Open a round of accounts that imports may use."""
    _open_spare(organisation, _ROUND)


def find_spare(organisation: Organisation) -> Spare:
    """Return the opened accounts of the outbox that are free; rows in which none is left are removed."""
    state, vault = organisation.ledger.view(), organisation.vault
    spare = Spare([], [])
    used_up: list[int] = []
    for row in vault.outbox.next(MAX_TASKS):
        if row.kind == TASK:
            handles = decode(row.body, AccountsTask).handles
            unused = vault.unused(handles)
            free = [handle for handle in handles if handle in unused and _is_custodial(organisation, state, handle)]
            spare.handles.extend(free)
            (spare.rows if free else used_up).append(row.id)
    vault.outbox.done(used_up)
    return spare


def _open_spare(organisation: Organisation, count: int) -> None:
    built = organisation.build(OpenAccounts(organisation.account, count))
    organisation.vault.outbox.put([(TASK, encode(AccountsTask(built.created[0])))])
    organisation.carrier.submit_now(built.raw)


def _is_custodial(organisation: Organisation, state: Reader, handle: bytes) -> bool:
    """True if the account is open, the organisation's, and nobody was invited to it."""
    person = accounts.person(state, handle)
    if person is None or person.custodian != organisation.account or person.state != PersonState.CUSTODIAL:
        return False
    return accounts.invitation(state, handle) is None
