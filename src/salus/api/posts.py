"""Single envelopes that arrive together go to the ledger together, and share their receipts.

The event loop gathers what comes while groups are under way; a thread checks a group, has it carried, waits until it
is durable and makes the answers. Two groups of a member overlap, so that one is checked while the other is written; an
envelope that finds none under way waits for nothing. A receipt names up to `SHARED` envelopes that landed in one
block, and each post of them gets the same one: what it tells of the others stands in the block.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from salus.api.errors import Busy, NoSuchOrganisation
from salus.api.executed import Executed
from salus.client.ledger import Ledger
from salus.client.submission import Outcome, sign_receipts
from salus.core.encoding import flat, head
from salus.core.errors import Refusal
from salus.services.actors import Organisation
from salus.services.carry import Carrying, carry_each

GROUPS, THREADS = 2, 8  # under way at once: of one member, of all
MOST_FUNCTIONS = 256  # that run or wait
MOST_TOGETHER, MOST_WAITING = 1_024, 8_192  # envelopes
SHARED = 32

Result = TypeVar("Result")
Found = Callable[[str], Organisation | None]


class Answered(NamedTuple):
    """What became of one envelope, with the receipts; `raw` is a `client.submission.Submitted`, encoded."""

    outcome: Outcome
    receipts: tuple[bytes, ...]
    raw: bytes


Then = Callable[[Answered | BaseException], None]


class _Post(NamedTuple):
    envelope: bytes
    then: Then  # called in the event loop


class Posts:
    """Posts to the members of a process. Used from the event loop's thread alone."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="posts")
        self._waiting: dict[str, deque[_Post]] = {}
        self._under_way: dict[str, int] = {}
        self._functions = 0
        self._executed: Executed | None = None

    def executed(self, ledger: Ledger) -> Executed:
        """Return what tells where envelopes stand that were executed before; the ledger is that of the process."""
        found = self._executed = self._executed or Executed(ledger)
        return found

    @property
    def waiting(self) -> int:
        """How many envelopes wait for their group."""
        return sum(map(len, self._waiting.values()))

    async def carry(self, found: Found, slug: str, envelope: bytes) -> Answered:
        """Have one envelope carried; return once it is durable.

        Raises Busy, NoSuchOrganisation, and why the envelope, or the batch that it was in, was refused.
        """
        answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()

        def then(known: Answered | BaseException) -> None:
            if answer.done():  # nobody waits any more
                return
            if isinstance(known, BaseException):
                answer.set_exception(known)
            else:
                answer.set_result(known)

        self.post(found, slug, envelope, then)
        return await answer

    def post(self, found: Found, slug: str, envelope: bytes, then: Then) -> None:
        """The same without a task: `then` is called with the answer, or with what `carry` raises; raise Busy."""
        queue = self._waiting.setdefault(slug, deque())
        if len(queue) >= MOST_WAITING:
            raise Busy
        queue.append(_Post(envelope, then))
        self._go_on(found, slug)

    async def run(self, function: Callable[[], Result]) -> Result:
        """Return what a function returns that sends envelopes and waits for them; raise Busy where too many wait."""
        if self._functions >= MOST_FUNCTIONS:
            raise Busy
        self._functions += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function)
        finally:
            self._functions -= 1

    def close(self) -> None:
        """Wait for what is under way, take no more."""
        self._pool.shutdown()

    def _go_on(self, found: Found, slug: str) -> None:
        queue, under_way = self._waiting[slug], self._under_way.get(slug, 0)
        if not queue or under_way >= GROUPS:
            if not queue and not under_way:  # a name that somebody made up is not kept
                del self._waiting[slug]
                self._under_way.pop(slug, None)
            return
        group = [queue.popleft() for _ in range(min(len(queue), MOST_TOGETHER))]
        self._under_way[slug] = under_way + 1
        job = asyncio.get_running_loop().run_in_executor(
            self._pool, _carried, found, slug, [post.envelope for post in group], self.executed
        )
        job.add_done_callback(lambda done: self._landed(found, slug, group, done))

    def _landed(
        self, found: Found, slug: str, group: list[_Post], done: "asyncio.Future[list[Answered | BaseException]]"
    ) -> None:
        self._under_way[slug] -= 1
        error = done.exception()
        answers = [error] * len(group) if error is not None else done.result()
        for post, answer in zip(group, answers, strict=True):
            post.then(answer)
        self._go_on(found, slug)


def _carried(
    found: Found, slug: str, raws: list[bytes], executed: Callable[[Ledger], Executed]
) -> list[Answered | BaseException]:
    """Runs in a thread: have a group carried, wait for it, make the answers."""
    organisation = found(slug)
    if organisation is None:
        return [NoSuchOrganisation() for _ in raws]
    known = [ended(one, executed(organisation.ledger)) for one in carry_each(organisation, raws)]
    landed = sorted((one for one in known if isinstance(one, Outcome)), key=lambda one: one.height)
    answers: dict[bytes, Answered] = {}
    for begin in range(0, len(landed), SHARED):
        some = landed[begin : begin + SHARED]
        receipts = _receipts(organisation, some)
        for outcome in some:
            mine = (receipts[outcome.height],)
            answers[outcome.id] = Answered(outcome, mine, encoded(outcome, mine))
    return [answers[one.id] if isinstance(one, Outcome) else one for one in known]


def ended(one: Carrying, executed: Executed) -> Outcome | BaseException:
    """Wait, in a thread, until it is known what became of an envelope; return that, or why nothing did."""
    if isinstance(one.under_way, Refusal):
        return one.under_way
    error = one.under_way.exception()  # waits
    if error is not None:
        return error
    height, time, result = one.under_way.result()
    return executed.told(one, Outcome(one.id, result.code, height, time, result.events))


def _receipts(organisation: Organisation, outcomes: Sequence[Outcome]) -> dict[int, bytes]:
    """Return height -> the receipt of those of the outcomes that landed there."""
    heights = sorted({outcome.height for outcome in outcomes})
    made = sign_receipts(organisation.network, organisation.account, organisation.gateway, outcomes)
    return dict(zip(heights, made, strict=True))


def encoded(outcome: Outcome, receipts: Sequence[bytes]) -> bytes:
    """Return `Submitted((outcome,), receipts)` encoded; a test holds it equal to `core.encoding.encode`."""
    fields = (outcome.id, outcome.code, outcome.height, outcome.time)
    events = head(4, len(outcome.events)) + b"".join(map(flat, outcome.events))
    told = head(4, len(receipts)) + b"".join(map(flat, receipts))
    return b"\x82\x81\x85" + b"".join(map(flat, fields)) + events + told
