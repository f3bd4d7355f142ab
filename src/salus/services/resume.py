"""Resume: finish what an interrupted process had begun. Run when an organisation is opened."""

from salus.contracts.access import queries as access
from salus.core.errors import Refusal
from salus.services import sessions
from salus.services.accept_custody import finish_custody
from salus.services.actors import Organisation
from salus.services.answer import AnswerTask, answer_tasks, carry_out
from salus.services.bulk_release import finish_bulk
from salus.services.close_session import close_session
from salus.services.commit_release import ReleaseTask, drop_task, release_tasks
from salus.services.continue_sealed import continue_sealed
from salus.services.defer import settle_deferred
from salus.services.deliver import Withheld, deliver
from salus.services.erase import run_deferred
from salus.services.hand_over import hand_over
from salus.services.hold import forget_ended_holds
from salus.services.make_escrow import post_shares
from salus.services.move import run_moves
from salus.services.notify import send_notices
from salus.services.open_accounts import find_spare
from salus.services.receive_sealed import acknowledge_owed
from salus.services.sessions import SessionTask
from salus.services.take_petition import forget_settled
from salus.vault.errors import RecordErased


def resume(organisation: Organisation) -> tuple[str, ...]:
    """Deliver releases that the ledger holds, forget those it never took; answer petitions, run deferred erasures.

    Returns what was done, in words.

    Requests that were not answered still lie in the inbox, changed relations still wait for `anchor`.
    """
    done = ["A release in an outage was committed." for _ in settle_deferred(organisation)]
    done += [_finish(organisation, task) for _, task in release_tasks(organisation)]
    broken = sessions.interrupted(organisation)
    done += [_end(organisation, task, broken) for task in sessions.open_tasks(organisation)]
    done += finish_bulk(organisation)
    done += continue_sealed(organisation)
    done += ["A release was acknowledged." for _ in range(acknowledge_owed(organisation))]
    done += [_answer(organisation, task) for _, task in answer_tasks(organisation)]
    if send_notices(organisation):
        done.append("Earlier recipients were told of a change.")
    if finish_custody(organisation):
        done.append("What had been accepted from another custodian was taken in.")
    done += hand_over(organisation)
    forget_ended_holds(organisation)
    forget_settled(organisation)
    done += ["An erasure that had waited was done." for _ in run_deferred(organisation)]
    done += ["A record that was another patient's was destroyed." for _ in run_moves(organisation)]
    find_spare(organisation)
    post_shares(organisation)
    return tuple(words for words in done if words)


def _answer(organisation: Organisation, task: AnswerTask) -> str:
    try:
        carry_out(organisation, task)
    except Refusal:
        return "An answer to a petition could not be given."
    return "An answer to a petition was given."


def _finish(organisation: Organisation, task: ReleaseTask) -> str:
    answer = access.answer(organisation.ledger.view(), task.relation, task.release)
    if answer is not None and answer.leaves == task.leaves:
        try:
            delivered = deliver(organisation, task)
        except RecordErased:
            drop_task(organisation, task.release)
            return "A release was not delivered: what it held was erased before it left."
        except Refusal:
            return "A release could not be delivered; it stays in the outbox."
        withheld = isinstance(delivered, Withheld)
        return "A release was withheld: its ground had ended." if withheld else "A release was delivered."
    drop_task(organisation, task.release)
    return "A release that the ledger never took was forgotten."


def _end(organisation: Organisation, task: SessionTask, broken: frozenset[bytes]) -> str:
    """Close a session that was broken off, or is past its end; one that merely waits for its next page goes on."""
    if access.answer(organisation.ledger.view(), task.relation, task.session) is None:
        sessions.forget(organisation, task.session)
        return "A session that the ledger never took was forgotten."
    if task.session not in broken and organisation.ledger.now() < task.ends:
        return ""
    try:
        close_session(organisation, task.session)
    except Refusal:
        return "A session could not be closed; it stays in the outbox."
    return "A session was closed with what had been delivered."
