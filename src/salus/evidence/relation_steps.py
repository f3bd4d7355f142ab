"""The steps about one relation: its root, its records, the release of them, their completeness."""

from itertools import pairwise

from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.core.hashing import T
from salus.core.record import LeafHeader, RelationOpening, content_digest, leaf_hash, relation_root
from salus.core.request import SignedRequest, parse_request
from salus.core.signatures import key_id, verify
from salus.evidence.case import Case, Result, failed, ok, unchecked
from salus.evidence.format import Kind, RecordFact, WholeRelation
from salus.evidence.state import (
    RECORDS_RELEASED,
    RELEASED,
    AnswerValue,
    RelationValue,
    Released,
    ReleasedBody,
    answer_key,
    owner_key,
    read,
    relation_key,
)
from salus.merkle.log import Log
from salus.merkle.plain import plain_root
from salus.merkle.smt import Proof, verify_membership


def check_relation(case: Case) -> Result:
    """The opening's root is the one the ledger holds for the relation, counted with the opening's own `seq`."""
    evidence, opening = case.read, case.read.opening
    if evidence.kind == Kind.STATE_FACT:
        if opening or evidence.records or evidence.request or evidence.whole:
            return failed("A fact of the state carries parts that belong to a relation.")
        return unchecked("The evidence is about the state only.")
    if opening is None:
        return failed("The opening of the relation's root is missing.")
    value = read(case.values.get(relation_key(opening.relation)), RelationValue)
    if value is None:
        return failed("The state proved holds no such relation.")
    root = relation_root(case.network, opening)
    if root == value.root and opening.seq == value.seq:
        case.proved.append(f"The relation's root opens as number {opening.seq}, the newest at that height.")
        return ok("The opening gives the relation's present root, with the number that the ledger counts.")
    if evidence.kind == Kind.RELEASE and root == value.previous and opening.seq + 1 == value.seq:
        case.proved.append(f"The relation's root opens as number {opening.seq}, replaced since.")
        return ok("The opening gives the relation's root before the present one, with its number.")
    return failed("The opening does not give the relation's root at the number that the ledger counts.")


def check_records(case: Case) -> Result:
    """Each record's header and salt give the leaf that the relation's map holds; octets have the leaf's digest."""
    evidence, opening = case.read, case.read.opening
    if opening is None:
        return unchecked("The evidence is about the state only.")
    headers = []
    for fact in evidence.records:
        try:
            header = decode(fact.header, LeafHeader)
        except Refusal:
            return failed("A record's header is malformed.")
        leaf = leaf_hash(case.network, opening.relation, fact.salt, fact.header)
        if not _in_map(case, opening, fact, header, leaf):
            return failed("A record is not in the relation's map at its place.")
        if fact.content and content_digest(case.network, *fact.content) != header.content:
            return failed("A record's octets are not those that were committed to.")
        headers.append(header)
        case.leaves.append(leaf)
    if any(a.record >= b.record for a, b in pairwise(headers)):
        return failed("A record stands twice, or the records are out of order.")
    octets = sum(fact.content is not None for fact in evidence.records)
    case.proved.append(f"{len(headers)} records are in the custodian's map, {octets} of them with their exact octets.")
    return ok(f"{len(headers)} records stand at their places in the map; {octets} contents have their digest.")


def _in_map(case: Case, opening: RelationOpening, fact: RecordFact, header: LeafHeader, leaf: bytes) -> bool:
    whole = case.read.whole
    if whole is not None:  # the whole map is recomputed in the last step; there `leaf` must be its entry
        return not fact.siblings
    return verify_membership(opening.map_root, header.record, leaf, Proof(fact.siblings, None))


def check_request(case: Case) -> Result:
    """The recipient signed the request; the answer in the state and the event in the log are a release on it."""
    evidence, fact, opening = case.read, case.read.request, case.read.opening
    if evidence.kind != Kind.RELEASE:
        return failed("Only a release has a request.") if fact else unchecked("The evidence is not about a release.")
    if fact is None or opening is None:
        return failed("The recipient's request is missing.")
    try:
        request = parse_request(case.network, fact.signed)
    except Refusal:
        return failed("The request is malformed.")
    signed = cose.to_be_signed("request", case.network, request.payload_bytes, request.key)
    if key_id(case.network, fact.public) != request.key or not verify(fact.public, signed, request.signature):
        return failed("The request's signature does not verify.")
    answer = read(case.values.get(answer_key(opening.relation, request.id)), AnswerValue)
    if answer is None or answer.outcome != RELEASED:
        return failed("The state proved holds no release for this request and relation.")
    if case.values.get(owner_key(request.key)) != answer.recipient:
        return failed("The request is not signed by a key of the release's recipient.")
    for body in case.bodies:
        event = _event(body, request, answer)
        if event is not None and event.relation_root == relation_root(case.network, opening):
            case.release = event
            case.proved.append(_words(event))
            return ok("The recipient signed the request; state and log hold the release that answers it.")
    return failed("No entry of the log shown is the release of this request on this root.")


def _event(body: bytes, request: SignedRequest, answer: AnswerValue) -> Released | None:
    """Return the event in `body` if it is the release on `request` that `answer` notes."""
    read_body = read(body, ReleasedBody)
    if read_body is None or read_body.number != RECORDS_RELEASED:
        return None
    event, asked = read_body.event, request.payload
    same = (
        (event.request, request.id),
        (event.relation, asked.relation),
        (event.recipient, answer.recipient),
        (event.filter, asked.filter),
        (event.purpose, asked.purpose),
        (event.staff, asked.staff),
        (event.seal_key, asked.seal_key),
        (event.leaves, answer.leaves),
        (event.deliver_by, answer.deliver_by),
    )
    return event if all(a == b for a, b in same) else None


def _words(event: Released) -> str:
    kind, basis, version = event.basis
    ground = f"directive {basis.hex()}, version {version}" if basis else f"ground number {kind}"
    return (
        f"Custodian {event.custodian.hex()} released them to {event.recipient.hex()}, "
        f"for purpose number {event.purpose}, on {ground}."
    )


def check_leaves(case: Case) -> Result:
    """The records here are exactly those that the release committed to."""
    request = case.read.request
    if case.release is None or request is None:
        return unchecked("The evidence is not about a release.")
    if T("leaves", case.network, request.leaves_salt, sorted(case.leaves)) != case.release.leaves:
        return failed("The records are not exactly those of the release: one is left out, or added.")
    case.proved.append("These are all the records of the release, and no others.")
    return ok("The commitment of the release opens with exactly these records.")


def check_whole(case: Case) -> Result:
    """Log and map of the relation, computed from nothing, give the roots of the opening."""
    evidence, whole, opening = case.read, case.read.whole, case.read.opening
    if evidence.kind != Kind.COMPLETE_VIEW or opening is None:
        return failed("Only a complete view holds the whole relation.") if whole else unchecked("Not a complete view.")
    if whole is None:
        return failed("The relation's whole log and map are missing.")
    words = _recompute(whole, opening) or _account(case, whole) or _compare(case, whole, opening)
    if words:
        return failed(words)
    case.proved.append("The list of records is complete, and so is their history, as of the relation's root.")
    return ok(f"All {len(whole.leaves)} versions and {len(whole.entries)} records give the relation's roots.")


def _recompute(whole: WholeRelation, opening: RelationOpening) -> str:
    if len(whole.leaves) != opening.log_size or _log_root(whole.leaves) != opening.log_root:
        return "The versions listed are not the relation's log."
    if any(a[0] >= b[0] for a, b in pairwise(whole.entries)) or plain_root(whole.entries) != opening.map_root:
        return "The records listed are not the relation's map."
    return ""


def _account(case: Case, whole: WholeRelation) -> str:
    """Every entry of the map must be shown, and every version of the log belong to one of them."""
    listed = dict.fromkeys(whole.leaves)
    headers = [decode(fact.header, LeafHeader) for fact in case.read.records]
    shown = tuple((header.record, leaf) for header, leaf in zip(headers, case.leaves, strict=True))
    if shown != whole.entries:
        return "The records shown are not those of the relation's map."
    if len(listed) != len(whole.leaves) or not all(leaf in listed for leaf in case.leaves):
        return "A record's leaf is not in the relation's log."
    if not all(header.previous in listed for header in headers if header.previous is not None):
        return "The version before one of the records is not in the relation's log."
    if sum(header.version for header in headers) != len(whole.leaves):
        return "The versions of the records do not account for the relation's log."
    return ""


def _compare(case: Case, whole: WholeRelation, opening: RelationOpening) -> str:
    memory = case.remembered.relation if case.remembered else None
    if memory is None or memory.relation != opening.relation:
        return ""
    if opening.seq < memory.seq or opening.log_size < memory.log_size:
        return "The relation is older than what was seen before: it was rolled back."
    if _log_root(whole.leaves[: memory.log_size]) != memory.log_root:
        return "The relation's log is not the one that was seen before: a version was dropped or changed."
    return ""


def _log_root(leaves: tuple[bytes, ...]) -> bytes:
    return Log(leaves).root()
