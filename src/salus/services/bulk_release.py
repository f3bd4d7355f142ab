"""Bulk release: what policy or the persons themselves let go to one recipient, over many relations, in one stream.

Each relation is decided by itself before anything is counted: those that let nothing go leave no trace in the message,
the stream or a total. The ledger checks every ground again, entry by entry.
"""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from salus.contracts.access import queries as access
from salus.contracts.access.messages import RecordBulkRelease
from salus.contracts.governance import queries as governance
from salus.contracts.governance.parameters import Parameter
from salus.core.bulk import receipt
from salus.core.encoding import decode, encode
from salus.core.errors import Kind, Refusal
from salus.core.hashing import T, object_id
from salus.policy.filter import UNFILTERED, Filter
from salus.policy.reasons import Reason
from salus.policy.types import EVERYTHING, BasisKind, Provision
from salus.services import lookup
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.anchor import anchor
from salus.services.authorise import Authorised, authorise, pushed_to, released_records, still_stands
from salus.services.bulk_task import TASK, BulkContent, BulkTask, Part
from salus.services.commit_release import MAX_TASKS, basis_of, prove_available
from salus.services.deliver import read_octets
from salus.services.errors import NothingInBulk
from salus.services.freshness import check_fresh
from salus.services.objects import Content
from salus.services.proofs import Disclosed, prove_push
from salus.services.release import log_decision
from salus.services.sealed_orders import NO_BASIS
from salus.services.sealing import Addressed, sealed_letter
from salus.services.tell_release import tell_release
from salus.vault.errors import NoSuchOpening
from salus.vault.reading import Proven
from salus.vault.scope import Scope

_GROUNDS = (BasisKind.DIRECTIVE, BasisKind.POLICY)
_DELIVER_MS = 3_600_000


class BulkDelivery(NamedTuple):
    """A bulk release that was posted: relations and records that left."""

    bulk: bytes
    recipient: bytes
    relations: int
    records: int
    height: int


def bulk_release(
    organisation: Organisation,
    recipient: bytes,
    purpose: str,
    wanted: Provision = EVERYTHING,
    relations: Sequence[bytes] | None = None,
) -> tuple[BulkDelivery, ...]:
    """Decide, commit and deliver over all relations here, or over `relations`; more than fit go as several.

    What waits to be anchored is anchored first. Raises NoSuchMember, UnknownPurpose, UnknownSealKey, StateTooOld,
    NothingInBulk, the contract's refusals.
    """
    state = organisation.ledger.view()
    number = lookup.purpose_number(state, purpose)
    lookup.organisation(state, recipient)
    check_fresh(organisation, number)
    anchor(organisation)
    over = organisation.vault.relations() if relations is None else relations
    found = tuple(_allowed(organisation, recipient, number, Filter(wanted, None), dict.fromkeys(over)))
    if not found:
        raise NothingInBulk
    most = governance.parameter(state, Parameter.BULK_ENTRIES)
    chunks = [found[first : first + most] for first in range(0, len(found), most)]
    return tuple(_send(organisation, recipient, number, chunk) for chunk in chunks)


class _Allowed(NamedTuple):
    relation: bytes
    authorised: Authorised
    proven: Proven


def _allowed(
    organisation: Organisation, recipient: bytes, purpose: int, wanted: Filter, relations: dict[bytes, None]
) -> Iterator[_Allowed]:
    """Yield what may go, relation by relation; where nothing may, that it was looked at is logged there alone."""
    looking = T("rule", organisation.network, "bulk")
    for relation in relations:
        to = pushed_to(organisation, looking, relation, recipient, purpose, wanted)
        authorised = authorise(organisation, to)
        if isinstance(authorised, Reason) or basis_of(authorised)[0] not in _GROUNDS:
            log_decision(organisation, to)
            continue
        records = [header.record for header in authorised.headers]
        try:
            proven = prove_available(organisation.vault, authorised.scope, records, None)
        except NoSuchOpening:
            continue
        if proven.records:
            yield _Allowed(relation, authorised, proven)


def _send(organisation: Organisation, recipient: bytes, purpose: int, found: Sequence[_Allowed]) -> BulkDelivery:
    """Put the task into the outbox, commit, deliver what stands."""
    network, account, nonce = organisation.network, organisation.account, os.urandom(16)
    window_ms = governance.parameter(organisation.ledger.view(), Parameter.REQUEST_WINDOW_MS)
    parts = tuple(
        _part(organisation, one, object_id("release", network, account, nonce, 0, place))
        for place, one in enumerate(found)
    )
    by = organisation.ledger.now() + min(_DELIVER_MS, window_ms)
    task = BulkTask(object_id("bulk", network, account, nonce, 0, 0), recipient, purpose, by, parts)
    organisation.vault.outbox.put([(TASK, encode(task))])
    rows = zip(parts, found, strict=True)
    entries = tuple((part.relation, part.basis, one.proven.root, part.leaves) for part, one in rows)
    try:
        organisation.send_as(nonce, RecordBulkRelease(account, recipient, purpose, by, entries))
    except Refusal as refusal:
        if refusal.kind is not Kind.UNAVAILABLE:
            _drop(organisation, task.bulk)
        raise
    return _deliver(organisation, task)


def _part(organisation: Organisation, one: _Allowed, release: bytes) -> Part:
    salt, decision = os.urandom(32), one.authorised.decision
    leaves = sorted(record.proof.leaf for record in one.proven.records)
    return Part(
        release,
        one.relation,
        one.proven.opening.seq,
        salt,
        T("leaves", organisation.network, salt, leaves),
        tuple(record.header.record for record in one.proven.records),
        basis_of(one.authorised),
        (int(decision.left_out.level), decision.left_out.some, decision.left_out.how_many),
        decision.obligations,
        one.authorised.redisclosure,
    )


def finish_bulk(organisation: Organisation) -> list[str]:
    """Deliver bulk releases that the ledger holds, forget those it never took; return what was done, in words."""
    done = []
    for row in organisation.vault.outbox.next(MAX_TASKS):
        if row.kind == TASK:
            try:
                posted = _deliver(organisation, decode(row.body, BulkTask))
            except Refusal:
                continue
            what = "was delivered" if posted.relations else "that the ledger never took was forgotten"
            done.append(f"A bulk release {what}.")
    return done


def _deliver(organisation: Organisation, task: BulkTask) -> BulkDelivery:
    """Seal every part that stands on the ledger and whose ground still holds into one stream, and post it."""
    state, network, height = organisation.ledger.view(), organisation.network, organisation.ledger.height()
    standing = [part for part in task.parts if access.answer(state, part.relation, part.release) is not None]
    if not standing:
        _drop(organisation, task.bulk)
        return BulkDelivery(task.bulk, task.recipient, 0, 0, height)
    receipts = tuple(receipt(network, task.bulk, part.relation, part.release, part.leaves) for part in standing)
    going = tuple((part, content) for part in standing if (content := _content(organisation, task, part)) is not None)
    rows = tuple((part.release, part.relation, encode(content)) for part, content in going)
    key = lookup.organisation(state, task.recipient).seal_key
    public = organisation.exchange.find_key(key)
    to = Addressed(task.bulk, task.bulk, NO_BASIS, task.recipient, key, public, task.purpose)
    raw = sealed_letter(organisation, to, task.deliver_by, encode(BulkContent(receipts, rows)))
    organisation.exchange.post(task.recipient, "bulk", raw)
    for part, _ in going:
        about = part.release, part.relation, part.basis
        tell_release(organisation, Addressed(*about, task.recipient, key, public, task.purpose))
    _drop(organisation, task.bulk)
    return BulkDelivery(task.bulk, task.recipient, len(rows), sum(len(part.records) for part, _ in going), height)


def _content(organisation: Organisation, task: BulkTask, part: Part) -> Content | None:
    """Return a part with its evidence; None where its ground has ended meanwhile."""
    vault, ledger = organisation.vault, organisation.ledger
    to = pushed_to(organisation, part.release, part.relation, task.recipient, task.purpose, UNFILTERED)
    if still_stands(organisation, to, part.basis, part.records) is not None:
        return None
    scope: Scope = released_records(to, frozenset(part.records))
    proven = vault.prove(scope, part.records, part.seq)
    log_reads(organisation, [Looked(scope, What.RELEASE, [record.header for record in proven.records])])
    shown = Disclosed(proven, read_octets(vault, scope, proven))
    evidence = prove_push(ledger, part.relation, part.release, part.leaves_salt, shown)
    return Content(evidence, None, part.left_out, part.obligations, part.redisclosure, ledger.height(), ())


def _drop(organisation: Organisation, bulk: bytes) -> None:
    rows = organisation.vault.outbox.next(MAX_TASKS)
    organisation.vault.outbox.done([r.id for r in rows if r.kind == TASK and decode(r.body, BulkTask).bulk == bulk])
