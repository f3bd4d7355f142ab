"""What a custodian keeps of a session: a task while it is open, its log for good.

The log is kept beside the shared resources: it names leaves of one relation, and no content. An entry is
durable before its page leaves. A step row stands in the outbox while a page or the closing is under
way: who finds one after a crash closes the session with what is in its log.
"""

import os

from salus.contracts.access.messages import Basis
from salus.core.encoding import decode, encode
from salus.core.types import Id, Message, Salt, Time
from salus.evidence.format import Page, page_entry
from salus.services.actors import Organisation
from salus.services.authorise import own_shared
from salus.services.commit_release import MAX_TASKS
from salus.services.errors import NoSuchSession
from salus.vault.deposit import Deposit
from salus.vault.errors import NoSuchRecord
from salus.vault.shared import SharedResource

TASK, STEP = "session", "session-step"  # kinds of outbox rows
_SESSION, _PAGE = "Session", "SessionPage"  # no FHIR type has these names
_MEDIA_TYPE = "application/cbor"


class SessionTask(Message, frozen=True):
    """An open session; `salt` is that of its closing, so that a closing can be done again."""

    package: bytes  # the request as it came
    session: Id
    relation: Id
    basis: Basis
    ends: Time
    salt: Salt


class KeptPage(Message, frozen=True):
    """An entry of the log with what opens it."""

    salt: Salt
    page: bytes  # encoded evidence.format.Page


def begin(organisation: Organisation, task: SessionTask) -> None:
    """Keep a session before the ledger knows of it; its log outlives the task."""
    name = task.session.hex()
    kept = SharedResource(_SESSION, name, encode(task), _MEDIA_TYPE)
    organisation.vault.deposit(Deposit(shared=[kept], tasks=[(TASK, encode(task)), (STEP, task.session)]))


def open_tasks(organisation: Organisation) -> list[SessionTask]:
    """Return the sessions that are open, oldest first."""
    rows = organisation.vault.outbox.next(MAX_TASKS)
    return [decode(row.body, SessionTask) for row in rows if row.kind == TASK]


def open_task(organisation: Organisation, session: bytes) -> SessionTask:
    """Return an open session; raise NoSuchSession."""
    for task in open_tasks(organisation):
        if task.session == session:
            return task
    raise NoSuchSession


def kept_task(organisation: Organisation, session: bytes) -> SessionTask:
    """Return a session, open or closed; raise NoSuchSession."""
    try:
        raw = organisation.vault.shared.get(own_shared(organisation), _SESSION, session.hex())[1]
    except NoSuchRecord:
        raise NoSuchSession from None
    return decode(raw, SessionTask)


def kept_sessions(organisation: Organisation) -> tuple[SessionTask, ...]:
    """Return every session of the custodian's, sorted by end."""
    names = organisation.vault.shared.names(own_shared(organisation), _SESSION)
    kept = (kept_task(organisation, bytes.fromhex(name)) for name in names)
    return tuple(sorted(kept, key=lambda task: (task.ends, task.session)))


def forget(organisation: Organisation, session: bytes) -> None:
    """Take the session off the outbox: it is closed, or never was."""
    rows = organisation.vault.outbox.next(MAX_TASKS)
    ended = [row.id for row in rows if row.kind == TASK and decode(row.body, SessionTask).session == session]
    steps = [row.id for row in rows if row.kind == STEP and row.body == session]
    organisation.vault.outbox.done([*ended, *steps])


def step(organisation: Organisation, session: bytes) -> None:
    """Note that something of the session is under way."""
    organisation.vault.outbox.put([(STEP, session)])


def step_done(organisation: Organisation, session: bytes) -> None:
    """Note that nothing of the session is under way."""
    rows = organisation.vault.outbox.next(MAX_TASKS)
    organisation.vault.outbox.done([row.id for row in rows if row.kind == STEP and row.body == session])


def interrupted(organisation: Organisation) -> frozenset[bytes]:
    """Return the sessions of which something was under way."""
    return frozenset(row.body for row in organisation.vault.outbox.next(MAX_TASKS) if row.kind == STEP)


def log_page(organisation: Organisation, page: KeptPage) -> None:
    """Enter a page into its session's log, with a step row; both are durable once this returns."""
    entry = decode(page.page, Page)
    name = f"{entry.number:010d}"
    kept = SharedResource(_kind(entry.session), name, encode(page), _MEDIA_TYPE)
    organisation.vault.deposit(Deposit(shared=[kept], tasks=[(STEP, entry.session)]))


def last_number(organisation: Organisation, session: bytes) -> int:
    """Return the number of the last page in the log, 0 where there is none."""
    names = organisation.vault.shared.names(own_shared(organisation), _kind(session))
    return int(names[-1]) if names else 0


def pages(organisation: Organisation, session: bytes) -> list[KeptPage]:
    """Return the log of a session, in order."""
    scope, shared, kind = own_shared(organisation), organisation.vault.shared, _kind(session)
    return [decode(shared.get(scope, kind, name)[1], KeptPage) for name in shared.names(scope, kind)]


def entries(network: bytes, log: list[KeptPage]) -> list[bytes]:
    """Return the entries of a log as its root is over them."""
    return [page_entry(network, page.salt, page.page) for page in log]


def new_page(page: Page) -> KeptPage:
    """Return a page under a fresh salt."""
    return KeptPage(os.urandom(32), encode(page))


def _kind(session: bytes) -> str:
    return f"{_PAGE} {session.hex()}"
