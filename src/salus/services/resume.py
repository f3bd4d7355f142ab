"""Resume: finish what an interrupted process had begun. Run when an organisation is opened."""

from salus.contracts.access import queries as access
from salus.core.errors import Refusal
from salus.services.actors import Organisation
from salus.services.commit_release import ReleaseTask, drop_task, release_tasks
from salus.services.deliver import deliver
from salus.services.open_accounts import find_spare


def resume(organisation: Organisation) -> tuple[str, ...]:
    """Deliver releases that the ledger holds, forget those it never took; return what was done, in words.

    Requests that were not answered still lie in the inbox, changed relations still wait for `anchor`.
    """
    done = [_finish(organisation, task) for _, task in release_tasks(organisation)]
    find_spare(organisation)
    return tuple(words for words in done if words)


def _finish(organisation: Organisation, task: ReleaseTask) -> str:
    answer = access.answer(organisation.ledger.view(), task.relation, task.request)
    if answer is not None and answer.leaves == task.leaves:
        try:
            deliver(organisation, task)
        except Refusal:
            return "A release could not be delivered; it stays in the outbox."
        return "A release was delivered."
    drop_task(organisation, task.request)
    return "A release that the ledger never took was forgotten."
