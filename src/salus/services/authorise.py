"""Authorise: the only maker of `Scope`, without which nothing of a vault can be read.

For a request the answer is `policy.decide`'s, over the relation's directives with what the sealed parts say,
its policy set with the person's preference, and its orders. Whatever goes wrong on the way is a denial.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from salus.client.ledger import StateView
from salus.contracts.accounts import queries as accounts
from salus.contracts.governance import queries as governance
from salus.contracts.records import queries as records_state
from salus.core.hashing import T
from salus.core.record import LeafHeader
from salus.core.request import REQUEST, Request
from salus.policy.decision import decide_prepared
from salus.policy.filter import Filter
from salus.policy.policies import Order
from salus.policy.public import Asked, Recipient, permit_obstacle
from salus.policy.question import Basis, Decision, Question
from salus.policy.reasons import Reason, ledger_reason
from salus.policy.types import Redisclosure
from salus.services import authorities, lookup
from salus.services.actors import Organisation
from salus.services.errors import KeptAndNotUsed, NotAtPresent, NotCustodian
from salus.services.facts import facts_of
from salus.services.shown import shows
from salus.services.situations import Situation, Who
from salus.vault.errors import NoSuchRelation
from salus.vault.scope import Scope

_FIRST = (
    *(Reason.BREAK_GLASS_NOT_ALLOWED, Reason.NOT_OF_THE_EMERGENCY_GROUP, Reason.OPTED_OUT),
    *(Reason.AUTHORITY_ENDED, Reason.AUTHORITY_SUSPENDED),
)
Silent = tuple[bytes, Order]  # an order that forbids notice, opened: (id, what it demands)
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
    kind: str = REQUEST  # core.request
    under: bytes | None = None  # the authority to see what the person may see, if the recipient acts for her

    @property
    def pushed(self) -> bool:
        """True where nobody asked: the custodian hands it over of its own accord."""
        return not self.raw


@dataclass(frozen=True, slots=True)
class Authorised:
    """What may be released: the decision, the headers it was made on, the scope to read them."""

    decision: Decision
    headers: tuple[LeafHeader, ...]  # of the allowed records, in the order of the log
    scope: Scope
    redisclosure: int


def authorise(
    organisation: Organisation,
    asked: AskedFor,
    *,
    break_glass: bool = False,
    on: Basis | None = None,
    order: Silent | None = None,
) -> Authorised | Reason:
    """Return what of the relation may go to the recipient now, or the reason of the denial for the ledger.

    `break_glass`: the recipient says that it is an emergency, whatever the purpose. `on`: a basis that a
    release or session has already; it must still be what the decision rests on, and its use is counted.
    `order`: one that forbids notice, which is on the ledger as a commitment alone.
    """
    try:
        return _authorise(organisation, asked, break_glass, on, order)
    except Exception:  # noqa: BLE001  (any error is a denial, and its text must not travel)
        return Reason.EVALUATION_FAILED


def authorise_page(organisation: Organisation, asked: AskedFor, on: Basis, search: Filter) -> Authorised | Reason:
    """Return what a search within a session may show now: what the session asked for, and the search finds."""
    session = authorise(organisation, asked, on=on)
    found = authorise(organisation, asked._replace(filter=search), on=on)
    if isinstance(session, Reason) or isinstance(found, Reason):
        return session if isinstance(session, Reason) else found
    within = {header.record for header in session.headers}
    headers = tuple(header for header in found.headers if header.record in within)
    scope = released_records(asked, frozenset(header.record for header in headers))
    return Authorised(found.decision, headers, scope, found.redisclosure)


def still_stands(organisation: Organisation, asked: AskedFor, on: Basis, records: Iterable[bytes]) -> Reason | None:
    """Return why records that were committed to may not leave now, None where they may: asked before each chunk."""
    if asked.own:
        view, now = organisation.ledger.view(), organisation.ledger.now()
        if records_state.deceased(view, asked.payload.relation):
            return Reason.PERSON_DECEASED
        return Reason.ACCOUNT_BARRED if accounts.barred(view, asked.payload.relation, now) else None
    authorised = authorise(organisation, asked, on=on)
    if isinstance(authorised, Reason):
        return authorised
    return None if set(records) <= set(authorised.decision.allowed) else Reason.NOT_PERMITTED


def pushed_to(
    organisation: Organisation, release: bytes, relation: bytes, recipient: bytes, purpose: int, wanted: Filter
) -> AskedFor:
    """Return what a push is about, as if the recipient had asked. Raises NoSuchMember, UnknownSealKey."""
    seal_key = lookup.organisation(organisation.ledger.view(), recipient).seal_key
    public = organisation.exchange.find_key(seal_key)
    payload = Request(relation, bytes(32), purpose, None, seal_key, bytes(16), 0)
    return AskedFor(release, b"", payload, recipient, False, wanted, public)


def _authorise(
    organisation: Organisation, asked: AskedFor, break_glass: bool, on: Basis | None, order: Silent | None
) -> Authorised | Reason:
    state, now = organisation.ledger.view(), organisation.ledger.now()
    staff, recipient = asked.payload.staff, asked.recipient
    if asked.own and accounts.barred(state, asked.payload.relation, now):
        return Reason.ACCOUNT_BARRED  # it may not be she who asks
    person = asked.own or accounts.person(state, recipient) is not None  # who acts for her, otherwise
    by_staff = not person and not asked.pushed
    if by_staff and (staff is None or not accounts.staff_attested(state, recipient, staff, now)):
        return Reason.STAFF_NOT_ATTESTED
    scope = for_decision(organisation, asked.payload.relation)
    situation = organisation.situations.of(state, scope.handle(), lambda one: _parts(organisation, one))
    if order is not None:
        situation = situation._replace(orders=[order])
    if on is not None:
        situation = situation.resting_on(on)
    try:
        headers = organisation.vault.headers(scope)
    except NoSuchRelation:
        headers = []
    records = facts_of(organisation.vault, scope, headers, situation.held, asked.filter)
    who = organisation.situations.who(state, recipient, asked.payload.purpose)
    question = _question(state, now, asked, situation, who, break_glass)
    question = _on_behalf(organisation, state, question, asked)
    decision = decide_prepared(question, situation.prepared, records)
    if not decision.permitted:
        return _reason(decision)
    if on is not None and decision.basis != on:
        return _ended(situation, question)
    allowed = frozenset(decision.allowed)
    chosen = tuple(header for header in headers if header.record in allowed)
    return Authorised(decision, chosen, released_records(asked, allowed), _redisclosure(decision, situation))


def _on_behalf(organisation: Organisation, state: StateView, question: Question, asked: AskedFor) -> Question:
    """Return the question with what is known of who acts for the person: as a grantor, and as who asks."""
    network, relation, now = organisation.network, question.relation, question.asked.time
    scope, vault = for_decision(organisation, relation), organisation.vault
    holds = authorities.holds(network, state, relation, now, lambda: vault.directives.of(scope))
    question = question._replace(asked=question.asked._replace(holds=holds))
    if asked.under is None:
        return question
    parts = vault.directives.of(scope)
    represents = authorities.represents(network, state, relation, asked.under, now, parts)
    person = accounts.person(state, asked.recipient) is not None
    suspended = question.recipient_suspended and not (person and represents)
    return question._replace(represents=represents, recipient_suspended=suspended)


def _parts(organisation: Organisation, relation: bytes) -> Mapping[bytes, bytes]:
    """Return sealed parts of a relation, or of one it is merged with; one that another keeps now denies in total."""
    if accounts.custodian_of(organisation.ledger.view(), relation) != organisation.account:
        return {}
    return organisation.vault.directives.of(for_decision(organisation, relation))


def _redisclosure(decision: Decision, situation: Situation) -> int:
    """Return what the directive says that the answer rests on; without one nothing is passed on."""
    named = decision.basis[1] if decision.basis is not None else None
    return next((d.redisclosure for d, _ in situation.prepared.permits if d.id == named), int(Redisclosure.NO))


def _reason(decision: Decision) -> Reason:
    """Return the most telling reason that may stand on the ledger: what ended a permit, not that none is left.

    Who would break the glass and may not is told that, and not what the person denied.
    """
    first = [r for r in decision.reasons if r in _FIRST]
    others = [r for r in decision.reasons if r != Reason.NOT_PERMITTED]
    return ledger_reason([*first, *others, Reason.NOT_PERMITTED])


def _ended(situation: Situation, question: Question) -> Reason:
    """Return why the basis that a release or session had is not what would let it go now."""
    attested = situation.policy.body.attested
    for directive, _ in situation.prepared.permits:
        used = situation.used.get(directive.chain, 0)
        return permit_obstacle(directive, question.asked, used, attested) or Reason.SESSION_OVER
    return Reason.SESSION_OVER


def _question(
    state: StateView, now: int, asked: AskedFor, situation: Situation, who: Who, break_glass: bool
) -> Question:
    request, recipient = asked.payload, asked.recipient
    return Question(
        request.relation,
        Asked(
            Recipient(
                recipient,
                who.roles,
                lambda group: governance.in_group(state, group, recipient),
            ),
            request.purpose,
            who.implied_by.__contains__,
            who.break_glass,
            now,
        ),
        request.staff,
        asked.filter,
        situation.used,
        not asked.own and (not who.may_receive or now < who.suspended_until),
        situation.policy,
        situation.orders,
        break_glass,
        situation.restricted,
        state.height,
        deceased=situation.deceased,
        closed=situation.closed,
        merged=situation.merged,
        objections=situation.objections,
    )


def for_decision(organisation: Organisation, relation: bytes) -> Scope:
    """Let the gateway look at a relation of its own in order to decide; what it reads so, leaves it never."""
    return _own(organisation, relation, "decision", organisation.account)


def for_escrow(organisation: Organisation, relation: bytes) -> Scope:
    """Let the gateway put what it enforces for a relation of its own into the sealed file of an escrow."""
    return _own(organisation, relation, "HSYSADMIN", organisation.account)


def for_lookup(organisation: Organisation, relation: bytes, rule: bytes) -> Scope:
    """Let the gateway look at who a patient of its own is, in order to find her; nothing but that resource.

    `rule` is the look-up, or the group whose locators are to know her.
    """
    if accounts.custodian_of(organisation.ledger.view(), relation) != organisation.account:
        raise NotCustodian
    return Scope(relation, "discovery", organisation.account, rule, lambda header: header.type == "Patient")


def for_labels(organisation: Organisation, relation: bytes) -> Scope:
    """Let the gateway look at a relation of its own in order to label it; what it reads so, leaves it never."""
    return _own(organisation, relation, "HSYSADMIN", organisation.account)


def for_move(organisation: Organisation, relation: bytes, move: bytes) -> Scope:
    """Name a move out of a relation, or into it, for its access log; nothing can be read by it."""
    return Scope(relation, "HSYSADMIN", organisation.account, move, lambda header: False)


def deciding(organisation: Organisation, asked: AskedFor) -> Scope:
    """Name the look at a relation that a request caused, for its access log; nothing can be read by it."""
    purpose, relation = f"purpose {asked.payload.purpose}", asked.payload.relation
    return Scope(relation, purpose, organisation.account, asked.id, lambda header: False)


def for_custody(organisation: Organisation, relation: bytes, successor: bytes) -> Scope:
    """Let a relation leave whole: offered to `successor`, its by vote, or another's by now. Raises NotCustodian."""
    state = organisation.ledger.view()
    offer = records_state.offer(state, relation)
    holder = accounts.custodian_of(state, relation)
    to = offer.successor if offer is not None else governance.successor_of(state, organisation.account)
    offered = holder == organisation.account and to == successor
    given_up = records_state.kept_until(state, relation, organisation.account) is not None
    if not offered and not (given_up and holder != organisation.account):
        raise NotCustodian
    return Scope(relation, "custody", successor, _rule(organisation, "custody"), _everything)


def own_records(organisation: Organisation, relation: bytes, purpose: str, staff: bytes | None) -> Scope:
    """Let the custodian's staff read a relation of its own; the caller logs it.

    Raises NotCustodian, or KeptAndNotUsed where the relation is restricted and the purpose is more than keeping it; and
    NoSuchRelation where it is a segment of another purpose, as for an account here of which nothing is kept.
    """
    if not shows(organisation, organisation.vault.attributes.of(relation), purpose, staff):
        raise NoSuchRelation
    if purpose not in KEEPING and records_state.restricted(organisation.ledger.view(), relation):
        raise KeptAndNotUsed
    return _own(organisation, relation, purpose, staff or organisation.account)


def own_view(organisation: Organisation, relation: bytes) -> Scope:
    """Let the person of a relation look at all of it here; a request that her own key signed stands behind it.

    A restricted relation is hers to see all the same. Raises NotCustodian; NotAtPresent while her account is frozen or
    being recovered (it may not be she who asks), or after her death.
    """
    scope = _own(organisation, relation, lookup.OWN_PURPOSE, relation, "self")
    state, now = organisation.ledger.view(), organisation.ledger.now()
    if records_state.deceased(state, relation) or accounts.barred(state, relation, now):
        raise NotAtPresent
    return scope


def own_view_rule(organisation: Organisation) -> bytes:
    """Return the rule that stands in an access log where a person looked at her own relation by `own_view`."""
    return _rule(organisation, "self")


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


def _own(organisation: Organisation, relation: bytes, purpose: str, actor: bytes, rule: str = "custodian") -> Scope:
    if accounts.custodian_of(organisation.ledger.view(), relation) != organisation.account:
        raise NotCustodian
    return Scope(relation, purpose, actor, _rule(organisation, rule), _everything)


def _rule(organisation: Organisation, name: str) -> bytes:
    return T("rule", organisation.network, name)


def _everything(header: LeafHeader) -> bool:
    return True
