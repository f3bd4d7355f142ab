"""Authorise: the only maker of `Scope`, without which nothing of a vault can be read.

For a request the answer is `policy.decide`'s, over the relation's directives and what the sealed parts
say. Whatever goes wrong on the way is a denial.
"""

from dataclasses import dataclass
from typing import NamedTuple

from salus.contracts.accounts import queries as accounts
from salus.contracts.consent import queries as consent
from salus.contracts.governance import queries as governance
from salus.contracts.records import queries as records_state
from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.hashing import T
from salus.core.record import LeafHeader
from salus.core.request import Request
from salus.policy.decision import decide
from salus.policy.filter import Filter
from salus.policy.public import Asked, Recipient
from salus.policy.purposes import is_break_glass
from salus.policy.question import Decision, Held, Question
from salus.policy.reasons import Reason, ledger_reason
from salus.policy.types import Directive, SealedPart, sealed_commitment
from salus.services.actors import Organisation
from salus.services.errors import KeptAndNotUsed, NotCustodian
from salus.services.facts import facts_of
from salus.services.objects import SealedPartOpening
from salus.state.overlay import Reader
from salus.vault.errors import NoSuchRelation
from salus.vault.scope import Scope

KEEPING = ("administration", "HLEGAL")  # purposes for which a restricted relation may be looked at inside


class AskedFor(NamedTuple):
    """A request whose signature, addressee and openings were verified (`asking.py`)."""

    id: bytes
    raw: bytes  # COSE_Sign
    payload: Request
    recipient: bytes
    own: bool  # the person of the relation asks
    filter: Filter
    answer_key: bytes  # public


@dataclass(frozen=True, slots=True)
class Authorised:
    """What may be released: the decision, the headers it was made on, the scope to read them."""

    decision: Decision
    headers: tuple[LeafHeader, ...]  # of the allowed records, in the order of the log
    scope: Scope
    redisclosure: int


def authorise(organisation: Organisation, asked: AskedFor) -> Authorised | Reason:
    """Return what of the relation may go to the recipient now, or the reason of the denial for the ledger."""
    try:
        return _authorise(organisation, asked)
    except Exception:  # noqa: BLE001  (any error is a denial, and its text must not travel)
        return Reason.EVALUATION_FAILED


def _authorise(organisation: Organisation, asked: AskedFor) -> Authorised | Reason:
    state, now = organisation.ledger.view(), organisation.ledger.now()
    staff, recipient = asked.payload.staff, asked.recipient
    if not asked.own and (staff is None or not accounts.staff_attested(state, recipient, staff, now)):
        return Reason.STAFF_NOT_ATTESTED
    if not asked.own and records_state.restricted(state, asked.payload.relation):
        return Reason.RELATION_RESTRICTED
    scope = for_decision(organisation, asked.payload.relation)
    held = _held(organisation, state, scope)
    try:
        headers = organisation.vault.headers(scope)
    except NoSuchRelation:
        headers = []
    records = facts_of(organisation.vault, scope, headers, held, asked.filter)
    decision = decide(_question(state, now, asked, [directive for directive, _ in held]), held, records)
    if not decision.permitted:
        return _reason(decision)
    allowed = frozenset(decision.allowed)
    chosen = tuple(header for header in headers if header.record in allowed)
    redisclosure = next((d.redisclosure for d, _ in held if decision.basis == (d.id, d.version)), 0)
    return Authorised(decision, chosen, released_records(asked, allowed), redisclosure)


def _reason(decision: Decision) -> Reason:
    """Return the most telling reason that may stand on the ledger: what ended a permit, not that none is left."""
    return ledger_reason([*(r for r in decision.reasons if r != Reason.NOT_PERMITTED), Reason.NOT_PERMITTED])


def _question(state: Reader, now: int, asked: AskedFor, directives: list[Directive]) -> Question:
    request, recipient = asked.payload, asked.recipient
    purpose = governance.purpose(state, request.purpose)
    break_glass = purpose is None or is_break_glass(purpose.system, purpose.code)
    return Question(
        request.relation,
        Asked(
            Recipient(
                recipient,
                accounts.roles(state, recipient),
                lambda group: governance.in_group(state, group, recipient),
            ),
            request.purpose,
            lambda permitted: governance.purpose_implied_by(state, permitted, request.purpose),
            break_glass,
            now,
        ),
        request.staff,
        asked.filter,
        {d.chain: consent.used(state, request.relation, d.chain) for d in directives},
        not asked.own and not governance.may_receive(state, recipient),
    )


def _held(organisation: Organisation, state: Reader, scope: Scope) -> list[Held]:
    """Return the relation's directives, each with its sealed part where that opens the commitment."""
    relation = scope.handle()
    parts = organisation.vault.directives.of(scope)
    return [
        (directive, _opened(organisation.network, relation, directive, parts.get(directive.id)))
        for directive in consent.directives(state, relation)
    ]


def _opened(network: bytes, relation: bytes, directive: Directive, raw: bytes | None) -> SealedPart | None:
    if raw is None or directive.sealed is None:
        return None
    try:
        opening = decode(raw, SealedPartOpening)
        commitment = sealed_commitment(network, relation, directive.id, directive.version, opening.salt, opening.body)
        return decode(opening.body, SealedPart) if commitment == directive.sealed else None
    except Malformed:
        return None


def for_decision(organisation: Organisation, relation: bytes) -> Scope:
    """Let the gateway look at a relation of its own in order to decide; what it reads so, leaves it never."""
    return _own(organisation, relation, "decision", organisation.account)


def deciding(organisation: Organisation, asked: AskedFor) -> Scope:
    """Name the look at a relation that a request caused, for its access log; nothing can be read by it."""
    purpose, relation = f"purpose {asked.payload.purpose}", asked.payload.relation
    return Scope(relation, purpose, organisation.account, asked.id, lambda header: False)


def own_records(organisation: Organisation, relation: bytes, purpose: str, staff: bytes | None) -> Scope:
    """Let the custodian's staff read a relation of its own; the caller logs it.

    Raises NotCustodian, or KeptAndNotUsed where the relation is restricted and the purpose is more than keeping it.
    """
    if purpose not in KEEPING and records_state.restricted(organisation.ledger.view(), relation):
        raise KeptAndNotUsed
    return _own(organisation, relation, purpose, staff or organisation.account)


def own_shared(organisation: Organisation) -> Scope:
    """Let an organisation read what belongs to no relation: its staff, practitioners, locations."""
    return Scope(None, "shared", organisation.account, _rule(organisation, "shared"), _everything)


def received_records(organisation: Organisation, relation: bytes, release: bytes) -> Scope:
    """Let a recipient read its own copy of what it received by `release`."""
    return Scope(relation, "received", organisation.account, release, _everything)


def whole_relation(asked: AskedFor) -> Scope:
    """Let the person of a relation see all of it, every version; its own request stands behind it."""
    if not asked.own:
        raise NotCustodian
    return Scope(asked.payload.relation, "own", asked.recipient, asked.id, _everything)


def released_records(asked: AskedFor, allowed: frozenset[bytes]) -> Scope:
    """Let the gateway read the records of a decided release, in order to prove and deliver them."""
    purpose = f"purpose {asked.payload.purpose}"
    relation, recipient = asked.payload.relation, asked.recipient
    return Scope(relation, purpose, recipient, asked.id, lambda header: header.record in allowed)


def _own(organisation: Organisation, relation: bytes, purpose: str, actor: bytes) -> Scope:
    if accounts.custodian_of(organisation.ledger.view(), relation) != organisation.account:
        raise NotCustodian
    return Scope(relation, purpose, actor, _rule(organisation, "custodian"), _everything)


def _rule(organisation: Organisation, name: str) -> bytes:
    return T("rule", organisation.network, name)


def _everything(header: LeafHeader) -> bool:
    return True
