"""Defer: an emergency while the ledger cannot commit. The data goes on the last verified state, the deed waits.

The deed is in the outbox before anything leaves: the recipient's signed request with its reason, when it was, which
state was decided on. When the ledger is back it is committed before everything else, opens its review, and the
recipient is sent the evidence that was still missing. Nothing but a break-glass is ever deferred.
"""

import os
from typing import NamedTuple

from msgspec.structs import replace

from salus.contracts.access import queries as access
from salus.contracts.access.messages import DeferredRelease
from salus.contracts.consent import queries as consent
from salus.contracts.governance import queries as governance
from salus.contracts.governance.parameters import Parameter
from salus.core.encoding import decode, encode
from salus.core.errors import Kind, Refusal
from salus.core.hashing import T
from salus.core.request import GLASS, parse_request
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.asking import read_request
from salus.services.authorise import AskedFor, Authorised, authorise, released_records
from salus.services.commit_release import ReleaseTask, basis_of, prove_available
from salus.services.deferred_task import DEFERRED, MAX_TASKS, DeferredTask
from salus.services.deliver import asked_again, content_of, read_octets
from salus.services.errors import NotInOutage, StateTooOld
from salus.services.objects import Content, RefusalLetter, RequestLetter
from salus.services.proofs import Disclosed, prove_records
from salus.services.sealing import Addressed, sealed_letter
from salus.vault.errors import NoSuchOpening
from salus.vault.reading import Proven


class Deferred(NamedTuple):
    """Data that left in an emergency before the ledger could hold it; it waits in the outbox."""

    release: bytes
    relation: bytes
    recipient: bytes
    records: int
    occurred: int
    refused: int = 0  # code with which the ledger refused the deed last


class Settled(NamedTuple):
    """A deed that the ledger holds now; its review is open, and its evidence is on the way."""

    release: bytes
    relation: bytes
    occurred: int
    committed: int  # block time


def release_deferred(organisation: Organisation, package: bytes) -> Deferred:
    """Release in an emergency on the last verified state, and keep the deed for the ledger.

    Raises what `asking.read_request` does; NotInOutage for what is no emergency, or one that the policy does not
    allow; StateTooOld where the last verified state is older than OUTAGE_MS, or holds no root of the relation.
    """
    asked, opens = read_request(organisation, package)
    kept = next((deed for _, deed in deferred_tasks(organisation) if released(deed).release == asked.id), None)
    if kept is not None:  # broken off, or asked twice: the deed is there already
        return _post(organisation, kept, asked, _disclosed(organisation, kept, asked))
    if asked.kind != GLASS or not opens:
        raise NotInOutage
    check_outage(organisation)
    authorised = authorise(organisation, asked)
    if isinstance(authorised, Reason) or basis_of(authorised)[0] != BasisKind.BREAK_GLASS:
        raise NotInOutage
    deed, proven = _deed(organisation, package, asked, authorised)
    scope = authorised.scope
    log_reads(organisation, [Looked(scope, What.RELEASE, [one.header for one in proven.records])])
    organisation.vault.outbox.put([(DEFERRED, encode(deed))])
    return _post(organisation, deed, asked, Disclosed(proven, read_octets(organisation.vault, scope, proven)))


def waits_for_ledger(organisation: Organisation, package: bytes) -> bool:
    """True if the request in a package was answered already, and the ledger does not hold it yet."""
    request = parse_request(organisation.network, decode(package, RequestLetter).request)
    return any(released(deed).release == request.id for _, deed in deferred_tasks(organisation))


def check_outage(organisation: Organisation) -> None:
    """Raise StateTooOld where not even an emergency may be decided on the state that is known."""
    ledger = organisation.ledger
    limit_ms = governance.parameter(ledger.view(), Parameter.OUTAGE_MS)
    if ledger.now() - ledger.as_of() > limit_ms:
        raise StateTooOld


def settle_deferred(organisation: Organisation) -> tuple[Settled, ...]:
    """Commit what waits, oldest first, and send its evidence; what the ledger does not take stays in the outbox.

    A deed that the ledger holds already is not committed again: its request is consumed.
    """
    done = []
    for number, deed in deferred_tasks(organisation):
        try:
            settled = _settle(organisation, number, deed)
        except Refusal as refusal:
            if refusal.kind is not Kind.UNAVAILABLE and refusal.code != deed.refused:
                _replace(organisation, deed, replace(deed, refused=refusal.code))
            continue
        if settled is not None:
            done.append(settled)
    return tuple(done)


def deferred_tasks(organisation: Organisation) -> list[tuple[int, DeferredTask]]:
    """Return (outbox id, deed) of what the ledger does not hold yet, oldest first."""
    rows = organisation.vault.outbox.next(MAX_TASKS)
    return [(row.id, decode(row.body, DeferredTask)) for row in rows if row.kind == DEFERRED]


def list_deferred(organisation: Organisation) -> tuple[Deferred, ...]:
    """Return what waits for the ledger, oldest first."""
    return tuple(_told(deed) for _, deed in deferred_tasks(organisation))


def released(deed: DeferredTask) -> ReleaseTask:
    """Return what was released by a deed."""
    return decode(deed.task, ReleaseTask)


def _told(deed: DeferredTask) -> Deferred:
    task = released(deed)
    return Deferred(task.release, task.relation, deed.recipient, len(task.records), deed.occurred, deed.refused)


def _deed(
    organisation: Organisation, package: bytes, asked: AskedFor, authorised: Authorised
) -> tuple[DeferredTask, Proven]:
    """Return what is released: those of the decided records that the last anchored root holds as they were decided."""
    decision, vault, ledger = authorised.decision, organisation.vault, organisation.ledger
    decided = {header.record: header for header in authorised.headers}
    try:
        proven = prove_available(vault, authorised.scope, tuple(decided), None)
    except NoSuchOpening:
        raise StateTooOld from None
    same = tuple(record for record in proven.records if decided[record.header.record] == record.header)
    proven = proven._replace(records=same)
    salt, now = os.urandom(32), ledger.now()
    window_ms = consent.policy_of(governance, ledger.view(), asked.payload.relation).body.emergency.window_ms
    task = ReleaseTask(
        package,
        asked.id,
        asked.payload.relation,
        proven.opening.seq,
        salt,
        T("leaves", organisation.network, salt, sorted(record.proof.leaf for record in same)),
        tuple(record.header.record for record in same),
        basis_of(authorised),
        asked.payload.purpose,
        now + window_ms,
        (int(decision.left_out.level), decision.left_out.some, decision.left_out.how_many),
        decision.obligations,
        authorised.redisclosure,
    )
    outage = ledger.height(), min(ledger.as_of(), now)
    return DeferredTask(
        task.relation, encode(task), now, outage, asked.recipient, proven.root, posted=False, refused=0
    ), proven


def _disclosed(organisation: Organisation, deed: DeferredTask, asked: AskedFor) -> Disclosed:
    """Return again what a kept deed shows."""
    task, vault = released(deed), organisation.vault
    scope = released_records(asked, frozenset(task.records))
    proven = vault.prove(scope, task.records, task.seq)
    return Disclosed(proven, read_octets(vault, scope, proven))


def _post(organisation: Organisation, deed: DeferredTask, asked: AskedFor, disclosed: Disclosed) -> Deferred:
    """Send the data with what can be proved before the release stands on the ledger, and note that it left."""
    task, ledger = released(deed), organisation.ledger
    if ledger.now() >= task.deliver_by:
        raise NotInOutage  # the emergency is over
    evidence = prove_records(ledger, task.relation, task.leaves_salt, disclosed)
    content = Content(evidence, None, task.left_out, task.obligations, task.redisclosure, ledger.height(), ())
    raw = sealed_letter(organisation, _addressed(task, asked), task.deliver_by, encode(content))
    organisation.exchange.post(asked.recipient, "emergency", raw)
    if not deed.posted:
        _replace(organisation, deed, replace(deed, posted=True))
    return _told(deed)


def _addressed(task: ReleaseTask, asked: AskedFor) -> Addressed:
    to = asked.recipient, asked.payload.seal_key, asked.answer_key
    return Addressed(task.release, task.relation, task.basis, *to, task.purpose)


def _replace(organisation: Organisation, old: DeferredTask, new: DeferredTask) -> None:
    """Put the new row before the old one goes: a crash between leaves both, of one release."""
    rows = [number for number, deed in deferred_tasks(organisation) if deed == old]
    organisation.vault.outbox.put([(DEFERRED, encode(new))])
    organisation.vault.outbox.done(rows)


def _settle(organisation: Organisation, number: int, deed: DeferredTask) -> Settled | None:
    task, ledger, outbox = released(deed), organisation.ledger, organisation.vault.outbox
    answer = access.answer(ledger.view(), task.relation, task.release)
    if answer is None:
        organisation.send(_message(organisation, deed))
        answer = access.answer(ledger.view(), task.relation, task.release)
    if answer is None or answer.leaves != task.leaves:
        outbox.done([number])  # an attempt made before the outage had landed: that is the release
        return None
    settled = Settled(task.release, task.relation, deed.occurred, answer.answered)
    asked = asked_again(organisation, task.package, answer)
    if not deed.posted and ledger.now() >= task.deliver_by:  # the emergency was over before anything left
        organisation.exchange.post(asked.recipient, "refusal", encode(RefusalLetter(task.release)))
        outbox.done([number])
        return settled
    content = content_of(organisation, task, asked, logged=True)
    raw = sealed_letter(organisation, _addressed(task, asked), answer.deliver_by or 0, encode(content))
    organisation.exchange.post(asked.recipient, "delivery", raw)
    outbox.done([number])
    return settled


def _message(organisation: Organisation, deed: DeferredTask) -> DeferredRelease:
    """Return the message; it names the policy set by which validators judge it now."""
    task, state = released(deed), organisation.ledger.view()
    policy = consent.policy_of(governance, state, task.relation)
    raw = decode(task.package, RequestLetter).request
    named = (policy.set, policy.version)
    return DeferredRelease(organisation.account, raw, deed.occurred, deed.outage, named, deed.root, task.leaves)
