"""The steps about a release of any kind: who asked, on which ground, and that these are its records.

A ground is named with its version in words, as the ledger holds it; what a directive or a policy set
says stands elsewhere on the ledger under that id.
"""

from typing import TypeVar

from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.core.glass import TEXTS
from salus.core.hashing import T
from salus.core.record import relation_root
from salus.core.request import GLASS, GlassRequest, SignedRequest, parse_request
from salus.core.signatures import key_id, verify
from salus.core.types import Message
from salus.evidence.case import Case, Result, failed, ok, unchecked
from salus.evidence.format import NO_SALT, Kind, Page, page_entry, session_root
from salus.evidence.state import (
    AnswerValue,
    Basis,
    Broken,
    Closed,
    Deferred,
    Ground,
    InBulk,
    Opened,
    Outcome,
    Pushed,
    Released,
    answer_key,
    owner_key,
    read,
    read_event,
)

E = TypeVar("E", bound=Message)
_NAMES: dict[int, str] = {Ground.DIRECTIVE: "directive", Ground.POLICY: "policy set", Ground.ORDER: "order"}
_NO_EVENT = "No entry of the log shown is the release of this request on this root."


def check_request(case: Case) -> Result:
    """The recipient signed the request; the answer in the state and the event in the log are a release on it."""
    kind, fact = case.read.kind, case.read.request
    if kind == Kind.PUSH:
        return failed("A push has no request.") if fact else _pushed(case)
    if kind not in (Kind.RELEASE, Kind.PAGE, Kind.SESSION):
        return failed("Only a release has a request.") if fact else unchecked("The evidence is not about a release.")
    if fact is None or (kind != Kind.SESSION and case.read.opening is None):
        return failed("The recipient's request is missing.")
    try:
        request = parse_request(case.network, fact.signed)
    except Refusal:
        return failed("The request is malformed.")
    signed = request.to_be_signed(case.network)
    if key_id(case.network, fact.public) != request.key or not verify(fact.public, signed, request.signature):
        return failed("The request's signature does not verify.")
    opening = case.read.opening
    if opening is not None and opening.relation != request.payload.relation:
        return failed("The request is about another relation.")
    answer = read(case.values.get(answer_key(request.payload.relation, request.id)), AnswerValue)
    if answer is None:
        return failed("The state proved holds no release for this request and relation.")
    if case.values.get(owner_key(request.key)) != answer.recipient:
        return failed("The request is not signed by a key of the release's recipient.")
    if kind == Kind.RELEASE:
        return _broken(case, request, answer) if request.kind == GLASS else _released(case, request, answer)
    return _session(case, request, answer)


def _released(case: Case, request: SignedRequest, answer: AnswerValue) -> Result:
    if answer.outcome != Outcome.RELEASED:
        return failed("The state proved holds no release for this request and relation.")
    event = _find(case, Released, request)
    if event is None or not _answers(case, event, request, answer):
        return failed(_NO_EVENT)
    case.committed, case.release = event.leaves, request.id
    case.proved.append(_words(event.custodian, "released them", event.recipient, event.purpose, event.basis))
    return ok("The recipient signed the request; state and log hold the release that answers it.")


def _broken(case: Case, request: SignedRequest, answer: AnswerValue) -> Result:
    asked = request.payload
    shapes: dict[int, type[Broken | Deferred]] = {Outcome.BREAK_GLASS: Broken, Outcome.DEFERRED: Deferred}
    if answer.outcome not in shapes or not isinstance(asked, GlassRequest):
        return failed("The state proved holds no release by break-glass for this request and relation.")
    event = _find(case, shapes[answer.outcome], request)
    if event is None or not _answers(case, event, request, answer) or event.reason != asked.reason:
        return failed(_NO_EVENT)
    case.committed, case.release = event.leaves, request.id
    case.proved.append(_words(event.custodian, "released them", event.recipient, event.purpose, event.basis))
    why = TEXTS.get(event.reason, f"Reason number {event.reason}.")
    case.proved.append(f"The recipient signed why it broke the glass: {why} A review was opened with the release.")
    if isinstance(event, Deferred):
        case.proved.append(_late(event))
    return ok("The recipient signed the request and its reason; state and log hold the release by break-glass.")


def _late(event: Deferred) -> str:
    height, known = event.outage
    return (
        f"The release was deferred: the data left at {event.occurred}, before the ledger could take it, on the state "
        f"of height {height}, known to be the newest up to {known} (milliseconds since 1970)."
    )


def _session(case: Case, request: SignedRequest, answer: AnswerValue) -> Result:
    if answer.outcome != Outcome.SESSION:
        return failed("The state proved holds no session for this request and relation.")
    event = _find(case, Opened, request)
    if event is None or event.ends != answer.deliver_by or event.recipient != answer.recipient:
        return failed("No entry of the log shown is the opening of this session.")
    case.release = request.id
    case.proved.append(_words(event.custodian, "opened a session", event.recipient, event.purpose, event.basis))
    if case.read.kind == Kind.PAGE:
        return ok("The recipient signed the request; state and log hold the session that answers it.")
    closed = _find(case, Closed, request)
    if closed is None or answer.leaves is None or closed.root != answer.leaves:
        return failed("State and log shown do not hold the closing of this session.")
    case.committed = closed.root
    return ok("The recipient signed the request; state and log hold the session, opened and closed.")


def _pushed(case: Case) -> Result:
    opening = case.read.opening
    found: list[Pushed | InBulk | None] = [read_event(body, Pushed) for body in case.bodies]
    found += [read_event(body, InBulk) for body in case.bodies]
    events = [event for event in found if event is not None]
    if opening is None or len(events) != 1 or events[0].relation != opening.relation:
        return failed("No entry of the log shown is one push of this relation.")
    event = events[0]
    answer = read(case.values.get(answer_key(event.relation, event.release)), AnswerValue)
    outcome = Outcome.BULK if isinstance(event, InBulk) else Outcome.PUSHED
    if answer is None or answer.outcome != outcome:
        return failed("The state proved holds no push for this relation.")
    held = (answer.recipient, answer.leaves, answer.deliver_by)
    if held != (event.recipient, event.leaves, event.deliver_by):
        return failed("State and log do not hold one push.")
    if event.relation_root != relation_root(case.network, opening):
        return failed("The push is not on this root of the relation.")
    case.committed, case.release = event.leaves, event.release
    did = "released them in bulk" if isinstance(event, InBulk) else "pushed them"
    case.proved.append(_words(event.custodian, did, event.recipient, event.purpose, event.basis))
    return ok("State and log hold the push; nobody had to ask for it.")


def _find(case: Case, shape: type[E], request: SignedRequest) -> E | None:
    """Return the event of `shape` about the request, which must agree with every field of it that it has."""
    asked = request.payload
    known = {"request": request.id, "relation": asked.relation}
    known |= {name: getattr(asked, name) for name in ("filter", "purpose", "staff", "seal_key")}
    for body in case.bodies:
        event = read_event(body, shape)
        if event is not None and all(getattr(event, name, value) == value for name, value in known.items()):
            return event
    return None


def _answers(case: Case, event: Released | Broken | Deferred, request: SignedRequest, answer: AnswerValue) -> bool:
    """True if state, log, and the relation's root shown speak of one release."""
    opening = case.read.opening
    held = (answer.recipient, answer.leaves, answer.deliver_by)
    on_root = opening is not None and event.relation_root == relation_root(case.network, opening)
    return on_root and held == (event.recipient, event.leaves, event.deliver_by)


def _words(custodian: bytes, did: str, recipient: bytes, purpose: int, basis: Basis) -> str:
    to = "for" if did.endswith("session") else "to"
    return (
        f"Custodian {custodian.hex()} {did} {to} {recipient.hex()}, for purpose number {purpose}, on {ground(basis)}."
    )


def ground(basis: Basis) -> str:
    """Return what a release rests on in words, with its version."""
    kind, name, version = basis
    if kind == Ground.SELF:
        return "the person's own access" + ("" if name is None else f", by who acts for her under {name.hex()}")
    if kind == Ground.BREAK_GLASS and name is not None:
        return f"break-glass under policy set {name.hex()}, version {version}"
    if kind in _NAMES and name is not None:
        stands = "" if kind == Ground.ORDER else f", version {version}"
        return f"{_NAMES[kind]} {name.hex()}{stands}"
    return f"ground number {kind}"


def check_leaves(case: Case) -> Result:
    """The records here are exactly those that the release committed to; of a session, the pages."""
    kind, annex, request = case.read.kind, case.annex, case.read.request
    if kind == Kind.RELEASE and request is not None:
        return _opens(case, request.leaves_salt)
    if kind == Kind.PUSH and annex is not None:
        return _opens(case, annex.salt)
    if kind in (Kind.PAGE, Kind.SESSION) and request is not None and request.leaves_salt != NO_SALT:
        return failed("A salt of leaves is shown, which nothing of a session is opened by.")
    if kind == Kind.PAGE and annex is not None:
        return _page(case, annex.salt, annex.page)
    if kind == Kind.SESSION and annex is not None and case.release is not None:
        if session_root(case.network, case.release, annex.salt, annex.pages) != case.committed:
            return failed("The pages are not exactly those of the session's log: one is left out, or added.")
        case.proved.append(f"The session's log holds {len(annex.pages)} pages, and no others.")
        return ok("The commitment of the closing opens with exactly these pages.")
    return unchecked("The evidence is not about a release.")


def _opens(case: Case, salt: bytes) -> Result:
    if T("leaves", case.network, salt, sorted(case.leaves)) != case.committed:
        return failed("The records are not exactly those of the release: one is left out, or added.")
    case.proved.append("These are all the records of the release, and no others.")
    return ok("The commitment of the release opens with exactly these records.")


def _page(case: Case, salt: bytes, raw: bytes | None) -> Result:
    try:
        page = None if raw is None else decode(raw, Page)
    except Refusal:
        return failed("The page's entry is malformed.")
    if page is None or raw is None or page.session != case.release:
        return failed("The entry shown is not of this session's log.")
    if page.leaves != tuple(sorted(case.leaves)):
        return failed("The records are not exactly those of the page: one is left out, or added.")
    entry = page_entry(case.network, salt, raw).hex()
    case.proved.append(f"These are all the records of page {page.number}, whose entry in the session's log is {entry}.")
    return ok("The page's entry names exactly these records.")
