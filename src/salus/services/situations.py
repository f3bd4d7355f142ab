"""What a decision needs of the ledger, sorted out once and used again while nothing changed.

A situation is a relation's; it depends on nothing of who asks, what for, or when: that is the question's. Its entry
serves views of the very height it was made at, and at any other height only after the stored bytes were compared; so
a revocation is seen by the next decision on a view that holds it.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import NamedTuple

from salus.client.ledger import StateView
from salus.contracts.accounts import queries as accounts
from salus.contracts.consent import queries as consent
from salus.contracts.governance import queries as governance
from salus.contracts.records import queries as records
from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.keys import FOREVER
from salus.policy.policies import Order, PolicyInForce, Preference
from salus.policy.prepared import Prepared, prepare
from salus.policy.purposes import is_break_glass
from salus.policy.question import Basis, Held
from salus.policy.types import BasisKind, Directive, Effect, SealedPart, Status, sealed_commitment
from salus.services.objects import SealedPartOpening

MOST = 4096  # relations whose directives are kept sorted out

Parts = Callable[[bytes], Mapping[bytes, bytes]]  # reads a relation's encoded openings of sealed parts, by directive


class Situation(NamedTuple):
    """A relation at one height: its directives, how often they were used, its policy set, its orders, what bars it."""

    height: int
    prepared: Prepared
    used: Mapping[bytes, int]
    policy: PolicyInForce
    orders: Sequence[tuple[bytes, Order]]
    merged: tuple[bytes, ...] = ()  # relations it is merged with: their denies are among `prepared`
    objections: Sequence[Preference] = ()  # of these
    restricted: bool = False
    deceased: bool = False
    closed: bool = False

    @property
    def held(self) -> Sequence[Held]:
        """All directives that count, each with its sealed part where that opens."""
        return (*self.prepared.permits, *self.prepared.denies)

    def resting_on(self, basis: Basis) -> "Situation":
        """Return it for who rests on `basis` already: no other permit or order counts, and its own use is not over."""
        kind, ground, _ = basis
        held = self.prepared.permits if kind == BasisKind.DIRECTIVE else ()
        permits = tuple(pair for pair in held if pair[0].id == ground)
        used = dict(self.used)
        for directive, _ in permits:
            if used.get(directive.chain):
                used[directive.chain] -= 1
        orders = [row for row in self.orders if kind == BasisKind.ORDER and row[0] == ground]
        return self._replace(prepared=self.prepared._replace(permits=permits), used=used, orders=orders)


class Who(NamedTuple):
    """What the ledger says of a recipient and a purpose at one height."""

    roles: tuple[int, ...]
    may_receive: bool  # as far as members voted
    suspended_until: int  # in an emergency, which ends by the clock and not by a block
    implied_by: tuple[int, ...]  # as `governance.purpose_implied_by`; empty where the table lacks the purpose
    break_glass: bool


class _Kept(NamedTuple):
    rows: Sequence[tuple[bytes, bytes]]  # as the ledger stores them
    whole: bool  # every sealed part that counts was at hand
    situation: Situation


class Situations:
    """Keeps the situations of the relations asked for last. Safe to use from any thread."""

    def __init__(self, network: bytes, most: int = MOST) -> None:
        self._network = network
        self._most = most
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._who: dict[tuple[bytes, int], Who] = {}
        self._who_height = -1
        self._lock = Lock()

    def who(self, state: StateView, recipient: bytes, purpose: int) -> Who:
        """Return what `state` says of recipient and purpose; kept for that height alone."""
        key = recipient, purpose
        with self._lock:
            kept = self._who.get(key) if self._who_height == state.height else None
        if kept is not None:
            return kept
        row = governance.purpose(state, purpose)
        made = Who(
            accounts.roles(state, recipient),
            governance.may_receive(state, recipient, FOREVER),
            governance.suspended_until(state, recipient)[0],
            () if row is None else (row.number, *row.implied_by),
            row is None or is_break_glass(row.system, row.code),
        )
        with self._lock:
            if self._who_height != state.height or len(self._who) >= self._most:
                self._who, self._who_height = {}, state.height
            self._who[key] = made
        return made

    def of(self, state: StateView, relation: bytes, parts: Parts) -> Situation:
        """Return the situation of `relation` in `state`; `parts` is called only if it has to be made anew."""
        with self._lock:
            kept = self._kept.get(relation)
            if kept is not None:
                self._kept.move_to_end(relation)
        if kept is not None and kept.whole and kept.situation.height == state.height:
            return kept.situation
        made = self._make(state, relation, parts, kept)
        with self._lock:
            self._kept[relation] = made
            self._kept.move_to_end(relation)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made.situation

    def _make(self, state: StateView, relation: bytes, parts: Parts, kept: _Kept | None) -> _Kept:
        merged = records.merged(state, relation)
        sides = relation, *merged
        rows = [row for one in sides for row in consent.stored(state, one)]
        if kept is not None and kept.whole and kept.rows == rows and kept.situation.merged == merged:
            prepared, whole = kept.situation.prepared, True
        else:
            given = {name: raw for one in sides for name, raw in parts(one).items()}
            prepared, whole = self._prepare(relation, merged, consent.of_stored(rows), given)
        counted = [directive for directive, _ in prepared.permits if directive.uses]
        used = {directive.chain: consent.used(state, relation, directive.chain) for directive in counted}
        policy = consent.policy_of(governance, state, relation)
        orders = consent.orders(state, relation)
        objections = [consent.policy_of(governance, state, one).preference for one in merged]
        bars = records.restricted(state, relation), *records.over(state, relation)
        situation = Situation(state.height, prepared, used, policy, orders, merged, objections, *bars)
        return _Kept(rows, whole, situation)

    def _prepare(
        self,
        relation: bytes,
        merged: tuple[bytes, ...],
        directives: Sequence[Directive],
        parts: Mapping[bytes, bytes],
    ) -> tuple[Prepared, bool]:
        held = [(one, _opened(self._network, one, parts.get(one.id))) for one in directives]
        return prepare(relation, held, merged), not any(part is None and _counts(one) for one, part in held)


def _counts(directive: Directive) -> bool:
    """True if the directive could bear on a decision once its sealed part is there."""
    if directive.status == Status.ACTIVE:
        return not directive.total
    denies = directive.effect == Effect.DENY and not directive.total
    return denies and directive.status in (Status.UNACKNOWLEDGED, Status.SUSPENDED)


def _opened(network: bytes, directive: Directive, raw: bytes | None) -> SealedPart | None:
    if raw is None or directive.sealed is None:
        return None
    try:
        opening = decode(raw, SealedPartOpening)
        named = directive.relation, directive.id, directive.version
        commitment = sealed_commitment(network, *named, opening.salt, opening.body)
        return decode(opening.body, SealedPart) if commitment == directive.sealed else None
    except Malformed:
        return None
