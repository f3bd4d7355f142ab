"""Account for a relation: who received what, when, why, under which directive; refusals and decisions as well.

It is read off the ledger's log, so that nobody has to be asked. What was released is known by the openings
in the wallet or at the custodian; the ledger itself tells neither kinds nor numbers of records.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.access import queries as access
from salus.contracts.access.events import RecordsReleased, ReleaseAcknowledged, RequestRefused
from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.events import AccountsOpened, ClaimFinal, ClaimMade, ClaimRejected, PersonInvited
from salus.contracts.consent.events import (
    ConsentGranted,
    ConsentRevoked,
    CustodialPermitLapsed,
    DirectiveAcknowledged,
    TotallyDenied,
)
from salus.contracts.records.events import HoldLifted, HoldPlaced, PetitionAnswered, PetitionMade, RelationRestricted
from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.core.types import Message
from salus.policy.reasons import TEXTS
from salus.policy.types import BasisKind, Effect, Grantee, GranteeKind, OrganisationRole
from salus.services import lookup
from salus.services.actors import Person
from salus.services.errors import UnknownPurpose
from salus.services.history import Entry, entries
from salus.state.overlay import Reader
from salus.wallet.kept import KeptRequest


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, at `index` of the ledger's log, where anybody can have it proved."""

    index: int
    height: int
    time: int
    # released, refused, acknowledged, granted, denied, revoked, in-force, lapsed, opened, invited, claim…; of
    # petitions asked, done, declined, deferred; held, lifted, restricted, used-again
    what: str
    organisation: bytes | None  # the other side, by account; None where it is the person or nobody in particular
    name: str  # of that side, in words
    purpose: str
    basis: str  # self, directive, policy, order, break-glass; empty where nothing was released
    directive: bytes | None
    version: int | None
    reason: str  # of a refusal
    request: bytes | None
    acknowledged: bool | None  # of a release: did the recipient confirm it


class Accounting(NamedTuple):
    """The lines of one relation, oldest first."""

    relation: bytes
    custodian: bytes
    lines: tuple[Line, ...]


def accounting(ledger: Ledger, relation: bytes) -> Accounting:
    """Return everything the log says about a relation; raise UnknownRelation."""
    state = ledger.view()
    custodian = lookup.person(state, relation).custodian
    lines = [_line(state, relation, entry) for entry in entries(ledger, relation)]
    return Accounting(relation, custodian, tuple(line for line in lines if line is not None))


def pending_requests(person: Person) -> tuple[KeptRequest, ...]:
    """Return the wallet's own requests that nobody has answered on the ledger."""
    state = person.ledger.view()
    kept = person.wallet.requests()
    return tuple(request for request in kept if access.answer(state, request.relation, request.request) is None)


def _line(state: Reader, relation: bytes, entry: Entry) -> Line | None:
    describe = _LINES.get(type(entry.event))
    if describe is None:
        return None
    blank = Line(entry.number, entry.height, entry.time, "", None, "", "", "", None, None, "", None, None)
    return describe(state, blank, entry.event, relation)


def _released(state: Reader, line: Line, event: RecordsReleased, relation: bytes) -> Line:
    kind, directive, version = event.basis
    answer = access.answer(state, event.relation, event.request)
    return replace(
        _other(state, line, event.recipient, relation),
        what="released",
        purpose=_purpose(state, event.purpose),
        basis=BasisKind(kind).name.lower().replace("_", "-"),
        directive=directive,
        version=version if directive else None,
        request=event.request,
        acknowledged=answer is not None and answer.acknowledged is not None,
    )


def _refused(state: Reader, line: Line, event: RequestRefused, relation: bytes) -> Line:
    return replace(
        _other(state, line, event.recipient, relation),
        what="refused",
        purpose=_purpose(state, event.purpose),
        reason=TEXTS.get(event.reason, ""),
        request=event.request,
    )


def _acknowledged(state: Reader, line: Line, event: ReleaseAcknowledged, relation: bytes) -> Line:
    return replace(_other(state, line, event.recipient, relation), what="acknowledged", request=event.request)


def _granted(state: Reader, line: Line, event: ConsentGranted, relation: bytes) -> Line:
    what = "granted" if event.effect == Effect.PERMIT else "denied"
    return replace(
        _to(state, line, event.grantee, event.purposes), what=what, directive=event.directive, version=event.version
    )


def _denied(state: Reader, line: Line, event: TotallyDenied, relation: bytes) -> Line:
    line = _to(state, line, event.grantee, event.purposes)
    return replace(line, what="denied", directive=event.directive, version=1)


def _directive(what: str) -> "Describe":
    def describe(state: Reader, line: Line, event: Message, relation: bytes) -> Line:
        return replace(
            line, what=what, directive=getattr(event, "directive", None), version=getattr(event, "version", None)
        )

    return describe


def _plain(what: str) -> "Describe":
    def describe(state: Reader, line: Line, event: Message, relation: bytes) -> Line:
        side = getattr(event, "custodian", None) or getattr(event, "carrier", None)
        return replace(line, what=what) if side is None else replace(_other(state, line, side, relation), what=what)

    return describe


def _asked(state: Reader, line: Line, event: PetitionMade, relation: bytes) -> Line:
    kind = PetitionKind(event.kind).name.lower()
    return replace(_other(state, line, event.custodian, relation), what="asked", reason=kind)


def _answered(state: Reader, line: Line, event: PetitionAnswered, relation: bytes) -> Line:
    kind, ground = PetitionKind(event.kind).name.lower(), Ground(event.ground)
    reason = kind if ground is Ground.NONE else f"{kind}: {ground.name.lower().replace('_', ' ')}"
    what = {Outcome.DONE: "done", Outcome.REFUSED: "declined", Outcome.DEFERRED: "deferred"}[Outcome(event.outcome)]
    return replace(_other(state, line, event.custodian, relation), what=what, reason=reason)


def _restricted(state: Reader, line: Line, event: RelationRestricted, relation: bytes) -> Line:
    what = "restricted" if event.restricted else "used-again"
    return replace(_other(state, line, event.custodian, relation), what=what)


def _other(state: Reader, line: Line, account: bytes, relation: bytes) -> Line:
    if account == relation:
        return replace(line, organisation=None, name="the person")
    profile = accounts.organisation(state, account)
    return replace(line, organisation=account, name="" if profile is None else profile.name)


def _to(state: Reader, line: Line, grantee: Grantee, purposes: tuple[int, ...]) -> Line:
    kind, name = grantee
    words = ", ".join(_purpose(state, number) for number in purposes) or "everything"
    line = replace(line, purpose=words)
    if kind == GranteeKind.ORGANISATION:
        return _other(state, line, name, b"")
    if kind == GranteeKind.ROLE:
        return replace(line, name=f"every {OrganisationRole(int.from_bytes(name, 'big')).name.lower()}")
    return replace(line, name="a group" if kind == GranteeKind.GROUP else "anyone")


def _purpose(state: Reader, number: int) -> str:
    try:
        return lookup.purpose_code(state, number)
    except UnknownPurpose:
        return str(number)


Describe = Callable[[Reader, Line, Message, bytes], Line]
_LINES: Mapping[type[Message], Callable[..., Line]] = {
    RecordsReleased: _released,
    RequestRefused: _refused,
    ReleaseAcknowledged: _acknowledged,
    ConsentGranted: _granted,
    TotallyDenied: _denied,
    ConsentRevoked: _directive("revoked"),
    DirectiveAcknowledged: _directive("in-force"),
    CustodialPermitLapsed: _directive("lapsed"),
    AccountsOpened: _plain("opened"),
    PersonInvited: _plain("invited"),
    ClaimMade: _plain("claim-made"),
    ClaimRejected: _plain("claim-rejected"),
    ClaimFinal: _plain("claimed"),
    PetitionMade: _asked,
    PetitionAnswered: _answered,
    HoldPlaced: _plain("held"),
    HoldLifted: _plain("lifted"),
    RelationRestricted: _restricted,
}
