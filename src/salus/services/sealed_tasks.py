"""Releases under an order that forbids notice, in the outbox until they are open."""

from typing import Annotated

from msgspec import Meta

from salus.core.encoding import decode
from salus.core.sealed import ReleaseTerms
from salus.core.types import Count, Id, Message, Salt
from salus.services.actors import Organisation
from salus.services.commit_release import MAX_TASKS

TASK = "sealed-release"


class SealedTask(Message, frozen=True):
    """A release that nobody may be told of yet; in the outbox until the ledger shows it."""

    release: Id
    order: Annotated[bytes, Meta(max_length=2 * 1024 * 1024)]  # encoded OrderOpening
    salt: Salt
    terms: ReleaseTerms
    leaves_salt: Salt
    seq: Count
    records: tuple[bytes, ...]
    read: bytes  # encoded entry of the access log, as of when it happened
    posted: bool  # it is certain that the data has left


class SealedContent(Message, frozen=True):
    """What the recipient is given: the content, and what opens the ledger's two commitments."""

    content: bytes  # encoded Content, with evidence of Kind.RECORDS
    order: Annotated[bytes, Meta(max_length=2 * 1024 * 1024)]  # encoded OrderOpening
    salt: Salt
    terms: ReleaseTerms
    leaves_salt: Salt


def sealed_tasks(organisation: Organisation) -> list[SealedTask]:
    """Return the releases that are not open yet, oldest first: of one that was noted twice, the later row."""
    found: dict[bytes, SealedTask] = {}
    for _, task in _rows(organisation):
        found[task.release] = task
    return list(found.values())


def drop_sealed(organisation: Organisation, release: bytes, *, but_posted: bool = False) -> None:
    """Remove the rows of a release; with `but_posted` those alone that do not say that the data has left."""
    rows = _rows(organisation)
    gone = [number for number, task in rows if task.release == release and not (but_posted and task.posted)]
    organisation.vault.outbox.done(gone)


def _rows(organisation: Organisation) -> list[tuple[int, SealedTask]]:
    rows = organisation.vault.outbox.next(MAX_TASKS)
    return [(row.id, decode(row.body, SealedTask)) for row in rows if row.kind == TASK]
