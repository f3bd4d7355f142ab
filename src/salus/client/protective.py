"""Programs that act for a person: what protects her goes through two members at once, so that none can suppress it."""

from collections.abc import Sequence
from concurrent.futures import Future, as_completed
from threading import Thread

from salus.client.program import Client
from salus.client.remote import REPLAYED
from salus.client.submission import Outcome, Submitted
from salus.core.errors import Refusal

Way = tuple[Client, str]  # a server, and the short name of a member there


def submit_protective(ways: Sequence[Way], envelope: bytes) -> Outcome:
    """Have one envelope carried through all of `ways` at once, two usually, and return as soon as one carried it.

    It is executed once. Where none says so, but one says that it was there already (its code is Replayed), that is
    returned: another was first, whose answer is lost, and the member's signed receipt is the word for it. Else what it
    was refused by. Raises what `Client.submit` raised last where no member answered; ValueError without any.
    """
    waiting = [_in_thread(client, member, envelope) for client, member in ways]
    refused: Outcome | None = None
    failure: Refusal | ValueError = ValueError("no member to submit to")
    for future in as_completed(waiting):
        try:
            (outcome,) = future.result().outcomes
        except Refusal as one:
            failure = one
            continue
        if outcome.code == 0:
            return outcome
        if refused is None or outcome.code == REPLAYED:
            refused = outcome
    if refused is None:
        raise failure
    return refused


def _in_thread(client: Client, member: str, envelope: bytes) -> "Future[Submitted]":
    """Submit in a thread that nobody has to wait for: of two members the slower one does not matter."""
    future: Future[Submitted] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(client.submit(member, envelope))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to who waits
            future.set_exception(error)

    Thread(target=run, name="protecting", daemon=True).start()
    return future
