"""Account for a relation: who received what, when, why, under which directive; refusals and decisions as well.

It is read off the ledger's log, so that nobody has to be asked. What was released is known by the openings
in the wallet or at the custodian; the ledger itself tells neither kinds nor numbers of records.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from salus.client.ledger import Ledger, Pruned
from salus.contracts.access import queries as access
from salus.contracts.accounts import queries as accounts
from salus.contracts.records import queries as records
from salus.core.encoding import decode
from salus.core.hashing import T
from salus.evidence.state import LOG_KEY, LogValue
from salus.merkle.log import leaf_hash
from salus.services import lookup
from salus.services.account.law import Laws
from salus.services.account.line import Line
from salus.services.account.rows import ROWS
from salus.services.actors import Person
from salus.services.history import Entry, entries
from salus.state.overlay import Reader
from salus.wallet.kept import KeptRequest


class Accounting(NamedTuple):
    """The lines of one relation, oldest first, as the ledger stood at `height`; `as_of` is when it was asked."""

    relation: bytes
    custodian: bytes
    custodian_name: str
    as_of: int  # milliseconds
    height: int
    log_size: int
    lines: tuple[Line, ...]
    unanswered: tuple[KeptRequest, ...]  # requests that the asker itself made and the ledger has no answer to
    merged: tuple[bytes, ...] = ()  # other relations that are the same person's; each has an account of its own
    pruned: Pruned | None = None  # what this ledger has no more, so that no line tells of it

    @property
    def waiting(self) -> tuple[Line, ...]:
        """The lines after which something is still to come."""
        return tuple(line for line in self.lines if line.waits_for)


def accounting(ledger: Ledger, relation: bytes, unanswered: Sequence[KeptRequest] = ()) -> Accounting:
    """Return everything the log says about a relation; raise UnknownRelation."""
    state = ledger.view()
    custodian = lookup.person(state, relation).custodian
    profile = accounts.organisation(state, custodian)
    told = [_line(ledger.network, state, relation, entry) for entry in entries(ledger, relation)]
    laws = Laws(ledger)
    lines = [_by_law(laws, line) for line in told if line is not None]
    raw = state.get(LOG_KEY)
    return Accounting(
        relation,
        custodian,
        "" if profile is None else profile.name,
        ledger.now(),
        state.height,
        0 if raw is None else decode(raw, LogValue).size,
        tuple(lines),
        tuple(request for request in unanswered if request.relation == relation),
        records.merged(state, relation),
        ledger.pruned(),
    )


def pending_requests(person: Person) -> tuple[KeptRequest, ...]:
    """Return the wallet's own requests that nobody has answered on the ledger."""
    state = person.ledger.view()
    kept = person.wallet.requests()
    return tuple(request for request in kept if access.answer(state, request.relation, request.request) is None)


def _line(network: bytes, state: Reader, relation: bytes, entry: Entry) -> Line | None:
    row = ROWS.get(type(entry.event))
    if row is None:
        return None
    leaf = leaf_hash(T("event", network, entry.body))
    blank = Line(entry.number, entry.height, entry.time, leaf)
    return row.describe(state, replace(blank, what=row.what), entry.event, relation)


def _by_law(laws: Laws, line: Line) -> Line:
    """Return the line with the rule of the policy set that it rests on."""
    if line.directive is None or line.version is None or line.organisation is None:
        return line
    if line.basis == "policy":
        return replace(line, law=laws.of_rule(line.directive, line.version, line.organisation, line.purpose))
    if line.basis == "break-glass":
        return replace(line, law=laws.of_emergency(line.directive, line.version))
    return line
