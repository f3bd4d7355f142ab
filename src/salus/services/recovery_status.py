"""Recovery status: what every device shows of its accounts, so that nothing happens to one unseen."""

from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.accounts import queries
from salus.contracts.accounts.recovery_types import RecoveryKind
from salus.core.errors import Refusal
from salus.core.signatures import SigningKey
from salus.services import lookup
from salus.services.actors import Person

_CHANGES = {0x020B: "add a device", 0x020C: "remove a device", 0x0210: "other keyholders"}


class WaitingChange(NamedTuple):
    """A change that one device wants."""

    change: bytes
    what: str
    due: int
    own: bool  # this device wants it


class AccountStatus(NamedTuple):
    """How an account stands."""

    handle: bytes
    keyholders: int
    frozen: bool
    lifts: int | None  # when the freeze ends, if somebody lifts it
    recovery: str  # none, by keyholders, in person
    recovery_due: int | None
    contested: bool
    ours: bool  # this wallet's own recovery
    changes: tuple[WaitingChange, ...]
    recovered: int | None  # when an account was last recovered

    @property
    def alarming(self) -> bool:
        """True if something waits that this device did not ask for."""
        return (self.recovery_due is not None and not self.ours) or any(not one.own for one in self.changes)


def recovery_status(person: Person) -> tuple[AccountStatus, ...]:
    """Return the status of all accounts of the wallet, and of those that it recovers."""
    wallet = person.wallet
    handles = dict.fromkeys([one.handle for one in wallet.relations()] + [one.handle for one in wallet.recoveries()])
    found = []
    for handle in handles:
        kept = wallet.recovery(handle)
        new = None if kept is None else SigningKey.from_seed(kept.device_seed).public
        found.append(account_status(person.ledger, handle, _own(person, handle), new))
    return tuple(found)


def account_status(ledger: Ledger, handle: bytes, own: bytes | None = None, new: bytes | None = None) -> AccountStatus:
    """Return how an account stands, for who has the key `own` and recovers it with the public key `new`.

    Raises UnknownRelation.
    """
    state, now = ledger.view(), ledger.now()
    lookup.person(state, handle)
    pending, frozen = queries.pending_recovery(state, handle), queries.frozen(state, handle, now)
    kind = "none"
    if pending is not None:
        kind = "by keyholders" if pending.kind == RecoveryKind.KEYHOLDERS else "in person"
    changes = tuple(
        WaitingChange(one.id, _CHANGES[one.number], one.due, key == own)
        for key, one in queries.pending_changes(state, handle)
    )
    finished = queries.recovered(state, handle)
    return AccountStatus(
        handle,
        len(queries.keyholding(state, handle).holders),
        frozen is not None,
        None if frozen is None else frozen.lifts,
        kind,
        None if pending is None else pending.due,
        pending is not None and pending.contested,
        pending is not None and any(public == new for _, public, _, _ in pending.keys),
        changes,
        None if finished is None else finished[1],
    )


def _own(person: Person, handle: bytes) -> bytes | None:
    try:
        return person.wallet.relation(handle).device.id(person.wallet.network)
    except Refusal:
        return None
