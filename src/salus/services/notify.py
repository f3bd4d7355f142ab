"""Notify: who received a record before learns that it was amended, erased or restricted since.

Who that is stands in the relation's access log (which record versions went by which release) and on the ledger
(to whom). A notice is posted at least once; its recipient takes it once.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

from msgspec import Meta

from salus.contracts.access import queries as access
from salus.contracts.access.types import Answer, Outcome
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal, WrongSignature
from salus.core.record import RecordId
from salus.core.types import Digest, Id, Message, Small, Time
from salus.services import lookup
from salus.services.access_log import What, list_reads
from salus.services.actors import Organisation
from salus.services.authorise import for_decision, own_shared
from salus.services.commit_release import MAX_TASKS
from salus.services.errors import NotForUs, NotReleased
from salus.services.objects import UNSEALED, parse_signed, sign
from salus.services.petition_letters import Change, Notified, SealedNotice, open_notice, seal_notice
from salus.vault.seals import X_WING
from salus.vault.shared import SharedResource

TASK = "notice"
NOTICES = "Notice"  # no FHIR type has this name
_MEDIA_TYPE = "application/cbor"


class NoticeTask(Message, frozen=True):
    """Earlier recipients of records, all of the relation's where none is named, are to be told."""

    relation: Id
    records: tuple[RecordId, ...]
    change: Annotated[int, Meta(ge=1, le=5)]


class Notice(Message, frozen=True):
    """A notice as its recipient keeps it: what became of one record that it received."""

    relation: Id
    release: Id
    record: RecordId
    leaf: Digest  # of the version it received
    change: Small
    time: Time


def notice_task(relation: bytes, records: Sequence[bytes], change: Change) -> tuple[str, bytes]:
    """Return the outbox task that tells earlier recipients."""
    return TASK, encode(NoticeTask(relation, tuple(sorted(records)), int(change)))


def send_notices(organisation: Organisation) -> int:
    """Post every notice that waits; return how many letters.

    A task of which one recipient cannot be reached stays: all of its notices are posted again.
    """
    count = 0
    for row in organisation.vault.outbox.next(MAX_TASKS):
        if row.kind == TASK:
            task, reached = decode(row.body, NoticeTask), True
            try:
                told = _released(organisation, task)
            except Refusal:  # the relation is another custodian's by now, which tells them
                continue
            for release, versions in told.items():
                try:
                    count += _post(organisation, task, release, versions)
                except Refusal:
                    reached = False
            if reached:
                organisation.vault.outbox.done([row.id])
    return count


def _released(organisation: Organisation, task: NoticeTask) -> dict[bytes, dict[bytes, int]]:
    """Return release -> record -> version that went by it, of the records in question."""
    found: dict[bytes, dict[bytes, int]] = {}
    for entry in list_reads(organisation, for_decision(organisation, task.relation)):
        if entry.what in (What.RELEASE, What.SEALED):
            for record, version in entry.records:
                if not task.records or record in task.records:
                    found.setdefault(entry.rule, {})[record] = version
    return found


def _post(organisation: Organisation, task: NoticeTask, release: bytes, versions: dict[bytes, int]) -> int:
    """Tell the recipient of one release; nobody where the ledger has no such release."""
    state, network = organisation.ledger.view(), organisation.network
    answer = access.answer(state, task.relation, release)
    if answer is None or not _went_out(answer):
        return 0
    scope = for_decision(organisation, task.relation)
    changes = tuple(
        (record, organisation.vault.leaf(scope, record, version), task.change)
        for record, version in sorted(versions.items())
    )
    key = lookup.organisation(state, answer.recipient).seal_key
    notice = SealedNotice(
        task.relation, release, organisation.account, answer.recipient, key, X_WING, organisation.ledger.now(),
        UNSEALED, b"",
    )  # fmt: skip
    sealed = seal_notice(network, notice, organisation.exchange.find_key(key), Notified(changes))
    signed = sign("notice", network, sealed, organisation.gateway)
    organisation.exchange.post(answer.recipient, "notice", signed)
    return 1


def _went_out(answer: Answer) -> bool:
    """True for what gave something out; a session does from its first page, and has no leaves before it is closed."""
    return answer.leaves is not None or answer.outcome == Outcome.SESSION


def receive_notice(organisation: Organisation, raw: bytes) -> tuple[Notice, ...]:
    """Verify a notice and keep it beside the copies it is about; taking it again changes nothing.

    In this order: form, addressee, signature by a live key of the relation's custodian then, a release on the
    ledger to us, seal. Raises Malformed, NotForUs, UnknownRelation, WrongSignature, NotReleased, WrongSeal.
    """
    network, state = organisation.network, organisation.ledger.view()
    signed = parse_signed("notice", raw)
    notice = decode(signed.payload, SealedNotice)
    if notice.recipient != organisation.account or not lookup.opens(
        network, notice.recipient_key, organisation.seal_key
    ):
        raise NotForUs
    message = cose.to_be_signed("notice", network, signed.payload, signed.key)
    sender, now = notice.sender, organisation.ledger.now()
    if not lookup.answered_for(state, notice.relation, sender, notice.time) or not lookup.signed_by_live_key(
        state, sender, signed.key, now, message, signed.signature
    ):
        raise WrongSignature
    answer = access.answer(state, notice.relation, notice.release)
    if answer is None or not _went_out(answer) or answer.recipient != organisation.account:
        raise NotReleased
    said = open_notice(network, notice, organisation.seal_key)
    kept = tuple(_kept(notice, said))
    organisation.vault.shared.put(
        SharedResource(NOTICES, f"{n.release.hex()}/{n.record.hex()}/{n.leaf.hex()}/{n.change}", encode(n), _MEDIA_TYPE)
        for n in kept
    )
    return kept


def _kept(notice: SealedNotice, said: Notified) -> Iterator[Notice]:
    for record, leaf, change in said.changes:
        yield Notice(notice.relation, notice.release, record, leaf, change, notice.time)


def list_notices(organisation: Organisation) -> tuple[Notice, ...]:
    """Return the notices that the organisation received, sorted by time, release and record."""
    scope, shared = own_shared(organisation), organisation.vault.shared
    found = [decode(shared.get(scope, NOTICES, name)[1], Notice) for name in shared.names(scope, NOTICES)]
    return tuple(sorted(found, key=lambda n: (n.time, n.release, n.record, n.change)))


def changes_of(notices: Iterable[Notice]) -> dict[tuple[bytes, bytes], Change]:
    """Return (release, record) -> what became of it last, an erasure or a move for good."""
    found: dict[tuple[bytes, bytes], Change] = {}
    for notice in notices:
        if found.get((notice.release, notice.record)) not in (Change.ERASED, Change.MOVED):
            found[notice.release, notice.record] = Change(notice.change)
    return found
