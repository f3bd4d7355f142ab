"""Sends batches to the node. What became of each, the replica's own execution says."""

from concurrent.futures import wait

from salus.client.remote_errors import AnswerLost
from salus.ledger.followed.sending import Job, Sending
from salus.ledger.followed.sent import Sent
from salus.ledger.followed.upstream import Upstream

THREADS, MOST_WAITING = 8, 1_024
LANDS_S = 60.0  # how long a batch that the node may have taken is waited for


class Sender(Sending):
    """Carries batches to one node, whose answer counts where it refuses."""

    def __init__(self, network: bytes, upstream: Upstream, sent: Sent) -> None:
        super().__init__(network, sent, THREADS, MOST_WAITING)
        self._upstream = upstream

    def _carry(self, job: Job) -> None:
        try:
            answer = self._upstream.submit(job.batch, lambda: not (job.done.done() or self._closing.is_set()))
        except AnswerLost:
            pass  # it may be in a block all the same
        else:
            if answer.code:
                self._sent.refuse(job.key, answer)
                return
            self._sent.promise(job.key, answer.height)
        wait([job.done], LANDS_S)
        self._sent.fail(job.key, AnswerLost())
