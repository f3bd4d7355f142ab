"""Account for a relation: who received what, when, why, under which directive; refusals and decisions as well.

It is read off the ledger's log, so that nobody has to be asked. What was released is known by the openings
in the wallet or at the custodian; the ledger itself tells neither kinds nor numbers of records.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.access import queries as access
from salus.contracts.access.events import (
    BreakGlassReviewed,
    GlassBroken,
    RecordsPushed,
    RecordsReleased,
    ReleaseAcknowledged,
    RequestRefused,
    SessionClosed,
    SessionOpened,
)
from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.events import AccountsOpened, ClaimFinal, ClaimMade, ClaimRejected, PersonInvited
from salus.contracts.consent.events import (
    ConsentAttested,
    ConsentGranted,
    ConsentRevoked,
    CustodialPermitLapsed,
    CustodialPreferenceLapsed,
    DirectiveAcknowledged,
    OrderEnded,
    OrderRecorded,
    PolicySetNamed,
    PreferenceSet,
    TotallyDenied,
)
from salus.core.glass import TEXTS as GLASS
from salus.core.glass import Verdict
from salus.core.types import Message
from salus.policy.reasons import TEXTS
from salus.policy.types import BasisKind, Effect, Grantee, GranteeKind, OrganisationRole
from salus.services import lookup
from salus.services.errors import UnknownPurpose
from salus.services.history import Entry, entries
from salus.state.overlay import Reader


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, at `index` of the ledger's log, where anybody can have it proved."""

    index: int
    height: int
    time: int
    what: str  # released, break-glass, reviewed, session, pushed, refused, acknowledged, granted, denied, revoked, …
    organisation: bytes | None  # the other side, by account; None where it is the person or nobody in particular
    name: str  # of that side, in words
    purpose: str
    basis: str  # self, directive, policy, order, break-glass; empty where nothing was released
    directive: bytes | None
    version: int | None
    reason: str  # of a refusal, a break-glass, a verdict
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


def ground_of(line: Line) -> str:
    """Return in a few words what a line rests on, or why it says no."""
    if line.directive is None:
        return line.reason or line.basis
    kind = "" if line.basis in ("", "directive") else f"{line.basis} "
    stands = f"{kind}{line.directive.hex()[:12]}" + (f", version {line.version}" if line.version else "")
    return f"{stands}: {line.reason}" if line.reason else stands


def _line(state: Reader, relation: bytes, entry: Entry) -> Line | None:
    describe = _LINES.get(type(entry.event))
    if describe is None:
        return None
    blank = Line(entry.number, entry.height, entry.time, "", None, "", "", "", None, None, "", None, None)
    return describe(state, blank, entry.event, relation)


_Given = RecordsReleased | GlassBroken | RecordsPushed | SessionOpened


def _released(what: str) -> Callable[[Reader, Line, _Given, bytes], Line]:
    def describe(state: Reader, line: Line, event: _Given, relation: bytes) -> Line:
        kind, ground, version = event.basis
        release = event.release if isinstance(event, RecordsPushed) else event.request
        answer = access.answer(state, event.relation, release)
        return replace(
            _other(state, line, event.recipient, relation),
            what=what,
            purpose=_purpose(state, event.purpose),
            basis=BasisKind(kind).name.lower().replace("_", "-"),
            directive=ground,
            version=version if ground else None,
            reason=GLASS.get(event.reason, "") if isinstance(event, GlassBroken) else "",
            request=release,
            acknowledged=answer is not None and answer.acknowledged is not None,
        )

    return describe


def _reviewed(state: Reader, line: Line, event: BreakGlassReviewed, relation: bytes) -> Line:
    verdict = Verdict(event.verdict).name.lower().replace("_", " ")
    said = f"{verdict}, which closed the review" if event.closed else verdict
    return replace(_other(state, line, event.reviewer, relation), what="reviewed", reason=said, request=event.request)


def _closed(state: Reader, line: Line, event: SessionClosed, relation: bytes) -> Line:
    return replace(_other(state, line, event.recipient, relation), what="session-closed", request=event.request)


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


def _attested(state: Reader, line: Line, event: ConsentAttested, relation: bytes) -> Line:
    line = _to(state, line, event.grantee, event.purposes)
    by = _other(state, line, event.attester, relation)
    what = "attested" if event.effect == Effect.PERMIT else "attested-deny"
    return replace(
        line, what=what, directive=event.directive, version=event.version, reason=f"By {by.name}, not by her."
    )


def _ordered(state: Reader, line: Line, event: OrderRecorded, relation: bytes) -> Line:
    by = _other(state, line, event.issuer, relation).name
    purpose = _purpose(state, event.purpose)
    line = _other(state, line, event.recipient, relation)
    return replace(line, what="ordered", purpose=purpose, reason=f"Order recorded by {by}.")


def _order_ended(state: Reader, line: Line, event: OrderEnded, relation: bytes) -> Line:
    return replace(_other(state, line, event.issuer, relation), what="order-ended")


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
    RecordsReleased: _released("released"),
    GlassBroken: _released("break-glass"),
    BreakGlassReviewed: _reviewed,
    SessionOpened: _released("session"),
    SessionClosed: _closed,
    RecordsPushed: _released("pushed"),
    RequestRefused: _refused,
    ReleaseAcknowledged: _acknowledged,
    ConsentGranted: _granted,
    TotallyDenied: _denied,
    ConsentRevoked: _directive("revoked"),
    DirectiveAcknowledged: _directive("in-force"),
    CustodialPermitLapsed: _directive("lapsed"),
    ConsentAttested: _attested,
    PolicySetNamed: _plain("policy-named"),
    PreferenceSet: _plain("preference-set"),
    CustodialPreferenceLapsed: _plain("preference-lapsed"),
    OrderRecorded: _ordered,
    OrderEnded: _order_ended,
    AccountsOpened: _plain("opened"),
    PersonInvited: _plain("invited"),
    ClaimMade: _plain("claim-made"),
    ClaimRejected: _plain("claim-rejected"),
    ClaimFinal: _plain("claimed"),
}
