"""The steps about one relation: its root, its records, their completeness."""

from itertools import pairwise

from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.core.record import LeafHeader, RelationOpening, content_digest, leaf_hash, relation_root
from salus.evidence.case import Case, Result, failed, ok, unchecked
from salus.evidence.format import Kind, RecordFact, WholeRelation
from salus.evidence.state import RelationValue, read, relation_key
from salus.merkle.log import Log
from salus.merkle.plain import plain_root
from salus.merkle.smt import Proof, verify_membership

_RELEASES = (Kind.RELEASE, Kind.PUSH, Kind.PAGE, Kind.RECORDS)  # made a moment after the block that they speak of


def check_relation(case: Case) -> Result:
    """The opening's root is the one the ledger holds for the relation, counted with the opening's own `seq`."""
    evidence, opening = case.read, case.read.opening
    if evidence.kind in (Kind.STATE_FACT, Kind.SESSION):
        asked = evidence.request and evidence.kind == Kind.STATE_FACT
        if opening or evidence.records or asked or evidence.whole:
            return failed("A fact of the state carries parts that belong to a relation.")
        return unchecked("The evidence is about the state and the log only.")
    if opening is None:
        return failed("The opening of the relation's root is missing.")
    value = read(case.values.get(relation_key(opening.relation)), RelationValue)
    if value is None:
        return failed("The state proved holds no such relation.")
    root = relation_root(case.network, opening)
    if root == value.root and opening.seq == value.seq:
        case.proved.append(f"The relation's root opens as number {opening.seq}, the newest at that height.")
        return ok("The opening gives the relation's present root, with the number that the ledger counts.")
    if evidence.kind in _RELEASES and root == value.previous and opening.seq + 1 == value.seq:
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
