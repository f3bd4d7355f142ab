"""Silence ends by itself: what may be told is opened, and everybody sees what is due.

The entry of the access log stands at the log's end, with the time at which the release happened, so that nothing
that was anchored changes. Nobody else holds what opens a commitment: a custodian that does not open is overdue, for
all to see.
"""

from typing import NamedTuple

from salus.contracts.access import queries as access
from salus.contracts.access.messages import OpenSealedRelease
from salus.contracts.access.types import SealedRelease
from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.services.access_log import list_reads
from salus.services.actors import Organisation
from salus.services.authorise import for_decision
from salus.services.members import list_members
from salus.services.release_sealed import authorised_by, post_sealed
from salus.services.sealed_orders import OrderOpening, find_sealed_order
from salus.services.sealed_tasks import SealedTask, drop_sealed, sealed_tasks


class Silent(NamedTuple):
    """A release under silence as the ledger shows it to everybody; `overdue`: it should be open and is not."""

    custodian: bytes
    release: bytes
    entry: SealedRelease
    overdue: bool


def continue_sealed(organisation: Organisation) -> tuple[str, ...]:
    """Deliver what a crash kept back, open what may be told now; return what was done, in words.

    What cannot be opened stays in the outbox, and shows as overdue to everybody.
    """
    done = []
    for task in sealed_tasks(organisation):
        try:
            words = _continue(organisation, task)
        except Refusal:
            continue
        if words:
            done.append(words)
    return tuple(done)


def _continue(organisation: Organisation, task: SealedTask) -> str:
    entry = access.sealed_release(organisation.ledger.view(), organisation.account, task.release)
    if entry is None:
        drop_sealed(organisation, task.release)
        return "A release under an order that forbids notice, which the ledger never took, was forgotten."
    now = organisation.ledger.now()
    if entry.opened is None and now >= entry.notice_until:
        opening = decode(task.order, OrderOpening)
        organisation.send(
            OpenSealedRelease(organisation.account, task.release, opening.salt, opening.terms, task.salt, task.terms)
        )
    elif entry.opened is None:
        return "" if task.posted else _deliver_again(organisation, task, entry)
    _enter(organisation, task)
    drop_sealed(organisation, task.release)
    return "A release under an order that forbade notice was opened."


def _deliver_again(organisation: Organisation, task: SealedTask, entry: SealedRelease) -> str:
    """Post what was committed and had not certainly left, while the order still is in force."""
    known = find_sealed_order(organisation, entry.order)
    if organisation.ledger.now() >= known.entry.end:
        return ""
    authorised = authorised_by(organisation, known, task.release)
    allowed = {header.record for header in authorised.headers}
    if not set(task.records) <= allowed:
        return ""
    proven = organisation.vault.prove(authorised.scope, task.records, task.seq)
    post_sealed(organisation, task, authorised, proven, organisation.ledger.height())
    return "A release under an order that forbids notice was delivered."


def _enter(organisation: Organisation, task: SealedTask) -> None:
    """Put the entry that was held back into the access log, once."""
    relation = task.terms.relation
    try:
        listed = list_reads(organisation, for_decision(organisation, relation))
        if all(read.rule != task.release for read in listed):
            organisation.vault.log_accesses({relation: [task.read]})
    except Refusal:
        return  # the relation went to another custodian, or is erased: the ledger tells of it even so


def list_silent(organisation: Organisation) -> tuple[Silent, ...]:
    """Return every release of every member under an order that forbids notice, as everybody sees it."""
    state, now, found = organisation.ledger.view(), organisation.ledger.now(), []
    for member in list_members(organisation.ledger):
        late = {release for release, _ in access.overdue(state, member.account, now)}
        rows = access.sealed_releases(state, member.account)
        found += [Silent(member.account, release, entry, release in late) for release, entry in rows]
    return tuple(found)
