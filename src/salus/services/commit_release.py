"""Commit a release on the ledger before any data leaves, together with the anchor it needs."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from salus.contracts.access import errors as refused
from salus.contracts.access.messages import RecordRelease
from salus.contracts.governance import queries as governance
from salus.contracts.governance.parameters import Parameter
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.core.hashing import T
from salus.core.types import Count, Digest, Height, Id, Message, Salt, Small
from salus.policy.question import Decision
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Trigger
from salus.services.actors import Organisation
from salus.services.anchor import entries_with_cover, message, settle
from salus.services.authorise import AskedFor, Authorised
from salus.vault.anchors import AnchorEntry
from salus.vault.errors import NoSuchOpening, NoSuchRecord, RecordErased
from salus.vault.reading import Proven, ProvenRecord
from salus.vault.scope import Scope
from salus.vault.vault import Vault

TASK = "release"
MAX_TASKS = 1 << 20
_DELIVER_MS = 3_600_000


class ReleaseTask(Message, frozen=True):
    """A release on its way, in the outbox until it is delivered."""

    package: bytes  # the request as it came
    request: Id
    relation: Id
    seq: Count  # of the opening
    leaves_salt: Salt
    leaves: Digest  # the commitment
    records: tuple[bytes, ...]
    basis: tuple[Small, Id | None, Count]
    purpose: Small
    deliver_by: Height
    left_out: tuple[Small, bool | None, Count | None]
    obligations: tuple[str, ...]
    redisclosure: Small


class Stale(NamedTuple):
    """The vault changed since the decision: anchor, and decide again."""


def commit_release(
    organisation: Organisation, package: bytes, asked: AskedFor, authorised: Authorised
) -> ReleaseTask | Reason | Stale:
    """Commit the release; return what is to be delivered, why validators refused it, or that it must be redone.

    The task is in the outbox before the ledger knows of the release, so that no crash loses a delivery.
    """
    entries = _entries(organisation, asked)
    try:
        proven = _proven(organisation, asked, authorised, entries)
    except NoSuchOpening:
        return Reason.EVALUATION_FAILED  # nothing is anchored, so there is nothing to release from
    if proven is None:
        return Stale()
    task = _task(organisation, package, asked, authorised, proven)
    organisation.vault.outbox.put([(TASK, encode(task))])
    messages: list[Message] = [message(organisation, entries)] if entries else []
    messages.append(_record_release(organisation, asked, task, proven))
    try:
        _, landed = organisation.send(*messages)
    except Refusal as refusal:
        drop_task(organisation, asked.id)
        if isinstance(refusal, refused.RootNotValid):
            return Stale()
        return _REASONS.get(type(refusal), Reason.NOT_PERMITTED)
    if entries:
        settle(organisation, entries, landed)
    return task


def drop_task(organisation: Organisation, request: bytes) -> None:
    """Remove the outbox rows of a release that is delivered, or was refused."""
    organisation.vault.outbox.done([number for number, task in release_tasks(organisation) if task.request == request])


def release_tasks(organisation: Organisation) -> list[tuple[int, ReleaseTask]]:
    """Return (outbox id, task) of the releases on their way, oldest first."""
    rows = organisation.vault.outbox.next(MAX_TASKS)
    return [(row.id, decode(row.body, ReleaseTask)) for row in rows if row.kind == TASK]


def _entries(organisation: Organisation, asked: AskedFor) -> list[AnchorEntry]:
    """Return what to anchor with the release: the relation if its records wait, and others by lot, which tell nothing.

    Of looks at it only the person herself is told, and so for her they are anchored first.
    """
    if not governance.may_hold(organisation.ledger.view(), organisation.account):
        return []  # a suspended custodian still gives the person what was anchored
    return entries_with_cover(organisation, asked.payload.relation, reads=asked.own)


def _proven(
    organisation: Organisation, asked: AskedFor, authorised: Authorised, entries: Sequence[AnchorEntry]
) -> Proven | None:
    """Return the records under the root that the release names; None if the vault is ahead of it."""
    seq = next((entry.seq for entry in entries if entry.relation == asked.payload.relation), None)
    records = [header.record for header in authorised.headers]
    proven = prove_available(organisation.vault, authorised.scope, records, seq)
    decided = {header.record: header for header in authorised.headers}
    same = tuple(record for record in proven.records if decided[record.header.record] == record.header)
    if len(same) == len(records):
        return proven
    holds = governance.may_hold(organisation.ledger.view(), organisation.account)
    return None if holds else proven._replace(records=same)


def prove_available(vault: Vault, scope: Scope, records: Sequence[bytes], seq: int | None) -> Proven:
    """Prove those of `records` that the opening holds. Raises NoSuchOpening, NoSuchRelation."""
    try:
        return vault.prove(scope, records, seq)
    except (NoSuchRecord, RecordErased):
        proven = vault.prove(scope, (), seq)
        found: list[ProvenRecord] = []
        for record in records:
            try:
                found += vault.prove(scope, (record,), seq).records
            except (NoSuchRecord, RecordErased):
                continue
        return proven._replace(records=tuple(found))


def _task(
    organisation: Organisation, package: bytes, asked: AskedFor, authorised: Authorised, proven: Proven
) -> ReleaseTask:
    window_ms = governance.parameter(organisation.ledger.view(), Parameter.REQUEST_WINDOW_MS)
    decision, salt = authorised.decision, os.urandom(32)
    leaves = sorted(record.proof.leaf for record in proven.records)
    basis = (int(BasisKind.SELF), None, 0) if asked.own else (int(BasisKind.DIRECTIVE), *_ground(decision))
    left_out = (int(decision.left_out.level), decision.left_out.some, decision.left_out.how_many)
    return ReleaseTask(
        package,
        asked.id,
        asked.payload.relation,
        proven.opening.seq,
        salt,
        T("leaves", organisation.network, salt, leaves),
        tuple(record.header.record for record in proven.records),
        basis,
        asked.payload.purpose,
        organisation.ledger.now() + min(_DELIVER_MS, window_ms),
        left_out,
        decision.obligations,
        authorised.redisclosure,
    )


def _ground(decision: Decision) -> tuple[bytes, int]:
    if decision.basis is None:
        raise ValueError("a release to others rests on a directive")
    return decision.basis


def _record_release(organisation: Organisation, asked: AskedFor, task: ReleaseTask, proven: Proven) -> RecordRelease:
    trigger = int(Trigger.REQUEST)
    return RecordRelease(
        organisation.account, asked.raw, task.basis, proven.root, task.leaves, trigger, task.deliver_by
    )


# What validators found that the gateway had not: mostly what came into the same block before the release.
_REASONS: dict[type[Refusal], Reason] = {
    refused.MayNotReceive: Reason.RECIPIENT_SUSPENDED,
    refused.StaffNotAttested: Reason.STAFF_NOT_ATTESTED,
    refused.DirectiveRevoked: Reason.PERMIT_REVOKED,
    refused.StaleVersion: Reason.PERMIT_REPLACED,
    refused.NotAcknowledged: Reason.PERMIT_UNACKNOWLEDGED,
    refused.NotYetInForce: Reason.PERMIT_NOT_STARTED,
    refused.DirectiveExpired: Reason.PERMIT_EXPIRED,
    refused.OtherRecipient: Reason.OTHER_RECIPIENT,
    refused.OtherPurpose: Reason.OTHER_PURPOSE,
    refused.BreakGlassByPermit: Reason.BREAK_GLASS_BY_PERMIT,
    refused.UsesExhausted: Reason.PERMIT_EXHAUSTED,
    refused.TotallyDenied: Reason.TOTALLY_DENIED,
    refused.RelationRestricted: Reason.RELATION_RESTRICTED,
}
