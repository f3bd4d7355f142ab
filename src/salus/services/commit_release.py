"""Commit a release of any kind on the ledger before any data leaves, together with the anchor it needs."""

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from salus.client.batcher import Landed
from salus.client.envelopes import Built
from salus.contracts.access import errors as refused
from salus.contracts.access.messages import Basis, BreakGlass, PushRelease, RecordRelease
from salus.contracts.access.recovery_errors import AccountBarred, PermitSuspended
from salus.contracts.consent import queries as consent
from salus.contracts.governance import queries as governance
from salus.contracts.governance.parameters import Parameter
from salus.contracts.records import queries as records_state
from salus.core.encoding import decode, encode
from salus.core.errors import Kind, Refusal
from salus.core.hashing import T
from salus.core.request import GlassRequest
from salus.core.types import Count, Digest, Height, Id, Message, Salt, Small
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

    package: bytes  # the request as it came; of a push, none
    release: Id  # of a request, its id
    relation: Id
    seq: Count  # of the opening
    leaves_salt: Salt
    leaves: Digest  # the commitment
    records: tuple[bytes, ...]
    basis: Basis
    purpose: Small
    deliver_by: Height
    left_out: tuple[Small, bool | None, Count | None]
    obligations: tuple[str, ...]
    redisclosure: Small


Send = Callable[..., tuple[Built, Landed]]  # executes messages together, or raises their refusal


class Stale(NamedTuple):
    """The vault changed since the decision: anchor, and decide again."""


def commit_release(
    organisation: Organisation, package: bytes, asked: AskedFor, authorised: Authorised
) -> ReleaseTask | Reason | Stale:
    """Commit the answer to a request; return what is to be delivered, why validators refused it, or "redo it"."""
    entries = anchors_with(organisation, asked.payload.relation, reads=asked.own)
    return commit(organisation, package, asked, authorised, entries, organisation.send)


def commit(
    organisation: Organisation,
    package: bytes,
    asked: AskedFor,
    authorised: Authorised,
    entries: Sequence[AnchorEntry],
    send: Send,
) -> ReleaseTask | Reason | Stale:
    """Commit a release with the anchors that go along.

    The task is in the outbox before the ledger knows of the release, so that no crash loses a delivery.
    """
    try:
        proven = _proven(organisation, asked, authorised, entries)
    except NoSuchOpening:
        return Reason.EVALUATION_FAILED  # nothing is anchored, so there is nothing to release from
    if proven is None:
        return Stale()
    task = _task(organisation, package, asked, authorised, proven)
    organisation.vault.outbox.put([(TASK, encode(task))])
    refusal = send_anchored(organisation, entries, _message(organisation, asked, task, proven), send)
    if refusal is None:
        return task
    drop_task(organisation, asked.id)
    return refusal


def send_anchored(
    organisation: Organisation, entries: Sequence[AnchorEntry], release: Message, send: Send
) -> Reason | Stale | None:
    """Execute the anchors and the release together; return why validators refused it, None where they did not."""
    messages: list[Message] = [message(organisation, entries)] if entries else []
    try:
        _, landed = send(*messages, release)
    except Refusal as refusal:
        if refusal.kind is Kind.UNAVAILABLE:
            raise  # whether the ledger took it is not known: the task stays, and `resume` finds out
        if isinstance(refusal, refused.RootNotValid):
            return Stale()
        return _REASONS.get(type(refusal), Reason.NOT_PERMITTED)
    if entries:
        settle(organisation, entries, landed)
    return None


def drop_task(organisation: Organisation, release: bytes) -> None:
    """Remove the outbox rows of a release that is delivered, or was refused."""
    organisation.vault.outbox.done([number for number, task in release_tasks(organisation) if task.release == release])


def release_tasks(organisation: Organisation) -> list[tuple[int, ReleaseTask]]:
    """Return (outbox id, task) of the releases on their way, oldest first."""
    rows = organisation.vault.outbox.next(MAX_TASKS)
    return [(row.id, decode(row.body, ReleaseTask)) for row in rows if row.kind == TASK]


def anchors_with(organisation: Organisation, relation: bytes, *, reads: bool = False) -> list[AnchorEntry]:
    """Return what to anchor with a release: the relation if its records wait, and others by lot, which tell nothing.

    Of looks at it only the person herself is told, and so for her they are anchored first (`reads`).
    """
    state, now = organisation.ledger.view(), organisation.ledger.now()
    held = governance.may_hold(state, organisation.account, now)
    if not held or records_state.offer(state, relation) is not None:
        return []  # a custodian that is suspended, or about to be another, still gives what was anchored
    return entries_with_cover(organisation, relation, reads=reads)


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
    holds = governance.may_hold(organisation.ledger.view(), organisation.account, organisation.ledger.now())
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
    left_out = (int(decision.left_out.level), decision.left_out.some, decision.left_out.how_many)
    return ReleaseTask(
        package,
        asked.id,
        asked.payload.relation,
        proven.opening.seq,
        salt,
        T("leaves", organisation.network, salt, leaves),
        tuple(record.header.record for record in proven.records),
        basis_of(authorised),
        asked.payload.purpose,
        organisation.ledger.now() + min(_DELIVER_MS, window_ms, _emergency_ms(organisation, asked)),
        left_out,
        decision.obligations,
        authorised.redisclosure,
    )


def _emergency_ms(organisation: Organisation, asked: AskedFor) -> int:
    """Return how long an emergency's delivery may take under the relation's policy set; others are not bound by it."""
    if not isinstance(asked.payload, GlassRequest):
        return _DELIVER_MS
    return consent.policy_of(governance, organisation.ledger.view(), asked.payload.relation).body.emergency.window_ms


def basis_of(authorised: Authorised) -> Basis:
    """Return the ground that the decision rests on, with its version."""
    if authorised.decision.basis is None:
        raise ValueError("what is permitted rests on a ground")
    return authorised.decision.basis


def _message(organisation: Organisation, asked: AskedFor, task: ReleaseTask, proven: Proven) -> Message:
    account, root, leaves, by = organisation.account, proven.root, task.leaves, task.deliver_by
    kind, ground, version = task.basis
    if asked.pushed:
        trigger = Trigger.PUSH if kind == BasisKind.DIRECTIVE else Trigger.LAW
        purpose, relation = asked.payload.purpose, asked.payload.relation
        return PushRelease(account, asked.recipient, relation, purpose, task.basis, root, leaves, int(trigger), by)
    if isinstance(asked.payload, GlassRequest) and ground is not None:
        return BreakGlass(account, asked.raw, (ground, version), root, leaves, by)
    return RecordRelease(account, asked.raw, task.basis, root, leaves, int(Trigger.REQUEST), by)


# What validators found that the gateway had not: mostly what came into the same block before the release.
_REASONS: dict[type[Refusal], Reason] = {
    refused.MayNotReceive: Reason.RECIPIENT_SUSPENDED,
    refused.StaffNotAttested: Reason.STAFF_NOT_ATTESTED,
    refused.DirectiveRevoked: Reason.PERMIT_REVOKED,
    refused.StaleVersion: Reason.PERMIT_REPLACED,
    refused.NotAcknowledged: Reason.PERMIT_UNACKNOWLEDGED,
    PermitSuspended: Reason.PERMIT_SUSPENDED,
    AccountBarred: Reason.ACCOUNT_BARRED,
    refused.NotYetInForce: Reason.PERMIT_NOT_STARTED,
    refused.DirectiveExpired: Reason.PERMIT_EXPIRED,
    refused.OtherRecipient: Reason.OTHER_RECIPIENT,
    refused.OtherPurpose: Reason.OTHER_PURPOSE,
    refused.BreakGlassByPermit: Reason.BREAK_GLASS_BY_PERMIT,
    refused.UsesExhausted: Reason.PERMIT_EXHAUSTED,
    refused.TotallyDenied: Reason.TOTALLY_DENIED,
    refused.NoSuchOrder: Reason.ORDER_NOT_IN_FORCE,
    refused.OrderNotInForce: Reason.ORDER_NOT_IN_FORCE,
    refused.OptedOut: Reason.OPTED_OUT,
    refused.NotOptedIn: Reason.NOT_OPTED_IN,
    refused.BreakGlassNotAllowed: Reason.BREAK_GLASS_NOT_ALLOWED,
    refused.NotOfTheEmergencyGroup: Reason.NOT_OF_THE_EMERGENCY_GROUP,
    refused.RelationRestricted: Reason.RELATION_RESTRICTED,
    refused.AuthorityEnded: Reason.AUTHORITY_ENDED,
    refused.AuthoritySuspended: Reason.AUTHORITY_SUSPENDED,
    refused.NotOwnAccess: Reason.AUTHORITY_ENDED,
    refused.PersonDeceased: Reason.PERSON_DECEASED,
    refused.RelationClosed: Reason.RELATION_CLOSED,
}
