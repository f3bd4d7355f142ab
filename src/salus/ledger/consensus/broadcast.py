"""Brings batches to the validators, by whichever node takes them; what became of each, executed blocks say.

A batch is executed once at most, however often and wherever it is sent: its id sees to that. So it is sent again until
it is in a block, each time to the next node: a mempool forgets when its node ends. Where a node refuses what may have
been taken before, its word does not count; from the batch's `not_after` on the blocks alone say that it was not.

Adaptive: a `client.batcher.Carrier` has one batch under way, and sends what gathered meanwhile once that has landed.
Here so many go at once as there are threads, a mempool that is full is waited for, and what waits beyond a bound is
refused to who brings it.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import wait
from itertools import islice
from queue import SimpleQueue
from threading import Thread
from time import monotonic

from salus.client.cometbft.errors import BeyondLimit, CatchingUp, MempoolFull, OtherChain
from salus.client.cometbft.rpc import Rpc
from salus.client.figures import SendingFigures, Tally
from salus.client.remote_errors import AnswerLost, NodeAway, NodeBusy, NodeRefused, UnreadableAnswer
from salus.core.envelope import parse_batch, parse_envelope
from salus.core.errors import Refusal
from salus.ledger.consensus.nodes import Nodes
from salus.ledger.errors import Overloaded
from salus.ledger.followed.sending import Job, Sending
from salus.ledger.followed.sent import Sent
from salus.machine.errors import Replayed
from salus.machine.execution import is_protective
from salus.machine.machine import BlockResult

LOG = logging.getLogger("salus.consensus")
IN_FLIGHT, MOST_WAITING = 32, 256  # batches, of 1 MiB at most: in mempools, and beyond
REMEMBERED = 16_384  # batches that were executed lately: the same again is a replay, whatever mempools remember
LANDS_S = 90.0  # how long a batch that may have been taken is waited for; longer than it is valid
AGAIN_S = 5.0  # after which one that is in no block is sent again; then after twice as long, and so on
TRIES_S = 8.0  # how long one that nobody takes is offered
PAUSES_S = (0.05, 0.1, 0.25, 0.5, 1.0)
PROTECTIVE_NODES = 2  # as many take a batch with a protective message at once, where there are so many
RESENT, FAILED_OVER, DOUBLED = "resent", "failed over", "doubled"
PASSED_OVER = (NodeAway, NodeBusy, CatchingUp, NodeRefused, UnreadableAnswer, OtherChain)


class Tallies:
    """What nodes answered, and what happened to batches, since the process began."""

    def __init__(self) -> None:
        self.answers = Tally()  # by (number of the node, word)
        self.events = Tally()


class Broadcaster(Sending):
    """Sends to CometBFT nodes; implements `ledger.consensus.ports.Broadcasting`. Any thread may call its methods.

    `rpcs` are closed with it. The first is that of one's own node, if there is one. The future of a batch brings its
    result, Expired as its code where the blocks show that it never will be executed; NodeAway, NodeBusy, CatchingUp,
    BeyondLimit, Overloaded where no node took it, AnswerLost where nobody knows: the same may be sent again.
    """

    def __init__(self, network: bytes, rpcs: Sequence[Rpc], again_s: float = AGAIN_S, tries_s: float = TRIES_S) -> None:
        super().__init__(network, Sent(), IN_FLIGHT, MOST_WAITING)
        self._nodes, self._tallies = Nodes(network, rpcs), Tallies()
        self._again_s, self._tries_s = again_s, tries_s
        self._results: SimpleQueue[BlockResult | None] = SimpleQueue()
        self._executed: dict[bytes, None] = {}  # ids, oldest first; written by the teller alone
        self._teller = Thread(target=self._tell, name="ledger-results", daemon=True)
        self._teller.start()

    def executed(self, result: BlockResult) -> None:
        """Take in what a block did, which is durable here; another thread tells those who wait."""
        self._results.put(result)

    def close(self) -> None:
        """Take no more; tell what was executed, then that the ledger has stopped."""
        self._closing.set()
        self._results.put(None)
        self._teller.join()
        super().close()
        self._nodes.close()

    def figures(self) -> SendingFigures:
        """Return what is sent, and how it is answered, in figures."""
        told, answers = self._tallies, self._tallies.answers.read()
        return SendingFigures(
            tuple(sorted((int(node), str(what), count) for (node, what), count in answers.items())),
            tuple(node.shunned for node in self._nodes),
            len(self._sent),
            *(told.events.read().get((name,), 0) for name in (RESENT, FAILED_OVER, DOUBLED)),
        )

    def _tell(self) -> None:
        while (result := self._results.get()) is not None:
            self._executed.update((batch.id, None) for batch in result.batches if not batch.code)
            for key in list(islice(self._executed, max(0, len(self._executed) - REMEMBERED))):
                del self._executed[key]
            self._sent.executed(result)

    def _carry(self, job: Job) -> None:
        """Send until the batch is in a block, or refused, or nobody takes it."""
        if job.key in self._executed:
            self._sent.refuse(job.key, job.refused(Replayed.code))
        sending = _Sending(self._nodes, job, self._wanted(job.batch), self._tallies)
        begun, turn, pause = monotonic(), 0, 0
        while not (job.done.done() or self._closing.is_set()):
            sending.round(turn)
            if sending.before:
                self._sent.doubt(job.key)
            waited_s = monotonic() - begun
            if sending.refused and not sending.perhaps:
                self._sent.refuse(job.key, job.refused(sending.refused))
            elif sending.perhaps:
                if waited_s >= LANDS_S:
                    LOG.warning("no block came to hold a batch", extra={"code": AnswerLost.code})
                    raise AnswerLost
                wait([job.done], min(self._again_s * 2**turn, LANDS_S - waited_s))
                turn += 1
            elif waited_s >= self._tries_s or isinstance(sending.failure, BeyondLimit):
                LOG.warning("no node took a batch", extra={"code": sending.failure.code})
                raise Overloaded if isinstance(sending.failure, MempoolFull) else sending.failure
            else:
                wait([job.done], PAUSES_S[min(pause, len(PAUSES_S) - 1)])
                pause += 1

    def _wanted(self, batch: bytes) -> int:
        """Return how many nodes are to take a batch at once."""
        if len(self._nodes) < PROTECTIVE_NODES:
            return 1
        envelopes = parse_batch(self._network, batch).payload.envelopes
        return PROTECTIVE_NODES if any(_protects(self._network, raw) for raw in envelopes) else 1


class _Sending:
    """What is known of one batch while it is sent."""

    def __init__(self, nodes: Nodes, job: Job, wanted: int, tallies: Tallies) -> None:
        self._nodes, self._job, self._wanted, self._tallies = nodes, job, wanted, tallies
        self.perhaps = False  # it may stand in a block: somebody took it, or did not say
        self.before = False  # the first node that was asked knew it: from others, or from another time
        self.refused = 0  # code of a refusal by the check of a node that was the first to see it
        self.failure: Refusal = NodeAway()  # why the last round brought nothing

    def round(self, turn: int) -> None:
        """Ask nodes in turn until as many as are wanted took the batch, or one refuses it or is full."""
        taken, told = 0, self._tallies
        if turn:
            told.events.add(RESENT)
        for node in self._nodes.order(turn):
            try:
                answer = node.broadcast(self._job.batch)
            except AnswerLost:
                told.answers.add(node.number, "lost")
                self.perhaps = True
                continue
            except PASSED_OVER as failure:
                told.answers.add(node.number, "away")
                self.failure = failure
                continue
            except (MempoolFull, BeyondLimit) as failure:
                told.answers.add(node.number, "full")
                self.failure = failure
                return
            told.answers.add(node.number, "refused" if answer.code else "known" if answer.known else "taken")
            if answer.code in (0, Replayed.code) and (self.perhaps or not answer.code):
                self.before = self.before or (answer.known and not self.perhaps)
                self.perhaps = True
                taken += 1
                if taken == 1 and node.number != turn % len(self._nodes):
                    told.events.add(FAILED_OVER)
                if taken == self._wanted:
                    if taken == PROTECTIVE_NODES:
                        told.events.add(DOUBLED)
                    return
            elif not self.perhaps:
                self.refused = answer.code
                return


def _protects(network: bytes, raw: bytes) -> bool:
    try:
        return is_protective(parse_envelope(network, raw))
    except Refusal:
        return False
